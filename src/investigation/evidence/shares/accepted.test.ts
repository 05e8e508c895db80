import { describe, expect, test } from 'vitest';
import { contrast, findFunction } from '../../../../test/support/contrast.js';
import type { CodeChange } from '../../../profile/compare/analysis.js';
import type { Changes } from '../../../profile/compare/changes.js';
import { LEFT_AT_CALLER, MAX_CHANGES, MAX_MOVES } from '../../thresholds.js';
import type { ShareChange } from '../shares.js';
import {
  changeKeys,
  hasGrownAlone,
  isFull,
  isRemainder,
  replacedKeys,
  sourceOfMove,
  sureGrowth,
} from './accepted.js';

const culprit = (growth: number, z: number) => ({ fn: 0, load: 1, growth, z });

test.each([
  { what: 'all of it, nearly, of one beyond doubt', growth: 100, z: 410, expected: 99 },
  { what: 'half of it at twice the gate', growth: 100, z: 8.2, expected: 50 },
  { what: 'nothing at the gate', growth: 100, z: 4.1, expected: 0 },
  { what: 'nothing below it', growth: 100, z: 2, expected: 0 },
  { what: 'nothing of what does not stand out at all', growth: 100, z: 0, expected: 0 },
])('what of a growth is sure: $what', ({ growth, z, expected }) => {
  expect(sureGrowth(culprit(growth, z), 4.1)).toBeCloseTo(expected, 9);
});

test('a certain change comes before one that is larger and hardly stands out', () => {
  expect(sureGrowth(culprit(193, 12), 4.1)).toBeGreaterThan(sureGrowth(culprit(358, 4.8), 4.1));
});

describe('whether what seemed to move has grown, once other changes are left out', () => {
  const sides = contrast({ 'main page lib.scan': 100 }, { 'main page lib.render': 100, 'main other': 50 });
  const change = (name: string, growth: number, from: string | null = null) => ({
    contrast: sides,
    culprit: { fn: findFunction(sides, name), load: 1, growth, z: 9 },
    from: from === null ? null : findFunction(sides, from),
  });
  const move = change('lib.render', 100, 'lib.scan') as ShareChange;

  test.each([
    { what: 'it did itself', alone: change('lib.render', 100), grown: true },
    { what: 'its caller did by half of what moved', alone: change('page', 50), grown: true },
    { what: 'its caller did by less', alone: change('page', 49), grown: false },
    { what: 'another function did', alone: change('other', 100), grown: false },
    { what: 'it moved', alone: change('lib.render', 100, 'lib.scan'), grown: false },
    { what: 'nothing did', alone: null, grown: false },
  ])('$what: $grown', ({ alone, grown }) => {
    const found = alone as CodeChange | null;
    expect(hasGrownAlone(move, { overTime: found, inSlices: [] } as unknown as Changes)).toBe(grown);
    expect(hasGrownAlone(move, { overTime: null, inSlices: [null, found] } as unknown as Changes)).toBe(
      grown,
    );
  });
});

/** The number of no function. */
const NONE = 999;

describe('as many changes as are looked for', () => {
  const changes = (grown: number, moved: number) =>
    [...Array(grown).fill({ from: null }), ...Array(moved).fill({ from: 3 })] as ShareChange[];
  test.each([
    { what: 'all growths', grown: MAX_CHANGES, moved: 0, is: true },
    { what: 'all growths, and some moves', grown: MAX_CHANGES, moved: MAX_MOVES - 1, is: true },
    { what: 'all moves', grown: 0, moved: MAX_MOVES, is: true },
    { what: 'fewer of both', grown: MAX_CHANGES - 1, moved: MAX_MOVES - 1, is: false },
    { what: 'none', grown: 0, moved: 0, is: false },
  ])('$what: $is', ({ grown, moved, is }) => {
    expect(isFull(changes(grown, moved))).toBe(is);
  });
});

describe('functions that are left out', () => {
  const sides = contrast({ 'alpha page lib.scan': 100 }, { 'alpha page lib.render': 100, 'alpha other': 50 });
  const change = (fn: number, growth = 100, from: number | null = null) =>
    ({ contrast: sides, culprit: { fn, load: 1, growth, z: 9 }, from }) as ShareChange;
  const find = (name: string) => findFunction(sides, name);

  test('are those that changes are named after, and those below which a library was replaced', () => {
    expect(changeKeys([change(find('page')), change(NONE), change(find('other'))])).toHaveLength(2);
    expect(changeKeys([change(find('page'))])[0]).toContain('page');
    const replaced = [find('other'), NONE].map((fn) => ({ fn, before: 1, after: 1, isNearest: true }));
    expect(replacedKeys({ joined: sides.joined, replaced })).toEqual(changeKeys([change(find('other'))]));
  });

  test.each([
    { what: 'none, where nothing moved', from: null, source: null },
    { what: 'the one that lost the cost', from: 'lib.scan', source: 'lib.scan' },
    { what: 'the caller, which cannot be left out', from: 'page', source: 'caller' },
  ])('of a move are $what', ({ from, source }) => {
    const moved = change(find('lib.render'), 100, from === null ? null : find(from));
    expect(sourceOfMove(moved)).toBe(
      source === 'lib.scan' ? changeKeys([change(find('lib.scan'))])[0] : source,
    );
  });

  test('of a move are the caller, too, where that called it only before, or is not known', () => {
    const before = contrast({ 'alpha page lib.render': 100 }, { 'alpha lib.render': 100, 'alpha page': 1 });
    const [fn, from] = [findFunction(before, 'lib.render'), findFunction(before, 'page')];
    const moved = { contrast: before, culprit: { fn, load: 1, growth: 9, z: 9 }, from } as ShareChange;
    expect(sourceOfMove(moved)).toBe('caller');
    expect(sourceOfMove(change(find('lib.render'), 100, NONE))).toBe('caller');
  });

  test('an unknown function has not grown alone', () => {
    const found = { overTime: change(find('page')), inSlices: [] } as unknown as Changes;
    expect(hasGrownAlone(change(NONE), found)).toBe(false);
  });

  describe('a change is only what a caller has left of one that was found before', () => {
    const earlier = [change(find('lib.render'))];
    const half = LEFT_AT_CALLER * 100;
    test.each([
      { what: 'by less than half of that', name: 'page', growth: half - 1, is: true },
      { what: 'by half of it', name: 'page', growth: half, is: false },
      { what: 'by more', name: 'page', growth: half + 1, is: false },
      { what: 'where it is the first function of all', name: 'alpha', growth: half - 1, is: true },
      { what: 'not where it does not call it', name: 'other', growth: half - 1, is: false },
    ])('$what: $is', ({ name, growth, is }) => {
      expect(isRemainder(change(find(name), growth), earlier)).toBe(is);
      expect(isRemainder(change(find(name), growth), [change(find('lib.scan')), ...earlier])).toBe(is);
      expect(isRemainder(change(find(name), growth), [])).toBe(false);
    });

    test('not where it is not known, or was not there', () => {
      expect(find('alpha')).toBe(0);
      expect(isRemainder(change(NONE, 1), earlier)).toBe(false);
      const others = contrast({ 'alpha later': 1 }, { 'alpha later': 9 });
      const fn = findFunction(others, 'later');
      const later = { contrast: others, culprit: { fn, load: 1, growth: 1, z: 9 }, from: null };
      expect(isRemainder(later as ShareChange, earlier)).toBe(false);
    });
  });
});
