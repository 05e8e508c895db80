import { expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { valuePerSample } from './value-per-sample.js';

test.each<{ what: string; values: Stacks; counts: Stacks; expected: number | null }>([
  {
    what: 'the mean of all stacks',
    values: { 'main a': 20, 'main b': 130 },
    counts: { 'main a': 2, 'main b': 13 },
    expected: 10,
  },
  {
    what: 'idle stacks are counted and have no value',
    values: { 'main a': 20, 'main b': 10 },
    counts: { idle: 97, 'main a': 2, 'main b': 1 },
    expected: 10,
  },
  {
    what: 'a stack with the value 0 is none',
    values: { idle: 0, 'main a': 30 },
    counts: { idle: 97, 'main a': 3 },
    expected: 10,
  },
  {
    what: 'a stack without a count is none',
    values: { 'main a': 30, 'main b': 500 },
    counts: { 'main a': 3, 'main b': 0 },
    expected: 10,
  },
  {
    what: 'a stack that the counts lack is none',
    values: { 'main a': 30, 'main b': 500 },
    counts: { 'main a': 3 },
    expected: 10,
  },
  {
    what: 'the same functions in another order are another stack',
    values: { 'a b': 30, 'b a': 10 },
    counts: { 'b a': 1 },
    expected: 10,
  },
  { what: 'nothing in common', values: { a: 30 }, counts: { b: 3 }, expected: null },
  { what: 'no stacks', values: {}, counts: {}, expected: null },
])('$what: $expected', ({ values, counts, expected }) => {
  expect(valuePerSample(profileFrom(values), profileFrom(counts))).toBe(expected);
});
