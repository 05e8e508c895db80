import { describe, expect, test } from 'vitest';
import { type Counter, locate, type Sought } from './locate.js';

/** Services by number, and what each function costs in which of them: before and after. */
type Costs = Readonly<Record<string, Readonly<Record<number, readonly [number, number]>>>>;

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** A store of such costs that counts the merges of each side, and the services of the largest. */
function createStore(costs: Costs, maxRequests = Number.POSITIVE_INFINITY) {
  const made = { before: 0, after: 0, largest: 0 };
  const counter: Counter<number> = {
    maxItems: 100,
    loadOf: () => 1,
    async count(items, keys, side) {
      if (made.before + made.after >= maxRequests) return null;
      made[side]++;
      made.largest = Math.max(made.largest, items.length);
      const at = side === 'before' ? 0 : 1;
      return new Map(
        keys.map((key) => [key, items.reduce((sum, item) => sum + (costs[key]?.[item]?.[at] ?? 0), 0)]),
      );
    },
  };
  return { counter, made };
}

function seek(
  costs: Costs,
  key: string,
  items: readonly number[],
  hinted: readonly number[] = [],
): Sought<number> {
  const sum = (at: 0 | 1) => items.reduce((all, item) => all + (costs[key]?.[item]?.[at] ?? 0), 0);
  return {
    key,
    items,
    hinted,
    before: sum(0),
    after: sum(1),
    mayHave: (item) => !items.includes(item) && costs[key]?.[item] !== undefined,
  };
}

describe('the services of some functions', () => {
  test('one in each of several groups: in as many merges as one takes', async () => {
    const costs = { a: { 5: [0, 90] }, b: { 40: [20, 80] }, c: { 77: [10, 30] } } as const;
    const sought = [
      seek(costs, 'a', range(0, 32)),
      seek(costs, 'b', range(32, 64)),
      seek(costs, 'c', range(64, 96)),
    ];
    const { counter, made } = createStore(costs);
    await locate(sought, counter);
    expect(sought.map(({ items }) => items)).toEqual([[5], [40], [77]]);
    expect(made).toEqual({ before: 0, after: 5, largest: 48 });
  });

  test('two of one group', async () => {
    const costs = { a: { 5: [0, 90] }, b: { 28: [20, 80] } } as const;
    const sought = [seek(costs, 'a', range(0, 32)), seek(costs, 'b', range(0, 32))];
    const { counter, made } = createStore(costs);
    await locate(sought, counter);
    expect(sought.map(({ items }) => items)).toEqual([[5], [28]]);
    expect(made.after).toBe(5);
  });

  test('a right hint saves merges, and a wrong one costs one', async () => {
    const costs = { a: { 5: [0, 90] } } as const;
    const [right, wrong] = [createStore(costs), createStore(costs)];
    const [hinted, misled] = [
      seek(costs, 'a', range(0, 32), [4, 5]),
      seek(costs, 'a', range(0, 32), [20, 21]),
    ];
    await locate([hinted], right.counter);
    await locate([misled], wrong.counter);
    expect([hinted.items, misled.items]).toEqual([[5], [5]]);
    expect([right.made.after, wrong.made.after]).toEqual([2, 6]);
  });

  test('a function of two services: the one in which it grew', async () => {
    const costs = { a: { 3: [50, 50], 9: [50, 120] } } as const;
    const one = seek(costs, 'a', range(0, 16));
    const { counter, made } = createStore(costs);
    await locate([one], counter);
    expect(one.items).toEqual([9]);
    expect(made.before).toBe(1);
  });

  test('a function that another group has as well is not sought in one merge with that group', async () => {
    const costs = { a: { 5: [0, 90], 33: [500, 500] }, b: { 33: [20, 80] } } as const;
    const sought = [seek(costs, 'a', range(0, 32)), seek(costs, 'b', range(32, 64))];
    const { counter } = createStore(costs);
    await locate(sought, counter);
    expect(sought.map(({ items }) => items)).toEqual([[5], [33]]);
  });

  test('merges stay as small as asked', async () => {
    const costs = { a: { 5: [0, 90] }, b: { 40: [20, 80] } } as const;
    const sought = [seek(costs, 'a', range(0, 32)), seek(costs, 'b', range(32, 64))];
    const { counter, made } = createStore(costs);
    await locate(sought, { ...counter, maxItems: 20 });
    expect(sought.map(({ items }) => items)).toEqual([[5], [40]]);
    expect(made.largest).toBeLessThanOrEqual(20);
  });

  test('without a further request what is known so far stands', async () => {
    const costs = { a: { 5: [0, 90] } } as const;
    const one = seek(costs, 'a', range(0, 32));
    await locate([one], createStore(costs, 2).counter);
    expect(one.items).toEqual(range(0, 8));
  });
});
