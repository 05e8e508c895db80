import { expect, test } from 'vitest';
import { findWeightedMiddle } from './weighted-middle.js';

test.each<{
  what: string;
  values: [value: number, weight: number][];
  lower: number | null;
  upper: number | null;
}>([
  {
    what: 'the heavier one of two',
    values: [
      [1, 1],
      [2, 3],
    ],
    lower: 2,
    upper: 2,
  },
  {
    what: 'either of two as heavy',
    values: [
      [1, 2],
      [2, 2],
    ],
    lower: 1,
    upper: 2,
  },
  {
    what: 'the middle one by size, in whatever order',
    values: [
      [3, 1],
      [1, 1],
      [2, 1],
    ],
    lower: 2,
    upper: 2,
  },
  {
    what: 'the one in which the half is passed',
    values: [
      [1, 2],
      [2, 2],
      [3, 3],
    ],
    lower: 2,
    upper: 2,
  },
  { what: 'none of none', values: [], lower: null, upper: null },
])('$what is the middle', ({ values, lower, upper }) => {
  const weighted = values.map(([value, weight]) => ({ value, weight }));
  expect([findWeightedMiddle(weighted), findWeightedMiddle(weighted, 'upper')]).toEqual([lower, upper]);
});
