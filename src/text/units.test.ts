import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatFactor,
  formatRate,
  formatShare,
  formatSpan,
  formatTime,
  formatValue,
  secondsPerUnit,
} from './units.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, 'nanoseconds', '0 ns'],
  [525e6, 'nanoseconds', '525 ms'],
  [1.5, 'microseconds', '1.5 µs'],
  [90, 'seconds', '1.5 min'],
  [999.6, 'milliseconds', '1 s'],
  [5000 * 3600, 'seconds', '5000 h'],
  [-2500, 'milliseconds', '-2.5 s'],
  [25_480_000, 'bytes', '24.3 MiB'],
  [1023, 'bytes', '1023 B'],
  [1023.9, 'bytes', '1 KiB'],
  [-(2 ** 20), 'bytes', '-1 MiB'],
  [3 * 2 ** 40, 'bytes', '3 TiB'],
  [1234, 'count', '1.23k'],
  [1234, 'objects', '1.23k objects'],
  [-0.0000001, 'objects', '0 objects'],
  [7e9, 'count', '7G'],
  // Other spellings of the same units.
  [1.5e6, 'us', '1.5 s'],
  [1.5e6, 'µs', '1.5 s'],
  [1500, 'ms', '1.5 s'],
  [1500, 'millisecond', '1.5 s'],
  [2, 'min', '2 min'],
  [2048, 'kilobytes', '2 MiB'],
  [12, 'megabytes', '12 MiB'],
  [12, 'MB', '12 MiB'],
  [3, 'GiB', '3 GiB'],
  [512, 'kB', '512 KiB'],
  [5, 'Byte', '5 B'],
  [53, '', '53'],
  [53, '1', '53'],
  [2, 'constructor', '2 constructor'],
])('formatValue(%d, %s) is %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test('a noun names what a count counts, and nothing else', () => {
  expect(formatValue(1234, 'count', 'goroutines')).toBe('1.23k goroutines');
  expect(formatValue(2048, 'bytes', 'goroutines')).toBe('2 KiB');
  expect(formatValue(3, 'widgets', 'goroutines')).toBe('3 widgets');
});

test.each([
  [2.4, 'cores', '2.4 cores'],
  [1, 'cores', '1 core'],
  [0.25, 's/s', '0.25 s/s'],
  [12 * 2 ** 20, 'bytes/s', '12 MiB/s'],
  [-12 * 2 ** 20, 'bytes/s', '-12 MiB/s'],
  [66.7, '/s', '66.7/s'],
  [0, '/s', '0/s'],
  [1, '/s', '1/s'],
])('formatRate(%d, %s) is %s', (rate, unit, text) => {
  expect(formatRate(rate, unit)).toBe(text);
});

describe('formatShare', () => {
  test.each([
    [0, '0%'],
    [-0, '0%'],
    [0.583, '58.3%'],
    [0.1, '10.0%'],
    [0.042, '4.2%'],
    [0.001, '0.1%'],
    [0.0004, '0.04%'],
    [0.00001, '0.00%'],
    [-0.00001, '0.00%'],
    [0.9994, '99.9%'],
    [0.9996, '100%'],
    [1, '100%'],
    [-1, '-100%'],
    [1.5, '150.0%'],
    [-0.25, '-25.0%'],
    [-0.0004, '-0.04%'],
  ])('%d is %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  test('a negative share is the positive one with a sign', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.0001, max: 3, noNaN: true }), (share) => {
        expect(formatShare(-share)).toBe(`-${formatShare(share)}`);
      }),
    );
  });

  test('says the share to half of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (share) => {
        expect(Math.abs(Number.parseFloat(formatShare(share)) - share * 100)).toBeLessThan(0.0501);
      }),
    );
  });
});

describe('formatSpan', () => {
  test.each([
    [0, '0 s'],
    [500, '0.5 s'],
    [45_000, '45 s'],
    [59_990, '1 min'],
    [MINUTE, '1 min'],
    [90_000, '1.5 min'],
    [15 * MINUTE, '15 min'],
    [HOUR - 1, '1 h'],
    [HOUR, '1 h'],
    [90 * MINUTE, '1 h 30 min'],
    [DAY, '24 h'],
    [DAY + 90 * MINUTE, '25 h 30 min'],
    [2 * DAY - 1, '2 days'],
    [2 * DAY + 6 * HOUR, '2 days 6 h'],
    [7 * DAY, '7 days'],
    [400 * DAY, '400 days'],
    [-90_000, '-1.5 min'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });

  test('is right within 1 part in 100 from a second on', () => {
    const size: Record<string, number> = { s: 1000, min: MINUTE, h: HOUR, days: DAY };
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 1000 * DAY }), (ms) => {
        const words = formatSpan(ms).split(' ');
        let read = 0;
        for (let at = 0; at < words.length; at += 2)
          read += Number(words[at]) * (size[words[at + 1] ?? ''] ?? Number.NaN);
        expect(Math.abs(read - ms) / ms).toBeLessThan(0.011);
      }),
    );
  });
});

test('times are RFC 3339 in UTC, with milliseconds only where there are any', () => {
  expect(formatTime(Date.UTC(2026, 10, 20, 14, 30))).toBe('2026-11-20T14:30:00Z');
  expect(formatTime(Date.UTC(2026, 10, 20, 14, 30, 0, 5))).toBe('2026-11-20T14:30:00.005Z');
});

test('units that are no time have no seconds', () => {
  expect([secondsPerUnit('nanoseconds'), secondsPerUnit('bytes')]).toEqual([1e-9, null]);
});

test.each([
  [0.95, '0.950'],
  [2, '2.00'],
  [12.345, '12.3'],
  [999.4, '999'],
  [999.6, '1,000'],
  [2881, '2,880'],
  [1_234_567, '1,230,000'],
  [1e-8, '0.00'],
])('the factor %s is written as %s', (factor, text) => {
  expect(formatFactor(factor)).toBe(text);
});
