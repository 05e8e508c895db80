import { describe, expect, test } from 'vitest';
import { createRandom, overdispersed, type Random } from '../../../test/evaluation/generator/random.js';
import {
  differenceInterval,
  estimateDispersion,
  normalDeviate,
  poolDispersions,
  signedRoot,
  signedRootOfCounts,
  studentDeviate,
} from './noise.js';

// The statistics are held to what they promise by simulation: seeded, so that every run draws the same
// samples.

/** Samples of a function with share `p` among about `n`, and all of them. */
function draw(random: Random, n: number, p: number, phi: number): [x: number, n: number] {
  const x = overdispersed(random, n * p, phi);
  return [x, x + overdispersed(random, n * (1 - p), phi)];
}

const SIZES = [60, 300, 2_000, 30_000];
const SHARES = [0.005, 0.02, 0.1, 0.5];
const GRID = [1, 1.5, 2.5].flatMap((phi) =>
  SIZES.flatMap((n) => SHARES.filter((p) => n * p >= 5).map((p) => ({ phi, n, p }))),
);

describe('signedRootOfCounts', () => {
  test.each([
    { what: 'equal counts per profile', counts: [10, 20], profiles: [1, 2], phi: 1, root: 0 },
    { what: 'nothing on either side', counts: [0, 0], profiles: [3, 3], phi: 1, root: 0 },
    // 2 × 14 × ln 2 and the like: what is expected of each side is half of both.
    { what: 'new', counts: [0, 14], profiles: [5, 5], phi: 1, root: Math.sqrt(28 * Math.LN2) },
    { what: 'gone', counts: [14, 0], profiles: [5, 5], phi: 1, root: -Math.sqrt(28 * Math.LN2) },
    { what: 'over-dispersed', counts: [0, 14], profiles: [5, 5], phi: 4, root: Math.sqrt(7 * Math.LN2) },
    {
      what: 'new in fewer profiles',
      counts: [0, 14],
      profiles: [15, 5],
      phi: 1,
      root: Math.sqrt(28 * Math.log(4)),
    },
    {
      what: 'as many in twice as many profiles',
      counts: [14, 14],
      profiles: [1, 2],
      phi: 1,
      root: -Math.sqrt(2 * 14 * Math.log(9 / 8)),
    },
    { what: 'no profiles before', counts: [0, 14], profiles: [0, 5], phi: 1, root: 0 },
    { what: 'no profiles after', counts: [14, 0], profiles: [5, 0], phi: 1, root: 0 },
  ] as const)('$what', ({ counts, profiles, phi, root }) => {
    expect(signedRootOfCounts(counts, profiles, phi)).toBeCloseTo(root, 10);
  });

  test('agrees with the difference in standard errors where counts are large', () => {
    expect(signedRootOfCounts([10_000, 10_300], [1, 1], 1)).toBeCloseTo(300 / Math.sqrt(20_300), 2);
  });
});

describe('signedRoot', () => {
  test('is positive where the second share is larger, and 0 where both are the same', () => {
    expect(signedRoot(10, 100, 30, 100, 1)).toBeGreaterThan(3);
    expect(signedRoot(30, 100, 10, 100, 1)).toBeCloseTo(-signedRoot(10, 100, 30, 100, 1), 10);
    expect(signedRoot(10, 100, 30, 300, 1)).toBe(0);
    expect(signedRoot(0, 50, 0, 70, 1)).toBe(0);
  });

  test('agrees with the share difference over its standard error where there are many samples', () => {
    const [p1, p2, n] = [0.2, 0.204, 100_000];
    const error = Math.sqrt((p1 * (1 - p1) + p2 * (1 - p2)) / n);
    expect(signedRoot(p1 * n, n, p2 * n, n, 1)).toBeCloseTo((p2 - p1) / error, 2);
  });

  test('over-dispersion takes √φ of it; an empty side tells nothing', () => {
    expect(signedRoot(10, 100, 30, 100, 4)).toBeCloseTo(signedRoot(10, 100, 30, 100, 1) / 2, 10);
    expect(signedRoot(0, 0, 30, 100, 1)).toBe(0);
    expect(signedRoot(30, 100, 0, 0, 1)).toBe(0);
  });

  test('nothing and everything are shares, too', () => {
    expect(signedRoot(0, 100, 5, 100, 1)).toBeGreaterThan(2);
    expect(signedRoot(100, 100, 90, 100, 1)).toBeLessThan(-3);
  });

  /** A normal distribution has 5.0 % beyond 1.96, 0.27 % beyond 3 and 0.002 % beyond 4.25. */
  test.each([1, 1.5, 2.5])(
    'is a normal deviate where nothing changed, φ = %d',
    { tags: ['many-cases'] },
    (phi) => {
      const rounds = 4_000;
      let [beyond2, beyond3, beyondGate, tests] = [0, 0, 0, 0];
      for (const { n, p } of GRID.filter((cell) => cell.phi === phi)) {
        for (const baseline of [1, 4]) {
          const random = createRandom(`null ${phi} ${n} ${p} ${baseline}`);
          for (let round = 0; round < rounds; round++, tests++) {
            const z = Math.abs(
              signedRoot(...draw(random, baseline * n, p, phi), ...draw(random, n, p, phi), phi),
            );
            if (z > 1.96) beyond2++;
            if (z > 3) beyond3++;
            if (z > 4.25) beyondGate++;
          }
        }
      }
      expect(beyond2 / tests).toBeGreaterThan(0.045);
      expect(beyond2 / tests).toBeLessThan(0.055);
      expect(beyond3 / tests).toBeLessThan(0.0035);
      expect(beyondGate / tests).toBeLessThan(0.0001);
    },
  );
});

describe('normalDeviate', () => {
  test('has the tail of Student’s t: table values at 5 and 0.1 %', () => {
    for (const [freedom, t5, t01] of [
      [5, 2.571, 6.869],
      [10, 2.228, 4.587],
      [30, 2.042, 3.646],
    ] as const) {
      expect(normalDeviate(t5, freedom)).toBeCloseTo(1.96, 1);
      expect(Math.abs(normalDeviate(t01, freedom) - 3.291)).toBeLessThan(0.03);
    }
    expect(normalDeviate(3, 1e9)).toBeCloseTo(3, 6);
  });

  test('keeps sign, zero and order', () => {
    expect(normalDeviate(-3, 8)).toBe(-normalDeviate(3, 8));
    expect(normalDeviate(0, 8)).toBe(0);
    expect(normalDeviate(40, 16)).toBeGreaterThan(normalDeviate(20, 16));
  });
});

test('what two sets of observations show together counts the usual over-dispersion once', () => {
  const usual = { phi: 1.5, freedom: 16 };
  expect(poolDispersions(usual, usual)).toEqual(usual);
  expect(poolDispersions({ phi: 4, freedom: 26 }, usual)).toEqual({ phi: 4, freedom: 26 });
  expect(poolDispersions({ phi: 4, freedom: 26 }, { phi: 2, freedom: 36 })).toEqual({
    phi: (4 * 26 + 2 * 36 - 1.5 * 16) / 46,
    freedom: 46,
  });
  expect(poolDispersions({ phi: 1, freedom: 40 }, { phi: 1, freedom: 40 }).phi).toBe(1);
});

describe('dispersionOf', () => {
  const PRIOR = { phi: 1.5, freedom: 16 };

  test('is what calm services show where nothing is known', () => {
    expect(estimateDispersion([])).toEqual(PRIOR);
    expect(estimateDispersion([[], []])).toEqual(PRIOR);
    expect(estimateDispersion([[40], [60]])).toEqual(PRIOR);
    expect(
      estimateDispersion([
        [0, 0],
        [0, 0],
      ]),
    ).toEqual(PRIOR);
    expect(
      estimateDispersion([
        [40, 0],
        [60, 0],
      ]),
    ).toEqual(PRIOR);
    // Too few samples in the smallest observation.
    expect(
      estimateDispersion([
        [400, 1],
        [600, 2],
      ]),
    ).toEqual(PRIOR);
  });

  test.each([
    {
      // Each of four counts lies 10 from the 50 that are expected: 4 · 10² ÷ 50.
      what: 'two groups in two observations',
      groups: [
        [60, 40],
        [40, 60],
      ],
      pearson: 8,
      freedom: 1,
    },
    {
      what: 'an observation without samples tells nothing',
      groups: [
        [60, 0, 40],
        [40, 0, 60],
      ],
      pearson: 8,
      freedom: 1,
    },
    {
      // 50, 43 and 7 are expected, the last of both small groups together.
      what: 'groups of less than 5 samples in an observation count together',
      groups: [
        [60, 40],
        [34, 52],
        [3, 4],
        [3, 4],
      ],
      pearson: (2 * 10 ** 2) / 50 + (2 * 9 ** 2) / 43 + (2 * 1 ** 2) / 7,
      freedom: 2,
    },
    {
      what: 'a group of 5 counts by itself',
      groups: [
        [95, 95],
        [5, 5],
      ],
      pearson: 0,
      freedom: 1,
    },
  ])(
    'Pearson’s statistic over its freedom, drawn towards the usual: $what',
    ({ groups, pearson, freedom }) => {
      const dispersion = estimateDispersion(groups);
      expect(dispersion.freedom).toBeCloseTo(16 + freedom, 9);
      expect(dispersion.phi).toBeCloseTo((pearson + 1.5 * 16) / (freedom + 16), 9);
    },
  );

  test('is never below 1', () => {
    const even = Array.from({ length: 60 }, () => [100, 100, 100, 100]);
    expect(estimateDispersion(even).phi).toBe(1);
  });

  test('a table without a rest has one row of freedom less than rows', () => {
    expect(
      estimateDispersion([
        [50, 50, 50],
        [50, 50, 50],
      ]).freedom,
    ).toBe(16 + 2);
    expect(
      estimateDispersion([
        [50, 50, 50],
        [50, 50, 50],
        [1, 1, 1],
      ]).freedom,
    ).toBeCloseTo(16 + 2 * (2 - 300 / 303), 6);
  });

  test('scaling all observations alike, their order and that of the groups change nothing but rounding', () => {
    const table = [
      [30, 41, 28],
      [70, 59, 72],
      [110, 99, 140],
    ];
    const { phi } = estimateDispersion(table);
    expect(estimateDispersion(table.map((row) => [...row].reverse()).reverse()).phi).toBeCloseTo(phi, 10);
  });

  /**
   * Without the assumption the estimate is φ itself (X² ÷ freedom lies within 6 % of it on average); the
   * assumption, worth 16 degrees of freedom, draws it towards 1.5: a service with few functions and φ = 2.5
   * is taken for 1.7 to 2.
   */
  test.each(
    [2, 5, 30].flatMap((groups) =>
      [1, 1.5, 2.5].flatMap((phi) => [100, 1_000, 20_000].map((n) => ({ groups, phi, n }))),
    ),
  )(
    '$groups functions, φ = $phi, $n samples a part: the estimate is unbiased but for the assumption',
    { tags: ['many-cases'] },
    (cell) => {
      const { groups, phi, n } = cell;
      const random = createRandom(`dispersion ${groups} ${phi} ${n}`);
      const weights = Array.from({ length: groups }, (_, at) => 1 / (at + 1));
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      const rounds = 400;
      let [pearson, freedom] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        const dispersion = estimateDispersion(
          weights.map((weight) =>
            Array.from({ length: 4 }, () => overdispersed(random, (n * weight) / whole, phi)),
          ),
        );
        pearson += dispersion.phi * dispersion.freedom - PRIOR.phi * PRIOR.freedom;
        freedom += dispersion.freedom - PRIOR.freedom;
      }
      expect(Math.abs(pearson / freedom / phi - 1)).toBeLessThan(groups === 2 ? 0.12 : 0.07);
    },
  );

  /**
   * As it is used: φ from four parts of a baseline, then every function of the next part tested against them.
   */
  test.each([1, 1.5])(
    'with it the functions of a calm service stand out no more than by chance, φ = %d',
    { tags: ['many-cases'] },
    (phi) => {
      const random = createRandom(`as used ${phi}`);
      const weights = Array.from({ length: 20 }, (_, at) => 1 / (at + 1));
      const whole = weights.reduce((sum, weight) => sum + weight, 0);
      let [beyond2, beyond3, beyondGate, covered, tests] = [0, 0, 0, 0, 0];
      for (let round = 0; round < 1_500; round++) {
        const n = 200 * 10 ** (round % 3);
        const sizes = weights.map((weight) => (n * weight) / whole);
        const parts = sizes.map((size) => Array.from({ length: 4 }, () => overdispersed(random, size, phi)));
        const next = sizes.map((size) => overdispersed(random, size, phi));
        const dispersion = estimateDispersion(parts);
        const before = parts.map((row) => row.reduce((sum, count) => sum + count, 0));
        const n1 = before.reduce((sum, count) => sum + count, 0);
        const n2 = next.reduce((sum, count) => sum + count, 0);
        before.forEach((x1, at) => {
          const x2 = next[at] ?? 0;
          if (x1 + x2 < 5) return;
          tests++;
          const z = Math.abs(normalDeviate(signedRoot(x1, n1, x2, n2, dispersion.phi), dispersion.freedom));
          if (z > 1.96) beyond2++;
          if (z > 3) beyond3++;
          if (z > 4.25) beyondGate++;
          const [low, high] = differenceInterval(x1, n1, x2, n2, dispersion.phi);
          if (low <= 0 && high >= 0) covered++;
        });
      }
      expect(beyond2 / tests).toBeLessThan(0.055);
      expect(beyond3 / tests).toBeLessThan(0.0035);
      expect(beyondGate / tests).toBeLessThan(0.0002);
      expect(covered / tests).toBeGreaterThanOrEqual(0.94);
    },
  );
});

describe('differenceInterval', () => {
  test('surrounds the difference, lies within −1 and 1, and mirrors with the sides', () => {
    const [low, high] = differenceInterval(100, 1000, 150, 1000, 1);
    expect(low).toBeLessThan(0.05);
    expect(high).toBeGreaterThan(0.05);
    const [mirroredLow, mirroredHigh] = differenceInterval(150, 1000, 100, 1000, 1);
    expect(mirroredLow).toBeCloseTo(-high, 12);
    expect(mirroredHigh).toBeCloseTo(-low, 12);
    for (const [x1, n1, x2, n2] of [
      [0, 3, 3, 3],
      [0, 1, 0, 1],
      [5, 5, 0, 7],
    ] as const) {
      const [from, to] = differenceInterval(x1, n1, x2, n2, 2);
      expect(from).toBeGreaterThanOrEqual(-1);
      expect(to).toBeLessThanOrEqual(1);
    }
  });

  test('is everything where a side is empty', () => {
    expect(differenceInterval(0, 0, 3, 10, 1)).toEqual([-1, 1]);
    expect(differenceInterval(3, 10, 0, 0, 1)).toEqual([-1, 1]);
  });

  test('agrees with the worked example of Newcombe (1998): 56/70 against 48/80', () => {
    const [low, high] = differenceInterval(48, 80, 56, 70, 1);
    expect([low, high].map((bound) => bound.toFixed(4))).toEqual(['0.0524', '0.3339']);
  });

  test('is no NaN where rounding makes a share of more than 1', () => {
    const bounds = differenceInterval(1e18 + 256, 1e18, 1, 1e18, 1);
    expect(bounds.every(Number.isFinite)).toBe(true);
  });

  /**
   * Mean width in points of the share, equal shares, equal sizes, φ = 1; about √φ times as wide else.
   *
   * | n      | 0.5 % |  2 % | 10 % | 50 % |
   * | ------ | ----: | ---: | ---: | ---: |
   * | 60     |       |      | 22.9 | 34.6 |
   * | 300    |       |  5.1 |  9.8 | 15.9 |
   * | 2,000  |  0.95 | 1.77 | 3.73 | 6.19 |
   * | 30,000 |  0.23 | 0.45 | 0.96 | 1.60 |
   */
  const WIDTHS: Readonly<Record<number, readonly (number | null)[]>> = {
    60: [null, null, 22.9, 34.6],
    300: [null, 5.1, 9.8, 15.9],
    2000: [0.95, 1.77, 3.73, 6.19],
    30000: [0.23, 0.45, 0.96, 1.6],
  };

  test.each(GRID)('covers ≥ 93 %: n = $n, p = $p, φ = $phi', { tags: ['many-cases'] }, ({ n, p, phi }) => {
    for (const [baseline, p2] of [
      [1, p],
      [4, p],
      [1, Math.min(0.9, 2 * p)],
    ] as const) {
      const random = createRandom(`coverage ${phi} ${n} ${p} ${baseline} ${p2}`);
      const rounds = 3_000;
      let [covered, width] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        const [low, high] = differenceInterval(
          ...draw(random, baseline * n, p, phi),
          ...draw(random, n, p2, phi),
          phi,
        );
        if (low <= p2 - p && p2 - p <= high) covered++;
        width += high - low;
      }
      expect(covered / rounds).toBeGreaterThanOrEqual(0.93);
      const known = WIDTHS[n]?.[SHARES.indexOf(p)] ?? null;
      if (phi === 1 && baseline === 1 && p2 === p && known !== null)
        expect(Math.abs((100 * width) / rounds / known - 1)).toBeLessThan(0.03);
    }
  });
});

test('over-dispersion makes an interval as wide as fewer samples do, on both sides', () => {
  expect(differenceInterval(40, 400, 120, 800, 4)).toEqual(differenceInterval(10, 100, 30, 200, 1));
});

test.each([
  { deviate: 3.6, freedom: 6 },
  { deviate: 1.2, freedom: 40 },
  { deviate: 3.6, freedom: 1e6 },
])(
  "Student's t of the deviate $deviate with $freedom degrees of freedom has that deviate",
  ({ deviate, freedom }) => {
    const t = studentDeviate(deviate, freedom);
    expect(normalDeviate(t, freedom)).toBeCloseTo(deviate, 8);
    expect(t).toBeGreaterThan(deviate);
  },
);
