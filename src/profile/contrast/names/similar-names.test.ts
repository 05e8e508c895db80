import { describe, expect, test } from 'vitest';
import * as similarNames from './similar-names.js';

/** Pairs as names tell them that no test has split before. */
const similarPairs = (laters: readonly string[], earliers: readonly string[]) =>
  similarNames.similarPairs(laters, earliers, new Map());

describe('names that may be those of one function before and after a renaming', () => {
  test.each<{ what: string; earlier: string; later: string; similarity: number | null }>([
    {
      // `apply rule` and `apply rules` share one word of three.
      what: 'a third of the words of the last part is too little',
      earlier: 'shop.applyRule',
      later: 'shop.applyRules',
      similarity: null,
    },
    {
      // Two words of three, and three of four with the package.
      what: 'two of three words are enough',
      earlier: 'shop.applyRule',
      later: 'shop.applyRuleFast',
      similarity: (2 / 3 + 3 / 4) / 2,
    },
    {
      what: 'half of them, too',
      earlier: 'shop.apply',
      later: 'shop.applyRule',
      similarity: (1 / 2 + 2 / 3) / 2,
    },
    {
      what: 'the whole names must share half of their words',
      earlier: 'one.two.three.applyRule',
      later: 'four.five.six.applyRuleFast',
      similarity: null,
    },
    {
      // Two of eight.
      what: 'unless their last parts are equal: a package was renamed',
      earlier: 'one.two.three.applyRule',
      later: 'four.five.six.applyRule',
      similarity: (1 + 2 / 8) / 2,
    },
    { what: 'the same words', earlier: 'a.Load', later: 'a.load', similarity: 1 },
    { what: 'words are told by capitals', earlier: 'x.loadAll', later: 'x.load_all', similarity: 1 },
    { what: 'numbers are words', earlier: 'x.load2', later: 'x.load3', similarity: null },
    { what: 'a word after a number', earlier: 'x.sha256Sum', later: 'x.sha256_sum', similarity: 1 },
    { what: 'nothing in common', earlier: 'x.load', later: 'x.save', similarity: null },
    {
      what: 'the last part is the last with letters',
      earlier: 'x.load.func1',
      later: 'y.load.func1',
      similarity: (1 + 3 / 5) / 2,
    },
    { what: 'a number is no last part', earlier: 'x.load.1', later: 'x.load.2', similarity: (1 + 2 / 4) / 2 },
    { what: 'a path', earlier: 'a/b:load', later: 'a$c/load', similarity: (1 + 2 / 4) / 2 },
    { what: 'names without letters share nothing', earlier: '12.5', later: '12.6', similarity: null },
    { what: 'names without words', earlier: '…', later: '…', similarity: null },
  ])('$what: $earlier, $later', ({ earlier, later, similarity }) => {
    const [pair] = similarPairs([later], [earlier]);
    if (similarity === null) expect(pair).toBeUndefined();
    else expect(pair).toEqual({ later, earlier, similarity: expect.closeTo(similarity, 12) });
  });

  test('the most similar pair first, then by both names', () => {
    const pairs = similarPairs(['p.loadUser', 'p.loadUserNow', 'o.loadUser'], ['q.loadUser', 'p.loadUser']);
    expect(pairs.map(({ later, earlier }) => `${later} ${earlier}`)).toEqual([
      'p.loadUser p.loadUser',
      'o.loadUser p.loadUser',
      'o.loadUser q.loadUser',
      'p.loadUser q.loadUser',
      'p.loadUserNow p.loadUser',
    ]);
  });

  test('several names that end in the same word, each once', () => {
    const pairs = similarPairs(['x.read'], ['y.read', 'x.read', 'z.write']);
    expect(pairs.map(({ earlier }) => earlier)).toEqual(['x.read', 'y.read']);
    expect(similarPairs([], ['x.read'])).toEqual([]);
    expect(similarPairs(['x.read'], [])).toEqual([]);
  });

  test('names split before are known by the next pairs', () => {
    const known: Parameters<typeof similarNames.similarPairs>[2] = new Map();
    similarNames.similarPairs(['x.read'], ['y.read'], known);
    const [first] = known.values();
    similarNames.similarPairs(['x.read', 'x.write'], ['y.read'], known);
    expect([...known.keys()]).toEqual(['x.read', 'y.read', 'x.write']);
    expect(known.values().next().value).toBe(first);
  });

  test('the memory of names is bounded', () => {
    const many = Array.from({ length: 20_001 }, (_, at) => `${at}`);
    const known: NonNullable<Parameters<typeof similarNames.similarPairs>[2]> = new Map();
    similarNames.similarPairs(many.slice(0, 20_000), [], known);
    expect(known.size).toBe(20_000);
    similarNames.similarPairs(many.slice(20_000), [], known);
    expect([...known.keys()]).toEqual(['20000']);
  });
});

test('a file is no part of a name', () => {
  expect(similarPairs(['get\0shop_cart.py'], ['put\0shop_cart.py'])).toEqual([]);
  expect(similarPairs(['load_user\0a.py'], ['load_users_now\0a.py'])).toEqual([]);
  expect(similarPairs(['load_user\0a.py'], ['load_user_now\0b.py'])).toMatchObject([{ similarity: 2 / 3 }]);
});
