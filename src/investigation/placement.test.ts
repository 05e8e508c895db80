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
