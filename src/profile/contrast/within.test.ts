import { describe, expect, test } from 'vitest';
import { type Counts, shiftWithin } from './within.js';

describe('the shift of a share within each kind of request, taken together', () => {
  const stratum = (all: [number, number], through: [number, number]): Counts => ({ all, through });
  // By hand: (80 − 50) ÷ √(100 · 100 · 100 · 100 ÷ (200² · 199)).
  const LARGER = stratum([100, 100], [20, 80]);
  const ONE = 30 / Math.sqrt((10_000 * 10_000) / (40_000 * 199));

  test.each([
    {
      what: 'the same share in every kind, however the kinds changed',
      strata: [stratum([100, 1000], [50, 500]), stratum([1000, 100], [10, 1])],
      z: 0,
    },
    { what: 'a larger share in one kind', strata: [LARGER], z: ONE },
    { what: 'a smaller one', strata: [stratum([100, 100], [80, 20])], z: -ONE },
    { what: 'in two kinds as much: more certain by √2', strata: [LARGER, LARGER], z: ONE * Math.sqrt(2) },
    { what: 'one and the other cancel', strata: [LARGER, stratum([100, 100], [80, 20])], z: 0 },
    { what: 'a kind that is on one side only', strata: [stratum([0, 100], [0, 80])], z: 0 },
    { what: 'on the other one', strata: [stratum([100, 0], [80, 0])], z: 0 },
    {
      what: 'kinds on one side only tell nothing about the others',
      strata: [stratum([0, 100], [0, 80]), LARGER, stratum([100, 0], [80, 0]), stratum([0, 0], [0, 0])],
      z: ONE,
    },
    {
      what: 'one sample, or part of one, is too little to tell',
      strata: [LARGER, stratum([0.5, 0.5], [0, 0.25]), stratum([0.25, 0.25], [0, 0.25])],
      z: ONE,
    },
    { what: 'all of it in all kinds', strata: [stratum([100, 200], [100, 200])], z: 0 },
    { what: 'no kind', strata: [], z: 0 },
  ])('$what', ({ strata, z }) => {
    expect(shiftWithin(strata, 1)).toBeCloseTo(z, 9);
    // Four times the variance are twice the error.
    expect(shiftWithin(strata, 4)).toBeCloseTo(z / 2, 9);
  });
});
