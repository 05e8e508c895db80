import { expect, test } from 'vitest';
import { Seen } from './seen.js';

test('a number is new once, until the set is emptied', () => {
  const seen = new Seen();
  seen.begin(3);
  expect([2, 0, 2, 2, 1].map((number) => seen.add(number))).toEqual([true, true, false, false, true]);
  seen.begin(3);
  expect([2, 2].map((number) => seen.add(number))).toEqual([true, false]);
});

test('numbers beyond its room have a place, and nothing that was added before is left', () => {
  const seen = new Seen();
  seen.begin(2);
  seen.add(1);
  seen.begin(5_000);
  expect([1, 4_999, 4_999].map((number) => seen.add(number))).toEqual([true, true, false]);
  seen.begin(2);
  expect(seen.add(1)).toBe(true);
});

test('when the marks are used up, all are taken back', () => {
  const last = 2;
  const seen = new Seen(last);
  for (let round = 0; round < 3 * last; round++) {
    seen.begin(4);
    expect([3, 3].map((number) => seen.add(number))).toEqual([true, false]);
    // This one is not added in every round: an old mark of it must not come back.
    if (round % last === 0) expect(seen.add(0)).toBe(true);
  }
});
