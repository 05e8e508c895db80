import { expect, test } from 'vitest';
import type { LoadChange } from '../load.js';
import { amountRose, levelRose } from './rise.js';

const levels = (values: readonly number[]) => values.map((value, time) => ({ time, value }));

test.each([
  {
    name: 'threads that came to rest',
    before: [40, 41, 40],
    after: [200, 240, 240],
    bytes: null,
    hasRisen: true,
  },
  { name: 'a handful more', before: [2, 2, 2], after: [6, 7, 8], bytes: null, hasRisen: false },
  { name: 'from nothing', before: [0, 0], after: [500, 1000], bytes: null, hasRisen: true },
  { name: 'less than twice as much', before: [100, 100], after: [190, 190], bytes: null, hasRisen: false },
  // Levels that swing reach the same height in the baseline.
  { name: 'a swing', before: [100, 400, 100], after: [300, 400], bytes: null, hasRisen: false },
  { name: 'memory', before: [2 ** 20, 2 ** 20], after: [5 * 2 ** 20, 6 * 2 ** 20], bytes: 1, hasRisen: true },
  { name: 'some kilobytes', before: [1024, 1024], after: [9000, 9000], bytes: 1, hasRisen: false },
  { name: 'megabytes as a unit', before: [3, 3], after: [9, 9], bytes: 2 ** 20, hasRisen: true },
  { name: 'a level that fell', before: [240, 240], after: [40, 40], bytes: null, hasRisen: false },
  { name: 'no baseline', before: [], after: [240, 240], bytes: null, hasRisen: false },
])('$name: rose is $rose', ({ before, after, bytes, hasRisen }) => {
  expect(levelRose(levels(before), levels(after), bytes)).toBe(hasRisen);
});

test.each([
  [{ hasRisen: true, risen: 18 }, true],
  [{ hasRisen: true, risen: 1.5 }, true],
  [{ hasRisen: true, risen: 1.49 }, false],
  [{ hasRisen: false, risen: 18 }, false],
  [{ hasRisen: true, risen: null }, false],
])('an amount with %j hasRisen: %s', (change, rose) => {
  const load: LoadChange = { ratio: change.risen, z: 5, hasFallen: false, noise: null, ...change };
  expect(amountRose(load)).toBe(rose);
});

test.each([
  { what: 'ten more', before: [2], after: [12], bytes: null, rose: true },
  { what: 'nine more', before: [2], after: [11], bytes: null, rose: false },
  { what: 'a mebibyte more', before: [2 ** 19], after: [2 ** 20 + 2 ** 19], bytes: 1, rose: true },
  { what: 'exactly twice', before: [100], after: [200], bytes: null, rose: true },
  { what: 'one and a half times the highest', before: [200, 100], after: [300], bytes: null, rose: true },
  { what: 'less than that', before: [200, 100], after: [299], bytes: null, rose: false },
  { what: 'no incident', before: [100], after: [], bytes: null, rose: false },
])('a level with $what: rose is $rose', ({ before, after, bytes, rose }) => {
  expect(levelRose(levels(before), levels(after), bytes)).toBe(rose);
});
