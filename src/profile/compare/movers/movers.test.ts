import { describe, expect, test } from 'vitest';
import {
  contrast,
  findFunction,
  getName,
  type Sides,
  type Stacks,
} from '../../../../test/support/contrast.js';
import { listMovers } from './movers.js';

interface Options extends Sides {
  culprit?: string;
  moved?: readonly string[];
}

function movers(before: Stacks, after: Stacks, { culprit, moved = [], ...sides }: Options = {}) {
  const contrasted = contrast(before, after, sides);
  const rows = listMovers(contrasted, {
    gate: 4.25,
    culprit: culprit === undefined ? null : findFunction(contrasted, culprit),
    moved: new Set(moved.map((name) => findFunction(contrasted, name))),
  });
  return rows.map((row) => ({ ...row, fn: getName(contrasted, row.fn) }));
}

const kinds = (...args: Parameters<typeof movers>) =>
  movers(...args).map(({ fn, kind, significant }) => [fn, kind, significant]);

describe('moversOf', () => {
  test('what grew, shrank, came and went, the largest change of share first', () => {
    expect(
      kinds(
        { 'main a': 100, 'main b': 400, 'main old': 100, 'main rest': 400 },
        { 'main a': 280, 'main b': 200, 'main fresh': 120, 'main rest': 400 },
      ),
    ).toEqual([
      ['b', 'shrank', true],
      ['a', 'grew', true],
      ['fresh', 'new', true],
      ['old', 'gone', true],
    ]);
  });

  test('shares are of the active total, values per profile, the interval surrounds the difference', () => {
    const [row] = movers(
      { 'main a lib.x': 100, 'main a': 50, 'main b': 850 },
      { 'main a': 800, 'main b': 1200 },
      {
        profiles: [2, 4],
      },
    );
    expect(row).toMatchObject({
      fn: 'a',
      selfShareBefore: 0.05,
      selfShareAfter: 0.4,
      totalShareBefore: 0.15,
      totalShareAfter: 0.4,
      valueBefore: 75,
      valueAfter: 200,
    });
    expect(row?.delta).toBeCloseTo(0.25);
    expect(row?.interval[0]).toBeGreaterThan(0.2);
    expect(row?.interval[1]).toBeLessThan(0.3);
  });

  test('what stands out comes before larger changes that do not', () => {
    const rows = kinds(
      { 'main a': 20, 'main b': 30, 'main c': 10 },
      { 'main a': 26, 'main b': 22, 'main c': 12 },
    );
    expect(rows.every(([, , significant]) => significant === false)).toBe(true);
    expect(rows.map(([fn]) => fn)).toEqual(['b', 'a', 'c']);
  });

  test('what only lost share to the culprit is diluted, and stands after the rest; the culprit is first', () => {
    const before = { 'main a': 200, 'main b': 300, 'main c': 500 };
    const after = { 'main a': 1200, 'main b': 300, 'main c': 100 };
    expect(kinds(before, after, { culprit: 'a' })).toEqual([
      ['a', 'grew', true],
      ['c', 'shrank', true],
      ['b', 'diluted', true],
    ]);
    // However little it grew.
    const little = { 'main a': 320, 'main b': 100, 'main c': 580 };
    expect(kinds(before, little, { culprit: 'a' }).map(([fn]) => fn)).toEqual(['a', 'b', 'c']);
    expect(kinds(before, little, { culprit: 'c' }).map(([fn]) => fn)).toEqual(['c', 'b', 'a']);
    // Without a culprit nothing dilutes.
    expect(kinds(before, after)).toContainEqual(['b', 'shrank', true]);
  });

  test('the two sides of a move are called that', () => {
    expect(
      kinds({ 'main x': 300, 'main rest': 700 }, { 'main y': 300, 'main rest': 700 }, { moved: ['x', 'y'] }),
    ).toEqual([
      ['x', 'moved', true],
      ['y', 'moved', true],
    ]);
  });

  test('of a chain with the very same costs one is listed: the culprit, else own code, else the innermost', () => {
    const [before, after] = [
      { 'lib.serve handle price lib.parse lib.scan': 100, 'runtime.main idle': 900 },
      { 'lib.serve handle price lib.parse lib.scan': 400, 'runtime.main idle': 900 },
    ];
    const grown = (options?: Options) =>
      kinds(before, after, options)
        .filter(([, kind]) => kind === 'grew')
        .map(([fn]) => fn);
    expect(grown()).toEqual(['price']);
    expect(grown({ culprit: 'handle' })).toEqual(['handle']);
    const foreign = kinds({ 'lib.a lib.b': 100, main: 900 }, { 'lib.a lib.b': 400, main: 900 });
    expect(foreign.map(([fn]) => fn)).toEqual(['main', 'lib.b']);
  });

  test('functions with the same costs by chance are all listed', () => {
    expect(
      kinds({ 'main rest': 900 }, { 'main rest': 900, 'main a': 100, 'main b': 100 }).map(([fn]) => fn),
    ).toEqual(['rest', 'a', 'b']);
  });

  test('small changes and few samples are left out; empty sides have no rows', () => {
    expect(kinds({ 'main a': 1000, b: 99_000 }, { 'main a': 1400, b: 98_600 })).toEqual([]);
    expect(kinds({ 'main a': 1, 'main b': 3 }, { 'main b': 1 })).toEqual([]);
    expect(movers({}, {})).toEqual([]);
    expect(kinds({}, { 'main a': 10 }).every(([, kind]) => kind === 'new')).toBe(true);
  });
});

test('what a sample is worth changes no row but its values', () => {
  const before = { 'main a': 100, 'main b': 400, 'main c': 20, 'main rest': 480 };
  const after = { 'main a': 280, 'main b': 200, 'main c': 31, 'main rest': 400 };
  const dear = (stacks: Stacks): Stacks =>
    Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [stack, value * 10]));
  const scaled = movers(dear(before), dear(after), { quantum: 10, culprit: 'a' });
  const plain = movers(before, after, { culprit: 'a' });
  expect(scaled.length).toBe(plain.length);
  for (const [at, row] of plain.entries()) {
    expect(scaled[at]).toMatchObject({ fn: row.fn, kind: row.kind, delta: row.delta });
    expect(scaled[at]?.z).toBeCloseTo(row.z, 10);
    expect(scaled[at]?.interval[0]).toBeCloseTo(row.interval[0], 10);
    expect(scaled[at]?.interval[1]).toBeCloseTo(row.interval[1], 10);
  }
});

test.each([1, 10])('five samples on both sides together are enough for a row, each worth %d', (quantum) => {
  const names = (more: number) =>
    kinds({ 'main a': quantum }, { 'main a': quantum, 'main b': more * quantum }, { quantum }).map(
      ([fn]) => fn,
    );
  expect(names(4)).not.toContain('b');
  expect(names(5)).toContain('b');
});

test('half a point of share is worth a row', () => {
  const side = (value: number) => ({ 'main a': value, 'main b': 100_000 - value });
  expect(
    kinds(side(1_000), side(1_510))
      .map(([fn]) => fn)
      .sort(),
  ).toEqual(['a', 'b']);
  expect(kinds(side(1_000), side(1_490))).toEqual([]);
});

test('the culprit comes first, then what stands out, then what was diluted', () => {
  const before = { 'main a': 100, 'main b': 3_000, 'main c': 100, 'main d': 2_000 };
  const after = { 'main a': 4_000, 'main b': 3_000, 'main c': 400, 'main d': 900 };
  expect(kinds(before, after, { culprit: 'a' })).toEqual([
    ['a', 'grew', true],
    ['d', 'shrank', true],
    ['c', 'grew', true],
    ['b', 'diluted', true],
  ]);
});

test('a caller with a cost of its own is listed with its callee', () => {
  const [before, after] = [
    { 'main a b': 100, 'main a': 100, 'main rest': 800 },
    { 'main a b': 300, 'main a': 200, 'main rest': 500 },
  ];
  const names = kinds(before, after).map(([fn]) => fn);
  expect(names.sort()).toEqual(['a', 'b', 'rest']);
});

test('a fall is diluted unless it stands out outside the culprit', () => {
  const nameFall = (b: number) =>
    movers(
      { 'main a': 200, 'main b': 300, 'main c': 500 },
      { 'main a': 1_200, 'main b': b, 'main c': 500 },
      { culprit: 'a' },
    ).find(({ fn }) => fn === 'b')?.kind;
  expect(nameFall(300)).toBe('diluted');
  expect(nameFall(260)).toBe('diluted');
  expect(nameFall(150)).toBe('shrank');
});

test('rows with one change of share come in the order of their functions', () => {
  const before = { 'main z': 400, 'main y': 400, 'main x': 400, 'main rest': 800 };
  const after = { 'main z': 300, 'main y': 300, 'main x': 300, 'main rest': 1_100 };
  const rows = movers(before, after).filter(({ fn }) => fn !== 'rest' && fn !== 'main');
  expect(rows.map(({ fn }) => fn)).toEqual(['x', 'y', 'z']);
});
