import { describe, expect, test } from 'vitest';
import type { TimeSeries } from '../../sources/source.js';
import {
  computeMean,
  measureGap,
  type ProfileTimes,
  sendersIn,
  sharedTimes,
  totalsIn,
} from './profile-times.js';

const STEP = 10;
const series = (pod: string, ...points: [time: number, value: number][]): TimeSeries => ({
  labels: { pod },
  points: points.map(([time, value]) => ({ time, value })),
});
const listTimes = (...all: TimeSeries[]): ProfileTimes => ({ series: all, stepMs: STEP });
const WINDOW = { from: 100, to: 199 };

describe('the times of the profiles in a window', () => {
  test('each once, ascending, whichever instance sent them', () => {
    const two = listTimes(series('a', [150, 1], [110, 1]), series('b', [110, 1], [130, 1]));
    expect(sharedTimes(two, WINDOW)).toEqual([110, 130, 150]);
  });

  test('a time is the right edge of a step: the last step of a window may end after it', () => {
    const edges = listTimes(series('a', [99, 1], [100, 1], [208, 1], [209, 1]));
    expect(sharedTimes(edges, WINDOW)).toEqual([100, 208]);
  });
});

test('senders of a window are the series with a profile in it, by the right edges of steps', () => {
  const all = [
    series('a', [99, 1], [150, 1]),
    series('b', [99, 1], [209, 1]),
    series('c', [208, 1]),
    series('d'),
  ];
  expect(sendersIn(listTimes(...all), WINDOW).map(({ labels }) => labels.pod)).toEqual(['a', 'c']);
});

describe('the usual time between two profiles of an instance', () => {
  const at = (...times: number[]) => series('a', ...times.map((time): [number, number] => [time, 1]));
  test.each([
    { what: 'that of times on a grid which it does not fit', all: [at(0, 22, 45, 68, 90)], gap: 22.5 },
    { what: 'not longer where profiles are missing', all: [at(0, 10, 20, 40, 50, 70, 80)], gap: 10 },
    { what: 'of each instance for itself', all: [at(0, 30, 60), at(10, 40, 70)], gap: 30 },
    { what: 'a step where no instance sent two', all: [at(10), at(20)], gap: STEP },
  ])('$what', ({ all, gap }) => {
    expect(measureGap(listTimes(...all))).toBeCloseTo(gap);
  });
});

describe('totals in a window', () => {
  const two = listTimes(series('a', [110, 5], [250, 9]), series('b', [110, 7], [120, 1]));

  test('one profile for each instance and step with data', () => {
    expect(totalsIn(two, WINDOW)).toEqual({ profiles: 3, value: 13 });
  });

  test('their mean is the value per profile, and null without profiles', () => {
    expect(computeMean(totalsIn(two, WINDOW))).toBeCloseTo(13 / 3);
    expect(computeMean(totalsIn(two, { from: 300, to: 399 }))).toBeNull();
  });

  test('of some instances only', () => {
    expect(totalsIn(two, WINDOW, ({ pod }) => pod === 'b')).toEqual({ profiles: 2, value: 8 });
  });

  test('of very many instances the counts say how many profiles a point is of', () => {
    const sums: ProfileTimes = {
      ...listTimes(series('', [110, 500], [120, 700], [250, 900])),
      largeFleet: [
        { window: WINDOW, profiles: 90, perStep: 45 },
        { window: { from: 200, to: 299 }, profiles: 61, perStep: 61 },
      ],
    };
    expect(totalsIn(sums, WINDOW)).toEqual({ profiles: 90, value: 1_200 });
    expect(totalsIn(sums, { from: 100, to: 111 })).toEqual({ profiles: 90, value: 1_200 });
    expect(totalsIn(sums, { from: 200, to: 299 })).toEqual({ profiles: 61, value: 900 });
  });

  test('of instances that no label tells apart, as many as send together', () => {
    const sums: ProfileTimes = {
      ...listTimes(series('a', [110, 5], [150, 5], [250, 9]), series('b', [120, 7])),
      together: [{ window: WINDOW, labels: { pod: 'a' }, perStep: 2 }],
    };
    expect(totalsIn(sums, WINDOW)).toEqual({ profiles: 5, value: 17 });
    expect(totalsIn(sums, { from: 200, to: 299 })).toEqual({ profiles: 1, value: 9 });
  });
});

test('the time between two profiles of an instance that no label tells apart', () => {
  const times = Array.from({ length: 8 }, (_, round) => [60 * round, 60 * round + 20]).flat();
  const merged = listTimes(series('', ...times.map((time): [number, number] => [time, 1])));
  expect(measureGap({ ...merged, together: [] })).toBe(60);
  expect(measureGap(merged)).toBeLessThan(40);
});
