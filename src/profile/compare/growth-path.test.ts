import { describe, expect, test } from 'vitest';
import { contrast, fnOf, nameOf, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { profileOf } from '../../../test/support/profiles.js';
import { busiestLine, growthPath } from './growth-path.js';

function path(before: Stacks, after: Stacks, name: string, load = 1, sides?: Sides) {
  const contrasted = contrast(before, after, sides);
  const { functions, at } = growthPath(contrasted, fnOf(contrasted, name), load);
  return { path: functions.map((fn) => nameOf(contrasted, fn)).join(' '), at };
}

describe('growthPath', () => {
  test('the caller with most growth at each level, then the callees that keep half of it', () => {
    const before = { 'main a price lib.x': 100, 'main b price lib.x': 100, 'main c': 500 };
    const after = {
      'main a price lib.x': 110,
      'main b price lib.x': 200,
      'main b price lib.y': 20,
      'main c': 900,
    };
    expect(path(before, after, 'price')).toEqual({ path: 'main b price lib.x', at: 2 });
  });

  test('a large caller that did not grow is not on it', () => {
    const before = { 'main big price': 1000, 'main small price': 10 };
    const after = { 'main big price': 1000, 'main small price': 200 };
    expect(path(before, after, 'price').path).toBe('main small price');
  });

  test('the load is taken out', () => {
    const before = { 'main big price': 1000, 'main small price': 10 };
    const after = { 'main big price': 2000, 'main small price': 210 };
    expect(path(before, after, 'price', 1).path).toBe('main big price');
    expect(path(before, after, 'price', 2).path).toBe('main small price');
    expect(path(before, after, 'price', 1, { profiles: [1, 2] }).path).toBe('main small price');
  });

  test('below the function it ends where the growth spreads', () => {
    const spread = { 'main price a': 40, 'main price b': 40, 'main price c': 40 };
    expect(path({ main: 1 }, spread, 'price').path).toBe('main price');
  });

  test('direct recursion is folded, indirect shown; the function is marked where it is met first', () => {
    expect(path({ main: 1 }, { 'main walk walk walk leaf': 9 }, 'walk')).toEqual({
      path: 'main walk leaf',
      at: 1,
    });
    expect(path({ main: 1 }, { 'main walk visit walk leaf': 9 }, 'walk')).toEqual({
      path: 'main walk visit walk leaf',
      at: 1,
    });
  });

  test('a function on neither side has no path', () => {
    const contrasted = contrast({ main: 1 }, { main: 2 });
    expect(growthPath(contrasted, 99, 1)).toEqual({ functions: [], at: -1 });
    const empty = contrast({}, {});
    expect(growthPath(empty, 0, 1)).toEqual({ functions: [], at: -1 });
  });

  test('a function that is gone has the path that it had', () => {
    expect(path({ 'main serve old': 10 }, { 'main serve': 3 }, 'old')).toEqual({
      path: 'main serve old',
      at: 2,
    });
  });
});

describe('busiestLine', () => {
  test('the line with most value; each stack counts once', () => {
    const at = (line: number) => ({ name: 'price', file: '/src/price.go', line });
    const profile = profileOf([[at(3)], 5], [[at(7), 'x'], 4], [[at(7), 'y'], 4], [[at(9), at(9)], 6]);
    const contrasted = contrast(profile, profile);
    expect(busiestLine(contrasted, [0, 1], fnOf(contrasted, 'price'))).toBe(7);
  });

  test('the lower one of two that tie, and 0 where none is known', () => {
    const tie = profileOf([[{ name: 'f', line: 9 }], 5], [[{ name: 'f', line: 2 }], 5], [['g'], 1]);
    const contrasted = contrast(tie, tie);
    expect(busiestLine(contrasted, [0], fnOf(contrasted, 'f'))).toBe(2);
    expect(busiestLine(contrasted, [0], fnOf(contrasted, 'g'))).toBe(0);
    expect(busiestLine(contrasted, [], fnOf(contrasted, 'f'))).toBe(0);
  });
});
