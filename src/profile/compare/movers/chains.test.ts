import { expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { joinProfiles } from '../../contrast/join.js';
import { listChains } from './chains.js';

function chains(stacks: Stacks, groups: Readonly<Record<string, number>>): string[][] {
  const joined = joinProfiles([profileFrom(stacks)]);
  const ids = joined.functions.flatMap(({ name }, fn) =>
    groups[name] === undefined ? [] : [[fn, groups[name]] as const],
  );
  return listChains(joined, [0], new Map(ids)).map((chain) =>
    chain.map((fn) => joined.functions[fn]?.name ?? ''),
  );
}

test('what calls one another is a chain, innermost first; what does not is not', () => {
  expect(chains({ 'main a b c': 5, 'main d': 5 }, { a: 0, b: 0, c: 0, d: 0 })).toEqual([
    ['c', 'b', 'a'],
    ['d'],
  ]);
});

test('groups stay apart, though one stack passes through both', () => {
  expect(chains({ 'a b c d': 5 }, { a: 0, c: 0, b: 1, d: 1 })).toEqual([
    ['c', 'a'],
    ['d', 'b'],
  ]);
});

test('recursion: the one that is mostly below is the innermost', () => {
  expect(chains({ 'a b a b': 5, 'b a': 1 }, { a: 0, b: 0 })).toEqual([['b', 'a']]);
});

test('a chain may be known from several stacks', () => {
  expect(chains({ 'a b': 2, 'b c': 1, 'd e': 1 }, { a: 0, b: 0, c: 0, d: 0, e: 0 })).toEqual([
    ['c', 'b', 'a'],
    ['e', 'd'],
  ]);
});

test('no groups, and functions without a stack', () => {
  expect(chains({ a: 1 }, {})).toEqual([]);
  const joined = joinProfiles([profileFrom({ a: 1 })]);
  expect(listChains(joined, [], new Map([[0, 0]]))).toEqual([[0]]);
});

test('of a chain whose members lie equally deep the one that was met first comes first', () => {
  expect(chains({ 'a b': 3, 'b a': 3 }, { a: 0, b: 0 })).toEqual([['a', 'b']]);
});

test('functions of no group between two of a group break no chain', () => {
  expect(chains({ 'a x b': 3, 'y c': 2 }, { a: 0, b: 0, c: 0 })).toEqual([['b', 'a'], ['c']]);
});

test('only the stacks of the parts that are asked for link functions', () => {
  const joined = joinProfiles([profileFrom({ 'a b': 1 }), profileFrom({ a: 1, b: 1 })]);
  const groups = new Map([
    [0, 0],
    [1, 0],
  ]);
  expect(listChains(joined, [0], groups)).toHaveLength(1);
  expect(listChains(joined, [1], groups)).toHaveLength(2);
  expect(listChains(joined, [7], groups)).toHaveLength(2);
});

test('a function of no group links nothing, whatever the numbers of the groups', () => {
  expect(chains({ 'a x': 3, 'b x': 2 }, { a: 1, b: 1 })).toEqual([['a'], ['b']]);
});

test('a function counts once in a stack that it recurs in', () => {
  expect(chains({ 'b a a a': 1, 'a b': 2 }, { a: 0, b: 0 })).toEqual([['b', 'a']]);
});

test('a function that recurs in a stack is as deep as it is met first', () => {
  expect(chains({ 'a b a': 1 }, { a: 0, b: 0 })).toEqual([['a', 'b']]);
});
