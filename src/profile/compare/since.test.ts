import { describe, expect, test } from 'vitest';
import { createRandom, integer, normal, overdispersed } from '../../../test/evaluation/generator/random.js';
import { changePoint, stepPoint } from './since.js';

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
