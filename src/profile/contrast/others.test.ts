import { expect, test } from 'vitest';
import { buildProfile, listStacks } from '../../../test/support/profiles.js';
import { totalValue } from '../model.js';
import { asCallTree, withoutPart } from './others.js';

const frame = (name: string, line: number) => ({ name, file: `${name}.go`, line });
const whole = buildProfile(
  [[frame('main', 1), frame('price', 4)], 30],
  [[frame('main', 1), frame('price', 5)], 20],
  [[frame('main', 1), frame('parse', 9)], 7],
);

test('the others are the whole less a part, line by line', () => {
  const part = buildProfile(
    [[frame('main', 1), frame('price', 5)], 15],
    [[frame('main', 1), frame('parse', 9)], 7],
  );
  const rest = withoutPart(whole, part);
  expect(totalValue(rest)).toBe(35);
  expect(listStacks(rest)).toEqual([
    [['main', 'price'], 30],
    [['main', 'price'], 5],
  ]);
  expect(withoutPart(whole, whole).values).toHaveLength(0);
});

test('without a part the whole is left as it is', () => {
  expect(withoutPart(whole, buildProfile())).toBe(whole);
});

test('a call tree knows names alone, and what has no symbol counts to its caller', () => {
  const [main = { name: '', file: '', startLine: 0, isSymbolised: true }, ...others] = whole.functions;
  const bare = {
    ...whole,
    functions: [main, ...others.map((info) => ({ ...info, isSymbolised: info.name !== 'parse' }))],
  };
  const tree = asCallTree(bare);
  expect(tree.functions.every(({ file }) => file === '')).toBe(true);
  expect(listStacks(tree).filter(([names]) => names.length === 1)).toEqual([[['main'], 7]]);
  expect(totalValue(tree)).toBe(57);
});

test('a call tree has its stacks in the order of the calls, and none of which nothing has a symbol', () => {
  const profile = buildProfile([['main', 'price', 'round'], 5], [['main', 'price'], 3], [['0x1f'], 2]);
  const bare = {
    ...profile,
    functions: profile.functions.map((info) => ({ ...info, isSymbolised: info.name !== '0x1f' })),
  };
  const tree = asCallTree(bare);
  expect(listStacks(tree).sort(([a], [b]) => b.length - a.length)).toEqual([
    [['main', 'price', 'round'], 5],
    [['main', 'price'], 3],
  ]);
  expect(totalValue(tree)).toBe(8);
});
