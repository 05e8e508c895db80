import { expect, test } from 'vitest';
import { correctTime } from './profile-time.js';

const AT = BigInt(Date.parse('2026-09-21T14:13:20Z'));
const NANOS = AT * 1_000_000n;

test.each([
  ['nanoseconds', NANOS, 10_000_000_000n],
  ['microseconds', AT * 1_000n, 10_000_000n],
  ['milliseconds', AT, 10_000n],
  ['seconds', AT / 1_000n, 10n],
])('a time in %s is corrected with its duration', (unit, time, duration) => {
  expect(correctTime(time, duration)).toEqual({
    timeNanos: NANOS,
    durationNanos: 10_000_000_000n,
    unit,
  });
});

test('a duration that came to over an hour in the unit of the time was in nanoseconds already', () => {
  expect(correctTime(AT * 1_000n, 10_000_000_000n).durationNanos).toBe(10_000_000_000n);
});

test.each([0n, 5n, -1n, 2n ** 63n - 1n, 10n ** 15n / 2n])('%s is no time', (time) => {
  expect(correctTime(time, 7n)).toEqual({ timeNanos: 0n, durationNanos: 7n, unit: null });
});
