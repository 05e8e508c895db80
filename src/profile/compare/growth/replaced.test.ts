import { describe, expect, test } from 'vitest';
import {
  contrast,
  findFunction,
  getName,
  goFrame,
  type Sides,
  type Stacks,
} from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import { isDearerReplacement, isReplacement, listReplacements } from './replaced.js';

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

const replaced = (before: Stacks, after: Stacks, options: Sides = {}) => {
  const sides = contrast(before, after, options);
  return listReplacements(sides).map(({ fn }) => getName(sides, fn));
};

describe('a library with other functions than before, below the same own function', () => {
  test.each<[string, Stacks, string[]]>([
    ['for the same cost', { ...REST, ...third(1) }, ['page', 'render']],
    ['for 14 % more, where all else fell', { ...times(REST, '', 0.7), ...third(1.14) }, ['page', 'render']],
    ['for twice the cost under twice the load', { ...times(REST, '', 2), ...third(2) }, ['page', 'render']],
    ['for the same cost under twice the load', { ...times(REST, '', 2), ...third(1) }, ['page', 'render']],
    ['for 25 % more', { ...REST, ...third(1.25) }, []],
    ['for a fifth more', { ...REST, ...third(1.2) }, []],
    ['for four fifths of the cost', { ...REST, ...third(0.8) }, ['page', 'render']],
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
    const after = { ...REST, ...third(1.25) };
    expect(replaced({ ...REST, ...second }, after, { quantum: 50 })).toEqual(['page', 'render']);
    expect(replaced({ ...REST, ...second }, after, { quantum: 1.5 })).toEqual([]);
  });

  test('under twice the load a growth that few samples show is none, either', () => {
    const few = (stacks: Stacks) => times(stacks, '', 0.1);
    // 100 and 250 samples; the load explains 200.
    const after = { ...times(REST, '', 2), ...few(third(2.5)) };
    expect(replaced({ ...REST, ...few(second) }, after)).toEqual(['page', 'render']);
  });

  test('the load is that of all else, where that rose less than its middle function', () => {
    const other = (list: number) => ({ 'job list': list, 'serve page render': 1 });
    const before = { ...other(300), ...times(second, '', 5), 'job save': 290 };
    const later = (factor: number) => ({ ...other(900), ...third(5 * factor), 'job save': 290 });
    // All else costs 2.02 times as much, and the middle function of it three times.
    expect(replaced(before, later(2.4))).toEqual(['page', 'render', 'serve']);
    expect(replaced(before, later(2.5))).toEqual([]);
  });

  test('a library function that shares the name of the own one counts as all else', () => {
    const build = (stacks: Stacks, list: number) => {
      const profile = buildProfile(
        [[goFrame('job'), goFrame('list'), { name: 'render', file: '/src/shop/render.go', line: 7 }], list],
        ...Object.entries(stacks).map(([stack, value]) => [stack.split(' ').map(goFrame), value] as const),
      );
      const isOther = (frame: number) => profile.frameLine[frame] === 7;
      return { ...profile, frameKin: profile.frameKin.map((kin, frame) => (isOther(frame) ? 0 : kin)) };
    };
    const sides = contrast(build(second, 300), build(third(2), 600));
    expect(listReplacements(sides).map(({ fn }) => getName(sides, fn))).toEqual(['page', 'render', 'serve']);
  });

  test.each<[string, number, number, Sides, string[]]>([
    ['fewer than twenty samples do not tell the load', 19, 38, {}, []],
    ['twenty do', 20, 40, {}, ['page', 'render', 'serve']],
    ['fewer than twenty of ten units do not', 190, 380, { quantum: 10 }, []],
    ['twenty of ten units do', 200, 400, { quantum: 10 }, ['page', 'render', 'serve']],
  ])('%s', (_, was, is, options, callers) => {
    const before = { 'job list': was, ...second };
    expect(replaced(before, { 'job list': is, ...third(2) }, options)).toEqual(callers);
  });

  test('stacks of other code may stand behind those of the library', () => {
    expect(replaced({ ...second, ...REST }, { ...third(1), ...REST })).toEqual(['page', 'render']);
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
    [
      'the old and the new functions are called by others',
      { 'serve list lib.old': 200 },
      { 'serve save lib.new': 200 },
    ],
    [
      'one function is gone, and many small ones came',
      { 'serve page lib.old': 600 },
      Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`serve page lib.new${at}`, 20])),
    ],
    [
      'what has too few samples before a tenth as long',
      { 'serve page lib.old': 4 },
      { 'serve page lib.new': 4 },
    ],
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

  test('the nearest one calls at least half of it itself', () => {
    const called = (old: string, share: number): Stacks => ({
      ...REST,
      [`serve page ${old}`]: share * 1_000,
      [`serve page render ${old} lib.a`]: (1 - share) * 350,
      [`serve page render ${old} lib.b`]: (1 - share) * 350,
      [`serve page render ${old}`]: (1 - share) * 300,
    });
    const nearest = (share: number) => {
      const sides = contrast(called('lib.old', share), called('lib.new', share));
      return listReplacements(sides).flatMap(({ fn, isNearest }) => (isNearest ? [getName(sides, fn)] : []));
    };
    expect(nearest(0.4)).toEqual(['render']);
    expect(nearest(0.6)).toEqual(['page', 'render']);
  });

  test.each<[string, number, string[]]>([
    ['a twentieth of the old library is left', 50, ['page']],
    ['more of it is left', 51, []],
  ])('%s', (_, left, callers) => {
    const after = { ...REST, 'serve page lib.new': 1_000, 'serve page lib.old': left };
    expect(replaced({ ...REST, 'serve page lib.old': 1_000 }, after)).toEqual(callers);
  });

  test.each<[string, number, Sides, string[]]>([
    ['five samples tell that a function came', 5, {}, ['page']],
    ['fewer do not', 4, {}, []],
    ['fewer of ten units do not', 40, { quantum: 10 }, []],
    ['fewer in the shorter window do not', 40, { profiles: [10, 10] }, ['page']],
    ['fewer in as many profiles as the shorter side has do not', 40, { profiles: [10, 1] }, []],
  ])('%s', (_, cost, options, callers) => {
    const rest = { 'serve list': cost, 'serve page': cost / 4 };
    const before = { ...rest, 'serve page lib.old': cost };
    expect(replaced(before, { ...rest, 'serve page lib.new': cost }, options)).toEqual(callers);
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

test('nothing is a replacement where nothing was replaced', () => {
  const sides = contrast(REST, REST);
  expect(isReplacement(sides, findFunction(sides, 'lib.log'))).toBe(false);
  expect(isDearerReplacement(sides, findFunction(sides, 'lib.log'))).toBe(false);
});

test('a function that is gone replaces nothing', () => {
  const sides = contrast({ ...REST, ...second }, { ...REST, ...third(1) });
  expect(isReplacement(sides, findFunction(sides, 'lib.scan'))).toBe(false);
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

  test('is none where it was next to nothing of the service before', () => {
    // So few samples would tell no growth.
    const called = (library: string, byPage: number) => ({
      ...times(REST, '', 3),
      'serve page': 500,
      [`serve page ${library}`]: byPage,
      [`serve job ${library}`]: 1_000,
    });
    expect(replaced(called('lib.old', 90), called('lib.new', 110))).toEqual(['job']);
    expect(replaced(called('lib.old', 100), called('lib.new', 110))).toEqual(['job', 'page']);
  });

  test('is none where next to nothing of the service was replaced', () => {
    const large = { ...times(REST, '', 100), 'serve page render': 2_000 };
    const sides = contrast({ ...large, ...second }, { ...large, ...third(1) });
    expect(listReplacements(sides)).toEqual([]);
  });
});

describe('what all of both windows showed', () => {
  test('holds below an own function that a part has on one side only', () => {
    const old = { 'serve save lib.old': 200 };
    expect(asked({ ...old, 'serve page render': 0 }, third(1), false)).toBe(true);
  });

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

describe('a library function that does the work of others for more', () => {
  const isDearer = (
    after: Stacks,
    {
      before = {},
      fn = 'lib.renderState',
      isAlikeInAll = false,
    }: { before?: Stacks; fn?: string; isAlikeInAll?: boolean } = {},
  ) => {
    const sides = contrast({ ...REST, ...second, ...before }, { ...REST, ...after });
    const callers = new Set(['page', 'render'].map((name) => findFunction(sides, name)));
    const replacedBelow = isAlikeInAll ? { callers, isSettled: false } : undefined;
    return isDearerReplacement({ ...sides, replacedBelow }, findFunction(sides, fn));
  };

  test.each([
    { what: 'its own callers cost a quarter more', after: third(1.25), is: true },
    { what: 'they cost 14 % more', after: third(1.14), is: false },
    { what: 'they cost less', after: third(0.5), is: false },
    {
      what: 'the caller does other work as well, and less of it',
      before: { 'serve page render': 900 },
      after: { ...third(1.25), 'serve page render': 500 },
      is: false,
    },
    {
      what: 'the own work of the caller grew, and the library costs what it did',
      before: { 'serve page render': 2_000 },
      after: { ...third(1), 'serve page render': 3_000 },
      is: false,
    },
    {
      what: 'half of it runs below another own function',
      after: { ...third(1.25), 'serve list lib.renderState': 750 },
      is: true,
    },
    {
      what: 'most of it does',
      after: { ...third(1.25), 'serve list lib.renderState': 751 },
      is: false,
    },
    { what: 'the whole showed that they cost the same', after: third(1.25), isAlikeInAll: true, is: false },
    { what: 'it is own code', after: third(1.25), fn: 'render', is: false },
    { what: 'it is gone', after: third(1.25), fn: 'lib.scan', is: false },
  ])('$what: $is', ({ after, is, ...rest }) => {
    expect(isDearer(after, rest)).toBe(is);
  });
});
