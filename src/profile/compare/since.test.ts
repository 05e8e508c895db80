import { describe, expect, test } from 'vitest';
import { createRandom, integer, normal, overdispersed } from '../../../test/evaluation/generator/random.js';
import {
  arrivalInterval,
  changePoint,
  onsetInterval,
  rampInterval,
  shareCuts,
  stepCuts,
  stepPoint,
} from './since.js';

describe('changePoint', () => {
  const at = (...shares: number[]) => shares.map((share) => ({ x: share, n: 100 }));

  test('the first observation with the new share', () => {
    expect(changePoint(at(2, 3, 1, 30, 29, 31), 0.02, 0.3)).toBe(3);
    expect(changePoint(at(2, 30), 0.02, 0.3)).toBe(1);
    expect(changePoint(at(40, 41, 39, 10), 0.4, 0.1)).toBe(3);
  });

  test('the first counts as before and the last as after, whatever they show', () => {
    expect(changePoint(at(30, 30, 30), 0.02, 0.3)).toBe(1);
    expect(changePoint(at(2, 2, 2), 0.02, 0.3)).toBe(2);
  });

  test('observations with many samples outweigh those with few', () => {
    const uneven = [
      { x: 2, n: 100 },
      { x: 1, n: 2 },
      { x: 3, n: 100 },
      { x: 30, n: 100 },
    ];
    expect(changePoint(uneven, 0.02, 0.3)).toBe(3);
  });

  test('a share of 0 or 1 is not taken for certain', () => {
    expect(changePoint([{ x: 1, n: 5000 }, ...at(0, 60, 55)], 0, 0.6)).toBe(2);
    expect(changePoint(at(99, 100, 50), 1, 0.5)).toBe(2);
  });

  test('too little to tell: 1', () => {
    expect(changePoint([], 0.1, 0.2)).toBe(1);
    expect(changePoint(at(5), 0.1, 0.2)).toBe(1);
    expect(
      changePoint(
        [
          { x: 0, n: 0 },
          { x: 0, n: 0 },
        ],
        Number.NaN,
        Number.NaN,
      ),
    ).toBe(1);
  });

  /** A planted change of this size must be found (issue 4): 6 standard errors of one observation. */
  test.each([1, 1.5, 2.5])(
    'the cut of a change of 6 standard errors is exact in 97 of 100 at φ = %d',
    (phi) => {
      const random = createRandom(`change point ${phi}`);
      const [n, p1] = [200, 0.1];
      const p2 = p1 + 6 * Math.sqrt((phi * p1 * (1 - p1)) / n);
      let exact = 0;
      for (let round = 0; round < 400; round++) {
        const cut = integer(random, 1, 7);
        const observed = Array.from({ length: 8 }, (_, index) => {
          const p = index < cut ? p1 : p2;
          const x = overdispersed(random, n * p, phi);
          return { x, n: x + overdispersed(random, n * (1 - p), phi) };
        });
        if (changePoint(observed, p1, p2) === cut) exact++;
      }
      expect(exact / 400).toBeGreaterThanOrEqual(0.97);
    },
  );
});

describe('stepPoint', () => {
  test('the first value after a step, up or down', () => {
    expect(stepPoint([1, 1, 1, 5, 5])).toBe(3);
    expect(stepPoint([5, 1, 1, 1])).toBe(1);
    expect(stepPoint([1, 2, 1, 2, 9])).toBe(4);
  });

  test('too little to tell, and no step at all: 1', () => {
    expect(stepPoint([])).toBe(1);
    expect(stepPoint([3])).toBe(1);
    expect(stepPoint([2, 2, 2])).toBe(1);
  });

  test('finds a step of four standard deviations', () => {
    const random = createRandom('step point');
    let exact = 0;
    for (let round = 0; round < 500; round++) {
      const cut = integer(random, 2, 14);
      const values = Array.from({ length: 16 }, (_, index) => normal(random) + (index < cut ? 0 : 4));
      if (stepPoint(values) === cut) exact++;
    }
    expect(exact / 500).toBeGreaterThanOrEqual(0.9);
  });
});

describe('cuts that chance may take for the true one', () => {
  const at = (n: number, ...shares: number[]) => shares.map((share) => ({ x: share * n, n }));
  const unclear = [0.1, 0.1, 0.2, 0.3, 0.3];

  test.each([
    { what: 'many samples leave one', n: 2_000, shares: [0.1, 0.1, 0.3, 0.3], phi: 1, cuts: [2, 2] },
    { what: 'few leave its neighbours', n: 8, shares: [0.1, 0.1, 0.3, 0.3], phi: 1, cuts: [1, 3] },
    { what: 'over-dispersion leaves more', n: 40, shares: unclear, phi: 4, cuts: [1, 4] },
    {
      what: 'a profile between the levels leaves both sides of it',
      n: 100,
      shares: unclear,
      phi: 1,
      cuts: [2, 3],
    },
  ])('of a share: $what', ({ n, shares, phi, cuts: [first, last] }) => {
    const cuts = shareCuts(at(n, ...shares), 0.1, 0.3, phi);
    expect([cuts.first, cuts.last]).toEqual([first, last]);
    expect(cuts.best).toBeGreaterThanOrEqual(cuts.first);
    expect(cuts.best).toBeLessThanOrEqual(cuts.last);
  });

  test.each([
    { what: 'a clear step', values: [1, 1.1, 0.9, 5, 5.1, 4.9], cuts: { best: 3, first: 3, last: 3 } },
    { what: 'a step without scatter', values: [1, 1, 2, 2], cuts: { best: 2, first: 2, last: 2 } },
    { what: 'a step with some scatter', values: [2, 1, 3, 3], cuts: { best: 2, first: 2, last: 2 } },
    { what: 'too little to tell', values: [1], cuts: { best: 1, first: 1, last: 1 } },
  ])('of values: $what', ({ values, cuts }) => {
    expect(stepCuts(values)).toEqual(cuts);
  });

  test('of values that scatter about as much as they step: several', () => {
    const { first, last } = stepCuts([1, 3, 2, 3.5, 2.5, 4]);
    expect(last - first).toBeGreaterThan(1);
  });
});

describe('the interval of an onset, in seconds', () => {
  const S = 1_000;
  test.each([
    {
      what: 'contiguous profiles: from the start of the last without to the end of the first with the change',
      around: { last: 100, first: 130, earliest: 100, latest: 130, gapMs: 30, stepMs: 5 },
      interval: [95, 155],
    },
    {
      what: 'profiles now and then: none covers more than a minute',
      around: { last: 1_000, first: 1_300, earliest: 1_000, latest: 1_300, gapMs: 300, stepMs: 10 },
      interval: [990, 1_350],
    },
    {
      what: 'a later cut is likely, too: as far as two gaps reach',
      around: { last: 1_000, first: 1_300, earliest: 1_000, latest: 1_900, gapMs: 300, stepMs: 10 },
      interval: [990, 1_590],
    },
    {
      what: 'both neighbours are likely: half for each',
      around: { last: 1_000, first: 1_300, earliest: 700, latest: 1_600, gapMs: 300, stepMs: 10 },
      interval: [870, 1_470],
    },
    {
      what: 'profiles of several instances in one round',
      around: { last: 100, first: 105, earliest: 90, latest: 110, gapMs: 60, stepMs: 5 },
      interval: [85, 165],
    },
    {
      what: 'a missing profile: the time between those that are there',
      around: { last: 100, first: 160, earliest: 100, latest: 160, gapMs: 30, stepMs: 5 },
      interval: [95, 185],
    },
  ])('$what', ({ around, interval }) => {
    const inMs = Object.fromEntries(
      Object.entries(around).map(([key, value]) => [key, value * S]),
    ) as typeof around;
    const { after, before } = onsetInterval(inMs);
    expect([after / S, before / S]).toEqual(interval);
  });

  test.each([
    { what: 'right after the old ones', last: 100, first: 110, interval: [65, 110] },
    { what: 'a gap later', last: 100, first: 130, interval: [85, 130] },
    { what: 'a gap and a half later', last: 100, first: 145, interval: [95, 145] },
    { what: 'long after them: two gaps', last: 100, first: 300, interval: [240, 300] },
  ])('new instances $what', ({ last, first, interval }) => {
    const { after, before } = arrivalInterval({
      last: last * S,
      first: first * S,
      gapMs: 30 * S,
      stepMs: 5 * S,
    });
    expect([after / S, before / S]).toEqual(interval);
  });

  test.each([
    { what: 'two snapshots a gap apart', last: 100, first: 160, interval: [70, 190] },
    { what: 'snapshots far apart', last: 100, first: 400, interval: [100, 400] },
  ])('the foot of a ramp between $what', ({ last, first, interval }) => {
    const { after, before } = rampInterval({ last: last * S, first: first * S, gapMs: 60 * S });
    expect([after / S, before / S]).toEqual(interval);
  });
});
