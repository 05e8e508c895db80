import { describe, expect, test } from 'vitest';
import {
  createRandom,
  normal,
  overdispersed,
  type Random,
} from '../../../test/evaluation/generator/random.js';
import { normalDeviate } from '../contrast/noise.js';
import { loadChange, type PartLevel, smallestLoad } from './load.js';

const SAMPLES = { quantum: 1, phi: 1 };
const parts = (...values: number[]): PartLevel[] => values.map((value) => ({ value, profiles: 1 }));

/** Draws four parts of a side with a log-normal factor in addition to the sampling noise. */
function drawSide(random: Random, times: number, spread: number, samples: number): PartLevel[] {
  return Array.from({ length: 4 }, () => ({
    value: overdispersed(random, samples * times * Math.exp(spread * normal(random)), 1.5),
    profiles: 4,
  }));
}

describe('loadChange', () => {
  test('value per profile, after ÷ before, over the whole incident and over its end', () => {
    const load = loadChange(parts(1000, 1000, 1000, 1000), parts(1000, 1000, 2000, 2000), SAMPLES);
    expect(load).toMatchObject({ ratio: 1.5, risen: 2, hasRisen: true });
    const more = loadChange([{ value: 4000, profiles: 4 }], [{ value: 4000, profiles: 2 }], SAMPLES);
    expect(more.ratio).toBe(2);
  });

  test('a fall, drift of some percent, and a rise that the mean does not show are no increase', () => {
    const calm = parts(1000, 1020, 990, 1010);
    expect(loadChange(calm, parts(500, 480), SAMPLES)).toMatchObject({ hasRisen: false });
    expect(loadChange(calm, parts(1100, 1120, 1090, 1110), SAMPLES).hasRisen).toBe(false);
    expect(loadChange(calm, parts(1600, 1000, 1000, 1000), SAMPLES).hasRisen).toBe(false);
  });

  test('a rise must exceed what the baseline varies by, and the sampling error', () => {
    const restless = parts(400, 1600, 700, 1300);
    for (const now of [800, 1000, 1200])
      expect(loadChange(restless, parts(now, now), SAMPLES).hasRisen).toBe(false);
    expect(loadChange(parts(5, 6, 5, 4), parts(9, 10), SAMPLES).hasRisen).toBe(false);
    // With more samples this ratio is significant.
    expect(loadChange(parts(500, 600, 500, 400), parts(900, 1000), SAMPLES).hasRisen).toBe(true);
  });

  test('a rise that began in the baseline is one, and the ratio of the windows stays what it is', () => {
    const load = loadChange(parts(1000, 1000, 1000, 2000), parts(2000, 2000, 2000), SAMPLES);
    expect(load).toMatchObject({ ratio: 1.6, risen: 2, hasRisen: true });
  });

  test('a fall is told by the same gates, over all of the incident alone', () => {
    const calm = parts(1000, 1020, 990, 1010);
    const fell = (before: readonly PartLevel[], after: readonly PartLevel[]) =>
      loadChange(before, after, SAMPLES).hasFallen;
    expect(fell(calm, parts(720, 730))).toBe(true);
    expect(fell(calm, parts(840, 850))).toBe(false);
    // However sure it is, less than the gate is none.
    const many = (value: number) => parts(...new Array<number>(40).fill(value));
    expect(fell(many(10_000), many(8_400))).toBe(false);
    expect(fell(many(10_000), many(8_300))).toBe(true);
    expect(fell(calm, parts(1400, 1390))).toBe(false);
    expect(fell(calm, parts(1000, 1000, 1000, 500))).toBe(false);
    expect(fell(parts(400, 1600, 700, 1300), parts(720, 730))).toBe(false);
    expect(fell(parts(25, 26, 24, 25), parts(18, 18))).toBe(false);
  });

  test('nothing before has no ratio; nothing after has one of 0, and tells no fall', () => {
    const nothing = { ratio: null, risen: null, z: 0, hasRisen: false, hasFallen: false, noise: null };
    expect(loadChange([], parts(5), SAMPLES)).toEqual(nothing);
    expect(loadChange([{ value: 0, profiles: 3 }], parts(5), SAMPLES)).toEqual(nothing);
    expect(loadChange([{ value: 3, profiles: 0 }], parts(5), SAMPLES)).toEqual(nothing);
    for (const none of [[], parts(0, 0), [{ value: 3, profiles: 0 }]])
      expect(loadChange(parts(5), none, SAMPLES)).toMatchObject({
        ratio: 0,
        risen: 0,
        hasRisen: false,
        hasFallen: false,
        noise: null,
      });
  });

  test('an incident that varies says nothing of how much the baseline does', () => {
    const load = loadChange(parts(500), parts(1_300, 1_000), { quantum: 1, phi: 1.5 });
    expect(load).toMatchObject({ hasRisen: true, ratio: 2.3, risen: 2.3 });
  });

  test('one part on each side is judged by what is usual', () => {
    expect(loadChange(parts(10_000), parts(20_000), SAMPLES).hasRisen).toBe(true);
    expect(loadChange(parts(10_000), parts(12_500), SAMPLES).hasRisen).toBe(false);
  });

  function rate(
    factor: number,
    spread: number,
    samples: number,
    rounds = 3_000,
    told: 'hasRisen' | 'hasFallen' = 'hasRisen',
  ): number {
    const random = createRandom(`load ${factor} ${spread} ${samples}`);
    let count = 0;
    for (let round = 0; round < rounds; round++) {
      const side = (times: number) => drawSide(random, times, spread, samples);
      if (loadChange(side(1), side(factor), { quantum: 1, phi: 1.5 })[told]) count++;
    }
    return count / rounds;
  }

  test.each(
    [0, 0.05, 0.1].flatMap((spread) => [30, 300, 10_000].map((samples) => [spread, samples] as const)),
  )(
    'at most 1 of 100 calm pairs is an increase: parts vary by a factor of e^±%d, %d samples each',
    { tags: ['many-cases'] },
    (spread, samples) => {
      expect(rate(1, spread, samples)).toBeLessThanOrEqual(0.01);
      expect(rate(1, spread, samples, 3_000, 'hasFallen')).toBeLessThanOrEqual(0.01);
    },
  );

  test('services that vary four times as much as usual are taken for loaded in at most 5 of 100', {
    tags: ['many-cases'],
  }, () => {
    expect(rate(1, 0.2, 300)).toBeLessThanOrEqual(0.05);
    expect(rate(1, 0.2, 10_000)).toBeLessThanOrEqual(0.05);
  });

  test('a load of 1.8 is seen in 95 of 100 where parts vary by 10 %', { tags: ['many-cases'] }, () => {
    expect(rate(1.8, 0.1, 1_000, 1_000)).toBeGreaterThanOrEqual(0.95);
  });
});

test.each([
  { what: 'less than a fifth', after: 1_190_000, hasRisen: false },
  { what: 'a fifth', after: 1_200_000, hasRisen: true },
])('of a calm service a rise of $what: $hasRisen', ({ after, hasRisen }) => {
  const calm = parts(1_000_000, 1_000_000, 1_000_000, 1_000_000);
  expect(loadChange(calm, parts(after, after, after, after), SAMPLES).hasRisen).toBe(hasRisen);
});

describe('the smallest change that is told', () => {
  const few = { quantum: 1, phi: 1.5 };
  test.each([
    { what: 'many parts', before: parts(...new Array<number>(40).fill(1e6)), told: 1.02, unlucky: 1.01 },
    { what: 'two parts', before: parts(1e6, 1e6), told: 1.36, unlucky: 1.15 },
    { what: 'few samples', before: parts(40, 40, 40, 40), told: 1.64, unlucky: 1.48 },
    { what: 'parts that vary', before: parts(1e6, 2e6, 1e6, 2e6), told: 2.56, unlucky: 1.6 },
  ])('$what: told from x$told on, unlucky by x$unlucky', ({ before, told, unlucky }) => {
    const mean = before.reduce((sum, { value }) => sum + value, 0) / before.length;
    const { noise } = loadChange(before, parts(...before.map(() => mean)), few);
    expect(noise?.told).toBeCloseTo(told, 2);
    expect(noise?.unlucky).toBeCloseTo(unlucky, 2);
  });

  test('a change is told where it is as large as measured, in both directions', () => {
    const before = parts(1e6, 1.1e6, 0.9e6, 1e6);
    const rise = (times: number) => loadChange(before, parts(times * 1e6, times * 1e6), SAMPLES);
    const told = rise(1).noise?.told ?? 0;
    expect(told).toBeGreaterThan(1.2);
    expect(rise(told * 1.01).hasRisen).toBe(true);
    expect(rise(told * 0.99).hasRisen).toBe(false);
    expect(rise(1 / (told * 1.01)).hasFallen).toBe(true);
    expect(rise(1 / (told * 0.99)).hasFallen).toBe(false);
  });

  test('is that of the whole incident, whatever a part of it shows', () => {
    const before = parts(1e6, 1e6, 1e6, 1e6);
    const calm = loadChange(before, parts(1e6, 1e6), SAMPLES).noise;
    const swinging = loadChange(before, parts(1e6, 3e6), SAMPLES).noise;
    expect(swinging?.told).toBeCloseTo(calm?.told ?? 0, 10);
    // The samples of its end make it a little surer.
    expect(swinging?.unlucky).toBeCloseTo(calm?.unlucky ?? 0, 4);
  });

  test.each([
    { what: 'the factor of the rule', told: 1.1, smallest: 1.5 * 1.2 },
    { what: 'what is no chance', told: 2, smallest: 2 * 1.2 },
  ])('is $what, and what bad luck takes off it', ({ told, smallest }) => {
    const load = loadChange(parts(5), parts(5), SAMPLES);
    expect(smallestLoad({ ...load, noise: { told, unlucky: 1.2 } }, 1.5)).toBeCloseTo(smallest, 10);
    expect(smallestLoad({ ...load, noise: null }, 1.5)).toBeNull();
  });

  test.each([0, 0.05].flatMap((spread) => [30, 300, 10_000].map((samples) => [spread, samples] as const)))(
    '95 of 100 as large are told: parts vary by a factor of e^±%d, %d samples each',
    {
      tags: ['many-cases'],
    },
    (spread, samples) => {
      expect(rateOfSmallest(spread, samples)).toBeGreaterThanOrEqual(0.95);
    },
  );

  test('70 of 100 where parts vary four times as much as usual, which they do not show', {
    tags: ['many-cases'],
  }, () => {
    expect(rateOfSmallest(0.2, 10_000)).toBeGreaterThanOrEqual(0.7);
  });

  /** How many changes are told that are as large as another reading of the same service says it would see. */
  function rateOfSmallest(spread: number, samples: number): number {
    const random = createRandom(`smallest ${spread} ${samples}`);
    const side = (factor: number) => drawSide(random, factor, spread, samples);
    const rounds = 2_000;
    let told = 0;
    for (let round = 0; round < rounds; round++) {
      const smallest = smallestLoad(loadChange(side(1), side(1), few), 1.2) ?? Number.NaN;
      if (loadChange(side(1), side(smallest), few).hasRisen) told++;
    }
    return told / rounds;
  }
});

describe('the distance from chance', () => {
  test('many samples: the usual variation between parts, 5 %, is what counts', () => {
    const { z } = loadChange(parts(10_000), parts(20_000), SAMPLES);
    expect(z).toBeCloseTo(normalDeviate(Math.log(2) / Math.sqrt(0.05 ** 2 * 2), 6), 10);
  });

  test('few samples: their number is what counts, with many more degrees of freedom', () => {
    const variance = 1.5 / 100 + 1.5 / 200;
    const { z } = loadChange(parts(1_000), parts(2_000), { quantum: 10, phi: 1.5 });
    const freedom = 6 * (variance / (0.05 ** 2 * 2)) ** 2;
    expect(z).toBeCloseTo(normalDeviate(Math.log(2) / Math.sqrt(variance), freedom), 10);
  });

  test('parts that vary by more than is usual count by what they vary by, per profile', () => {
    const varied = [
      { value: 10_000, profiles: 1 },
      { value: 40_000, profiles: 2 },
      { value: 0, profiles: 3 },
      { value: 9, profiles: 0 },
    ];
    const logs = [Math.log(10_000), Math.log(20_000)];
    const mean = (logs[0] as number) / 2 + (logs[1] as number) / 2;
    const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
    const freedom = 6 + 1;
    const variance = ((squares + 6 * 0.05 ** 2) / freedom) * (1 / 4 + 1);
    const before = 50_009 / 6;
    const { z, ratio } = loadChange(varied, parts(40_000), SAMPLES);
    expect(ratio).toBeCloseTo(40_000 / before, 10);
    expect(z).toBeCloseTo(normalDeviate(Math.log(40_000 / before) / Math.sqrt(variance), freedom), 10);
  });

  test('since the end of the baseline it must stand out by 0.8 more', () => {
    const { z, risen } = loadChange(parts(10_000, 20_000), parts(20_000), SAMPLES);
    // The stretch after the cut has two parts, which do not vary.
    const between = ((6 * 0.05 ** 2) / 7) * (1 + 1 / 2);
    expect(risen).toBe(2);
    expect(z).toBeCloseTo(normalDeviate(Math.log(2) / Math.sqrt(between), 7) - 0.8, 10);
  });

  test('an empty part of the incident is passed over', () => {
    expect(loadChange(parts(10_000), parts(0, 20_000), SAMPLES)).toMatchObject({ ratio: 1, risen: 2 });
    expect(loadChange(parts(0, 10_000), parts(20_000), SAMPLES)).toMatchObject({ ratio: 4, risen: 4 });
    expect(loadChange(parts(10_000), parts(20_000, 0), SAMPLES)).toMatchObject({ ratio: 1, risen: 1 });
  });
});
