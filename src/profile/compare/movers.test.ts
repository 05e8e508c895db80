import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Sides, type Stacks } from '../../../test/support/contrast.js';
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
