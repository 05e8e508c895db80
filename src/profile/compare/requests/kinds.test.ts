import { describe, expect, test } from 'vitest';
import { computeFactors, computeLoad, growthByEntry, measureSpread, restAsRequests } from './kinds.js';
import type { Stratum } from './strata.js';

type Counts = readonly [before: number, after: number];

const NONE: Counts = [0, 0];
/** Strata by their entry point, with the samples of all their stacks and of those through a function. */
function strata(
  kinds: readonly (readonly [entry: number, all: Counts, through?: Counts])[],
): Map<number, Stratum> {
  return new Map(kinds.map(([entry, all, through = NONE]) => [entry, { all, through, above: NONE }]));
}

describe('the growth of a function per profile through each entry point', () => {
  test('the largest first, then by the number of the entry point', () => {
    const kinds = strata([
      [3, [900, 900], [20, 30]],
      [-1, [900, 900], [40, 20]],
      [7, [900, 900], [60, 180]],
      [2, [900, 900], [20, 30]],
    ]);
    const find = (profilesBefore: number, profilesAfter: number) =>
      growthByEntry(kinds, profilesBefore, profilesAfter).map(({ entry, growth }) => [entry, growth]);
    expect(find(1, 1)).toEqual([
      [7, 120],
      [2, 10],
      [3, 10],
      [-1, -20],
    ]);
    expect(find(2, 5)).toEqual([
      [7, 180 / 5 - 60 / 2],
      [2, 30 / 5 - 20 / 2],
      [3, 30 / 5 - 20 / 2],
      [-1, 20 / 5 - 40 / 2],
    ]);
  });

  test('each with what it was found in', () => {
    const [first] = growthByEntry(strata([[7, [900, 800], [60, 180]]]), 1, 1);
    expect(first?.stratum).toEqual({ all: [900, 800], through: [60, 180], above: NONE });
  });
});

describe('how the kinds of requests changed', () => {
  test.each<{ what: string; entry: number; all: Counts; isKnown: boolean }>([
    { what: 'enough samples', entry: 0, all: [10, 10], isKnown: true },
    { what: 'too few on both sides together', entry: 0, all: [10, 9], isKnown: false },
    { what: 'none after', entry: 4, all: [20, 0], isKnown: true },
    { what: 'none before', entry: 4, all: [0, 20], isKnown: false },
    { what: 'what belongs to none', entry: -1, all: [50, 50], isKnown: false },
  ])('$what: $isKnown', ({ entry, all, isKnown }) => {
    expect(computeFactors(strata([[entry, all]]), 1, 1).map((factor) => factor.entry)).toEqual(
      isKnown ? [entry] : [],
    );
  });

  test('by the logarithm of a factor per profile, with its variance', () => {
    // Half a sample is added to each count.
    const [factor] = computeFactors(strata([[4, [99.5, 299.5]]]), 2, 3);
    expect(factor).toEqual({
      entry: 4,
      all: [99.5, 299.5],
      log: expect.closeTo(Math.log(300 / 3 / (100 / 2)), 12),
      variance: expect.closeTo(1 / 100 + 1 / 300, 12),
    });
  });
});

describe('the load of all other kinds of requests', () => {
  test.each<{ what: string; kinds: readonly (readonly [number, Counts])[]; load: number }>([
    {
      what: 'each counts with its cost',
      kinds: [
        [1, [100, 200]],
        [2, [300, 300]],
        [3, [50, 900]],
      ],
      load: 1.25,
    },
    {
      what: 'a fall',
      kinds: [
        [1, [100, 20]],
        [2, [300, 300]],
        [3, [50, 900]],
      ],
      load: 0.8,
    },
    { what: 'there is no other one', kinds: [[3, [50, 900]]], load: 1 },
  ])('$what', ({ kinds, load }) => {
    // Half a sample more on both sides changes little.
    expect(computeLoad(computeFactors(strata(kinds), 1, 1), 3)).toBeCloseTo(load, 2);
  });

  test('per profile', () => {
    const kinds = strata([
      [1, [1_000, 3_000]],
      [3, [50, 900]],
    ]);
    expect(computeLoad(computeFactors(kinds, 1, 3), 3)).toBeCloseTo(1, 2);
  });
});

describe('how far the other kinds rose and fell on their own, and how far one lies from their mean', () => {
  const factor = (entry: number, log: number, variance = 0.0001) => ({
    entry,
    all: [1_000, 1_000] as const,
    log,
    variance,
  });
  const MINE = factor(9, 0.7);

  test('from their mean, in which each counts by its variance', () => {
    // (0.1 ÷ 1 + 0.5 ÷ 3) ÷ (1 + 1 ÷ 3) = 0.2.
    const others = [factor(1, 0.5, 0.0003), factor(2, 0.1, 0.0001)];
    const spread = measureSpread([others[0] ?? MINE, MINE, others[1] ?? MINE], 9, 1);
    expect(spread?.largest).toBeCloseTo(0.3, 12);
    expect(spread?.distance).toBeCloseTo(0.5, 12);
  });

  test('below their mean as well as above', () => {
    const spread = measureSpread([factor(9, -0.5), factor(1, -0.2), factor(2, 0.4)], 9, 1);
    expect(spread?.largest).toBeCloseTo(0.3, 12);
    expect(spread?.distance).toBeCloseTo(0.6, 12);
  });

  test.each([
    {
      what: 'a factor of 1.21 between two of them',
      others: [factor(1, 0), factor(2, Math.log(1.21))],
      is: true,
    },
    { what: 'one of 1.19', others: [factor(1, 0), factor(2, Math.log(1.19))], is: false },
    { what: 'whichever comes first', others: [factor(2, Math.log(1.21)), factor(1, 0)], is: true },
    {
      what: 'any two of them',
      others: [factor(1, 0), factor(2, 0.1), factor(3, -0.1)],
      is: true,
    },
    // √(0.004 + 0.006) = 0.1.
    { what: '3.6 standard errors', others: [factor(1, 0, 0.004), factor(2, 0.36, 0.006)], is: true },
    { what: '3.4 standard errors', others: [factor(1, 0, 0.004), factor(2, 0.34, 0.006)], is: false },
    { what: 'one other kind only', others: [factor(1, 0.5)], is: false },
    { what: 'no other kind', others: [], is: false },
  ])('they must vary: $what: $is', ({ others, is }) => {
    expect(measureSpread([...others, MINE], 9, 1) !== null).toBe(is);
  });

  test('more than over-dispersion explains', () => {
    const kinds = [factor(1, 0, 0.004), factor(2, 0.6, 0.006), MINE];
    expect([1, 2, 4].map((phi) => measureSpread(kinds, 9, phi) !== null)).toEqual([true, true, false]);
  });

  test('a kind with too few samples, or that was not there before, lies nowhere', () => {
    expect(measureSpread([factor(1, 0), factor(2, 0.5)], 9, 1)).toBeNull();
  });
});

describe('whether the rest of a kind changed as a function did (requests) or as the load (code)', () => {
  const weigh = (all: Counts, through: Counts, { load = 1, phi = 1, profiles = [1, 1] as Counts } = {}) =>
    restAsRequests({ all, through, above: NONE }, load, profiles, phi);

  test('the difference of their log-likelihoods', () => {
    // The function rose to 4 times, and the rest from 100 to 200: it lies ln 2 from either.
    expect(weigh([199, 599], [99.5, 399.5])).toBeCloseTo(
      (Math.log(2) ** 2 - (Math.log(2) - Math.log(4)) ** 2) / (2 * (1 / 100 + 1 / 200)),
      6,
    );
    // As the function: nothing speaks against requests.
    expect(weigh([199, 799], [99.5, 399.5])).toBeCloseTo(Math.log(4) ** 2 / (2 * (1 / 100 + 1 / 400)), 6);
    // As the load, which doubled.
    expect(weigh([199, 599], [99.5, 399.5], { load: 2 })).toBeCloseTo(
      -((Math.log(2) - Math.log(4)) ** 2) / (2 * (1 / 100 + 1 / 200)),
      6,
    );
  });

  test('over-dispersion makes it less certain', () => {
    expect(weigh([199, 799], [99.5, 399.5], { phi: 4 })).toBeCloseTo(
      weigh([199, 799], [99.5, 399.5]) / 4,
      12,
    );
  });

  test('the number of profiles does not matter', () => {
    const more = weigh([199, 3 * 800 - 1], [99.5, 3 * 400 - 0.5], { profiles: [1, 3] });
    expect(more).toBeCloseTo(Math.log(4) ** 2 / (2 * (1 / 100 + 1 / 1_200)), 6);
  });

  test('a function that was not there before is code', () => {
    expect(weigh([100, 400], [0, 300])).toBe(Number.NEGATIVE_INFINITY);
    expect(weigh([100, 400], [1, 300])).not.toBe(Number.NEGATIVE_INFINITY);
  });

  test('all of a kind is the function: nothing is left to tell by', () => {
    // Half a sample on both sides, which tells little: ln² 4 ÷ (2 · 4) in favour of neither more.
    expect(weigh([99.5, 399.5], [99.5, 399.5])).toBeCloseTo(-(Math.log(4) ** 2) / 8, 6);
  });
});
