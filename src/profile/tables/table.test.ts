import { describe, expect, test } from 'vitest';
import { buildProfile, findId } from '../../../test/support/profiles.js';
import type { Profile } from '../model.js';
import { functionTable, rankFunctions } from './table.js';

function row(profile: Profile, name: string) {
  const { self, totals, lines } = functionTable(profile);
  const id = findId(profile, name);
  return { self: self[id], total: totals[id], line: lines[id] };
}

describe('functionTable', () => {
  test('a function that calls itself, directly or through another, counts once per stack', () => {
    const profile = buildProfile([['main', 'walk', 'walk', 'visit', 'walk'], 8], [['main', 'visit'], 2]);
    expect(row(profile, 'walk')).toMatchObject({ self: 8, total: 8 });
    expect(row(profile, 'visit')).toMatchObject({ self: 2, total: 10 });
    expect(row(profile, 'main')).toMatchObject({ self: 0, total: 10 });
  });

  test('the line is the one with most of the own cost', () => {
    const at = (line: number) => ({ name: 'work', file: 'w.go', line });
    const profile = buildProfile([[at(1)], 2], [[at(2)], 3], [[at(9), 'leaf'], 50]);
    expect(row(profile, 'work').line).toBe(2);
  });

  test('without own cost the line is the one with most of the total', () => {
    const at = (line: number) => ({ name: 'work', file: 'w.go', line });
    const profile = buildProfile([[at(1), 'leaf'], 2], [[at(9), 'leaf'], 50]);
    expect(row(profile, 'work').line).toBe(9);
  });

  test('equal lines: the first; no known line: 0', () => {
    const at = (line: number) => ({ name: 'work', file: 'w.go', line });
    expect(row(buildProfile([[at(7)], 2], [[at(3)], 2]), 'work').line).toBe(3);
    expect(row(buildProfile([['work'], 2]), 'work').line).toBe(0);
    expect(row(buildProfile([['work'], 9], [[at(3)], 2]), 'work').line).toBe(0);
  });

  test('a profile without stacks has a total of 0', () => {
    expect(functionTable(buildProfile())).toMatchObject({ total: 0 });
  });
});

describe('rankFunctions', () => {
  const profile = buildProfile([['main', 'b'], 5], [['main', 'a'], 5], [['main', 'c', 'd'], 4], [['c'], 1]);
  const ranked = (by: 'self' | 'total') =>
    rankFunctions(profile, functionTable(profile), by).map((id) => profile.functions[id]?.name);

  test('by own cost, then by total, then by name; functions without are left out', () => {
    expect(ranked('self')).toEqual(['a', 'b', 'd', 'c']);
  });

  test('by total', () => {
    expect(ranked('total')).toEqual(['main', 'a', 'b', 'c', 'd']);
  });
});
