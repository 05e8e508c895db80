import { expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { findUniverse, WHOLE } from '../../contrast/contrast.js';
import { callerOfNewWork } from './new-work.js';

const BEFORE: Stacks = { 'serve show': 100, 'serve show page': 100, 'serve list': 400 };
const caller = (
  after: Stacks,
  { load = 1, universal = [] as string[], before = BEFORE, isOfAll = false } = {},
) => {
  const sides = contrast(before, { ...BEFORE, ...after });
  const above = new Set(universal.map((name) => findFunction(sides, name)));
  const fn = findFunction(sides, 'rules');
  return getName(sides, callerOfNewWork(sides, isOfAll ? WHOLE : findUniverse(sides), fn, load, above));
};
const two = (rules: number, answer: number): Stacks => ({
  'serve show rules lib.compile': rules,
  'serve show answer lib.marshal': answer,
});

test.each<[string, Stacks, string | null]>([
  ['newly does two kinds of work', two(130, 70), 'show'],
  ['newly does one', { 'serve show rules lib.compile': 200 }, null],
  ['newly does one that is nearly all', two(160, 40), null],
  ['newly does one that is a small part', two(40, 160), null],
  ['newly does one that is nearly all, and less of its own', { ...two(170, 60), 'serve show': 70 }, null],
  ['newly does one that is most, and a small one', { ...two(140, 40), 'serve show': 120 }, null],
  ['newly does two, and more of its own', { ...two(100, 60), 'serve show': 150 }, null],
  ['calls another function more often', { 'serve show rules': 100, 'serve show page': 200 }, null],
  ['calls it through the other new one', { 'serve show rules answer': 100, 'serve show': 200 }, null],
])('a caller that %s: %s', (_, after, name) => {
  expect(caller(after)).toBe(name);
});

test('a function that was there before, or middleware, is no such caller', () => {
  const before = { ...BEFORE, 'serve show rules lib.compile': 10 };
  expect(caller(two(130, 70), { before })).toBeNull();
  expect(caller(two(130, 70), { universal: ['show'] })).toBeNull();
});

test('a function of which a trace was there before is new', () => {
  const before = { ...BEFORE, 'serve show rules lib.compile': 6 };
  expect(caller(two(130, 70), { before })).toBe('show');
});

test('the caller is own code, though a library calls both, and all functions are looked at', () => {
  const after = { 'serve show lib.mux rules': 130, 'serve show lib.mux answer': 70 };
  expect(caller(after, { isOfAll: true })).toBe('show');
});
