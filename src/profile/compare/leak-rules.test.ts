import { describe, expect, test } from 'vitest';
import { findHiddenLeak, findLeak, findRamp, type Level } from './leak.js';

const MINUTE = 60_000;
/** Levels one minute apart. */
const levels = (from: number, values: readonly number[]): Level[] =>
  values.map((value, at) => ({ time: from + at * MINUTE, value }));
/** `[minute, value]`, one level each. */
const unevenly = (...rows: readonly (readonly [number, number])[]): Level[] =>
  rows.map(([minute, value]) => ({ time: minute * MINUTE, value }));
/** Whether levels that follow each other by the minute are told as a leak. */
const isLeak = (past: readonly number[], now: readonly number[], areNew = false) =>
  findLeak(levels(0, past), levels(past.length * MINUTE, now), areNew) !== null;

describe('a leak', () => {
  test.each([
    { what: 'are as high in the middle', now: [150, 185, 220], is: true },
    { what: 'fall back in the middle', now: [216, 124, 220], is: false },
  ])('is no rise of two ends alone: three levels that $what: $is', ({ now, is }) => {
    expect(isLeak([120, 106], now)).toBe(is);
  });

  test.each([
    { what: 'go on once they are warm', now: [12, 20, 22, 26], is: true },
    { what: 'only warmed up, and swing', now: [12, 20, 16, 23], is: false },
  ])('of new instances is told without the first quarter of their levels: they $what: $is', ({ now, is }) => {
    expect(isLeak([10], now)).toBe(true);
    expect(isLeak([10], now, true)).toBe(is);
  });

  test('of new instances must rise, and not fall in a line from a high start', () => {
    const past = [153, 74, 138, 109, 143, 226, 301, 436];
    expect(isLeak(past, [439, 436])).toBe(true);
    expect(isLeak(past, [439, 436], true)).toBe(false);
    expect(isLeak(past, [439, 442], true)).toBe(true);
  });
});

test.each([
  { what: 'four levels', still: [12, 12, 12, 12], is: true },
  { what: 'three', still: [12, 12, 12], is: false },
])('a hidden leak that begins in the baseline needs $what that lay still before it: $is', ({ still, is }) => {
  const rise = [13.2, 14.4, 15.6, 16.8, 18, 19.2];
  const all = [...levels(0, [...still, ...rise])];
  const [past, now] = [all.slice(0, still.length + 1), all.slice(still.length + 1)];
  expect(findHiddenLeak(past, now, 1) !== null).toBe(is);
});

describe('the foot of a rise between uneven readings', () => {
  const ramp = (...rows: readonly (readonly [number, number])[]) => findRamp(unevenly(...rows), 10);

  test('may be a reading', () => {
    expect(ramp([0, 10], [3, 39], [4, 46])).toEqual({ after: 0, before: 2.4 * MINUTE });
    expect(ramp([0, 10], [3, 11], [4, 13])).toEqual({ after: 0.1 * MINUTE, before: 4 * MINUTE });
  });

  test('may lie in the middle between two', () => {
    expect(ramp([0, 10], [1, 14], [4, 40])).toEqual({ after: 0, before: 1.3 * MINUTE });
  });

  test('may lie half a gap after the gap in which the rise begins', () => {
    expect(ramp([0, 10], [3, 10], [4, 14], [7, 30], [9, 50])).toEqual({
      after: 3.7 * MINUTE,
      before: 5.3 * MINUTE,
    });
  });

  test('does not lie between the last reading and the beginning of time', () => {
    expect(ramp([0, 10], [2, 12], [3, 18])).toBeNull();
  });
});
