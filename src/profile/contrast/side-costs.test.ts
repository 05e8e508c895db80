import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { buildProfile } from '../../../test/support/profiles.js';
import { costlyIn, eachCall, MIN_SHARE, samplesIn, sideCosts, sumWhole } from './side-costs.js';

/** The costs of some profiles together, by the names of their functions. */
function measure(...sides: readonly Stacks[]) {
  const profiles = sides.map(profileFrom);
  const keysOf = profiles.map(({ functions }) => functions.map(({ name }) => name));
  return Object.fromEntries(sideCosts(profiles, keysOf));
}

describe('the costs of the functions of one side', () => {
  test('as shares with all callees, each with the caller that most of it comes from', () => {
    expect(measure({ 'main price parse': 30, 'main stock parse': 50, 'main stock': 10, gc: 10 })).toEqual({
      main: { total: 0.9, caller: '' },
      price: { total: 0.3, caller: 'main' },
      stock: { total: 0.6, caller: 'main' },
      parse: { total: 0.8, caller: 'stock' },
      gc: { total: 0.1, caller: '' },
    });
  });

  test('of all profiles together, whatever numbers a function has in them', () => {
    expect(measure({ 'main price': 30 }, { 'a price': 20, 'a stock': 10 }, { price: 40 })).toEqual({
      main: { total: 0.3, caller: '' },
      a: { total: 0.3, caller: '' },
      price: { total: 0.9, caller: '' },
      stock: { total: 0.1, caller: 'a' },
    });
  });

  test('a recursion counts once, and by its innermost call', () => {
    expect(measure({ 'main walk visit walk leaf': 4, 'main visit': 1 })).toEqual({
      main: { total: 1, caller: '' },
      walk: { total: 0.8, caller: 'visit' },
      visit: { total: 1, caller: 'walk' },
      leaf: { total: 0.8, caller: 'walk' },
    });
  });

  test('of callers with the same cost the first by name', () => {
    expect(measure({ 'b x': 1, 'a x': 1 }).x?.caller).toBe('a');
    expect(measure({ 'a x': 1, 'b x': 1 }).x?.caller).toBe('a');
  });

  test('functions with the same key are one', () => {
    const profile = profileFrom({ 'main a': 3, 'main b': 1 });
    const keys = profile.functions.map(({ name }) => (name === 'main' ? 'main' : 'helper'));
    expect([...sideCosts([profile], [keys])]).toContainEqual(['helper', { total: 1, caller: 'main' }]);
  });

  test('nothing costs nothing', () => {
    expect(measure()).toEqual({});
    expect(measure({})).toEqual({});
    const profile = { ...profileFrom({ main: 1 }), values: Float64Array.of(0) };
    expect([...sideCosts([profile], [['main']])]).toEqual([['main', { total: 0, caller: '' }]]);
  });
});

test('functions cost enough to count from half a hundredth of their side on', () => {
  const cost = (total: number) => ({ total, caller: '' });
  const side = new Map([
    ['large', cost(0.5)],
    ['just', cost(MIN_SHARE)],
    ['small', cost(0.0049)],
  ]);
  expect(MIN_SHARE).toBe(0.005);
  expect(costlyIn(side)).toEqual(['large', 'just']);
});

test('the sum of all stacks of some profiles', () => {
  expect(sumWhole([{ a: 3, 'a b': 4 }, {}, { c: 5 }].map(profileFrom))).toBe(12);
  expect(sumWhole([])).toBe(0);
});

describe('about how many samples some profiles hold', () => {
  const stacks = (...values: readonly number[]) =>
    buildProfile(...values.map((value, at) => [[`f${at}`], value] as const));
  test.each([
    { what: 'a small stack is one sample', values: [[10, 20, 70]], samples: 10 },
    {
      // The third smallest of twenty stacks is the unit.
      what: 'a tenth of all stacks may be smaller than that',
      values: [[1, 1, ...new Array<number>(18).fill(10)]],
      samples: 18.2,
    },
    {
      what: 'of all profiles together',
      values: [
        [10, 20],
        [5, 65],
      ],
      samples: 20,
    },
    { what: 'in order of their size, not of their digits', values: [[9, 10, 11, 100]], samples: 130 / 9 },
    { what: 'no stack', values: [[]], samples: 0 },
    { what: 'no profile', values: [], samples: 0 },
  ])('$what', ({ values, samples }) => {
    expect(samplesIn(values.map((each) => stacks(...each)))).toBeCloseTo(samples, 12);
  });

  test('stacks that another profile was taken from count for nothing', () => {
    const profile = stacks(10, 20, 70);
    const less = { ...profile, values: Float64Array.of(-5, 0, 10, 20, 70) };
    expect(samplesIn([less])).toBe(10);
  });
});

test('each call is told of the functions that are asked for, and of no others', () => {
  const profile = profileFrom({ 'main price parse': 3, 'main parse parse': 2, 'parse parse': 1 });
  const name = (fn: number) => profile.functions[fn]?.name;
  const isWanted = Uint8Array.from(profile.functions, (info) => Number(info.name === 'parse'));
  const calls: unknown[] = [];
  eachCall(profile, isWanted, (fn, value, caller) => calls.push([name(fn), value, name(caller)]));
  expect(calls).toEqual([
    ['parse', 3, 'price'],
    // Whatever calls the first of the calls in each other calls the function.
    ['parse', 2, 'main'],
    ['parse', 1, undefined],
  ]);
});
