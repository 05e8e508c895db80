import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawSparkline } from './sparkline.js';

test.each<[(number | null)[], string]>([
  [[0, 1, 2, 3, 4, 5, 6, 7, 8], '▁▁▂▃▄▅▆▇█'],
  [[100, 104], '██'],
  [[5, null, 10], '▄·█'],
  [[0, 0], '▁▁'],
  [[null], '·'],
  [[], ''],
])('%j is %s', (values, line) => {
  expect(drawSparkline(values)).toBe(line);
});

test('one character per value, the largest is full, larger is never lower', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 30 }),
      (values) => {
        const line = [...drawSparkline(values)];
        expect(line).toHaveLength(values.length);
        const sorted = values.map((value, at) => [value, line[at] ?? ''] as const).sort(([a], [b]) => a - b);
        expect(sorted.map(([, bar]) => bar)).toEqual(sorted.map(([, bar]) => bar).toSorted());
        expect(sorted.at(-1)?.[1]).toBe('█');
      },
    ),
    { numRuns: 100 },
  );
});
