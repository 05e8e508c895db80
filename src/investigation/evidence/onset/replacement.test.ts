import { describe, expect, test } from 'vitest';
import type { ProfileTimes } from '../profile-times.js';
import { endBeforeDeploy, isDeploy, replacement } from './replacement.js';

const STEP = 5_000;
const GAP = 30_000;

/** Instances by name, each with the rounds of its first and its last profile. */
function listTimes(
  instances: Readonly<Record<string, readonly [first: number, last: number]>>,
): ProfileTimes {
  const series = Object.entries(instances).map(([pod, [first, last]]) => ({
    labels: { pod },
    points: Array.from({ length: last - first + 1 }, (_, at) => ({ time: (first + at) * GAP, value: 1 })),
  }));
  return { series, stepMs: STEP };
}

const fleetWith = (instanceLabel: string | null) => ({ fleet: { instanceLabel } });

describe('the replacement of all instances', () => {
  test('is told by versions where no label names instances', () => {
    const fleet = { instanceLabel: null, versionLabel: 'pod' };
    const times = listTimes({ a: [1, 8], c: [9, 16] });
    expect(replacement({ fleet }, times)).toEqual({ last: 8 * GAP, first: 9 * GAP });
  });

  test.each([
    { what: 'all at once', fleet: { a: [1, 8], b: [1, 8], c: [9, 16], d: [9, 16] }, rounds: [8, 9] },
    {
      what: 'one after the other',
      fleet: { a: [1, 8], b: [1, 10], c: [9, 16], d: [11, 16] },
      rounds: [8, 9],
    },
    { what: 'one that stayed', fleet: { a: [1, 8], b: [1, 16], c: [9, 16] }, rounds: null },
    { what: 'one that is added', fleet: { a: [1, 16], c: [9, 16] }, rounds: null },
    { what: 'nothing new', fleet: { a: [1, 16], b: [1, 16] }, rounds: null },
    { what: 'one that missed a round', fleet: { a: [1, 16], b: [2, 15] }, rounds: null },
  ] as const)('$what', ({ fleet, rounds }) => {
    const times = rounds === null ? null : { last: rounds[0] * GAP, first: rounds[1] * GAP };
    expect(replacement(fleetWith('pod'), listTimes(fleet))).toEqual(times);
    expect(replacement(fleetWith(null), listTimes(fleet))).toBeNull();
  });

  const all = { a: [1, 8], c: [9, 16] } as const;

  test('is not seen in the series of a large fleet', () => {
    expect(replacement(fleetWith('pod'), { ...listTimes(all), largeFleet: [] })).toBeNull();
  });

  test('is that of the series with the label', () => {
    const times = listTimes({ ...all, x: [1, 16] });
    const series = times.series.map((one) => (one.labels.pod === 'x' ? { ...one, labels: {} } : one));
    expect(replacement(fleetWith('pod'), { ...times, series })).toEqual({ last: 8 * GAP, first: 9 * GAP });
  });

  test('is found once for all who ask by the same label', () => {
    const times = listTimes(all);
    const found = replacement(fleetWith('pod'), times);
    expect(replacement(fleetWith('pod'), times)).toBe(found);
    expect(replacement(fleetWith('instance'), times)).toBeNull();
  });
});

describe('the baseline of a deploy near the border', () => {
  const plan = {
    baseline: { from: 0, to: 10 * GAP - 1 },
    incident: { from: 10 * GAP, to: 16 * GAP },
    stepMs: STEP,
  };

  test.each([
    { what: 'a round before', fleet: { a: [1, 8], b: [9, 16] }, to: 9 * GAP - STEP },
    { what: 'two rounds before', fleet: { a: [1, 7], b: [8, 16] }, to: 8 * GAP - STEP },
    { what: 'three rounds before', fleet: { a: [1, 6], b: [7, 16] }, to: plan.baseline.to },
    { what: 'at the border', fleet: { a: [1, 9], b: [11, 16] }, to: plan.baseline.to },
    { what: 'a round before, in one of two', fleet: { a: [1, 16], b: [9, 16] }, to: plan.baseline.to },
  ] as const)('$what ends at $to', ({ fleet, to }) => {
    const judged = endBeforeDeploy({ plan, ...fleetWith('pod') }, listTimes(fleet));
    expect(judged).toEqual({ ...plan, baseline: { from: 0, to } });
  });

  test('exactly two rounds before is near', () => {
    const even = { ...plan, baseline: { from: 0, to: 10 * GAP } };
    const judged = endBeforeDeploy({ plan: even, ...fleetWith('pod') }, listTimes({ a: [1, 7], b: [8, 16] }));
    expect(judged.baseline).toEqual({ from: 0, to: 8 * GAP - STEP });
  });

  test('a baseline that holds new instances alone stays', () => {
    const short = { ...plan, baseline: { from: 8.5 * GAP, to: 10 * GAP - 1 } };
    const judged = endBeforeDeploy(
      { plan: short, ...fleetWith('pod') },
      listTimes({ a: [1, 8], b: [9, 16] }),
    );
    expect(judged).toEqual(short);
  });
});

describe('a change that began with the replacement', () => {
  const parts = [1, 2, 3, 4, 5].map((part) => ({ from: part * 100, to: part * 100 + 99 }));
  const deploy = { last: 390, first: 400 };
  test.each([
    { what: 'with it', shares: [10, 10, 10, 30, 30], is: true },
    { what: 'with it, though the part before varies', shares: [10, 10, 17, 30, 30], is: true },
    { what: 'well before it', shares: [10, 30, 30, 30, 30], is: false },
    { what: 'well after it', shares: [10, 10, 10, 10, 60], is: false },
  ])('$what: $is', ({ shares, is }) => {
    const counts = shares.map((x) => ({ x: 2 * x, n: 200 }));
    expect(isDeploy(parts, counts, deploy, 1)).toBe(is);
  });

  test('a part with old and new instances says nothing', () => {
    const counts = [10, 10, 10, 20, 30].map((x) => ({ x: 2 * x, n: 200 }));
    expect(isDeploy(parts, counts, { last: 440, first: 450 }, 1)).toBe(true);
  });

  const counted = (...shares: number[]) => shares.map((x) => ({ x: 2 * x, n: 200 }));

  test.each([
    { what: 'in which they met', deploy: { last: 440, first: 450 }, shares: [10, 10, 10, 60, 30] },
    {
      what: 'that began with the last old one',
      deploy: { last: 400, first: 410 },
      shares: [10, 10, 10, 60, 30],
    },
    {
      what: 'that ended with the first new one',
      deploy: { last: 390, first: 399 },
      shares: [10, 10, 60, 30, 30],
    },
  ])('a part $what says nothing, whatever it shows', ({ deploy: at, shares }) => {
    expect(isDeploy(parts, counted(...shares), at, 1)).toBe(true);
  });

  test('a part that ended before the first new instance is one of before', () => {
    const short = [...parts.slice(0, 2), { from: 390, to: 395 }, ...parts.slice(3)];
    expect(isDeploy(short, counted(10, 10, 10, 30, 30), deploy, 1)).toBe(true);
  });

  test('counts of no part say nothing', () => {
    expect(isDeploy(parts, counted(10, 10, 10, 30, 30, 90), deploy, 1)).toBe(true);
  });

  test('a part without samples speaks for no cut', () => {
    const empty = { x: 0, n: 0 };
    expect(isDeploy(parts, [empty, ...counted(10, 10, 30, 30)], deploy, 1)).toBe(true);
  });

  test('it may begin with the second part', () => {
    expect(isDeploy(parts, counted(10, 30, 30, 30, 30), { last: 190, first: 200 }, 1)).toBe(true);
  });

  test.each([
    { phi: 1, is: false },
    { phi: 10, is: true },
  ])(
    'parts that scatter $phi times as much as chance does let another cut be as likely: $is',
    ({ phi, is }) => {
      expect(isDeploy(parts, counted(10, 10, 20, 20, 20), deploy, phi)).toBe(is);
    },
  );

  test('without a part of before nothing can be told', () => {
    expect(
      isDeploy(
        parts.slice(3),
        [
          { x: 1, n: 9 },
          { x: 1, n: 9 },
        ],
        deploy,
        1,
      ),
    ).toBe(false);
  });
});
