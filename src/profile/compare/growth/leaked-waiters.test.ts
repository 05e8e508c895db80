import { expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import type { SiteGrowth } from '../growth.js';
import { growAtOnePlace, type Halves, whoWaits } from './leaked-waiters.js';

test.each<[string, Halves, Halves, ReturnType<typeof whoWaits>]>([
  ['as many more waits as goroutines: they wake up and wait again', [100, 300], [50, 150], 'leak'],
  ['no more waits: as many pass as before, and each waits longer', [100, 300], [50, 50], 'queue'],
  ['fewer waits', [100, 300], [50, 30], 'queue'],
  ['waits that were there before next to those that leak', [100, 300], [100, 150], 'leak'],
  ['a little more load at a queue', [100, 300], [100, 149], 'queue'],
  ['no waits at all', [100, 300], [0, 0], 'queue'],
  ['none before', [0, 300], [0, 20], 'leak'],
  ['no more goroutines', [300, 300], [50, 150], null],
  ['fewer goroutines', [300, 100], [50, 150], null],
  ['no goroutines', [0, 0], [50, 150], null],
])('%s', (_, goroutines, waits, expected) => {
  expect(whoWaits(goroutines, waits)).toBe(expected);
});

/** The growth of one type, at a place. */
function growth(before: Stacks, after: Stacks, place: string): SiteGrowth {
  const sides = contrast(before, after);
  const fn = findFunction(sides, place);
  const value = (stacks: Stacks) =>
    Object.entries(stacks).reduce(
      (sum, [stack, each]) => sum + (stack.split(' ').includes(place) ? each : 0),
      0,
    );
  return { ...sides, site: { fn, growth: value(after) - value(before), part: 1 } };
}

const LEAKS = growth({ 'main boot': 5 }, { 'main boot': 5, 'main report send': 900 }, 'send');

test.each<[string, SiteGrowth, boolean]>([
  ['at the same function', growth({ main: 1 }, { 'main report send lib.wait': 9 }, 'send'), true],
  ['below it', growth({ main: 1 }, { 'main report send lib.wait': 9 }, 'lib.wait'), true],
  ['above it', growth({ main: 1 }, { 'main report send': 9 }, 'report'), true],
  [
    'above it, mostly elsewhere',
    growth({ main: 1 }, { 'main report send': 3, 'main report': 6 }, 'report'),
    true,
  ],
  ['elsewhere', growth({ main: 1 }, { 'main cache': 9 }, 'cache'), false],
  ['elsewhere, next to it', growth({ main: 1 }, { 'main cache': 9, 'main report send': 1 }, 'cache'), false],
  [
    'at a function that was as large before',
    growth({ 'main report send': 30 }, { 'main report send': 30, 'main cache': 9 }, 'cache'),
    false,
  ],
  ['at the first function of all', growth({ main: 1 }, { 'main report send _': 9 }, '_'), true],
  [
    'at a function with four fifths of it',
    growth({ main: 1 }, { 'main send lib.wait': 8, 'x lib.wait': 2 }, 'lib.wait'),
    true,
  ],
  [
    'at a function with less',
    growth({ main: 1 }, { 'main send lib.wait': 7.9, 'x lib.wait': 2.1 }, 'lib.wait'),
    false,
  ],
])('goroutines that leak, and waits that grew %s', (_, waits, expected) => {
  expect(growAtOnePlace(LEAKS, waits)).toBe(expected);
  expect(growAtOnePlace(waits, LEAKS)).toBe(expected);
});

test('the first function of all may hold the growth of the other type', () => {
  const leaks = growth({ main: 1 }, { 'main _ park': 9 }, '_');
  const waits = growth({ main: 1 }, { 'main _ lib.wait': 9 }, 'lib.wait');
  expect(growAtOnePlace(leaks, waits)).toBe(true);
});
