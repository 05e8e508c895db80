import { describe, expect, test } from 'vitest';
import { renamedNotes, replacedNotes } from './name-notes.js';

describe('what is said about names that changed', () => {
  const PAIRS = [
    ['shop.Price', 'shop.NewPrice'],
    ['shop.Stock', 'shop.NewStock'],
    ['shop.Pack', 'shop.NewPack'],
    ['shop.Send', 'shop.NewSend'],
  ] as const;
  const SIMILAR = 'Functions in the cpu profiles go by similar new names and are compared as the same:';
  const OTHER_BUILD =
    '60 of 100 names in the cpu profiles changed between the two sides (another build): functions were matched by what stays in a name, file, callers and cost.';
  const renamed = (unmatched: number, pairs: number) => ({
    functions: 100,
    changed: 60,
    unmatched,
    pairs: PAIRS.slice(0, pairs),
  });

  test.each<[string, ReturnType<typeof renamed> | null, string[]]>([
    ['none changed', null, []],
    ['one goes by a similar one', renamed(0, 1), [`${SIMILAR} shop.Price is now shop.NewPrice.`]],
    [
      'two do',
      renamed(0, 2),
      [`${SIMILAR} shop.Price is now shop.NewPrice, shop.Stock is now shop.NewStock.`],
    ],
    [
      'four do, of which two are shown',
      renamed(0, 4),
      [`${SIMILAR} shop.Price is now shop.NewPrice, shop.Stock is now shop.NewStock, and 2 more.`],
    ],
    ['most changed, and all were matched', renamed(0, 0), [OTHER_BUILD]],
    [
      'most changed, and some were not matched',
      renamed(3, 0),
      [`${OTHER_BUILD} 3 of them could not be matched.`],
    ],
  ])('%s', (_, names, notes) => {
    expect(renamedNotes('cpu', names)).toEqual(notes);
  });
});

describe('what is said about libraries that were replaced', () => {
  const functions = ['page', 'render', 'list', 'save', 'send'].map((name) => ({
    name,
    file: '',
    startLine: 0,
    isSymbolised: true,
  }));
  const REPLACED =
    'Library code in the cpu profiles was replaced by other functions of about the same cost and is judged as a whole, below';
  /** Own functions by number, of which the first is above the others. */
  const below = (...fns: number[]) =>
    fns.map((fn) => ({ fn, before: 100, after: 110 + fn, isNearest: fn !== 0 }));

  test.each<[string, number[], string[]]>([
    ['none were', [], []],
    ['no own function is next to one', [0], []],
    ['below one own function, and one above it', [0, 1], [`${REPLACED} render (x1.11).`]],
    ['below two', [1, 2], [`${REPLACED} render (x1.11), list (x1.12).`]],
    [
      'below four, of which two are shown',
      [0, 1, 2, 3, 4],
      [`${REPLACED} render (x1.11), list (x1.12), and 2 more.`],
    ],
  ])('%s', (_, fns, notes) => {
    expect(replacedNotes('cpu', { joined: { functions }, replaced: below(...fns) })).toEqual(notes);
  });
});
