import { expect, test } from 'vitest';
import { contrast, findFunction } from '../../test/support/contrast.js';
import { placeFunction } from './placement.js';

test.each([
  { what: 'the method that a lambda stands for', stack: 'main Rules.weigh', is: 'Rules.weigh' },
  { what: 'the one that calls the lambda', stack: 'main Rules.weigh Rules$$Lambda.apply', is: 'Rules.weigh' },
  { what: 'the lambda where nothing else calls', stack: 'Rules$$Lambda.apply', is: 'Rules$$Lambda.apply' },
])('called by $what', ({ stack, is }) => {
  const sides = contrast({ [`${stack} price`]: 10 }, { [`${stack} price`]: 90 });
  expect(placeFunction(sides, findFunction(sides, 'price'), 1).caller?.function).toBe(is);
});

test.each([
  {
    what: 'on the way, the innermost',
    after: { 'main price lib.read lib.scan': 90 },
    is: 'lib.scan',
  },
  {
    what: 'that several callees lead to',
    after: { 'main price a lib.copy': 30, 'main price b lib.copy': 30, 'main price c lib.copy': 30 },
    is: 'lib.copy',
  },
  { what: 'of none', after: { 'main price a': 50, 'main price b': 50 }, is: null },
])('mostly in the library $what', ({ after, is }) => {
  const sides = contrast({}, after);
  expect(placeFunction(sides, findFunction(sides, 'price'), 1).callee?.function ?? null).toBe(is);
});

test('a library function is in no other one', () => {
  const sides = contrast({}, { 'main lib.read lib.scan': 90 });
  expect(placeFunction(sides, findFunction(sides, 'lib.read'), 1).callee).toBeNull();
});
