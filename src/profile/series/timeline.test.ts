import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutIntoFrames,
  estimateInterval,
  findGaps,
  findSpikes,
  listWindows,
  type Reading,
  sumFrames,
} from './timeline.js';

const SECOND = 1_000;

/** A profile of value 1 at each of these seconds. */
function at(seconds: readonly number[], instance = 'a'): Reading[] {
  return seconds.map((time) => ({ time: time * SECOND, value: 1, instance, label: null }));
}

const window = (from: number, to: number) => ({ from: from * SECOND, to: to * SECOND });
const seconds = (spans: readonly { from: number; to: number }[]) =>
  spans.map(({ from, to }) => [from / SECOND, to / SECOND]);

describe('the usual interval', () => {
  test('is that of one instance, however many there are', () => {
    expect(estimateInterval([...at([0, 15, 30, 45]), ...at([4, 19, 34, 49], 'b')])).toBe(15 * SECOND);
  });

  test('is not moved by a gap', () => {
    expect(estimateInterval(at([0, 15, 30, 300, 315]))).toBe(15 * SECOND);
  });

  test('is not distorted by a grid of five seconds', () => {
    const twelve = Array.from({ length: 51 }, (_, profile) => 5 * Math.ceil((12 * profile) / 5));
    expect(estimateInterval(at(twelve))).toBe(12 * SECOND);
  });

  test('is unknown of single profiles', () => {
    expect(estimateInterval([...at([5]), ...at([9], 'b')])).toBeNull();
  });
});

describe('gaps', () => {
  const of = (readings: Reading[], from: number, to: number) =>
    seconds(findGaps(readings, window(from, to), estimateInterval(readings)));

  test('within, before and after the data', () => {
    expect(of(at([100, 115, 130, 200, 215, 230]), 0, 300)).toEqual([
      [0, 100],
      [130, 200],
      [230, 300],
    ]);
  });

  test('one missing profile is none, nor is a stretch that another instance covers', () => {
    expect(of(at([0, 15, 45, 60]), 0, 60)).toEqual([]);
    expect(of([...at([0, 15, 90, 105]), ...at([30, 45, 60, 75], 'b')], 0, 105)).toEqual([]);
  });
});

describe('frames', () => {
  const of = (readings: Reading[], from: number, to: number, count: number) => {
    const gaps = findGaps(readings, window(from, to), estimateInterval(readings));
    return cutIntoFrames(readings, window(from, to), { count, step: SECOND, gaps });
  };

  test('are equal parts that end with the window; a point on an edge is before it', () => {
    expect(of(at([10, 30, 40, 60]), 0, 60, 3)).toEqual([
      { from: 0, to: 20_000, first: 10_000, last: 10_000 },
      { from: 20_000, to: 40_000, first: 30_000, last: 40_000 },
      { from: 40_000, to: 60_000, first: 60_000, last: 60_000 },
    ]);
  });

  test('the first is shorter where the parts do not fill the window', () => {
    expect(seconds(of(at([1, 5, 9]), 0, 10, 3))).toEqual([
      [0, 2],
      [2, 6],
      [6, 10],
    ]);
  });

  test('one that holds no profile by chance goes to the one before, one in a gap stays', () => {
    expect(seconds(of(at([5, 15, 35, 45]), 0, 50, 5))).toEqual([
      [0, 10],
      [10, 30],
      [30, 40],
      [40, 50],
    ]);
    const gap = of(at([5, 10, 15, 20, 75, 80]), 0, 80, 4);
    expect(gap.map(({ first }) => first)).toEqual([5_000, null, null, 75_000]);
  });

  test('without any profile there is none', () => {
    expect(of([], 0, 60, 3)).toEqual([]);
  });

  test('fill the window, hold every profile once, and leave no sum out', () => {
    const times = fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        times,
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 601, max: 900 }),
        (some, count, to) => {
          const readings = at(some);
          const frames = of(readings, 0, to, count);
          expect(frames.length).toBeLessThanOrEqual(count);
          expect([frames[0]?.from, frames.at(-1)?.to]).toEqual([0, to * SECOND]);
          frames.forEach((frame, index) => {
            expect(frame.from).toBe(frames[index - 1]?.to ?? 0);
          });
          const sums = sumFrames(readings, frames);
          expect(sums.reduce((sum, value) => sum + value, 0)).toBe(some.length);
          listWindows(frames).forEach(({ from, to: end }, index) => {
            const inside = readings.filter(({ time }) => time >= from && time <= end);
            expect(inside).toHaveLength(sums[index] ?? -1);
            const known = inside.map(({ time }) => time).sort((a, b) => a - b);
            expect([frames[index]?.first, frames[index]?.last]).toEqual([
              known[0] ?? null,
              known.at(-1) ?? null,
            ]);
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('spikes', () => {
  test.each<[string, number[], [number, number][]]>([
    ['one', [5, 6, 5, 20, 6, 5, 6], [[3, 4]]],
    ['two values long', [5, 6, 5, 6, 20, 21, 6, 5, 6, 5], [[4, 6]]],
    ['among equal values', [5, 5, 5, 5, 9, 5, 5, 5], [[4, 5]]],
    ['a level', [5, 6, 5, 6, 5, 6, 20, 21, 20, 21], []],
    ['less than half above the others', [100, 101, 100, 102, 140, 101, 100], []],
    ['noise', [5, 7, 4, 8, 6, 5, 9, 4], []],
    ['a dip', [50, 51, 50, 0, 51, 50, 51], []],
    ['zeros', [0, 0, 0, 0, 0, 0], []],
    ['too few values', [1, 1, 100, 1], []],
  ])('%s', (_what, values, spikes) => {
    expect(findSpikes(values)).toEqual(spikes);
  });
});
