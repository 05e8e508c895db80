import { describe, expect, test } from 'vitest';
import { buildPart, byName, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { addCosts, addTotals, areSame, keepCosts, noCosts, sumCosts } from './costs.js';
import { joinProfiles } from './join.js';

function costs(stacks: Stacks) {
  const joined = joinProfiles([profileFrom(stacks)]);
  const { total, application, self, totals, bare, charged } = buildPart(joined, 0).costs;
  const named = (values: Float64Array) => byName(joined, values);
  return {
    total,
    application,
    self: named(self),
    totals: named(totals),
    bare: named(bare),
    charged: named(charged),
  };
}

describe('costsOf', () => {
  test('own cost, total, and who is charged with it', () => {
    expect(
      costs({
        'runtime.main serve price lib.parse': 30,
        'runtime.main serve price': 10,
        'runtime.main serve lib.log': 5,
        'runtime.gc runtime.sweep': 7,
      }),
    ).toEqual({
      total: 52,
      application: 45,
      self: { 'lib.parse': 30, price: 10, 'lib.log': 5, 'runtime.sweep': 7 },
      totals: {
        'runtime.main': 45,
        serve: 45,
        price: 40,
        'lib.parse': 30,
        'lib.log': 5,
        'runtime.gc': 7,
        'runtime.sweep': 7,
      },
      bare: { 'runtime.gc': 7, 'runtime.sweep': 7 },
      charged: { price: 40, serve: 5 },
    });
  });

  test('the first function of all may be the own code nearest to the leaf, and the entry point', () => {
    expect(costs({ 'serve add lib.parse': 3, 'add serve': 2 })).toMatchObject({
      charged: { add: 3, serve: 2 },
    });
  });

  test('what entry points with own code serve; all of them where nothing is said', () => {
    const joined = joinProfiles([
      profileFrom({
        'runtime.main serve price': 5,
        'runtime.main runtime.poll': 3,
        'runtime.gc': 9,
        poll: 2,
      }),
    ]);
    const [part] = joined.parts;
    if (part === undefined) throw new Error('no part');
    expect(sumCosts(part, joined.functions.length, joined.serving).served).toBe(10);
    expect(sumCosts(part, joined.functions.length).served).toBe(19);
    expect(sumCosts(part, joined.functions.length, new Uint8Array(joined.functions.length)).served).toBe(0);
  });

  test('recursion counts once, in the totals and in the stacks without own code', () => {
    expect(costs({ 'walk visit walk visit walk': 4, 'runtime.gc runtime.scan runtime.gc': 3 })).toMatchObject(
      {
        totals: { walk: 4, visit: 4, 'runtime.gc': 3, 'runtime.scan': 3 },
        bare: { 'runtime.gc': 3, 'runtime.scan': 3 },
        charged: { walk: 4 },
      },
    );
  });

  test('the same function again after a stack without own code starts from nothing', () => {
    expect(costs({ 'runtime.a runtime.b': 1, 'main runtime.a': 2, 'runtime.a': 4 })).toMatchObject({
      totals: { 'runtime.a': 7 },
      bare: { 'runtime.a': 5, 'runtime.b': 1 },
    });
  });

  test('a stack without frames adds to the total alone; no stacks cost nothing', () => {
    const builder = new ProfileBuilder('cpu', 'nanoseconds');
    builder.endStack(3);
    const joined = joinProfiles([builder.build()]);
    expect(buildPart(joined, 0).costs).toEqual({ ...noCosts(0), total: 3 });
    expect(costs({})).toMatchObject({ total: 0, application: 0, self: {} });
  });
});

describe('addCosts', () => {
  test('the sum of parts is the costs of all of their stacks', () => {
    const joined = joinProfiles([
      profileFrom({ 'main price': 3, 'runtime.gc': 1 }),
      profileFrom({ 'main stock': 5 }),
      profileFrom({ 'main price': 3, 'runtime.gc': 1, 'main stock': 5 }),
    ]);
    const [a, b, whole] = joined.parts.map((_, part) => buildPart(joined, part).costs);
    if (a === undefined || b === undefined) throw new Error('two parts');
    expect(addCosts([a, b], joined.functions.length)).toEqual(whole);
    expect(a.total).toBe(4);
    // A single part is not copied.
    expect(addCosts([a], joined.functions.length)).toBe(a);
  });

  test('of no parts it is nothing', () => {
    expect(addCosts([], 3)).toEqual(noCosts(3));
  });
});

describe('addTotals', () => {
  const totals = (total: number, ...functions: number[]) => ({
    ...{ total, application: total - 1, served: total - 2 },
    totals: Float64Array.from(functions),
  });

  test('of a single part they are its own, not copied', () => {
    const part = { ...totals(9, 4, 5), self: new Float64Array(2) };
    expect(addTotals([part], 2)).toEqual(totals(9, 4, 5));
    expect(addTotals([part], 2).totals).toBe(part.totals);
  });

  test('of several parts they are the sum, and of none nothing', () => {
    const sum = { ...totals(12, 5, 7), application: 10, served: 8 };
    expect(addTotals([totals(9, 4, 5), totals(3, 1, 2)], 2)).toEqual(sum);
    expect(addTotals([], 1)).toEqual({
      ...{ total: 0, application: 0, served: 0 },
      totals: new Float64Array(1),
    });
  });
});

test.each<[string, readonly number[], readonly number[], boolean]>([
  ['equal members', [1, 2], [1, 2], true],
  ['another first one', [3, 2], [1, 2], false],
  ['another last one', [1, 2], [1, 3], false],
  ['one more', [1, 2], [1, 2, 3], false],
  ['none at all', [], [], true],
])('two lists with %s', (_, some, others, are) => {
  expect(areSame(some, others)).toBe(are);
});

test('costs that are kept belong to joined names and to what serves requests', () => {
  const profile = profileFrom({ 'main price': 3, 'runtime.gc': 1 });
  const joined = joinProfiles([profile]);
  const [part] = joined.parts;
  if (part === undefined) throw new Error('no part');
  const { functions } = joined;
  const names = { functions };
  const none = new Uint8Array(functions.length);
  const costs = keepCosts(names, profile, part, none);
  expect(costs).toEqual(sumCosts(part, functions.length, none));
  expect(keepCosts(names, profile, part, none.slice())).toBe(costs);
  expect(keepCosts({ functions }, profile, part, none)).not.toBe(costs);
  const all = none.map(() => 1);
  expect(keepCosts(names, profile, part, all)).toEqual(sumCosts(part, functions.length, all));
});
