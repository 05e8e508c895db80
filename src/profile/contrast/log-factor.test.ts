import { expect, test } from 'vitest';
import { logFactor } from './log-factor.js';

test.each([
  { what: 'the same per profile', counts: [10, 20], profiles: [1, 2], factor: 20.5 / 2 / 10.5 },
  { what: 'twice as much', counts: [100, 200], profiles: [4, 4], factor: 200.5 / 100.5 },
  { what: 'something that was not there', counts: [0, 10], profiles: [1, 1], factor: 10.5 / 0.5 },
] as const)('the change of a count: $what', ({ counts, profiles, factor }) => {
  const { log, variance } = logFactor(counts, profiles);
  expect(Math.exp(log)).toBeCloseTo(factor, 9);
  expect(variance).toBeCloseTo(1 / (counts[0] + 0.5) + 1 / (counts[1] + 0.5), 9);
});
