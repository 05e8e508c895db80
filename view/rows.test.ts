import { expect, test } from 'vitest';
import { type Row, sortRows } from './rows.js';

const row = (name: string, mark: number, change: number, self: number, total: number): Row => ({
  fn: 0,
  name,
  owner: 'own code',
  mark,
  self,
  total,
  before: 0,
  change,
});
const rows = [
  row('b', 0, 0.4, 1, 9),
  row('a', 1, 0.1, 1, 3),
  row('c', 2, -0.3, 5, 9),
  row('d', 0, -0.5, 0, 1),
];

test.each([
  // Noise stands after what changed, however large it is.
  ['change', 'cadb'],
  ['self', 'cabd'],
  ['total', 'bcad'],
  ['name', 'abcd'],
] as const)('by %s: %s', (order, expected) => {
  expect(
    sortRows(rows, order)
      .map(({ name }) => name)
      .join(''),
  ).toBe(expected);
});
