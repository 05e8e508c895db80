import { expect, test } from 'vitest';
import { createRandom, gamma, integer, logUniform, overdispersed, poisson } from './random.js';

function moments(draw: () => number, count = 20_000): { mean: number; variance: number } {
  const values = Array.from({ length: count }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) };
}

test('the same key gives the same numbers, another key others', () => {
  const first = createRandom('a:1');
  const again = createRandom('a:1');
  const other = createRandom('a:2');
  const numbers = Array.from({ length: 5 }, () => first.next());
  expect(Array.from({ length: 5 }, () => again.next())).toEqual(numbers);
  expect(Array.from({ length: 5 }, () => other.next())).not.toEqual(numbers);
});

test('neighbouring seeds are unrelated and uniform', () => {
  let seed = 0;
  const { mean, variance } = moments(() => createRandom(`i:${seed++}`).next());
  expect(mean).toBeCloseTo(0.5, 1);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test.each([0.05, 0.8, 5, 29, 31, 400, 50_000])(
  'Poisson counts of mean %d have that mean and variance',
  (mean) => {
    const random = createRandom(`poisson ${mean}`);
    const measured = moments(() => poisson(random, mean));
    expect(Math.abs(measured.mean / mean - 1)).toBeLessThan(0.05);
    expect(Math.abs(measured.variance / mean - 1)).toBeLessThan(0.08);
  },
);

test.each([0.02, 0.5, 3, 80])(
  'gamma numbers of shape %d have the mean and variance of their shape',
  (shape) => {
    const random = createRandom(`gamma ${shape}`);
    const measured = moments(() => gamma(random, shape, 2));
    expect(Math.abs(measured.mean / (2 * shape) - 1)).toBeLessThan(0.2);
    expect(Math.abs(measured.variance / (4 * shape) - 1)).toBeLessThan(0.35);
  },
);

test.each([1, 1.7, 2.5])('over-dispersed counts vary %d times as much as Poisson, summed up, too', (phi) => {
  const random = createRandom(`phi ${phi}`);
  const draw = () => [0.3, 2, 9].reduce((sum, mean) => sum + overdispersed(random, mean, phi), 0);
  const measured = moments(draw);
  expect(Math.abs(measured.mean / 11.3 - 1)).toBeLessThan(0.05);
  expect(Math.abs(measured.variance / measured.mean / phi - 1)).toBeLessThan(0.08);
});

test('bounds hold', () => {
  const random = createRandom('bounds');
  const whole = Array.from({ length: 500 }, () => integer(random, 2, 4));
  expect([...new Set(whole)].sort()).toEqual([2, 3, 4]);
  for (let i = 0; i < 500; i++) {
    const drawn = logUniform(random, 300, 1e5);
    expect(drawn).toBeGreaterThanOrEqual(300);
    expect(drawn).toBeLessThanOrEqual(1e5);
  }
});
