import { expect, test } from 'vitest';
import { profileFrom } from '../../../test/support/contrast.js';
import { joinNames } from './joined-names.js';
import { findCallers, sumSides } from './side-sums.js';

/** Profiles of both sides, with the functions of both. */
function join() {
  const profiles = [
    profileFrom({ 'main price parse': 30, 'main stock parse': 20, 'main price price': 50 }),
    profileFrom({ 'main stock parse': 15, parse: 5, 'main idle': 180 }),
  ];
  const { keys, functionOf } = joinNames(profiles);
  return { profiles, keys, functionOf };
}

test('shares of both sides, with all callees; recursion counts once', () => {
  const { profiles, keys, functionOf } = join();
  const { was, is } = sumSides(profiles, functionOf, 1, keys.length);
  const rows = keys.map((key, at) => [key, was.shares[at], is.shares[at], was.isSeen[at], is.isCostly(at)]);
  expect(rows).toEqual([
    ['idle', 0, 0.9, 0, true],
    ['main', 1, 0.975, 1, true],
    ['parse', 0.5, 0.1, 1, true],
    ['price', 0.8, 0, 1, false],
    ['stock', 0.2, 0.075, 1, true],
  ]);
});

test('the caller that most of the cost comes from; −1 for the entry point, ties by key', () => {
  const { profiles, keys, functionOf } = join();
  const wanted = new Set(['main', 'parse', 'price'].map((key) => keys.indexOf(key)));
  const callers = findCallers(profiles, functionOf, wanted);
  expect([...callers].map(([of, caller]) => [keys[of], keys[caller] ?? caller])).toEqual([
    ['main', -1],
    ['parse', 'stock'],
    ['price', 'price'],
  ]);
  const tied = [profileFrom({ 'b x': 1, 'a x': 1 })];
  const names = joinNames(tied);
  const x = names.keys.indexOf('x');
  expect(names.keys[findCallers(tied, names.functionOf, new Set([x])).get(x) ?? -1]).toBe('a');
});
