import { expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { WHOLE } from '../../contrast/contrast.js';
import { describeCulprit } from '../culprit.js';
import { isFallOfRest } from './fall-of-rest.js';

/** The stacks of one entry point, of which `parse` is a part. */
const page = (parse: number, rest: number): Stacks => ({ 'page parse': parse, 'page start': rest });

test.each([
  { what: 'it was nearly all, and the rest fell', before: page(950, 50), after: page(1_400, 20), is: true },
  {
    what: 'it was nearly all, and the rest stayed',
    before: page(950, 50),
    after: page(1_400, 45),
    is: false,
  },
  { what: 'it was most, and the rest fell', before: page(890, 110), after: page(1_400, 40), is: false },
  { what: 'it is new', before: page(0, 50), after: page(1_400, 20), is: false },
])('a function of an entry point grew, $what: $is', ({ before, after, is }) => {
  const inside = contrast(before, after);
  const culprit = describeCulprit(inside, WHOLE, findFunction(inside, 'parse'));
  expect(isFallOfRest(inside, culprit)).toBe(is);
});
