import { describe, expect, test } from 'vitest';
import { contrast, getName, profileFrom, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { growthBetween, growthSite } from './growth.js';

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
    // An own function that holds nearly all itself is the better name.
    expect(site(calls(1, 1), calls(91, 11))).toMatchObject({ fn: 'get' });
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

test('of nested functions with one total the one that waits itself is the place', () => {
  const chain = { 'main outer inner': 90, 'main outer inner outer': 0 };
  expect(site({ 'main outer inner': 1 }, chain)).toMatchObject({ fn: 'inner' });
  // Both have all of the growth; each is below the other in some stack.
  const mutual = { 'main a b': 60, 'main b a': 40 };
  expect(site({ 'main a b': 1 }, mutual)).toMatchObject({ fn: 'b' });
  expect(site({ 'main a b': 1 }, { 'main a b': 40, 'main b a': 60 })).toMatchObject({ fn: 'a' });
});

test('a stack that the profiler cut off its outer frames makes the inner function no outer one', () => {
  const cut = { 'main outer inner runtime.park': 1000, 'inner runtime.park': 4 };
  expect(site({ 'main outer': 1 }, cut)).toMatchObject({ fn: 'inner' });
  // More of them are other callers.
  expect(site({ 'main outer': 1 }, { ...cut, 'inner runtime.park': 9 })).toMatchObject({ fn: 'outer' });
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
