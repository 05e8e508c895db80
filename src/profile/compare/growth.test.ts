import { describe, expect, test } from 'vitest';
import {
  contrast,
  findFunction,
  getName,
  profileFrom,
  type Sides,
  type Stacks,
} from '../../../test/support/contrast.js';
import { growthBetween, growthSite, isInner } from './growth.js';

function site(before: Stacks, after: Stacks, sides?: Sides) {
  const contrasted = contrast(before, after, sides);
  const answer = growthSite(contrasted.joined, contrasted.before, contrasted.after);
  return answer === null ? null : { ...answer, fn: getName(contrasted, answer.fn) };
}

describe('growthSite', () => {
  test('the innermost own function that holds nearly all of the growth; what is below it is evidence', () => {
    expect(
      site(
        { 'main serve park runtime.gopark': 10, 'main poll': 10 },
        { 'main serve park runtime.gopark': 110, 'main poll': 12 },
      ),
    ).toEqual({ fn: 'park', growth: 100, part: 100 / 102 });
  });

  test('a wrapper with nearly all is the better name than a callee with some more than half', () => {
    const before = { 'main serve a': 0.001, 'main serve b': 0.001 };
    expect(site(before, { 'main serve a': 60, 'main serve b': 40 })).toMatchObject({ fn: 'serve' });
  });

  test('where nothing holds nearly all, half of it will do; less than half names nobody', () => {
    expect(site({ c: 1 }, { a: 60, b: 41 })).toMatchObject({ fn: 'a' });
    expect(site({ d: 1 }, { a: 40, b: 40, c: 40 })).toBeNull();
    expect(site({}, { serve: 100, 'lib.x keep': 100 })).toMatchObject({ fn: 'keep', part: 0.5 });
  });

  test('growth per profile counts', () => {
    expect(site({ 'main a': 10 }, { 'main a': 20 }, { profiles: [1, 2] })).toBeNull();
    expect(site({ 'main a': 10 }, { 'main a': 40 }, { profiles: [1, 2] })).toMatchObject({
      fn: 'a',
      growth: 10,
    });
  });

  test('without own code any function; nothing grew, nobody', () => {
    expect(site({ 'lib.a': 1 }, { 'lib.a': 9 })).toMatchObject({ fn: 'lib.a', part: 1 });
    expect(site({ a: 9 }, { a: 9 })).toBeNull();
    expect(site({ a: 9 }, { a: 2 })).toBeNull();
    expect(site({}, {})).toBeNull();
    expect(site({}, { 'main a': 5 })).toMatchObject({ fn: 'a', part: 1 });
  });

  test('of a chain with one cost the innermost, whatever the names', () => {
    for (const chain of ['z y x', 'x y z']) {
      const last = chain.split(' ').at(-1);
      expect(site({ [`${chain} runtime.park`]: 1 }, { [`${chain} runtime.park`]: 90 })).toMatchObject({
        fn: last,
      });
    }
  });
});

describe('functions that are not the team’s', () => {
  const held = (cache: number, park: number, own = 10): Stacks => ({
    'main serve': own,
    'runtime.main lib.cache lib.put runtime.mallocgc': cache,
    'runtime.main runtime.park': park,
  });

  test('the innermost of a library, where no own function holds half', () => {
    expect(site(held(10, 10), held(110, 10))).toEqual({ fn: 'lib.put', growth: 100, part: 1 });
  });

  test('one that holds nearly all, which several own functions call, before one of these', () => {
    const calls = (get: number, put: number): Stacks => ({
      'main get lib.log lib.Unlock runtime.unlock': get,
      'main put lib.log lib.Unlock runtime.unlock': put,
    });
    expect(site(calls(1, 1), calls(66, 36))).toMatchObject({ fn: 'lib.log' });
    expect(site(calls(1, 1), calls(66, 36))).toEqual({ fn: 'lib.log', growth: 100, part: 1 });
    // Its callers may cost something themselves.
    expect(site({ ...calls(1, 1), main: 100 }, { ...calls(66, 36), main: 110 })).toMatchObject({
      fn: 'lib.log',
    });
    // The level that it held before is no growth.
    const others = { 'main a lib.b': 50, 'main c lib.d': 50 };
    expect(site(calls(200, 200), { ...calls(200, 200), ...others })).toMatchObject({ fn: 'main' });
    // An own function that holds nearly all itself is the better name.
    expect(site(calls(1, 1), calls(91, 11))).toMatchObject({ fn: 'get' });
  });

  test('one that own functions call may be called without own code, too, but not often', () => {
    const calls = (put: number, set: number, bare: number): Stacks => ({
      'main put lib.log runtime.unlock': put,
      'main set lib.log runtime.unlock': set,
      'runtime.run lib.log runtime.unlock': bare,
    });
    expect(site(calls(1, 1, 1), calls(50, 40, 11))).toMatchObject({ fn: 'lib.log' });
    expect(site(calls(1, 1, 1), calls(40, 30, 32))).toMatchObject({ fn: 'main' });
  });

  test('one that did not gain share grew with everything and is no place', () => {
    // It holds half of the growth, as it held half of the level.
    expect(site(held(50, 40), held(500, 400, 100))).toBeNull();
    expect(site(held(50, 40), held(700, 200, 100))).toMatchObject({ fn: 'lib.put' });
  });

  test('it must have gained 15 points', () => {
    const before = held(50, 40);
    expect(site(before, held(645, 256, 100))).toBeNull();
    expect(site(before, held(655, 246, 100))).toMatchObject({ fn: 'lib.put' });
  });

  test('the entry point, where neither own code nor a library holds half', () => {
    const before = { 'main serve': 100, 'runtime.goexit runtime.run runtime.park': 10 };
    const after = { 'main serve': 100, 'runtime.goexit runtime.run runtime.park': 300 };
    expect(site(before, after)).toEqual({ fn: 'runtime.goexit', growth: 290, part: 1 });
  });

  test('own code that is on one side only counts as own code', () => {
    const runtime = { 'runtime.main runtime.park': 50 };
    expect(site({ ...runtime, 'main serve': 5 }, { 'runtime.main runtime.park': 500 })).toBeNull();
  });
});

test('of nested functions of the runtime the outermost one is the place', () => {
  const before = { 'runtime.h runtime.h': 1 };
  // It is the outer one of the two, although the inner one was called without it before.
  expect(site(before, { ...before, 'runtime.g runtime.h': 20 })).toMatchObject({ fn: 'runtime.g', part: 1 });
  // The outer one of two that call each other has the larger total.
  const mutual = { 'runtime.g runtime.h': 20, 'runtime.h runtime.g': 1 };
  expect(site(before, { ...before, ...mutual })).toMatchObject({ fn: 'runtime.h', part: 1 });
});

describe('an own function and a library that hold all of a growth', () => {
  test.each<{ what: string; stays: Stacks; adds: Stacks; fn: string }>([
    {
      what: 'it leads to half of it with no own function in between',
      stays: { 'main serve': 1 },
      adds: { 'main keep runtime.g lib.y': 50, 'main keep runtime.h price lib.y': 50 },
      fn: 'keep',
    },
    {
      what: 'it leads to less of it',
      stays: { 'main serve': 1 },
      adds: { 'main keep runtime.g lib.y': 49, 'main keep runtime.h price lib.y': 51 },
      fn: 'lib.y',
    },
    {
      what: 'it led to as much before, and leads to nothing of the growth',
      stays: { 'keep serve': 1, price: 50, 'serve lib.x serve': 50 },
      adds: { 'lib.y price serve lib.y': 25, 'lib.y price store lib.y': 25 },
      fn: 'lib.y',
    },
    {
      what: 'the inner one of two leads to all of it, and the outer one to none',
      stays: { 'keep serve': 1, price: 50, 'serve lib.x serve': 50 },
      adds: { 'lib.y price serve lib.y': 50 },
      fn: 'serve',
    },
  ])('$what: $fn', ({ stays, adds, fn }) => {
    expect(site(stays, { ...stays, ...adds })).toMatchObject({ fn });
    const tiny = { profiles: [1_000, 1_000] as const };
    expect(site(stays, { ...stays, ...adds }, tiny)).toMatchObject({ fn });
  });
});

test('of nested functions with one total the one that waits itself is the place', () => {
  const chain = { 'main outer inner': 90, 'main outer inner outer': 0 };
  expect(site({ 'main outer inner': 1 }, chain)).toMatchObject({ fn: 'inner' });
  // Both have all of the growth; each is below the other in some stack.
  const mutual = { 'main a b': 60, 'main b a': 40 };
  expect(site({ 'main a b': 1 }, mutual)).toMatchObject({ fn: 'b' });
  expect(site({ 'main a b': 1 }, { 'main a b': 40, 'main b a': 60 })).toMatchObject({ fn: 'a' });
});

describe('of two nested functions', () => {
  const before = { 'main outer': 1 };
  test.each<{ what: string; after: Stacks; fn: string }>([
    {
      what: 'a stack that the profiler cut off its outer frames makes the inner one no outer one',
      after: { 'main outer inner runtime.park': 1000, 'inner runtime.park': 4 },
      fn: 'inner',
    },
    {
      what: 'nor do other callers, which make its total the larger one',
      after: { 'main outer inner runtime.park': 1000, 'main job inner runtime.park': 30 },
      fn: 'inner',
    },
    {
      what: 'which of them comes first in the stacks does not matter',
      after: { 'main job inner runtime.park': 30, 'main outer inner runtime.park': 1000 },
      fn: 'inner',
    },
  ])('$what', ({ after, fn }) => {
    expect(site(before, after)).toMatchObject({ fn });
  });

  test('half a percent of the larger total tells no inner one of two that are below each other', () => {
    const mutual = { 'main outer inner runtime.park': 40_000, 'main inner outer runtime.park': 1 };
    const withCut = (cut: number) => site(before, { ...mutual, 'inner runtime.park': cut });
    expect(withCut(9)).toMatchObject({ fn: 'inner' });
    // The limit is 201.01 here, of 40,202.
    expect(withCut(201)).toMatchObject({ fn: 'inner' });
    expect(withCut(202)).toMatchObject({ fn: 'outer' });
    // Those that are equal in all are taken as they come.
    const alike = { 'main outer inner': 50, 'main inner outer': 50 };
    expect(site({ 'main outer': 1 }, alike)).toMatchObject({ fn: 'inner' });
  });
});

test('the growth between two merges has both sides and their place', () => {
  const merge = (stacks: Stacks, profiles: number) => ({ profile: profileFrom(stacks), profiles });
  const growth = growthBetween(merge({ 'main a': 10 }, 1), merge({ 'main a': 90, 'main b': 6 }, 3));
  expect(getName(growth, growth.site?.fn)).toBe('a');
  expect(growth.site).toMatchObject({ growth: 20, part: 20 / 22 });
  expect([growth.before, growth.after].map(({ costs, profiles }) => [costs.total, profiles])).toEqual([
    [10, 1],
    [96, 3],
  ]);
});

test.each([
  { unit: 'bytes', is: 'view' },
  { unit: 'count', is: 'serve' },
])('a growth of $unit below a function and its compiled caller is that of $is', ({ unit, is }) => {
  const side = (stacks: Stacks) => ({ profile: { ...profileFrom(stacks), unit }, profiles: 1 });
  const growth = growthBetween(
    side({ 'main serve view lib.a': 5, 'main serve view lib.b': 5 }),
    side({
      'main serve view lib.a': 35,
      'main serve view lib.b': 35,
      'main serve lib.a': 20,
      'main serve lib.b': 20,
    }),
  );
  expect(getName(growth, growth.site?.fn)).toBe(is);
});

test('a growth of bytes that is a library’s stays there, whatever own code the library calls', () => {
  const side = (stacks: Stacks) => ({
    profile: { ...profileFrom({ 'main work': 10, ...stacks }), unit: 'bytes' },
    profiles: 1,
  });
  const after = {
    'runtime.goexit lib.run view lib.a': 25,
    'runtime.goexit lib.run view lib.b': 20,
    'runtime.goexit lib.run lib.a': 10,
    'runtime.goexit lib.run lib.b': 5,
    'runtime.goexit runtime.park': 40,
  };
  const growth = growthBetween(side({}), side(after));
  expect(getName(growth, growth.site?.fn)).toBe('lib.run');
});

describe('bytes of requests that are still held', () => {
  const READ = 'net/http.(*conn).serve net/http.(*conn).readRequest';
  const HANDLE = 'net/http.(*conn).serve lib.middleware';
  const keeper = (
    after: Stacks,
    { before = {}, unit = 'bytes' }: { before?: Stacks; unit?: string } = {},
  ) => {
    const side = (stacks: Stacks) => ({ profile: { ...profileFrom(stacks), unit }, profiles: 1 });
    const base = { 'main serve': 20, [READ]: 2, [`${HANDLE} lib.note`]: 2 };
    const growth = growthBetween(side({ ...base, ...before }), side({ ...base, ...after }));
    const { site } = growth;
    if (site === null) return null;
    return [getName(growth, site.fn), site.input === undefined ? null : getName(growth, site.input.fn)];
  };
  const READ_FN = 'net/http.(*conn).readRequest';

  test.each<[string, (string | null)[] | null, Parameters<typeof keeper>]>([
    [
      'are those of the library that grew beside them',
      ['lib.note', READ_FN],
      [{ [READ]: 70, [`${HANDLE} lib.note`]: 30 }],
    ],
    [
      'the library function where its growth spreads',
      ['lib.middleware', READ_FN],
      [{ [READ]: 70, [`${HANDLE} lib.note`]: 17, [`${HANDLE} lib.set`]: 15 }],
    ],
    [
      'are those of own code, where it grew, before those of a library',
      ['keep', READ_FN],
      [{ [READ]: 70, [`${HANDLE} keep`]: 30 }],
    ],
    [
      'have no keeper that only grew a little',
      ['net/http.(*conn).serve', null],
      [{ [READ]: 70, [`${HANDLE} lib.note`]: 9 }],
    ],
    [
      'nor one that was as large before',
      [READ_FN, null],
      [{ [READ]: 70, [`${HANDLE} lib.note`]: 100 }, { before: { [`${HANDLE} lib.note`]: 70 } }],
    ],
    [
      'goroutines have none',
      ['net/http.(*conn).serve', null],
      [{ [READ]: 70, [`${HANDLE} lib.note`]: 30 }, { unit: 'count' }],
    ],
    [
      'other growth of the standard library has none',
      ['net/http.(*conn).serve', null],
      [{ 'net/http.(*conn).serve net/http.(*conn).hijack': 70, [`${HANDLE} lib.note`]: 30 }],
    ],
  ])('%s', (_, expected, given) => {
    expect(keeper(...given)).toEqual(expected);
  });
});

describe('the place of bytes that grew while requests were read', () => {
  const SERVE = 'net/http.(*conn).serve';
  const READ = 'net/http.(*conn).readRequest';
  /** Work that stays, so that no function looks like another one under a new name. */
  const STILL = { 'main work': 20, 'main rest': 20 };
  const place = (before: Stacks, after: Stacks, profiles: readonly [number, number] = [1, 1]) => {
    const side = (stacks: Stacks, count: number) => ({
      profile: { ...profileFrom({ ...STILL, ...stacks }), unit: 'bytes' },
      profiles: count,
    });
    const growth = growthBetween(side(before, profiles[0]), side(after, profiles[1]));
    if (growth.site === null) return null;
    const { fn, input, ...rest } = growth.site;
    const told = input && { input: { fn: getName(growth, input.fn), part: input.part } };
    return { fn: getName(growth, fn), ...rest, ...told };
  };

  test('is told with its part, and with that of the reading', () => {
    expect(place({ [`${SERVE} keep`]: 100 }, { [`${SERVE} ${READ}`]: 500, [`${SERVE} keep`]: 200 })).toEqual({
      fn: 'keep',
      growth: 100,
      part: 1 / 6,
      input: { fn: READ, part: 5 / 6 },
    });
  });

  test('of several functions that read requests the one that grew most, the outermost of a chain', () => {
    const [outer, inner] = ['net/http.(*http2serverConn).readFrames', 'net/http.(*http2Framer).ReadFrame'];
    const answer = place(
      { [`${SERVE} ${READ}`]: 2 },
      { [`${SERVE} ${READ}`]: 12, [`${SERVE} ${outer} ${inner}`]: 60, [`${SERVE} keep`]: 30 },
    );
    expect(answer).toMatchObject({ fn: 'keep', input: { fn: outer, part: 0.6 } });
  });

  test('is no other one where a function of the team holds it all', () => {
    expect(place({ 'main load net/url.Parse': 2 }, { 'main load net/url.Parse': 90 })).toEqual({
      fn: 'load',
      growth: 88,
      part: 1,
    });
  });

  test.each<[string, number, Stacks, string, number | null]>([
    ['half of the growth is that of reading', 50, { keep: 30, 'lib.a': 10, 'lib.b': 10 }, 'keep', 0.5],
    ['less is not', 30, { keep: 40, 'lib.a': 30 }, SERVE, null],
    ['the keeper holds half of the others', 60, { keep: 20, 'lib.a': 10, 'lib.b': 10 }, 'keep', 0.6],
    ['with less than half it is not the keeper', 60, { keep: 18, 'lib.a': 22 }, 'lib.a', 0.6],
    ['no reading', 0, { keep: 40, 'lib.a': 30, 'lib.b': 30 }, SERVE, null],
    ['a callee with four fifths is the keeper', 60, { keep: 8, 'keep put': 32 }, 'put', 0.6],
    ['one with less is not', 60, { keep: 10, 'keep put': 30 }, 'keep', 0.6],
  ])('%s', (_, read, others, fn, part) => {
    const below = Object.entries(others).map(([stack, value]) => [`${SERVE} ${stack}`, value]);
    const answer = place({}, { [`${SERVE} ${READ}`]: read, ...Object.fromEntries(below) });
    expect([answer?.fn, answer?.input?.part ?? null]).toEqual([fn, part]);
  });

  test('is told where no function of the program can read requests', () => {
    const answer = place({}, { 'runtime.goexit lib.a': 40, 'runtime.goexit lib.b': 40, 'lib.run': 1 });
    expect(answer).toMatchObject({ fn: 'runtime.goexit' });
    expect(answer).not.toHaveProperty('input');
  });

  test('is the entry point where nothing read requests', () => {
    const answer = place({}, { [`${SERVE} keep`]: 40, [`${SERVE} other`]: 40, [`${SERVE} lib.a`]: 20 });
    expect(answer).toEqual({ fn: SERVE, growth: 100, part: 1 });
  });

  test('is none where nothing grew in all', () => {
    const before = { [`${SERVE} ${READ}`]: 100, [`${SERVE} keep`]: 2, [`${SERVE} other`]: 10 };
    expect(place(before, { ...before, [`${SERVE} keep`]: 8, [`${SERVE} other`]: 4 })).toBeNull();
    expect(place(before, { ...before, [`${SERVE} keep`]: 8, [`${SERVE} other`]: 1 })).toBeNull();
    expect(place({}, {})).toBeNull();
    // A fall per profile, in which one function rose.
    expect(place(before, { ...before, [`${SERVE} keep`]: 20 }, [1, 2])).toBeNull();
  });
});

test('of two functions that stand apart the inner one has the smaller total', () => {
  const sides = contrast({}, { 'main large': 50, 'main small': 30 });
  const [large, small] = [findFunction(sides, 'large'), findFunction(sides, 'small')];
  expect(isInner(sides.joined, sides.after, small, large)).toBe(true);
  expect(isInner(sides.joined, sides.after, large, small)).toBe(false);
});
