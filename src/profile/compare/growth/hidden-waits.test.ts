import { expect, test } from 'vitest';
import { requestsWait, waitsMayHide } from './hidden-waits.js';

test.each([
  { what: 'a seventh more', after: 115, expected: true },
  { what: 'less than that', after: 114, expected: false },
  { what: 'less than 5 ms', before: 0.01, after: 0.014, expected: false },
])('waiting of which $what was added may hide a place: $expected', ({ before = 100, after, expected }) => {
  expect(waitsMayHide({ before, after })).toBe(expected);
});

test.each([
  { what: 'five times as long', place: { before: 1, after: 5 }, expected: true },
  { what: 'less than that', place: { before: 1, after: 4.9 }, expected: false },
  { what: 'for the first time', place: { before: 0, after: 0.2 }, expected: true },
  {
    what: 'less than a tenth of the time served',
    place: { before: 0, after: 0.2 },
    served: 2.1,
    expected: false,
  },
  { what: 'less than 5 ms', place: { before: 0, after: 0.004 }, served: null, expected: false },
  { what: 'as the load squared explains', place: { before: 1, after: 19 }, load: 2, expected: false },
  { what: 'longer than the load squared explains', place: { before: 1, after: 20 }, load: 2, expected: true },
  {
    what: 'five times as long at half the load',
    place: { before: 1, after: 4.9 },
    load: 0.5,
    expected: false,
  },
])('requests that wait $what: $expected', ({ place, load = 1, served = 1, expected }) => {
  expect(requestsWait(place, load, served)).toBe(expected);
});
