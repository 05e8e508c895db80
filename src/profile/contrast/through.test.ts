import { describe, expect, test } from 'vitest';
import { byName, findFunction, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { joinProfiles } from './join.js';
import { findEntries, isBelow, sumOutside, totalsAbove, totalsBelow } from './through.js';

const joinParts = (...parts: readonly Stacks[]) => joinProfiles(parts.map(profileFrom));
const STACKS = {
  'runtime.main serve price lib.parse': 5,
  'serve stock': 3,
  'price lib.parse': 2,
  'runtime.gc': 9,
};

describe('totalsBelow and totalsAbove', () => {
  test('only the stacks through the function, from it down and from it up', () => {
    const joined = joinParts(STACKS);
    const price = findFunction({ joined }, 'price');
    expect(byName(joined, totalsBelow(joined, [0], price))).toEqual({ price: 7, 'lib.parse': 7 });
    expect(byName(joined, totalsAbove(joined, [0], price))).toEqual({ 'runtime.main': 5, serve: 5 });
  });

  test('of a recursion the outermost frame counts, and each function once a stack', () => {
    const joined = joinParts({ 'main walk visit walk visit walk leaf': 4 });
    const walk = findFunction({ joined }, 'walk');
    expect(byName(joined, totalsBelow(joined, [0], walk))).toEqual({ walk: 4, visit: 4, leaf: 4 });
    expect(byName(joined, totalsAbove(joined, [0], walk))).toEqual({ main: 4 });
  });

  test('several parts add up; parts that are not there and functions that nobody calls are nothing', () => {
    const joined = joinParts({ 'main a': 1 }, { 'main a': 2 });
    const a = findFunction({ joined }, 'a');
    expect(byName(joined, totalsAbove(joined, [0, 1], a))).toEqual({ main: 3 });
    expect(byName(joined, totalsBelow(joined, [7], a))).toEqual({});
    expect(byName(joined, totalsBelow(joined, [], a))).toEqual({});
    expect(byName(joined, totalsBelow(joined, [0], -1))).toEqual({});
  });

  test('whether one function is called below another', () => {
    const joined = joinParts(STACKS);
    const [serve, parse, stock] = ['serve', 'lib.parse', 'stock'].map((name) =>
      findFunction({ joined }, name),
    );
    expect(isBelow(joined, [0], parse ?? -1, serve ?? -1)).toBe(true);
    expect(isBelow(joined, [0], serve ?? -1, parse ?? -1)).toBe(false);
    expect(isBelow(joined, [0], parse ?? -1, stock ?? -1)).toBe(false);
  });
});

describe('besideOf and entriesOf', () => {
  test('what enters own code where the function does, but does not pass through it', () => {
    const joined = joinParts({
      'runtime.main serve price': 5,
      'runtime.main serve stock': 3,
      poll: 9,
      'runtime.gc serve': 1,
    });
    const price = findFunction({ joined }, 'price');
    const entries = findEntries(joined, [0], price);
    expect([...entries].map((fn) => joined.functions[fn]?.name)).toEqual(['serve']);
    expect(sumOutside(joined, [0], price, entries)).toBe(4);
  });

  test('a function that is its own entry point has nothing beside it', () => {
    const joined = joinParts({ 'runtime.main serve price': 5, serve: 3 });
    const serve = findFunction({ joined }, 'serve');
    expect(findEntries(joined, [0], serve).size).toBe(0);
    expect(sumOutside(joined, [0], serve, findEntries(joined, [0], serve))).toBe(0);
  });
});
