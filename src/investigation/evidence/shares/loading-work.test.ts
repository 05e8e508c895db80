import { describe, expect, test } from 'vitest';
import { contrast, type Stacks } from '../../../../test/support/contrast.js';
import { fadesAway, isLoadingWork } from './loading-work.js';

describe('whether a function mostly loads code', () => {
  const after: Stacks = {
    'runtime.main runtime.doInit1 tables': 60,
    'serve tables': 50,
    'serve price': 40,
    'open runtime.doInit1': 30,
    'open read': 29,
    'peek runtime.doInit1': 10,
    'peek read': 11,
  };
  test.each([
    { name: 'runtime.doInit1', is: true },
    { name: 'tables', is: true },
    { name: 'open', is: true },
    { name: 'peek', is: false },
    { name: 'price', is: false },
    { name: 'serve', is: false },
  ])('$name: $is', ({ name, is }) => {
    const { joined, after: side } = contrast({}, after);
    const fn = joined.functions.findIndex((info) => info.name === name);
    expect(isLoadingWork({ joined }, side.parts, fn)).toBe(is);
  });

  test('nothing does where nothing is loaded', () => {
    const { joined, after: side } = contrast({ 'runtime.main setup': 5 }, { 'serve price': 40 });
    const fn = joined.functions.findIndex((info) => info.name === 'price');
    expect(isLoadingWork({ joined }, side.parts, fn)).toBe(false);
  });
});

describe('a cost that fades away', () => {
  const dispersion = { phi: 1, freedom: 100 };
  const before = { x: 0, n: 4_000 };
  test.each([
    { what: 'falls in every part', n: 1_000, counts: [400, 200, 100, 50], is: true },
    { what: 'falls, and then stays', n: 1_000, counts: [400, 200, 190], is: true },
    { what: 'falls to half', n: 1_000, counts: [400, 200], is: true },
    { what: 'falls to more than half', n: 1_000, counts: [400, 204], is: false },
    { what: 'stays', n: 1_000, counts: [400, 410, 390], is: false },
    { what: 'rises in one step', n: 1_000, counts: [400, 100, 150], is: false },
    { what: 'rises by no more than chance', n: 1_000, counts: [400, 130, 135], is: true },
    { what: 'falls by too little for its samples', n: 40, counts: [10, 4], is: false },
    { what: 'has one part only', n: 1_000, counts: [400], is: false },
  ])('$what: $is', ({ n, counts, is }) => {
    expect(
      fadesAway(
        dispersion,
        before,
        counts.map((x) => ({ x, n })),
      ),
    ).toBe(is);
  });
});
