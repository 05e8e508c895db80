import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { isReplacement, listReplacements } from './replaced.js';

const REST: Stacks = { 'serve list': 500, 'serve diff': 300, 'serve save lib.log': 200 };
/** A page that a library renders, in its second and in its third version. */
const second: Stacks = {
  'serve page render lib.Parse': 100,
  'serve page render lib.Parse lib.scan': 500,
  'serve page render lib.Parse lib.finish lib.iterate': 400,
};
const third = (factor: number): Stacks =>
  times(
    {
      'serve page render lib.Parse': 50,
      'serve page render lib.Parse lib.tokenize': 350,
      'serve page render lib.Parse lib.renderState lib.renderTokens': 600,
    },
    '',
    factor,
  );

const replaced = (before: Stacks, after: Stacks) => {
  const sides = contrast(before, after);
  return listReplacements(sides).map(({ fn }) => getName(sides, fn));
};

describe('a library with other functions than before, below the same own function', () => {
  test.each<[string, Stacks, string[]]>([
    ['for the same cost', { ...REST, ...third(1) }, ['page', 'render']],
    ['for 14 % more, where all else fell', { ...times(REST, '', 0.7), ...third(1.14) }, ['page', 'render']],
    ['for twice the cost under twice the load', { ...times(REST, '', 2), ...third(2) }, ['page', 'render']],
    ['for 25 % more', { ...REST, ...third(1.25) }, []],
    ['for 25 % more, where all else fell', { ...times(REST, '', 0.7), ...third(1.25) }, []],
    ['for twice the cost, next to another change', { ...REST, 'serve list': 2_000, ...third(2) }, []],
    ['for half of the cost, which is told as moved', { ...REST, ...third(0.5) }, []],
  ])('%s', (_, after, callers) => {
    expect(replaced({ ...REST, ...second }, after)).toEqual(callers);
  });

  test('a growth that few samples show is none', () => {
    const few = (stacks: Stacks) => times(stacks, '', 0.02);
    const before = few({ ...REST, ...second });
    expect(replaced(before, few({ ...REST, ...third(1.25) }))).toEqual(['page', 'render']);
  });

  test.each<[string, Stacks, Stacks]>([
    ['the old functions are still there', second, { ...second, ...third(0.1) }],
    [
      'only some of the cost has other names',
      second,
      { ...second, 'serve page render lib.Parse lib.scan': 0 },
    ],
    ['nothing was there before', {}, third(1)],
    ['nothing came', second, {}],
    ['the new functions are the team’s own', second, { 'serve page render tokenize': 1_000 }],
    ['the functions that changed are immaterial', times(second, '', 0.01), times(third(1), '', 0.01)],
  ])('none: %s', (_, before, after) => {
    expect(replaced({ ...REST, ...before }, { ...REST, ...after })).toEqual([]);
  });

  test('the own function next to the library is told from those above it', () => {
    const sides = contrast({ ...REST, ...second }, { ...REST, ...third(1.1) });
    const rows = listReplacements(sides).map(({ fn, ...row }) => ({ name: getName(sides, fn), ...row }));
    expect(rows).toEqual([
      { name: 'page', before: 1_000, after: 1_100, isNearest: false },
      { name: 'render', before: 1_000, after: 1_100, isNearest: true },
    ]);
  });
});

test.each([
  ['a new function of it', 'lib.renderTokens', true],
  ['one with an old name', 'lib.Parse', true],
  ['the own function itself', 'render', false],
  ['a library elsewhere', 'lib.log', false],
])('a replacement: %s (%s) %s', (_, name, is) => {
  const sides = contrast({ ...REST, ...second }, { ...REST, ...third(1) });
  expect(isReplacement(sides, findFunction(sides, name))).toBe(is);
});

test('a library that own code elsewhere calls, too, is no mere replacement', () => {
  const sides = contrast(
    { ...REST, ...second },
    { ...REST, ...third(1), 'serve save lib.renderState lib.renderTokens': 200 },
  );
  expect(isReplacement(sides, findFunction(sides, 'lib.renderTokens'))).toBe(false);
  expect(isReplacement(sides, findFunction(sides, 'lib.tokenize'))).toBe(true);
});

describe('a library that is the smaller part of its own function', () => {
  /** Half of what the page costs is its own, and its library a tenth of the service. */
  const paged = (library: Stacks) => ({ ...times(REST, '', 3), 'serve page render': 2_000, ...library });

  test.each<[string, Stacks, boolean]>([
    ['for the same cost', third(1), true],
    ['for 25 % more', third(1.25), false],
    ['for half of the cost, which is told as moved', third(0.5), false],
  ])('%s', (_, after, is) => {
    const sides = contrast(paged(second), paged(after));
    expect(isReplacement(sides, findFunction(sides, 'lib.renderTokens'))).toBe(is);
  });

  test('is judged below the own function next to it alone, by what was replaced', () => {
    const sides = contrast(paged(second), paged(third(1.1)));
    const rows = listReplacements(sides).map(({ fn, ...row }) => ({ name: getName(sides, fn), ...row }));
    expect(rows).toEqual([{ name: 'render', before: 900, after: 1_045, isNearest: true }]);
  });

  test('is none where next to nothing of the service was replaced', () => {
    const large = { ...times(REST, '', 100), 'serve page render': 2_000 };
    const sides = contrast({ ...large, ...second }, { ...large, ...third(1) });
    expect(listReplacements(sides)).toEqual([]);
  });
});

describe('what all of both windows showed', () => {
  const asked = (before: Stacks, after: Stacks, isSettled: boolean, caller = 'render') => {
    const sides = contrast({ ...REST, ...before }, { ...REST, ...after });
    const callers = new Set([findFunction(sides, caller)]);
    return isReplacement(
      { ...sides, replacedBelow: { callers, isSettled } },
      findFunction(sides, 'lib.renderTokens'),
    );
  };
  const both = { ...second, ...third(0.3) };

  test.each<[string, Stacks, Stacks, boolean, string, boolean]>([
    ['holds where a part cannot tell, since both libraries are in it', both, third(1), false, 'render', true],
    ['does not hold below another own function', both, third(1), false, 'list', false],
    ['does not hold where a part shows that it became dearer', second, third(1.5), false, 'render', false],
    ['holds there, too, once changes were left out', second, third(1.5), true, 'render', true],
    ['is asked alone, once changes were left out', second, third(1), true, 'list', false],
  ])('%s', (_, before, after, isSettled, caller, is) => {
    expect(asked(before, after, isSettled, caller)).toBe(is);
  });
});
