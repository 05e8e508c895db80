import { expect, test } from 'vitest';
import { contrast, findFunction } from '../../test/support/contrast.js';
import { isOfCode } from './level-change.js';

test.each([
  { name: 'cache.put', expected: true },
  { name: 'lib.keep', expected: true },
  { name: 'runtime.gopark', expected: false },
])('a share of a level that grew in $name is one of code: $expected', ({ name, expected }) => {
  const { joined } = contrast({ 'main cache.put runtime.gopark': 5 }, { 'lib.keep runtime.gopark': 9 });
  const fn = findFunction({ joined }, name);
  expect(isOfCode({ analysis: { joined }, culprit: { fn } })).toBe(expected);
});
