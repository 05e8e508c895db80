import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { requestsThatWait, requestsWait, waitsMayHide } from './hidden-waits.js';

test.each([
  { what: 'a fiftieth more', after: 102, expected: true },
  { what: 'less than that', after: 101, expected: false },
  { what: 'less than 5 ms', before: 0.01, after: 0.014, expected: false },
])('waiting of which $what was added may hide a place: $expected', ({ before = 100, after, expected }) => {
  expect(waitsMayHide({ before, after })).toBe(expected);
});

test.each([
  { what: 'five times as long', place: { before: 1, after: 5 }, expected: true },
  { what: 'less than that', place: { before: 1, after: 4.9 }, expected: false },
  { what: 'for the first time', place: { before: 0, after: 0.2 }, expected: true },
  {
    what: 'less than a tenth of the time served',
    place: { before: 0, after: 0.2 },
    served: 2.1,
    expected: false,
  },
  {
    what: 'longer by less than a tenth of the time served, which both together are',
    place: { before: 0.02, after: 0.11 },
    expected: false,
  },
  { what: 'less than 5 ms', place: { before: 0, after: 0.004 }, served: null, expected: false },
  { what: 'as the load squared explains', place: { before: 1, after: 19 }, load: 2, expected: false },
  { what: 'longer than the load squared explains', place: { before: 1, after: 20 }, load: 2, expected: true },
  {
    what: 'five times as long at half the load',
    place: { before: 1, after: 4.9 },
    load: 0.5,
    expected: false,
  },
])('requests that wait $what: $expected', ({ place, load = 1, served = 1, expected }) => {
  expect(requestsWait(place, load, served)).toBe(expected);
});

describe('requests that wait at one place', () => {
  const SERVER = 'net/http.(*conn).serve';
  const QUERY = `${SERVER} store.levels runtime.selectgo`;
  const IDLE = 'work store.levels runtime.selectgo';

  /** Milliseconds of waiting on both sides; two profiles each. */
  const find = (before: Stacks, after: Stacks, site = 'store.levels') => {
    const sides = contrast(before, after, { profiles: [2, 2] });
    const fn = findFunction(sides, site);
    return requestsThatWait({ ...sides, site: { fn, growth: 1, part: 1 } }, 0.001, 1, 1);
  };

  test('are the growth that they were found in', () => {
    const found = find({}, { [QUERY]: 500 });
    expect(found?.site).toMatchObject({ growth: 1, part: 1 });
    expect([found?.before.costs.total, found?.after.costs.total]).toEqual([0, 500]);
  });

  test.each([
    {
      what: 'are told where they wait five times as long',
      before: { [QUERY]: 100 },
      after: { [QUERY]: 500 },
      is: true,
    },
    {
      what: 'are not where they wait less than that',
      before: { [QUERY]: 100 },
      after: { [QUERY]: 499 },
      is: false,
    },
    {
      what: 'are not where a tenth of the time served was not added',
      before: {},
      after: { [QUERY]: 199 },
      is: false,
    },
    {
      what: 'are nine tenths of the waits there',
      before: {},
      after: { [QUERY]: 900, [IDLE]: 100 },
      is: true,
    },
    {
      what: 'are not where others wait there, too',
      before: {},
      after: { [QUERY]: 899, [IDLE]: 101 },
      is: false,
    },
  ])('$what', ({ before, after, is }) => {
    expect(find({ 'runtime.idle': 9, ...before }, after) !== null).toBe(is);
  });

  test('wait in own code, or in that of a library, and not in the runtime', () => {
    const pool = 'github.com/redis/go-redis/v9/internal/pool.(*ConnPool).waitTurn';
    const queue = { [`${SERVER} store.levels ${pool} runtime.selectgo`]: 900 };
    expect(find({ 'runtime.idle': 9 }, queue, pool)).not.toBeNull();
    expect(find({ 'runtime.idle': 9 }, queue, 'runtime.selectgo')).toBeNull();
  });

  test('are not told without a place', () => {
    const sides = contrast({ [QUERY]: 1 }, { [QUERY]: 900 });
    expect(requestsThatWait({ ...sides, site: null }, 0.001, 1, 1)).toBeNull();
  });
});
