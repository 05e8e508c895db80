import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../test/support/contrast.js';
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
  ['its own cost and one library', { 'serve show': 200, 'serve show lib.compile': 100 }, null],
  [
    'two below its only callee',
    { 'serve show lib.app lib.compile': 100, 'serve show lib.app lib.marshal': 100 },
    null,
  ],
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

describe('the own function that cost hardly anything there before', () => {
  const calm: Stacks = {
    'serve show': 300,
    'serve show read lib.parse': 100,
    'serve show write lib.encode': 100,
    'serve list fresh lib.init': 40,
    'serve list': 400,
  };
  const fresh = (after: Stacks) => {
    const sides = contrast(calm, { ...calm, ...after });
    const spread = kindsOfWork(sides, findFunction(sides, 'show'), 1);
    return spread === null ? 'not divided' : (spread.fresh?.function ?? null);
  };
  const READ = { 'serve show read lib.parse': 300, 'serve show write lib.encode': 300 };

  test.each<[string, Stacks, string | null]>([
    ['makes what all work is done with', { ...READ, 'serve show read fresh lib.init': 100 }, 'fresh'],
    ['costs a tenth of the growth', { ...READ, 'serve show read fresh lib.init': 50 }, 'fresh'],
    ['costs less than that', { ...READ, 'serve show read fresh lib.init': 40 }, null],
    ['is a library, which is no news', { ...READ, 'serve show read lib.init': 100 }, null],
    ['is one of the parts', { ...READ, 'serve show fresh lib.init': 250 }, null],
    ['is nowhere', READ, null],
    [
      'is the dearest of three',
      {
        ...READ,
        'serve show read early lib.init': 65,
        'serve show read fresh lib.init': 80,
        'serve show write late lib.init': 70,
      },
      'fresh',
    ],
  ])('%s', (_, after, expected) => {
    expect(fresh(after)).toEqual(expected);
  });

  test.each<[string, number, string | null]>([
    ['a few samples of it', 3, 'fresh'],
    ['more', 6, null],
  ])('had %s there before', (_, few, expected) => {
    const before = { ...calm, 'serve show read fresh lib.init': few };
    const sides = contrast(before, { ...before, ...READ, 'serve show read fresh lib.init': 100 });
    const spread = kindsOfWork(sides, findFunction(sides, 'show'), 1);
    expect(spread?.fresh?.function ?? null).toBe(expected);
  });

  test('has too few samples to tell', () => {
    const sides = contrast(calm, { ...calm, ...READ, 'serve show read fresh lib.init': 100 });
    const findFresh = (quantum: number) =>
      kindsOfWork({ ...sides, quantum }, findFunction(sides, 'show'), 1)?.fresh?.function ?? null;
    expect([findFresh(15), findFresh(25)]).toEqual(['fresh', null]);
  });

  test('is not the function itself', () => {
    const { 'serve list': list = 0 } = calm;
    const sides = contrast(
      { 'serve list': list },
      { 'serve list': list, 'serve show lib.a': 200, 'serve show lib.b': 200 },
    );
    expect(kindsOfWork(sides, findFunction(sides, 'show'), 1)?.fresh).toBeNull();
  });
});
