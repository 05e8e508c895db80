import { expect, test } from 'vitest';
import { describeUnsettled } from './warming.js';

test.each([
  [{ name: 'init', from: 0 }, 'all instances are new and still warm up (init above all)'],
  [{ name: null, from: 0 }, 'all instances are new and still warm up (all parts alike)'],
  [{ name: 'init', from: 0, isSeen: true }, 'processes started and still warm up (init above all)'],
])('what of %o still warms up: %s', (unsettled, expected) => {
  expect(describeUnsettled(unsettled)).toBe(expected);
});
