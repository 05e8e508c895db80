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
