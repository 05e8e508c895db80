import { expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../test/support/contrast.js';
import { sumTakers } from './takers.js';

/** Waiting by taker, of those that have any. */
function takers(stacks: Stacks) {
  const sides = contrast({}, stacks);
  const values = sumTakers(sides.joined, sides.after);
  const names = [...new Set(Object.keys(stacks).flatMap((stack) => stack.split(' ')))];
  return Object.fromEntries(
    names
      .map((name) => [name, values[findFunction(sides, name)]] as const)
      .filter(([, value]) => (value ?? 0) > 0),
  );
}

test.each([
  { what: 'the own function', stacks: { 'main get runtime.lock': 3 }, expected: { get: 3 } },
  {
    what: 'the function of a library',
    stacks: { 'main get lib.log runtime.lock': 3 },
    expected: { 'lib.log': 3 },
  },
  {
    what: 'who calls the wrapper of a lock',
    stacks: { 'main get lib.log lib.Unlock': 3 },
    expected: { 'lib.log': 3 },
  },
  { what: 'nobody without either', stacks: { 'runtime.run runtime.lock': 3 }, expected: {} },
  {
    what: 'one for all callers',
    stacks: { 'main get lib.log': 3, 'main put lib.log': 2, 'main put': 1 },
    expected: { 'lib.log': 5, put: 1 },
  },
])('the taker is $what', ({ stacks, expected }) => {
  expect(takers(stacks)).toEqual(expected);
});
