import { describe, expect, test } from 'vitest';
import { contrast, getName, goFrame } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import type { Profile } from '../../model.js';
import { markHandedOn, outermostOwn, ownCallerAt } from './dispatch.js';
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

describe('a handler next to which jobs run', () => {
  const at = (name: string, line: number) => ({ name, file: `/src/shop/${name}.go`, line });
  const names = (text: string) => (text === '' ? [] : text.split(' ').map(goFrame));
  interface Shop {
    /** Samples of the job, and its caller. */
    job?: number;
    jobBelow?: string;
    handler?: string;
    handlerBelow?: string;
    /** Line of the second of two calls of `gate`, the first of which is at line 4. */
    line?: number;
    /** Functions between `gate` and what it calls. */
    between?: string;
    betweenSave?: string;
    /** Functions between the handler and `gate`. */
    above?: string;
    /** Samples that reach `save` from the handler itself. */
    direct?: number;
  }
  /** A handler of 100 samples that calls `gate`, which calls two functions, next to a job. */
  const shop = ({ job = 30, line = 4, direct = 0, between = '', ...rest }: Shop = {}) => {
    const { handler = 'wrap', handlerBelow = 'runtime.serve', jobBelow = 'runtime.work' } = rest;
    const { above = '', betweenSave = between } = rest;
    const wrap = [...names(handlerBelow), at(handler, 9)];
    const show = [...wrap, ...names(above), at('gate', 4), ...names(between), goFrame('show')];
    // Functions with two callees each, called from lines of their own, tell that lines are those of calls.
    const steps = ['f', 'g', 'h'].flatMap((caller) =>
      [20, 21].map((each) => [[...show, at(caller, each), goFrame(`c${each}`)], 1] as const),
    );
    return buildProfile(
      [show, 44],
      ...steps,
      [[...wrap, ...names(above), at('gate', line), ...names(betweenSave), goFrame('save')], 50 - direct],
      ...(direct > 0 ? [[[...wrap, goFrame('save')], direct] as const] : []),
      [[...names(jobBelow), goFrame('zip')], job],
      [[goFrame('runtime.gc')], 7],
    );
  };
  const find = (before: Profile, after = before) => {
    const contrasted = contrast(before, after);
    const { points, universal } = findRequests(contrasted);
    const sort = (fns: Iterable<number>) => [...fns].map((fn) => getName(contrasted, fn)).sort();
    return { points: sort(points.map(({ fn }) => fn)), universal: sort(universal) };
  };
  const KINDS = ['save', 'show', 'zip'];
  const ONE_KIND = ['wrap', 'zip'];

  test.each<{ what: string; sides: Shop; is: readonly string[] }>([
    { what: 'one line leads to several functions', sides: {}, is: KINDS },
    { what: 'a lambda hands the calls on', sides: { between: 'Shop$$Lambda' }, is: KINDS },
    { what: 'a lambda hands one of them on', sides: { between: 'Shop$$Lambda', betweenSave: '' }, is: KINDS },
    { what: 'each is called from a line of its own', sides: { line: 5 }, is: ONE_KIND },
    { what: 'the job costs as much', sides: { job: 100 }, is: KINDS },
    { what: 'the job costs more', sides: { job: 101 }, is: ONE_KIND },
    { what: 'the server calls the job as well', sides: { jobBelow: 'runtime.serve' }, is: ONE_KIND },
    { what: 'nothing calls the handler', sides: { handlerBelow: '' }, is: KINDS },
    { what: 'nothing calls either', sides: { handlerBelow: '', jobBelow: '' }, is: ONE_KIND },
    {
      what: 'all is below own code',
      sides: { handlerBelow: 'main runtime.serve', jobBelow: 'main runtime.work' },
      is: KINDS,
    },
    { what: 'it is the first function of all', sides: { handler: '_' }, is: KINDS },
    {
      what: 'it is the first of all, and the server calls the job as well',
      sides: { handler: '_', jobBelow: 'runtime.serve' },
      is: ['_', 'zip'],
    },
    { what: 'a tenth of it is not below what it calls', sides: { direct: 10 }, is: KINDS },
    { what: 'more of it is not', sides: { direct: 11 }, is: ['gate', 'save', 'zip'] },
  ])('where $what: $is', ({ sides, is }) => {
    expect(find(shop(sides)).points).toEqual(is);
  });

  test('is one on both sides, and so is what nearly all of it passes through', () => {
    expect(find(shop(), shop({ job: 101 })).points).toEqual(ONE_KIND);
    expect(find(shop({ job: 101 }), shop()).points).toEqual(ONE_KIND);
    // On one side the handler dispatches, on the other what it calls does.
    expect(find(shop(), shop({ direct: 11 })).points).toEqual(ONE_KIND);
    expect(find(shop({ direct: 11 }), shop()).points).toEqual(ONE_KIND);
  });

  test('is own middleware, as what it calls is', () => {
    expect(find(shop()).universal).toEqual(['gate', 'wrap']);
    expect(find(shop({ above: 'runtime.mux' })).universal).toEqual(['gate', 'wrap']);
  });

  test('has no job where one of its two callers calls the other, too', () => {
    const listStacks = (below: string) =>
      [[goFrame(below), at('wrap', 9), at('gate', 4), goFrame('show')], 50] as const;
    const steps = ['f', 'g', 'h'].flatMap((caller) =>
      [20, 21].map(
        (each) =>
          [
            [
              goFrame('runtime.serve'),
              at('wrap', 9),
              at('gate', 4),
              goFrame('save'),
              at(caller, each),
              goFrame(`c${each}`),
            ],
            9,
          ] as const,
      ),
    );
    const sides = (jobBelow: string) =>
      buildProfile(listStacks('runtime.serve'), listStacks('runtime.accept'), ...steps, [
        [goFrame(jobBelow), goFrame('zip')],
        40,
      ]);
    expect(find(sides('runtime.work')).points).toEqual(KINDS);
    expect(find(sides('runtime.accept')).points).toEqual(ONE_KIND);
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
