import { expect, test } from 'vitest';
import { contrast, findFunction } from '../../../test/support/contrast.js';
import { isCode } from './joined-names.js';

test.each([
  { name: 'cache.put', expected: true },
  { name: 'lib.keep', expected: true },
  { name: 'runtime.gopark', expected: false },
])('$name is code of the team or of a library: $expected', ({ name, expected }) => {
  const { joined } = contrast({ 'main cache.put runtime.gopark': 5 }, { 'lib.keep runtime.gopark': 9 });
  expect(isCode(joined, findFunction({ joined }, name))).toBe(expected);
});
