import { expect, test } from 'vitest';
import { instancesThatLeak, isOfFewInstances, startOfLeak } from './spread.js';

const MINUTE = 60_000;
const PLAN = { baseline: { from: 0, to: 20 * MINUTE - 1 }, incident: { from: 20 * MINUTE, to: 40 * MINUTE } };
const SINCE = { after: 20 * MINUTE, before: 21 * MINUTE };

interface Pod {
  /** Added in each minute since the leak began, or since the pod did. */
  rise: number;
  from?: number;
  to?: number;
}

/** A profile a minute of each pod, which scatters a little. */
function times(pods: Readonly<Record<string, Pod>>) {
  const series = Object.entries(pods).map(([pod, { rise, from = 0, to = 40 }]) => ({
    labels: { pod },
    points: Array.from({ length: to - from }, (_, at) => {
      const minute = from + at;
      const value = 100 + rise * Math.max(0, minute - Math.max(20, from)) + (minute % 2) * 0.1;
      return { time: (minute + 0.5) * MINUTE, value };
    }),
  }));
  return { series, stepMs: MINUTE };
}

const leaksIn = (pods: Readonly<Record<string, Pod>>) => instancesThatLeak(times(pods), PLAN, 'pod', SINCE);

test.each<[string, Parameters<typeof times>[0], ReturnType<typeof leaksIn>]>([
  [
    'all, though they get unequal traffic',
    { a: { rise: 9 }, b: { rise: 3 }, c: { rise: 1 } },
    { label: 'pod', risen: ['a', 'b', 'c'], all: 3 },
  ],
  [
    'all new ones, which came one after the other, and none of the old ones',
    {
      old: { rise: 0, to: 24 },
      older: { rise: 0, to: 29 },
      a: { rise: 5, from: 24 },
      b: { rise: 5, from: 29 },
    },
    { label: 'pod', risen: ['a', 'b'], all: 2 },
  ],
  ['one alone', { a: { rise: 9 }, b: { rise: 0 }, c: { rise: 0 } }, { label: 'pod', risen: ['a'], all: 3 }],
  [
    'all that ran long enough',
    { a: { rise: 9 }, b: { rise: 9 }, c: { rise: 9, from: 38 } },
    { label: 'pod', risen: ['a', 'b'], all: 2, unclear: 1 },
  ],
  [
    'one next to others that ran too briefly: nothing tells of these',
    { a: { rise: 9 }, b: { rise: 9, from: 38 } },
    { label: 'pod', risen: [], all: 2 },
  ],
  ['the only one', { a: { rise: 9 } }, { label: 'pod', risen: ['a'], all: 1 }],
  ['none that is known', { a: { rise: 0 }, b: { rise: 0 } }, { label: 'pod', risen: [], all: 2 }],
  ['none that is there', { a: { rise: 9, to: 20 } }, null],
  [
    'one that is gone since, and grew',
    { a: { rise: 9, to: 32 }, b: { rise: 9 } },
    { label: 'pod', risen: ['a', 'b'], all: 2 },
  ],
  [
    'one that is there but for its last profiles',
    { a: { rise: 0, to: 38 }, b: { rise: 9 } },
    { label: 'pod', risen: ['b'], all: 2 },
  ],
])('a leak is in %s', (_, pods, expected) => {
  expect(leaksIn(pods)).toEqual(expected);
});

test('what was before the leak counts for nothing', () => {
  const since = { after: 30 * MINUTE, before: 31 * MINUTE };
  const { series, stepMs } = times({ a: { rise: 9 }, b: { rise: 0 } });
  // A pod that fell first and then rises grows.
  const late = series.map(({ labels, points }) => ({
    labels,
    points: points.map(({ time, value }) => ({
      time,
      value: labels.pod === 'b' ? Math.abs(time / MINUTE - 30) * 9 : value,
    })),
  }));
  expect(instancesThatLeak({ series: late, stepMs }, PLAN, 'pod', since)).toMatchObject({
    risen: ['a', 'b'],
  });
});

const startIn = (pods: Readonly<Record<string, Pod>>, risen = ['a', 'b']) =>
  startOfLeak(times(pods), PLAN, { label: 'pod', risen, all: risen.length });
const toMinutes = (start: ReturnType<typeof startOfLeak>) =>
  start === null ? null : [start.last, start.first].map((time) => time / MINUTE - 0.5);

test.each<[string, Readonly<Record<string, Pod>>, readonly number[] | null]>([
  [
    'with the first of the new ones, while the old ones leave',
    {
      old: { rise: 0, to: 24 },
      older: { rise: 0, to: 29 },
      b: { rise: 5, from: 29 },
      a: { rise: 5, from: 24 },
    },
    [23, 24],
  ],
  ['unknown where one was there before', { a: { rise: 5, from: 24 }, b: { rise: 5 } }, null],
  ['unknown where nothing was before', { a: { rise: 5, from: 24 }, b: { rise: 5, from: 24 } }, null],
])('the start of a leak is %s', (_, pods, expected) => {
  expect(toMinutes(startIn(pods))).toEqual(expected);
});

test('the start of a leak is not that of instances most of which grow later', () => {
  const old = { rise: 0, to: 24 };
  const pods = times({ old, a: { rise: 5, from: 24 }, b: { rise: 5, from: 24 }, c: { rise: 5, from: 24 } });
  const late = (count: number) =>
    pods.series.map(({ labels, points }) => ({
      labels,
      points: ['a', 'b', 'c'].slice(0, count).includes(labels.pod ?? '')
        ? points.map(({ time, value }) => ({ time, value: time < 32 * MINUTE ? 100 : value }))
        : points,
    }));
  const spread = { label: 'pod', risen: ['a', 'b', 'c'], all: 3 };
  const start = (count: number) => startOfLeak({ ...pods, series: late(count) }, PLAN, spread);
  expect(toMinutes(start(1))).toEqual([23, 24]);
  expect(start(2)).toBeNull();
  expect(startOfLeak(pods, PLAN, { ...spread, risen: [] })).toBeNull();
  expect(startOfLeak(pods, PLAN, { ...spread, risen: ['a', 'b'] })).not.toBeNull();
  expect(startOfLeak({ ...pods, series: late(1) }, PLAN, { ...spread, risen: ['a', 'b'] })).toBeNull();
});

test('nothing is known without a label or in a large fleet', () => {
  const pods = times({ a: { rise: 9 }, b: { rise: 9 } });
  expect(instancesThatLeak(pods, PLAN, null, SINCE)).toBeNull();
  expect(instancesThatLeak({ ...pods, largeFleet: [] }, PLAN, 'pod', SINCE)).toBeNull();
  expect(instancesThatLeak(pods, PLAN, 'region', SINCE)).toBeNull();
});

test.each([
  [['a'], 3, true],
  [['a', 'b'], 5, true],
  [['a'], 2, false],
  [['a', 'b'], 4, false],
  [['a'], 1, false],
  [[], 3, false],
])('%j of %d leak: few: %s', (risen, all, expected) => {
  expect(isOfFewInstances({ label: 'pod', risen, all })).toBe(expected);
});

test('nothing known is not few', () => {
  expect(isOfFewInstances(null)).toBe(false);
});
