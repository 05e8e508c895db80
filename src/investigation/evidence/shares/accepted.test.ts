import { describe, expect, test } from 'vitest';
import { contrast, findFunction } from '../../../../test/support/contrast.js';
import type { CodeChange } from '../../../profile/compare/analysis.js';
import type { Changes } from '../../../profile/compare/changes.js';
import type { ShareChange } from '../shares.js';
import { hasGrownAlone, sureGrowth } from './accepted.js';

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
