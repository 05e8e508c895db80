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
    ['price', 'main'],
  ]);
  const tied = [profileFrom({ 'b x': 1, 'a x': 1 })];
  const names = joinNames(tied);
  const x = names.keys.indexOf('x');
  expect(names.keys[findCallers(tied, names.functionOf, new Set([x])).get(x) ?? -1]).toBe('a');
});

test('several profiles of a side are summed up, and an empty side has no shares', () => {
  const profiles = [
    profileFrom({ 'main a': 30 }),
    profileFrom({ 'main a': 10, 'main b': 60 }),
    profileFrom({}),
  ];
  const { keys, functionOf } = joinNames(profiles);
  const { was, is } = sumSides(profiles, functionOf, 2, keys.length);
  expect(keys.map((key, at) => [key, was.shares[at], is.shares[at], is.isCostly(at)])).toEqual([
    ['a', 0.4, 0, false],
    ['b', 0.6, 0, false],
    ['main', 1, 0, false],
  ]);
});

test('a function that is only in the table of a profile is not seen', () => {
  const profiles = [profileFrom({ 'main a': 30, 'main b': 0 })];
  const { keys, functionOf } = joinNames(profiles);
  const { was } = sumSides(profiles, functionOf, 1, keys.length);
  expect([keys, [...was.isSeen]]).toEqual([
    ['a', 'b', 'main'],
    [1, 0, 1],
  ]);
});

test('a function that is in no stack has no caller', () => {
  const { profiles, keys, functionOf } = join();
  const idle = keys.indexOf('idle');
  expect(findCallers(profiles.slice(0, 1), functionOf, new Set([idle])).get(idle)).toBe(-1);
});
