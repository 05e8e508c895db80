import { expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../test/support/contrast.js';
import { kindsOfWork } from './kinds-of-work.js';

const BEFORE: Stacks = { 'serve show': 100, 'serve show lib.query': 50, 'serve list': 400 };
const parts = (after: Stacks, load = 1, fn = 'show') => {
  const sides = contrast(BEFORE, { ...BEFORE, ...after });
  const spread = kindsOfWork(sides, findFunction(sides, fn), load);
  return spread?.parts.map(({ callee, part }) => [callee?.function, Number(part.toFixed(2))]) ?? null;
};

test.each<[string, Stacks, ReturnType<typeof parts>]>([
  [
    'two libraries that are newly called',
    { 'serve show lib.compile': 120, 'serve show lib.marshal lib.encode': 80 },
    [
      ['lib.compile', 0.6],
      ['lib.marshal', 0.4],
    ],
  ],
  [
    'two functions of the team',
    { 'serve show rules lib.compile': 100, 'serve show answer': 100 },
    [
      ['rules', 0.5],
      ['answer', 0.5],
    ],
  ],
  ['one of them is most of it', { 'serve show lib.compile': 170, 'serve show lib.marshal': 30 }, null],
  ['less than a quarter each but one', { 'serve show lib.compile': 152, 'serve show lib.marshal': 48 }, null],
  [
    'much of it elsewhere',
    { 'serve show lib.compile': 78, 'serve show lib.marshal': 78, 'serve show': 144 },
    null,
  ],
  ['its own cost', { 'serve show': 300 }, null],
  ['nothing grew', {}, null],
])('kinds of work below a function: %s', (_, after, expected) => {
  expect(parts(after)).toEqual(expected);
});

test('under more load all that a function calls grows', () => {
  const after = { 'serve show lib.compile': 120, 'serve show lib.marshal': 80 };
  expect(parts(after, 1.19)).not.toBeNull();
  expect(parts(after, 1.2)).toBeNull();
});

test('libraries have parts of their own', () => {
  expect(
    parts({ 'serve lib.app lib.compile': 100, 'serve lib.app lib.marshal': 100 }, 1, 'lib.app'),
  ).toBeNull();
});
