import { expect, test } from 'vitest';
import { isUnexplained, type LensRow } from './finding.js';

test.each<[LensRow['verdict'], LensRow['excuse'], boolean]>([
  ['rose', undefined, true],
  ['fell', undefined, true],
  ['rose', 'load', false],
  ['fell', 'load', false],
  ['no_change', undefined, false],
  ['code_regression', undefined, false],
  ['leak', 'restart', false],
])('a type that is %s, excused by %s, is unexplained: %s', (verdict, excuse, expected) => {
  expect(isUnexplained(excuse === undefined ? { verdict } : { verdict, excuse })).toBe(expected);
});
