import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { countRenamed } from './name-changes.js';

/** Counts changes of names between two sides; `price@2` is the function `price` under a new name. */
function count(before: readonly Stacks[], after: readonly Stacks[]) {
  const profiles = [...before, ...after].map(profileFrom);
  const getKey = (name: string) => name.replace(/@\d+$/, '');
  const keys = [...new Set(profiles.flatMap(({ functions }) => functions.map(({ name }) => getKey(name))))];
  const functionOf = profiles.map(({ functions }) =>
    Uint32Array.from(functions, ({ name }) => keys.indexOf(getKey(name))),
  );
  const functions = keys.map((name) => ({ name, file: '', startLine: 0, isSymbolised: true }));
  return countRenamed(profiles, { functions, functionOf }, before.length);
}

describe('functions that go by another name since', () => {
  test.each<{ what: string; before: Stacks[]; after: Stacks[]; counts: [number, number, number] | null }>([
    {
      what: 'all of them, and all were found again',
      before: [{ 'main price': 1, 'main stock': 1 }],
      after: [{ 'main@2 price@2': 1, 'main@2 stock@2': 1 }],
      counts: [3, 3, 0],
    },
    {
      what: 'half of them',
      before: [{ 'main price': 1 }],
      after: [{ 'main price@2': 1 }],
      counts: [2, 1, 0],
    },
    {
      what: 'less than half of them',
      before: [{ 'main price': 1, 'main stock': 1 }],
      after: [{ 'main price@2': 1, 'main stock': 1 }],
      counts: null,
    },
    {
      what: 'some of them are on one side only',
      before: [{ 'main price': 1, 'main old': 1 }],
      after: [{ 'main price@2': 1, 'main new': 1 }],
      counts: [4, 3, 2],
    },
    {
      what: 'where others kept their names, and all that changed are on one side only: that is new code',
      before: [{ 'main price': 1, 'main old': 1 }],
      after: [{ 'main stock': 1, 'main new': 1 }],
      counts: null,
    },
    {
      what: 'all of them are on one side only: nothing was found again',
      before: [{ 'main price': 1 }],
      after: [{ 'boot stock': 1 }],
      counts: [4, 4, 4],
    },
    {
      what: 'a name that any of the earlier profiles had is kept, though others had another',
      before: [{ 'main price': 1 }, { 'main price@2': 1 }, { 'main price@3': 1 }],
      after: [{ 'main price@2': 1 }],
      counts: null,
    },
    {
      what: 'a name that one of the later profiles kept is kept, too',
      before: [{ 'main price': 1 }],
      after: [{ 'main price@2': 1 }, { 'main price': 1 }, { 'main price@2': 1 }],
      counts: null,
    },
    { what: 'no function', before: [{}], after: [{}], counts: null },
    { what: 'no earlier side', before: [], after: [{ main: 1 }], counts: null },
    { what: 'no later side', before: [{ main: 1 }], after: [], counts: null },
  ])('$what', ({ before, after, counts }) => {
    const [functions, changed, unmatched] = counts ?? [];
    expect(count(before, after)).toEqual(
      counts === null ? null : { functions, changed, unmatched, pairs: [] },
    );
  });

  describe('what costs next to nothing takes no part in the judgement, but in the count', () => {
    /** Functions that are on one side only, each of so much of 1,000 samples. */
    const rare = (side: string, value: number): Stacks =>
      Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`main ${side}${index}`, value]));
    test.each([
      { what: 'seen now and then', value: 4, is: false },
      { what: 'of half a hundredth each', value: 5, is: true },
    ])('$what: $is', ({ value, is }) => {
      const sides = ['a', 'b'].map((side) => ({
        [side === 'a' ? 'main price' : 'main price@2']: 500,
        'main stock': 250,
        'main show': 250 - 3 * value,
        ...rare(side, value),
      }));
      const counted = count(sides.slice(0, 1), sides.slice(1));
      expect(counted).toEqual(is ? { functions: 10, changed: 7, unmatched: 6, pairs: [] } : null);
    });

    test('a function that costs enough on either side does', () => {
      const before = { 'main price': 996, 'main stock': 4 };
      const after = { 'main price@2': 500, 'main stock@2': 500 };
      expect(count([before], [after])).toEqual({ functions: 3, changed: 2, unmatched: 0, pairs: [] });
      expect(count([after], [before])).toEqual({ functions: 3, changed: 2, unmatched: 0, pairs: [] });
    });
  });
});
