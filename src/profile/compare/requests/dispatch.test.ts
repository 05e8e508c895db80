import { describe, expect, test } from 'vitest';
import { contrast, getName, goFrame } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import { findRequests } from './entries.js';

describe('entry points that own code calls', () => {
  const at = (name: string, line: number) => ({ name, file: `/src/shop/${name}.go`, line });
  /**
   * Stacks below an own function, each with the line of it that calls what comes next; below them, some
   * functions with two callees each, from as many lines.
   */
  const below = (
    callees: readonly (readonly [name: string, line: number, value: number])[],
    { several = 3, one = 0 } = {},
  ) =>
    buildProfile(
      ...callees.map(([name, line, value]) => {
        const frames = [goFrame('runtime.serve'), at('wrap', line), ...name.split(' ').map(goFrame)];
        return [frames, value] as const;
      }),
      ...Array.from({ length: several + one }, (_, index) =>
        ['read', 'write'].map((callee, second) => {
          const caller = at(`f${index}`, index < several ? 20 + second : 20);
          return [[at('wrap', callees[0]?.[1] ?? 0), goFrame('show'), caller, goFrame(callee)], 1] as const;
        }),
      ).flat(),
    );
  const ONE_LINE = below([
    ['show', 9, 400],
    ['save', 9, 400],
  ]);
  const OWN_LINES = below([
    ['show', 9, 400],
    ['save', 10, 400],
  ]);

  test.each([
    { what: 'from one line, which is a dispatch', before: ONE_LINE, after: ONE_LINE, called: [] },
    { what: 'each from its own line', before: OWN_LINES, after: OWN_LINES, called: ['save', 'show'] },
    {
      what: 'from one line on the later side only, since lines move',
      before: OWN_LINES,
      after: ONE_LINE,
      called: ['save', 'show'],
    },
    {
      what: 'from one line on the earlier side only',
      before: ONE_LINE,
      after: OWN_LINES,
      called: ['save', 'show'],
    },
    {
      what: 'from lines that nobody knows',
      before: below([
        ['show', 0, 400],
        ['save', 0, 400],
      ]),
      after: below([
        ['show', 0, 400],
        ['save', 0, 400],
      ]),
      called: ['save', 'show'],
    },
  ])('$what', ({ before, after, called }) => {
    const contrasted = contrast(before, after);
    const { calledByOwn, points } = findRequests(contrasted);
    expect(points).toHaveLength(2);
    expect([...calledByOwn].map((fn) => getName(contrasted, fn)).sort()).toEqual(called);
  });

  test.each([
    ['nearly all that the function calls', 88, []],
    ['less than that: it does more than to dispatch', 90, ['audit', 'save', 'show']],
  ])('one line leads to %s', (_, other, called) => {
    const sides = below([
      ['show', 9, 400],
      ['save', 9, 400],
      ['audit', 12, other],
    ]);
    const contrasted = contrast(sides, sides);
    const left = [...findRequests(contrasted).calledByOwn].map((fn) => getName(contrasted, fn)).sort();
    expect(left).toEqual(called.length === 0 ? ['audit'] : called);
  });

  test.each([
    { several: 3, one: 11, isKnown: true },
    { several: 3, one: 12, isKnown: false },
    { several: 2, one: 0, isKnown: false },
    { several: 0, one: 20, isKnown: false },
  ])('$several functions call from several lines, $one from one: the lines tell: $isKnown', (lines) => {
    const sides = below(
      [
        ['show', 9, 400],
        ['save', 9, 400],
      ],
      lines,
    );
    expect(findRequests(contrast(sides, sides)).calledByOwn.size === 0).toBe(lines.isKnown);
  });

  test('what libraries on the line call is not called by own code', () => {
    const wrapped = below(
      [
        ['lib.next show', 9, 400],
        ['lib.next save', 9, 400],
      ],
      { several: 0 },
    );
    expect([...findRequests(contrast(wrapped, wrapped)).calledByOwn]).toEqual([]);
  });
});
