import { describe, expect, test } from 'vitest';
import {
  contrast,
  findFunction,
  getName,
  type Sides,
  type Stacks,
} from '../../../../test/support/contrast.js';
import { growthPath } from './path.js';

function path(before: Stacks, after: Stacks, name: string, load = 1, sides?: Sides) {
  const contrasted = contrast(before, after, sides);
  const { functions, at } = growthPath(contrasted, findFunction(contrasted, name), load);
  return { path: functions.map((fn) => getName(contrasted, fn)).join(' '), at };
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

  test('a callee that grew by more than the whole is the measure of those below it', () => {
    const before = { 'main price old': 40 };
    const after = { 'main price load a': 45, 'main price load b': 28, 'main price load c': 27 };
    // The whole grew by 60, of which 45 are three quarters; of the 100 below `load` they are less than half.
    expect(path(before, after, 'price')).toEqual({ path: 'main price load a', at: 1 });
    const contrasted = contrast(before, after);
    expect(growthPath(contrasted, findFunction(contrasted, 'price'), 1)).toMatchObject({
      kept: 2,
      leafPart: 0.45,
    });
  });

  test.each<[string, Stacks, string, number, number]>([
    ['a leaf that half of it reaches', { 'main price a b': 60, 'main price c': 40 }, 'price a b', 2, 0.6],
    [
      'a leaf with 47 % below a callee that keeps more',
      { 'main price a b c': 47, 'main price a d': 13, 'main price e': 40 },
      'price a b c',
      1,
      0.47,
    ],
    [
      'the largest leaf where no callee keeps half',
      { 'main price a x': 15, 'main price b y z': 45, 'main price c': 40 },
      'price b y z',
      0,
      0.45,
    ],
    [
      'a leaf that many callees reach',
      { 'main price a copy': 15, 'main price b copy': 20, 'main price c copy': 25, 'main price d': 40 },
      'price c copy',
      0,
      0.25,
    ],
    [
      'the function itself, which now and then calls itself through another one',
      { 'main price': 60, 'main price a price': 5, 'main price b': 35 },
      'price',
      0,
      0.6,
    ],
    [
      'the function itself, where as much ends in a call of itself through another one',
      { 'main price': 30, 'main price a price': 30, 'main price b': 40 },
      'price',
      0,
      0.3,
    ],
    [
      'a call of itself through another one, where most of it ends there',
      { 'main price': 20, 'main price a price': 45, 'main price b': 35 },
      'price a price',
      0,
      0.45,
    ],
    ['the function itself', { 'main price': 45, 'main price a': 30, 'main price b': 25 }, 'price', 0, 0.45],
    [
      'the last callee that keeps half, where all leaves are small',
      {
        'main price a b': 15,
        'main price a c': 19,
        'main price a d': 19,
        'main price a e': 15,
        'main price f': 32,
      },
      'price a',
      1,
      0,
    ],
    [
      'no leaf that many callees reach with little each',
      {
        'main price a copy': 12,
        'main price b copy': 13,
        'main price c copy': 14,
        'main price d copy': 15,
        'main price e': 14,
        'main price f': 14,
      },
      'price d copy',
      0,
      0,
    ],
    [
      'a callee that keeps exactly half',
      { 'main price a': 26, 'main price a b': 12, 'main price a c': 12, 'main price d': 50 },
      'price a',
      1,
      0.26,
    ],
    [
      'a leaf in which exactly a fifth ends',
      {
        'main price a': 20,
        'main price b': 16,
        'main price c': 16,
        'main price d': 16,
        'main price e': 16,
        'main price f': 16,
      },
      'price a',
      0,
      0.2,
    ],
    [
      'no leaf outside the callee that keeps half',
      { 'main price a b': 25, 'main price a c': 30, 'main price d': 45 },
      'price a c',
      1,
      0.3,
    ],
  ])('below the function it goes to %s', (_name, after, below, keptBelow, leafPart) => {
    const contrasted = contrast({ main: 1 }, after);
    const grown = growthPath(contrasted, findFunction(contrasted, 'price'), 1);
    expect(
      grown.functions
        .slice(1)
        .map((fn) => getName(contrasted, fn))
        .join(' '),
    ).toBe(below);
    expect(grown.kept - grown.at).toBe(keptBelow);
    expect(grown.leafPart).toBeCloseTo(leafPart, 6);
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
    expect(growthPath(contrasted, 99, 1)).toEqual({ functions: [], at: -1, kept: -1, leafPart: 0 });
    const empty = contrast({}, {});
    expect(growthPath(empty, 0, 1)).toEqual({ functions: [], at: -1, kept: -1, leafPart: 0 });
  });

  test('a function that is gone has the path that it had', () => {
    expect(path({ 'main serve old': 10 }, { 'main serve': 3 }, 'old')).toEqual({
      path: 'main serve old',
      at: 2,
    });
  });
});

describe('an entry point', () => {
  const grown = (after: Stacks, name: string, below = true) => {
    const contrasted = contrast({}, after);
    const { functions, at, kept, leafPart } = growthPath(
      contrasted,
      findFunction(contrasted, name),
      1,
      below,
    );
    return { path: functions.map((fn) => getName(contrasted, fn)).join(' '), at, kept, leafPart };
  };

  test('is followed as any other function is', () => {
    expect(grown({ 'price a': 40, 'price b': 35, 'price c': 25 }, 'price')).toEqual({
      path: 'price a',
      at: 0,
      kept: 0,
      leafPart: 0.4,
    });
  });

  test('is marked where it is met first, if it calls itself through others', () => {
    expect(grown({ 'walk visit walk': 9 }, 'walk')).toMatchObject({ path: 'walk visit walk', at: 0 });
  });

  test('of another stack is on no path of it', () => {
    expect(grown({ poll: 1, accept: 10 }, 'accept')).toMatchObject({ path: 'accept', leafPart: 1 });
    expect(grown({ poll: 1, accept: 10 }, 'poll')).toMatchObject({ path: 'poll', leafPart: 1 });
  });

  test('that ends its path burns nothing there, unless what is below it is asked for', () => {
    expect(grown({ price: 10 }, 'price', false).leafPart).toBe(0);
    expect(grown({ price: 10 }, 'price').leafPart).toBe(1);
  });
});

test('a baseline of several profiles counts as one of them', () => {
  const contrasted = contrast({ price: 10 }, { price: 10 }, { profiles: [2, 1] });
  expect(growthPath(contrasted, findFunction(contrasted, 'price'), 0.5).leafPart).toBe(1);
});

test('a baseline without a profile takes nothing from the leaf', () => {
  const contrasted = contrast({ price: 10 }, { price: 10 }, { profiles: [0, 1] });
  expect(growthPath(contrasted, findFunction(contrasted, 'price'), 1).leafPart).toBe(1);
});

test('a side without a profile adds no growth, and takes none away', () => {
  const before = { 'main big price': 900, 'main small price': 10 };
  const after = { 'main big price': 1_000, 'main small price': 400 };
  expect(path(before, after, 'price', 1, { profiles: [0, 1] }).path).toBe('main big price');
  expect(path(before, after, 'price', 1, { profiles: [3, 3] }).path).toBe('main small price');
  expect(path(before, after, 'price', 1, { profiles: [1, 0] }).path).toBe('main small price');
});

test('ways of one weight are taken in the order of their functions', () => {
  const before = { 'main other': 10 };
  expect(path({}, { 'a c b': 20, b: 20 }, 'b').path).toBe('a c b');
  expect(path({}, { b: 20, 'a c b': 20 }, 'b').path).toBe('a c b');
  expect(path(before, { 'main z price': 50, 'main b price': 50 }, 'price').path).toBe('main b price');
  expect(path(before, { 'main price z y': 24, 'main price b c': 24, 'main price': 52 }, 'price').path).toBe(
    'main price',
  );
});

test('without what is below it a path ends with the function', () => {
  const contrasted = contrast({ 'main price a': 10 }, { 'main price a': 90 });
  const { functions, at, kept } = growthPath(contrasted, findFunction(contrasted, 'price'), 1, false);
  expect(functions.map((fn) => getName(contrasted, fn))).toEqual(['main', 'price']);
  expect([at, kept]).toEqual([1, 1]);
});
