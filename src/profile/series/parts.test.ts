import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partWindows } from './parts.js';

describe('partWindows', () => {
  test('cuts after rounds of profiles, the same number in each part', () => {
    expect(partWindows({ from: 0, to: 99 }, [10, 30, 50, 70], 2)).toEqual([
      { from: 0, to: 30 },
      { from: 31, to: 99 },
    ]);
  });

  test('the window itself where it holds fewer than two rounds or one part is asked for', () => {
    const whole = { from: 0, to: 99 };
    for (const [rounds, most] of [
      [[], 4],
      [[50], 4],
      [[10, 20], 1],
      [[10, 20], 0],
    ] as const)
      expect(partWindows(whole, rounds, most)).toEqual([whole]);
  });

  test('for any rounds: closed, in order, without gaps or overlaps, each with about the same number of them', () => {
    const times = fc.uniqueArray(fc.integer({ min: 100, max: 10_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 12 }), (unordered, most) => {
        const rounds = [...unordered].sort((a, b) => a - b);
        const whole = { from: 100, to: 10_000 };
        const parts = partWindows(whole, rounds, most);
        expect(parts.length).toBeLessThanOrEqual(Math.max(1, most));
        expect([parts[0]?.from, parts.at(-1)?.to]).toEqual([whole.from, whole.to]);
        parts.slice(1).forEach((part, index) => {
          expect(part.from).toBe((parts[index]?.to ?? 0) + 1);
        });
        const counts = parts.map(
          ({ from, to }) => rounds.filter((time) => time >= from && time <= to).length,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        for (const { from, to } of parts) expect(to).toBeGreaterThanOrEqual(from);
      }),
    );
  });
});
