import { expect, test } from 'vitest';
import { rankReasons } from './verdict-order.js';

test('reasons come in the order of the verdicts, whatever the order of the evidence', () => {
  const evidence = {
    scaling: 7,
    load_increase: 6,
    improvement: 5,
    moved: 4,
    code_regression: 3,
    contention: 2,
    leak: 1,
  };
  expect(rankReasons(evidence)).toEqual([
    ['leak', 1],
    ['contention', 2],
    ['code_regression', 3],
    ['moved', 4],
    ['improvement', 5],
    ['load_increase', 6],
    ['scaling', 7],
  ]);
});

test('a reason without evidence is left out', () => {
  expect(rankReasons({ leak: null, moved: 'renamed' })).toEqual([['moved', 'renamed']]);
  expect(rankReasons({})).toEqual([]);
});
