import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { always, INCIDENT, smallService } from '../../../../test/support/small-service.js';
import { type Alias, toLens } from '../../../../test/support/type-ids.js';
import { UpstreamError } from '../../../errors.js';
import type { Window } from '../../../sources/source.js';
import type { ReadContext } from '../lens.js';
import { NoRequestLeft } from '../requests.js';
import { readQuantum } from './quantum.js';

const readContext = (
  profiles: Parameters<typeof smallService>[0][0]['profiles'],
  typeIds: string[] = [],
): ReadContext => ({
  source: smallService([{ labels: { pod: 'a' }, profiles }]),
  matchers: [],
  typeIds,
  repositories: [],
  signal: new AbortController().signal,
});

describe('the value of one sample', () => {
  const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
  /** Stacks of one to eight times a value, each another number. */
  const multiples = (value: number) =>
    Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((times) => [`main f${times}`, times * value]));
  const quantum = (alias: Alias, values: Record<string, number>, typeIds: string[] = []) =>
    readQuantum(
      readContext({ cpu: always({ main: 30 }) }, typeIds),
      toLens(alias).type,
      [profileFrom(values)],
      INCIDENT,
    );

  test.each([
    {
      what: 'of counts is 1',
      alias: 'goroutines',
      values: { main: 7 },
      expected: { value: 1, isEstimated: false },
    },
    {
      what: 'of bytes is the usual rate',
      alias: 'alloc',
      values: { main: 7 },
      expected: { value: 2 ** 19, isEstimated: true },
    },
    {
      what: 'of time is the usual rate where too few values tell it',
      alias: 'cpu',
      values: { main: 30_000_000 },
      expected: { value: 10_000_000, isEstimated: false },
    },
    {
      what: 'of time is an estimate where the values are no multiples of it',
      alias: 'cpu',
      values: { main: 30_000_001 },
      expected: { value: 10_000_000, isEstimated: true },
    },
  ] as const)('$what', async ({ alias, values, expected }) => {
    expect(await quantum(alias, values)).toEqual(expected);
  });

  test('of time is the interval that many values share', async () => {
    // The unit of the profile itself tells how long that is.
    const profile = { ...profileFrom(multiples(5_000_000)), unit: 'nanoseconds' };
    const quantum = await readQuantum(readContext({}), toLens('cpu').type, [profile], INCIDENT);
    expect(quantum).toEqual({ value: 5_000_000, isEstimated: false });
  });

  test('of time is told by the type that counts samples, where there is one', async () => {
    const source = smallService([{ labels: { pod: 'a' }, profiles: { cpu: always({ main: 30 }) } }]);
    const counting: ReadContext = {
      ...readContext({}, [SAMPLES]),
      source: {
        ...source,
        timeSeries: async ({ profileTypeId }) => [
          { labels: {}, points: [{ time: INCIDENT.to, value: profileTypeId === SAMPLES ? 20 : 90_000_000 }] },
        ],
      },
    };
    const profile = profileFrom({ main: 90_000_000 });
    expect(await readQuantum(counting, toLens('cpu').type, [profile], INCIDENT)).toEqual({
      value: 4_500_000,
      isEstimated: false,
    });
  });

  describe('where idle samples are counted without a value, as by the SDK of Node', () => {
    const WALL_SAMPLES = 'wall:samples:count:wall:nanoseconds';
    const { type } = toLens('wall');
    /** A sample of 10 or 11 ms, whose profiles share no interval. */
    const active = { 'main serve': 10_000_003, 'main render': 11_000_007 };
    /** The value of a sample, and for which windows profiles were asked. */
    async function measureQuantum(
      values: Stacks,
      counts: Stacks,
      { window = INCIDENT, failure = null }: { window?: Window; failure?: Error | null } = {},
    ) {
      const asked: Window[] = [];
      const sum = (stacks: Stacks) => Object.values(stacks).reduce((all, value) => all + value, 0);
      const getStacks = (typeId: string) => (typeId === WALL_SAMPLES ? counts : values);
      const { source, ...context } = readContext({}, [WALL_SAMPLES]);
      const counting: ReadContext = {
        ...context,
        source: {
          ...source,
          timeSeries: async ({ profileTypeId }) => [
            { labels: {}, points: [{ time: window.to, value: sum(getStacks(profileTypeId)) }] },
          ],
          profile: async ({ profileTypeId, ...query }) => {
            asked.push(query.window);
            if (failure !== null) throw failure;
            return { profile: profileFrom(getStacks(profileTypeId)), notes: [], profiledSeconds: null };
          },
        },
      };
      const { value } = await readQuantum(counting, type, [profileFrom(values)], window);
      return { value, asked };
    }
    const counts = (idle: number, each = 1) => ({
      '(idle)': idle,
      'main serve': each,
      'main render': each,
    });

    test.each([
      {
        what: 'the stacks with a value tell it',
        values: active,
        idle: 58,
        each: 1,
        value: 10_500_005,
        merges: 2,
      },
      {
        what: 'also where each has several samples',
        values: active,
        idle: 2,
        each: 2,
        value: 5_250_002.5,
        merges: 2,
      },
      {
        what: 'a mean that some stack reaches is one',
        values: active,
        idle: 0,
        each: 1,
        value: 10_500_005,
        merges: 0,
      },
      {
        what: 'a value of 0 is none of a sample',
        values: { ...active, 'main wait': 0 },
        idle: 58,
        each: 1,
        value: 10_500_005,
        merges: 2,
      },
      {
        what: 'of values that vary the mean stays',
        values: { 'main serve': 1_000_000, 'main render': 20_000_010 },
        idle: 5,
        each: 1,
        value: 3_000_001.4285714286,
        merges: 0,
      },
    ])('$what', async ({ values, idle, each, value, merges }) => {
      const quantum = await measureQuantum(values, counts(idle, each));
      expect(quantum.value).toBeCloseTo(value, 6);
      expect(quantum.asked).toHaveLength(merges);
    });

    test.each([
      { what: 'a whole brief window is asked for', minutes: 10, asked: 10 },
      { what: 'the last quarter of an hour of a long one', minutes: 60, asked: 15 },
    ])('$what', async ({ minutes, asked }) => {
      const window = { from: INCIDENT.to - minutes * 60_000, to: INCIDENT.to };
      const expected = { from: INCIDENT.to - asked * 60_000, to: INCIDENT.to };
      expect((await measureQuantum(active, counts(58), { window })).asked).toEqual([expected, expected]);
    });

    test.each([
      { what: 'no request is left', failure: new NoRequestLeft('all were asked') },
      { what: 'the store fails', failure: new UpstreamError('failed', 'down') },
    ])('the mean of all stands where $what', async ({ failure }) => {
      expect((await measureQuantum(active, counts(58), { failure })).value).toBeCloseTo(21_000_010 / 60, 6);
    });

    test('another error is no answer', async () => {
      await expect(measureQuantum(active, counts(58), { failure: new TypeError('a bug') })).rejects.toThrow(
        'a bug',
      );
    });
  });
});
