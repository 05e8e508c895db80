import { describe, expect, test } from 'vitest';
import { contrast, getName, goFrame } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import type { Profile } from '../../model.js';
import { hasLinesOfCalls, markHandedOn, outermostOwn, ownCallerAt } from './dispatch.js';
import { findRequests } from './entries.js';

describe('entry points that own code calls', () => {
  const at = (name: string, line: number) => ({ name, file: `/src/shop/${name}.go`, line });
  /** Functions with two callees each, called from as many lines or from one. */
  const steps = ({ several = 3, one = 0, line = 9 } = {}) =>
    Array.from({ length: several + one }, (_, index) =>
      ['read', 'write'].map((callee, second) => {
        const caller = at(`f${index}`, index < several ? 20 + second : 20);
        return [[at('wrap', line), goFrame('show'), caller, goFrame(callee)], 1] as const;
      }),
    ).flat();
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
      ...steps({ several, one, line: callees[0]?.[1] ?? 0 }),
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

  const namesCalled = (sides: Profile) => {
    const contrasted = contrast(sides, sides);
    return [...findRequests(contrasted).calledByOwn].map((fn) => getName(contrasted, fn)).sort();
  };

  test.each([
    // The functions below add 6 samples: 810 of 900 and of 901.
    { what: 'nearly all that the function calls', other: 90, called: ['audit'] },
    {
      what: 'less than that: it does more than to dispatch',
      other: 91,
      called: ['audit', 'save', 'show'],
    },
  ])('one line leads to $what', ({ other, called }) => {
    const stacks = [
      ['show', 9, 400],
      ['save', 9, 404],
      ['audit', 12, other],
    ] as const;
    expect(namesCalled(below(stacks))).toEqual(called);
  });

  test('a line that leads to one function is no dispatch, however much it costs', () => {
    const serve = goFrame('runtime.serve');
    const sides = buildProfile(
      ...steps(),
      [[serve, at('wrap', 9), goFrame('show')], 900],
      [[serve, at('wrap', 10), goFrame('save')], 50],
      [[serve, at('wrap', 3)], 200],
    );
    expect(namesCalled(sides)).toEqual(['save', 'show']);
  });

  test('lines of different functions are different lines', () => {
    const serve = goFrame('runtime.serve');
    const sides = buildProfile(
      ...steps(),
      [[serve, at('wrap', 9), goFrame('show')], 50],
      [[serve, at('wrap', 8), at('inner', 9), goFrame('save')], 880],
      [[serve, at('wrap', 8), at('inner', 3)], 60],
    );
    expect(namesCalled(sides)).toEqual(['save', 'show']);
  });

  test('a library that calls several from one line does not make steps of own code a dispatch', () => {
    const next = { name: 'lib.next', file: '/go/pkg/mod/lib@v1.0.0/lib.go', line: 5 };
    const both = ['show', 'save'].flatMap((name, index) => {
      const frames = [goFrame('runtime.serve'), at('wrap', 9 + index)];
      return [
        [[...frames, goFrame(name)], 400],
        [[...frames, next, goFrame(name)], 100],
      ] as const;
    });
    expect(namesCalled(buildProfile(...both, ...steps()))).toEqual(['save', 'show']);
  });

  test('lines of leaves tell nothing about the lines of calls', () => {
    // A stack begins with its leaf, which follows the entry point of the stack before it: two for each leaf.
    const stacks = Array.from({ length: 12 }, (_, index) => {
      const leaf = `leaf${Math.floor(index / 2)}`;
      const root = goFrame(index % 2 === 0 ? 'runtime.serve' : 'runtime.work');
      return [[root, at('wrap', 9), goFrame('show'), at(leaf, 20 + index)], 10] as const;
    });
    const sides = [...stacks, [[goFrame('runtime.serve'), at('wrap', 9), goFrame('save')], 60]] as const;
    expect(namesCalled(buildProfile(...sides))).toEqual(['save', 'show']);
  });

  test('functions that call only one other from several lines tell nothing either', () => {
    const calls = ['a', 'b', 'c'].flatMap((name) =>
      [20, 21].map((line) => [[at('wrap', 9), goFrame('show'), at(name, line), goFrame('_')], 10] as const),
    );
    const sides = buildProfile(...calls, [[at('wrap', 9), goFrame('save')], 60]);
    const contrasted = contrast(sides, sides);
    // The one that they call is the first function of all.
    expect(getName(contrasted, 0)).toBe('_');
    expect(namesCalled(sides)).toEqual(['save', 'show']);
  });

  test('what own code does not call is no part of what a function calls, be it the first of all', () => {
    const line = (name: string) => [[at('_', 9), goFrame(name)], 400] as const;
    const callers = steps().map(([frames, value]) => [[at('_', 9), ...frames.slice(1)], value] as const);
    const sides = buildProfile(line('show'), line('save'), ...callers, [[goFrame('runtime.gc')], 500]);
    expect(getName(contrast(sides, sides), 0)).toBe('_');
    expect(namesCalled(sides)).toEqual([]);
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

  test.each([
    { what: 'all of them', names: ['Shop$$Lambda show', 'Shop$$Lambda save'], called: [] },
    { what: 'one of them', names: ['Shop$$Lambda show', 'save'], called: [] },
    { what: 'two after each other', names: ['Shop$$Lambda Shop$$Lambda show', 'save'], called: [] },
    { what: 'none, from lines of their own', names: ['show', 'save'], line: 10, called: ['save', 'show'] },
    {
      what: 'all, from lines of their own',
      names: ['A$$Lambda show', 'save'],
      line: 10,
      called: ['save', 'show'],
    },
  ])('lambdas hand calls on: $what', ({ names: [first = '', second = ''], line = 9, called }) => {
    const sides = below([
      [first, 9, 400],
      [second, line, 400],
    ]);
    const contrasted = contrast(sides, sides);
    const { calledByOwn } = findRequests(contrasted);
    expect([...calledByOwn].map((fn) => getName(contrasted, fn)).sort()).toEqual(called);
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

describe('the own code that calls a frame of a stack', () => {
  const own = buildProfile(
    [[goFrame('main'), goFrame('wrap'), goFrame('lib.next'), goFrame('show'), goFrame('encode')], 1],
    [[goFrame('poll')], 1],
  );
  const { joined } = contrast(own, own);
  const [part] = joined.parts;
  const nameFrame = (frame: number | null) =>
    frame === null ? null : getName({ joined }, part?.frameFunction[frame]);

  test.each([
    { what: 'the one further out', stack: 0, at: 0, caller: 'show' },
    { what: 'none where a library calls it', stack: 0, at: 1, caller: null },
    { what: 'the one further out of a library', stack: 0, at: 2, caller: 'wrap' },
    { what: 'the entry point', stack: 0, at: 3, caller: 'main' },
    { what: 'none of the entry point, where the next stack begins', stack: 0, at: 4, caller: null },
    { what: 'none of the last frame of all', stack: 1, at: 5, caller: null },
    { what: 'none of no frame', stack: 1, at: -1, caller: null },
  ])('$what', ({ stack, at, caller }) => {
    if (part === undefined) throw new Error('no part');
    expect(nameFrame(ownCallerAt(part, stack, at, markHandedOn(joined.functions)))).toBe(caller);
  });

  test.each([
    { what: 'the entry point', universal: [], outermost: 4 },
    { what: 'the next one, where that is universal', universal: ['main'], outermost: 3 },
    { what: 'not a library below them', universal: ['main', 'wrap'], outermost: 1 },
    { what: 'the leaf', universal: ['main', 'wrap', 'show'], outermost: 0 },
    { what: 'none', universal: ['main', 'wrap', 'show', 'encode'], outermost: -1 },
  ])('the outermost own frame that is not universal: $what', ({ universal, outermost }) => {
    if (part === undefined) throw new Error('no part');
    const isUniversal = Uint8Array.from(joined.functions, ({ name }) => (universal.includes(name) ? 1 : 0));
    expect(outermostOwn(part, isUniversal).slice(0, 2)).toEqual(Int32Array.of(outermost, 5));
  });
});

describe('lines of calls', () => {
  /** Functions with two callees each, called from lines of their own or from one. */
  const side = (second: number) =>
    buildProfile(
      ...['f', 'g', 'h'].flatMap((caller) =>
        [20, second].map((line, at) => {
          const frame = { name: caller, file: `/src/shop/${caller}.go`, line };
          return [[frame, goFrame(`${caller}${at}`)], 1] as const;
        }),
      ),
    );
  const [own, one] = [side(21), side(20)];

  test.each([
    { what: 'own lines', before: own, after: own, are: true },
    { what: 'own lines in the later part', before: one, after: own, are: true },
    { what: 'one line', before: one, after: one, are: false },
  ])('$what: known is $are, and is so once more', ({ before, after, are }) => {
    const { joined } = contrast(before, after);
    expect(hasLinesOfCalls(joined, [0, 1])).toBe(are);
    expect(hasLinesOfCalls(joined, [0, 1])).toBe(are);
  });

  test('what was seen in one part holds for all of the same functions', () => {
    const { joined } = contrast(one, own);
    expect(hasLinesOfCalls(joined, [0])).toBe(false);
    expect(hasLinesOfCalls(joined, [1])).toBe(true);
    expect(hasLinesOfCalls(joined, [0])).toBe(true);
    expect(hasLinesOfCalls(joined, [])).toBe(true);
  });
});
