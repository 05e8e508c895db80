import { describe, expect, test } from 'vitest';
import { createRandom, gamma, poisson } from '../../../test/evaluation/generator/random.js';
import { leastFound } from '../../../test/support/least-found.js';
import { normalDeviate } from '../contrast/noise.js';
import { type WaitPart, waitGrew, withoutWorst } from './waits.js';

const parts = (...values: number[]): WaitPart[] => values.map((value) => ({ value, profiles: 1 }));
const calm = parts(0.1, 0.12, 0.09, 0.11, 0.1, 0.1);

describe('waitGrew', () => {
  test('waiting that grew by far more than the load, and the first part that shows it', () => {
    expect(waitGrew(calm, parts(2, 2.2, 1.9, 2.1, 2, 2), 1)).toEqual({ firstPart: 0 });
    expect(waitGrew(calm, parts(0.1, 0.11, 2, 2.1, 2, 2), 1)).toEqual({ firstPart: 2 });
  });

  test('what the load explains, and less than 5 ms a profile, is no contention', () => {
    const grown = parts(0.5, 0.55, 0.5, 0.45);
    expect(waitGrew(calm, grown, 1)).not.toBeNull();
    expect(waitGrew(calm, grown, 2)).toBeNull();
    const tiny = (part: WaitPart) => ({ ...part, value: part.value / 1000 });
    expect(waitGrew(calm.map(tiny), grown.map(tiny), 1)).toBeNull();
  });

  test('falling load asks for no less growth', () => {
    expect(waitGrew(calm, parts(0.2, 0.21, 0.2, 0.2), 0.5)).toBeNull();
  });

  test('one outlier is no contention', () => {
    expect(waitGrew(calm, parts(0.1, 3, 0.1, 0.1, 0.1, 0.1), 1)).toBeNull();
  });

  test.each([
    {
      what: 'the last part before ran into it',
      before: [0.1, 0.12, 0.09, 0.1, 0.1, 20],
      expected: { firstPart: 0 },
    },
    {
      what: 'the last part before ran into it, and nothing waited ahead of that',
      before: [0, 0, 0, 0, 0, 20],
      expected: null,
    },
    { what: 'an earlier part was as high', before: [0.1, 0.12, 20, 0.1, 0.1, 0.1], expected: null },
    { what: 'two parts before, of which the last was as high', before: [0.1, 20], expected: null },
  ])('waiting in half of the incident where $what', ({ before, expected }) => {
    expect(waitGrew(parts(...before), parts(246, 31, 5.4, 0.01, 0.01, 0.01), 1)).toEqual(expected);
  });

  test('waiting per profile counts, and parts without profiles do not', () => {
    const more = parts(2, 2.2, 1.9, 2.1).map(({ value }) => ({ value, profiles: 20 }));
    expect(waitGrew(calm, more, 1)).toBeNull();
    expect(waitGrew(calm, [{ value: 9, profiles: 0 }, ...parts(2, 2.2, 1.9)], 1)).toEqual({ firstPart: 1 });
  });

  test('empty sides and single parts do not throw', () => {
    expect(waitGrew([], parts(1), 1)).toBeNull();
    expect(waitGrew(calm, [], 1)).toBeNull();
    expect(waitGrew(parts(0), parts(0), 1)).toBeNull();
    expect(waitGrew(parts(0, 0, 0), parts(0, 0, 0), 1)).toBeNull();
    expect(waitGrew(parts(0, 0, 0), parts(2, 2, 2), 1)).toEqual({ firstPart: 0 });
    expect(waitGrew(parts(0.1), parts(2), 1)).toEqual({ firstPart: 0 });
  });

  /** Sums of a random number of exponential delays in six parts of each window. */
  function rate(name: string, factor: number, load: number, events: number): number {
    const random = createRandom(`waits ${name} ${factor} ${events}`);
    const rounds = 2_000;
    let grew = 0;
    for (let round = 0; round < rounds; round++) {
      const side = (times: number, count: number) =>
        Array.from({ length: 6 }, () => ({
          value: gamma(random, Math.max(1e-9, poisson(random, events * count)), 0.05 * times),
          profiles: 1,
        }));
      if (waitGrew(side(1, 1), side(factor, load), load) !== null) grew++;
    }
    return grew / rounds;
  }

  test.each([3, 10, 100])(
    'at most 1 of 100 calm pairs is contention: %d waits a part',
    { tags: ['many-cases'] },
    (events) => {
      expect(rate('calm', 1, 1, events)).toBeLessThanOrEqual(0.01);
      expect(rate('load', 1, 1.8, events)).toBeLessThanOrEqual(0.01);
    },
  );

  test('with one wait a part on average it is at most 2 of 100, with rising load 5', {
    tags: ['many-cases'],
  }, () => {
    expect(rate('calm', 1, 1, 1)).toBeLessThanOrEqual(0.02);
    expect(rate('load', 1, 1.8, 1)).toBeLessThanOrEqual(0.05);
  });

  test('waits ten times as long are seen in 95 of 100 from ten waits a part on', {
    tags: ['many-cases'],
  }, () => {
    for (const events of [10, 100]) expect(rate('contention', 10, 1, events)).toBeGreaterThanOrEqual(0.95);
  });
});

describe('how far waiting must stand out', () => {
  /** Welch's t on the square roots, as a normal deviate. */
  function deviate(before: readonly number[], after: readonly number[]): number {
    const side = (values: readonly number[]) => {
      const roots = values.map(Math.sqrt);
      const mean = roots.reduce((sum, root) => sum + root, 0) / roots.length;
      const squares = roots.reduce((sum, root) => sum + (root - mean) ** 2, 0);
      return { mean, freedom: roots.length - 1, variance: squares / (roots.length - 1) / roots.length };
    };
    const [was, is] = [side(before), side(after)];
    const variance = was.variance + is.variance;
    const freedom = variance ** 2 / (was.variance ** 2 / was.freedom + is.variance ** 2 / is.freedom);
    return normalDeviate((is.mean - was.mean) / Math.sqrt(variance), Math.max(3, freedom));
  }
  const repeat = (times: number, ...values: number[]) => Array(times).fill(values).flat() as number[];

  test('by 4 standard errors of the square roots, whatever the number of parts', async () => {
    const before = repeat(6, 0.05, 0.45);
    // A third of these stands 2.5 times above all of the baseline, which does not suffice.
    const later = (size: number) => repeat(3, 0.5, 0.5, 1.1).map((value) => value * size);
    const grew = (size: number) => waitGrew(parts(...before), parts(...later(size)), 1) !== null;
    const least = await leastFound(0.95, 2, grew);
    expect(deviate(before, later(least))).toBeGreaterThanOrEqual(4);
    expect(deviate(before, later(least))).toBeLessThan(4.005);
  });

  test('a single part tells no scatter of its own: it may be all chance', () => {
    expect(waitGrew(parts(0.4), parts(1, 1, 1), 1)).toBeNull();
    expect(waitGrew(parts(0.4, 0.4), parts(1, 1), 1)).toEqual({ firstPart: 0 });
  });
});

describe('what varies as much as it grew', () => {
  const restless = parts(0.2, 0.1, 0.2, 0.1);

  test('is contention where half of the parts stand 2.5 times above all of the baseline', () => {
    expect(waitGrew(restless, parts(0.1, 0.1, 4, 9), 1)).toEqual({ firstPart: 2 });
    expect(waitGrew(restless, parts(0.1, 0.1, 0.1, 9), 1)).toBeNull();
    expect(waitGrew(restless, parts(0.1, 0.1, 0.45, 9), 1)).toBeNull();
  });

  test('its first part is the first above the middle, per profile', () => {
    const after = [
      { value: 20, profiles: 100 },
      { value: 9, profiles: 0 },
      { value: 9, profiles: 1 },
      { value: 90, profiles: 10 },
    ];
    expect(waitGrew(restless, after, 1)).toEqual({ firstPart: 2 });
  });
});

test.each([
  { what: 'five milliseconds more', before: 0.001, after: 0.00601, grew: true },
  { what: 'less than five milliseconds more', before: 0.001, after: 0.0059, grew: false },
  { what: 'two and a half times', before: 1, after: 2.5, grew: true },
  { what: 'less than that', before: 1, after: 2.49, grew: false },
])('waiting that does not vary, $what: $grew', ({ before, after, grew }) => {
  const side = (value: number) => parts(value, value, value, value);
  expect(waitGrew(side(before), side(after), 1) !== null).toBe(grew);
});

test.each([
  { what: 'the part with the longest waits', given: parts(1, 9, 2), left: parts(1, 2) },
  {
    what: 'that in which each profile waits longest, though another adds more',
    given: [...parts(4), { value: 9, profiles: 3 }, ...parts(1)],
    left: [{ value: 9, profiles: 3 }, ...parts(1)],
  },
  { what: 'the first of parts that are alike', given: parts(1, 1, 1), left: parts(1, 1) },
  {
    what: 'a part without a profile as if it had one',
    given: [{ value: 5, profiles: 0 }, ...parts(1, 2)],
    left: parts(1, 2),
  },
  { what: 'none of two parts', given: parts(1, 9), left: parts(1, 9) },
])('what is left without the worst part: it lacks $what', ({ given, left }) => {
  expect(withoutWorst(given)).toEqual(left);
});
