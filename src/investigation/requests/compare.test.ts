import { expect, test } from 'vitest';
import { countParts } from './compare.js';

test.each([
  ['all parts are listed', [60, 40], 100, 2],
  ['values are rounded', [59.6, 40], 100, 2],
  ['a part is hidden behind a heavier one: a mean of those listed would be too high', [60], 100, 0],
  ['none is listed', [], 100, 0],
])('%s', (_, values, total, parts) => {
  expect(
    countParts(
      values.map((value) => ({ value })),
      total,
    ),
  ).toBe(parts);
});
