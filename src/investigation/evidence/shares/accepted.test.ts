import { expect, test } from 'vitest';
import { sureGrowth } from './accepted.js';

const culprit = (growth: number, z: number) => ({ fn: 0, load: 1, growth, z });

test.each([
  { what: 'all of it, nearly, of one beyond doubt', growth: 100, z: 410, expected: 99 },
  { what: 'half of it at twice the gate', growth: 100, z: 8.2, expected: 50 },
  { what: 'nothing at the gate', growth: 100, z: 4.1, expected: 0 },
  { what: 'nothing below it', growth: 100, z: 2, expected: 0 },
  { what: 'nothing of what does not stand out at all', growth: 100, z: 0, expected: 0 },
])('what of a growth is sure: $what', ({ growth, z, expected }) => {
  expect(sureGrowth(culprit(growth, z), 4.1)).toBeCloseTo(expected, 9);
});

test('a certain change comes before one that is larger and hardly stands out', () => {
  expect(sureGrowth(culprit(193, 12), 4.1)).toBeGreaterThan(sureGrowth(culprit(358, 4.8), 4.1));
});
