import { describe, expect, test } from 'vitest';
import { contrast } from '../../../../test/support/contrast.js';
import { grewLikeAlikeWaits, waitsGrewAlike } from './alike.js';

const CALM = { 'main get sync.Lock': 20, 'main put sync.Lock': 10, 'main log sync.Lock': 5 };
const times = (get: number, put: number, log: number) => ({
  'main get sync.Lock': 20 * get,
  'main put sync.Lock': 10 * put,
  'main log sync.Lock': 5 * log,
});

test.each([
  { what: 'all by the same factor', after: times(8, 8, 8), is: true },
  { what: 'all, by factors that vary', after: times(12, 6, 4), is: true },
  { what: 'one alone', after: times(8, 1, 1), is: false },
  { what: 'one far more than the others, which wait for its holders', after: times(60, 3, 3), is: false },
  { what: 'one, and the others as the load did', after: times(8, 2, 2), is: false },
  { what: 'one by little, and the others as the load did', after: times(3, 2, 2), is: false },
  {
    what: 'one that did not wait before, and the others as well',
    after: { ...times(3, 3, 3), 'main new sync.Lock': 300 },
    is: false,
  },
  { what: 'none', after: CALM, is: false },
])('waits grew: $what: alike is $is', ({ after, is }) => {
  expect(waitsGrewAlike(contrast(CALM, after))).toBe(is);
});

describe('the lock of a library that several own functions call', () => {
  const log = (get: number, put: number) => ({
    'main get lib.log lib.Unlock sync.Unlock': get,
    'main put lib.log lib.Unlock sync.Unlock': put,
    'main sync.Lock': 40,
  });

  test('is one lock, whoever waits for it', () => {
    expect(waitsGrewAlike(contrast(log(20, 10), log(200, 100)))).toBe(false);
  });

  test('is one of many where the others grew, too', () => {
    const after = { ...log(200, 100), 'main sync.Lock': 400 };
    expect(waitsGrewAlike(contrast(log(20, 10), after))).toBe(true);
  });

  test('is another one than that of the next function of the library', () => {
    const before = { 'main get lib.log sync.Lock': 20, 'main get lib.send sync.Lock': 10 };
    const after = { 'main get lib.log sync.Lock': 200, 'main get lib.send sync.Lock': 100 };
    expect(waitsGrewAlike(contrast(before, after))).toBe(true);
  });
});

test('without own code the functions that wait are told apart', () => {
  const before = { 'runtime.lock': 10, 'runtime.park': 20 };
  expect(waitsGrewAlike(contrast(before, { 'runtime.lock': 90, 'runtime.park': 170 }))).toBe(true);
  expect(waitsGrewAlike(contrast(before, { 'runtime.lock': 90, 'runtime.park': 20 }))).toBe(false);
});

test('where one lock was nearly all of the waiting, the others tell nothing', () => {
  expect(
    waitsGrewAlike(contrast({ 'main a x': 99, 'main b x': 1 }, { 'main a x': 900, 'main b x': 9 })),
  ).toBe(false);
});

describe('waits of another type as witnesses', () => {
  const get = (waits: number) => ({ 'main get sync.Unlock': waits });
  const grown = contrast(get(100), get(900));
  const put = (from: number, to: number, rest: Readonly<Record<string, number>> = {}) =>
    contrast({ 'main put sync.Lock': from, ...rest }, { 'main put sync.Lock': to, ...rest });
  // A growth x9 asks for 9 ** 0.4 = 2.4 of the others, and any growth for 1.8.
  test.each([
    { what: 'for another lock grew by as much', others: [put(50, 450)], is: true },
    { what: 'for another lock grew by less, but alike', others: [put(50, 125)], is: true },
    { what: 'for another lock grew by too little', others: [put(50, 115)], is: false },
    { what: 'for another lock stayed', others: [put(50, 50)], is: false },
    { what: 'for the same lock tell nothing', others: [contrast(get(80), get(720))], is: false },
    { what: 'are too few', others: [put(5, 45)], is: false },
    { what: 'of two types stayed on the whole', others: [put(50, 450), put(900, 900)], is: false },
    { what: 'of none are there', others: [], is: false },
  ])('those that $what: alike is $is', ({ others, is }) => {
    expect(waitsGrewAlike(grown, others)).toBe(is);
  });

  test('a small growth of the site asks the others for x1.8', () => {
    const little = contrast(get(100), get(300));
    expect(waitsGrewAlike(little, [put(50, 91)])).toBe(true);
    expect(waitsGrewAlike(little, [put(50, 89)])).toBe(false);
  });
});

test('the site is where waiting grew by most, not where most of it is', () => {
  const at = (zoo: number, get: number) => ({ 'main zoo sync.Lock': zoo, 'main get sync.Lock': get });
  // The largest one stayed: the others, with it, did not grow.
  expect(waitsGrewAlike(contrast(at(100, 10), at(100, 90)))).toBe(false);
  // It grew by most: the other one grew by far more than it did.
  expect(waitsGrewAlike(contrast(at(100, 10), at(190, 90)))).toBe(true);
});

test('where nothing waited before, nothing tells of what all had in common', () => {
  expect(waitsGrewAlike(contrast({}, { 'main get sync.Lock': 90, 'main put sync.Lock': 90 }))).toBe(false);
});

test('functions that wait on one side only count', () => {
  const before = { 'main get sync.Lock': 20, 'main put sync.Lock': 20, 'main gone sync.Lock': 20 };
  // Without what is gone the others would have grown by more than 2.5.
  expect(waitsGrewAlike(contrast(before, { 'main get sync.Lock': 160, 'main put sync.Lock': 90 }))).toBe(
    false,
  );
  expect(waitsGrewAlike(contrast(before, { 'main get sync.Lock': 160, 'main put sync.Lock': 110 }))).toBe(
    true,
  );
});

test('waits outside of all functions that are told apart take part under no name', () => {
  const before = { 'main get sync.Lock': 20, 'runtime.idle': 20 };
  expect(waitsGrewAlike(contrast(before, { 'main get sync.Lock': 160, 'runtime.idle': 120 }))).toBe(true);
  expect(waitsGrewAlike(contrast(before, { 'main get sync.Lock': 160, 'runtime.idle': 20 }))).toBe(false);
});

describe('two locks of one library that one queue holds up', () => {
  const waits = (pool: number, execute: number, dispatch: number) => ({
    'main get lib.pool sync.Unlock': pool,
    'main get lib.execute sync.Unlock': execute,
    'main dispatch sync.Unlock': dispatch,
  });

  test.each([
    {
      what: 'most of what waited before stayed',
      before: waits(3, 3, 4),
      after: waits(150, 120, 5),
      is: false,
    },
    { what: 'half of it stayed', before: waits(3, 3, 3), after: waits(150, 120, 4), is: true },
    { what: 'most of it grew, too', before: waits(3, 3, 4), after: waits(150, 120, 11), is: true },
  ])('where $what: alike is $is', ({ before, after, is }) => {
    expect(waitsGrewAlike(contrast(before, after))).toBe(is);
  });
});

test('the others must have had a twentieth of all waiting', () => {
  const grown = { 'main a sync.Lock': 900, 'main b sync.Lock': 50 };
  expect(waitsGrewAlike(contrast({ 'main a sync.Lock': 95, 'main b sync.Lock': 5 }, grown))).toBe(true);
  expect(waitsGrewAlike(contrast({ 'main a sync.Lock': 96, 'main b sync.Lock': 5 }, grown))).toBe(false);
});

test('the others must have grown by 2.5', () => {
  const before = { 'main a sync.Lock': 10, 'main b sync.Lock': 10 };
  expect(waitsGrewAlike(contrast(before, { 'main a sync.Lock': 30, 'main b sync.Lock': 25 }))).toBe(true);
  expect(waitsGrewAlike(contrast(before, { 'main a sync.Lock': 30, 'main b sync.Lock': 24 }))).toBe(false);
});

describe('a type whose waits are not looked at grew like one whose waits grew alike', () => {
  const alike = { before: 0.25, after: 0.75 };
  test.each([
    { what: 'as much', type: { before: 1, after: 3 }, alike, grewLike: true },
    { what: 'by less', type: { before: 1, after: 2.5 }, alike, grewLike: true },
    { what: 'by half as much again', type: { before: 1, after: 4.5 }, alike, grewLike: true },
    { what: 'by more than that', type: { before: 1, after: 4.6 }, alike, grewLike: false },
    { what: 'from nothing', type: { before: 0, after: 1 }, alike, grewLike: false },
    {
      what: 'next to one that grew from nothing',
      type: { before: 1, after: 3 },
      alike: { before: 0, after: 1 },
      grewLike: false,
    },
  ])('$what: $grewLike', ({ type, alike, grewLike }) => {
    expect(grewLikeAlikeWaits(type, alike)).toBe(grewLike);
  });
});

describe('all the others together, and the middle one of them', () => {
  const at = (zoo: number, get: number, put: number, log: number) => ({
    'main zoo sync.Lock': zoo,
    'main get sync.Lock': get,
    'main put sync.Lock': put,
    'main log sync.Lock': log,
  });

  test.each([
    { what: 'they grew, and so did the middle one', after: at(200, 90, 40, 10), is: true },
    { what: 'they grew, but the middle one did not', after: at(200, 120, 10, 10), is: false },
  ])('$what: alike is $is', ({ after, is }) => {
    expect(waitsGrewAlike(contrast(at(20, 10, 10, 10), after))).toBe(is);
  });

  test.each([
    { what: 'the middle one grew, but one that is gone makes up for it', put: 0, is: false },
    { what: 'the middle one grew, and the other one, too', put: 30, is: true },
  ])('$what: alike is $is', ({ put, is }) => {
    expect(waitsGrewAlike(contrast(at(10, 10, 9, 0), at(31, 30, put, 0)))).toBe(is);
  });

  test('is told among those of all types, whatever did not wait in one of them', () => {
    const grown = contrast(at(20, 10, 0, 0), at(200, 90, 0, 0));
    const others = (put: number, log: number) => [contrast(at(0, 0, 10, 10), at(0, 0, put, log))];
    expect(waitsGrewAlike(grown, others(10, 40))).toBe(true);
    expect(waitsGrewAlike(grown, others(10, 10))).toBe(false);
  });
});
