import { describe, expect, test } from 'vitest';
import {
  type LevelAt,
  listTimes,
  partAfter,
  partsCovered,
  type StepContext,
  stepLikelihoods,
} from './step.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('the part of some profiles that lies after a moment', () => {
  test.each([
    { what: 'all of them have ended', starts: [0, 60], time: 120, covered: 60, part: 0 },
    { what: 'the last one has not', starts: [0, 60], time: 117, covered: 60, part: 0.025 },
    { what: 'half of the second one is over', starts: [0, 60], time: 90, covered: 60, part: 0.25 },
    { what: 'one is over and the other begins', starts: [0, 60], time: 60, covered: 60, part: 0.5 },
    { what: 'a tenth of the first one is over', starts: [0, 60], time: 6, covered: 60, part: 0.95 },
    { what: 'the first one begins', starts: [0, 60], time: 0, covered: 60, part: 1 },
    { what: 'profiles at the same time count apart', starts: [0, 0, 60], time: 30, covered: 60, part: 2 / 3 },
    { what: 'each is a moment', starts: [0, 60, 80], time: 30, covered: 1, part: 2 / 3 },
    { what: 'there are none', starts: [], time: 30, covered: 60, part: 0 },
  ])('$what: $part', ({ starts, time, covered, part }) => {
    expect(partAfter(starts, time, covered)).toBeCloseTo(part, 12);
  });
});

describe('the times at which a step is tried', () => {
  test.each([
    {
      what: 'every step of the resolution, from the first start to the last one',
      starts: [[10, 20], [], [30]],
      stepMs: 5,
      times: [10, 15, 20, 25, 30],
      spacing: 5,
    },
    {
      what: 'not beyond the last start',
      starts: [[10], [29]],
      stepMs: 5,
      times: [10, 15, 20, 25],
      spacing: 5,
    },
    { what: 'one start', starts: [[10]], stepMs: 5, times: [10], spacing: 5 },
  ])('$what', ({ starts, stepMs, times, spacing }) => {
    expect(
      listTimes(
        starts.map((one) => ({ starts: one })),
        stepMs,
      ),
    ).toEqual({ times, spacing });
  });

  test('1,000 steps, however long the time is', () => {
    const { times = [], spacing } = listTimes([{ starts: [10_000] }, { starts: [20_000] }], 5) ?? {};
    expect([times.length, times[0], times[1], times.at(-1), spacing]).toEqual([
      1_001, 10_000, 10_010, 20_000, 10,
    ]);
  });

  test('no profile: none', () => {
    expect(listTimes([{ starts: [] }], 5)).toBeNull();
  });
});

test.each([
  { gapMs: 15 * SECOND, parts: [15 * SECOND, 1] },
  { gapMs: 5 * MINUTE, parts: [MINUTE, 1] },
])('a profile lasts until the next one, a minute at the most, or is a moment: $parts', ({ gapMs, parts }) => {
  expect(partsCovered(gapMs)).toEqual(parts);
});

describe('how likely a level stepped at each time', () => {
  /** A single instance with a profile every minute, whose starts are known to half of one. */
  const CONTEXT: StepContext = { gapMs: MINUTE, stepMs: MINUTE / 2, instances: 1, from: 0 };
  /** Variance of a level of these tests, of which calm levels have 0.03² anyway. */
  const VARIANCE = 0.01;
  const round = (minute: number, level: number, variance = VARIANCE): LevelAt => ({
    level,
    starts: [minute * MINUTE],
    sampling: variance - 0.03 ** 2,
  });
  /** Log-likelihood of some distances, each from a normal distribution with a variance. */
  const logNormal = (...terms: readonly (readonly [distance: number, variance: number])[]) =>
    terms.reduce((sum, [distance, variance]) => sum - (distance ** 2 / variance + Math.log(variance)) / 2, 0);
  const findLikelihoods = (levels: readonly LevelAt[], context: Partial<StepContext> = {}) => {
    const step = stepLikelihoods(levels, { ...CONTEXT, ...context });
    if (step === null) throw new Error('no likelihoods');
    return step;
  };
  const expectClose = (values: readonly number[], expected: readonly number[]) => {
    expect(values.map((value) => Number(value.toFixed(6)))).toEqual(
      expected.map((value) => Number(value.toFixed(6))),
    );
  };
  const NONE = Number.NEGATIVE_INFINITY;

  // A cost of 1 becomes e, and the profile between them saw half of each.
  const HALF = Math.log((1 + Math.E) / 2);
  const THREE = [round(0, 0), round(1, HALF), round(2, 1)];
  /** The last two profiles lie as far as each other from their mean. */
  const EARLIER = logNormal([0, VARIANCE], [(1 - HALF) / 2, VARIANCE], [(1 - HALF) / 2, VARIANCE]);
  /** The second one held half of both levels: that may vary by a quarter of their distance. */
  const WITHIN = logNormal([0, VARIANCE], [0, VARIANCE + 0.25 ** 2], [0, VARIANCE]);
  /** The first two lie as far as each other from their mean. */
  const LATER = logNormal([HALF / 2, VARIANCE], [HALF / 2, VARIANCE], [0, VARIANCE]);

  test('either it lies between two profiles, or in one that holds both levels', () => {
    const { times, likelihoods, spacing, highest } = findLikelihoods(THREE);
    expect([times.map((time) => time / MINUTE), spacing / MINUTE]).toEqual([[0, 0.5, 1, 1.5, 2], 0.5]);
    // No profile lies before time 0.
    expectClose(likelihoods, [NONE, EARLIER, EARLIER, WITHIN, LATER]);
    expect(highest).toBe(Math.max(...likelihoods));
    expect(highest).toBeCloseTo(WITHIN, 6);
  });

  test('a fall as well as a rise', () => {
    const fallen = THREE.map((one) => ({ ...one, level: 1 - one.level }));
    // Costs mix, not their logarithms: half of the time at e and half at 1.
    const mixed = logNormal([0, VARIANCE], [HALF - (1 - HALF), VARIANCE + 0.25 ** 2], [0, VARIANCE]);
    expectClose(findLikelihoods(fallen).likelihoods.slice(3, 4), [Math.max(mixed, LATER)]);
  });

  test('a larger step mixes as widely, and the unit of the levels does not matter', () => {
    const [half, unit] = [Math.log((1 + Math.exp(2)) / 2), Math.log(1_000)];
    const levels = [round(0, unit), round(1, unit + half), round(2, unit + 2)];
    const within = logNormal([0, VARIANCE], [0, VARIANCE + (0.25 * 2) ** 2], [0, VARIANCE]);
    expect(findLikelihoods(levels).likelihoods[3]).toBeCloseTo(within, 6);
  });

  test('a time before the window must be better by 2.5', () => {
    const { likelihoods } = findLikelihoods(THREE, { from: 2 * MINUTE });
    // A time within the resolution of its beginning is none.
    expectClose(likelihoods, [NONE, EARLIER - 2.5, EARLIER - 2.5, WITHIN, LATER]);
  });

  test('levels count by their variance, and more scatter than is expected widens what is likely', () => {
    const levels = [round(0, 0, 0.01), round(1, 0.3, 0.02), round(2, 1, 0.01)];
    const moments = { gapMs: SECOND };
    // The mean of the first two is (0 ÷ 0.01 + 0.3 ÷ 0.02) ÷ (100 + 50) = 0.1. Then their distances are
    // 0.1² ÷ 0.01 + 0.2² ÷ 0.02 = 3 variances, where one is expected of three levels with two means.
    const surprise = Math.log(0.01) + Math.log(0.02) + Math.log(0.01);
    expect(findLikelihoods(levels, moments).likelihoods.at(-1)).toBeCloseTo(-(3 / 3 + surprise) / 2, 6);
    // Two are expected of four levels, so half as much of it is scatter.
    const { likelihoods } = findLikelihoods([...levels, round(3, 1, 0.01)], moments);
    expect(likelihoods.at(-3)).toBeCloseTo(-(3 / 1.5 + surprise + Math.log(0.01)) / 2, 6);
  });

  test.each([
    { what: 'less scatter than is expected makes nothing more certain', prior: undefined, scatter: 1 },
    { what: 'unless the expectation is worth so many levels only', prior: 10, scatter: 10 / 11 },
    { what: 'or fewer', prior: 3, scatter: 3 / 4 },
  ])('$what: the scatter is $scatter', ({ prior, scatter }) => {
    const levels = [round(0, 0), round(1, 0), round(2, 1)];
    const { likelihoods } = findLikelihoods(levels, prior === undefined ? {} : { priorFreedom: prior });
    const surprise = 3 * Math.log(VARIANCE);
    // At minute 1 the last two lie 0.5 from their mean; at minute 2 all fits.
    expectClose(likelihoods.slice(2, 3), [-((2 * 0.5 ** 2) / VARIANCE / scatter + surprise) / 2]);
    expectClose(likelihoods.slice(-1), [-surprise / 2]);
  });

  test('what scatter there is counts against the expectation', () => {
    // The first two levels lie 0.05 from their mean: 2 · 0.05² ÷ 0.01 = 0.5 variances, where one is expected.
    const levels = [round(0, 0), round(1, 0.1), round(2, 1)];
    const { likelihoods } = findLikelihoods(levels, { priorFreedom: 10 });
    const scatter = (10 + 0.5) / (10 + 1);
    expectClose(likelihoods.slice(-1), [-(0.5 / scatter + 3 * Math.log(VARIANCE)) / 2]);
  });

  test('more scatter than is expected is believed whatever the expectation is worth', () => {
    const levels = [round(0, 0, 0.01), round(1, 0.3, 0.02), round(2, 1, 0.01)];
    expect(findLikelihoods(levels, { priorFreedom: 10 })).toEqual(findLikelihoods(levels));
  });

  test.each([
    { what: 'one instance', instances: 1, profiles: 3, added: 0 },
    { what: 'two instances, of which a level holds one', instances: 2, profiles: 1, added: 0.15 ** 2 },
    { what: 'and four profiles', instances: 2, profiles: 4, added: 0.15 ** 2 / 4 },
  ])('instances differ in size, so that levels vary by more: $what', ({ instances, profiles, added }) => {
    const levels = [round(0, 0), round(1, 1)].map((one) => ({
      ...one,
      starts: one.starts.flatMap((start) => new Array<number>(profiles).fill(start)),
    }));
    const { likelihoods } = findLikelihoods(levels, { instances });
    expect(likelihoods.at(-1)).toBeCloseTo(logNormal([0, VARIANCE + added], [0, VARIANCE + added]), 6);
  });

  test('a level without profiles counts as one of a single profile that lies before all times', () => {
    const levels = [{ ...round(0, 0), starts: [] }, round(0, 0), round(1, 1)];
    const variance = VARIANCE + 0.15 ** 2;
    const { likelihoods } = findLikelihoods(levels, { instances: 2 });
    expect(likelihoods.at(-1)).toBeCloseTo(logNormal([0, variance], [0, variance], [0, variance]), 6);
  });

  test.each([
    { what: 'no level', levels: [] },
    { what: 'no profile', levels: [{ ...round(0, 0), starts: [] }] },
    { what: 'one level', levels: [round(0, 1)] },
    { what: 'all levels at the same time', levels: [round(0, 0), round(0, 1)] },
  ])('$what: nothing to tell it by', ({ levels }) => {
    expect(stepLikelihoods(levels, CONTEXT)).toBeNull();
  });
});
