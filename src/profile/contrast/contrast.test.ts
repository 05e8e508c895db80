import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../test/support/contrast.js';
import {
  deviation,
  findUniverse,
  isIn,
  listUniverses,
  measureShareGrowth,
  measureShift,
  rankShifts,
  share,
  sumIn,
  totalPerProfile,
  totalShare,
} from './contrast.js';
import { normalDeviate, signedRoot } from './noise.js';

describe('findUniverse', () => {
  const sums = (contrasted: ReturnType<typeof contrast>) => {
    const universe = findUniverse(contrasted);
    return [sumIn(universe, contrasted.before.costs), sumIn(universe, contrasted.after.costs)];
  };

  test('is the stacks with own code, and only own functions can be named', () => {
    const contrasted = contrast(
      { 'main lib.parse': 8, 'runtime.gc': 2 },
      { 'main lib.parse': 8, 'runtime.gc': 9 },
    );
    expect(sums(contrasted)).toEqual([8, 8]);
    const universe = findUniverse(contrasted);
    expect(contrasted.joined.functions.filter((_, fn) => isIn(universe, fn)).map(({ name }) => name)).toEqual(
      ['main'],
    );
  });

  test('is all stacks where own code is less than a fifth of both sides together', () => {
    const contrasted = contrast({ main: 2, 'runtime.gc': 9 }, { main: 2, 'runtime.gc': 9 });
    expect(sums(contrasted)).toEqual([11, 11]);
    expect(isIn(findUniverse(contrasted), findFunction(contrasted, 'runtime.gc'))).toBe(true);
    expect(sums(contrast({ main: 2, 'runtime.gc': 8 }, { main: 2, 'runtime.gc': 8 }))).toEqual([2, 2]);
  });

  test('is all stacks where there is no own code at all, and nothing where there are no stacks', () => {
    expect(sums(contrast({ 'lib.a': 5 }, { 'runtime.b': 3 }))).toEqual([5, 3]);
    expect(sums(contrast({}, {}))).toEqual([0, 0]);
  });
});

describe('the universes in which a change is looked for', () => {
  const list = (stacks: Stacks) => {
    const contrasted = contrast(stacks, stacks);
    return listUniverses(contrasted).map((universe) => [
      universe.population,
      contrasted.joined.functions.filter((_, fn) => isIn(universe, fn)).map(({ name }) => name),
    ]);
  };

  test('own code among own code, among what is served, then libraries, then what runs beside them', () => {
    expect(list({ 'runtime.main serve lib.parse': 8, 'runtime.gc': 2 })).toEqual([
      ['application', ['serve']],
      ['served', ['serve']],
      ['served', ['lib.parse']],
      ['total', []],
    ]);
  });

  test('where nearly none is own code, it first among all code, libraries with it, and then all', () => {
    expect(list({ 'runtime.main serve lib.parse': 1, 'runtime.gc': 9 })).toEqual([
      ['total', ['serve']],
      ['total', ['lib.parse', 'serve']],
      ['total', ['lib.parse', 'runtime.gc', 'runtime.main', 'serve']],
    ]);
  });

  test('how much each of them costs', () => {
    const { before } = contrast({ 'runtime.main serve': 8, 'runtime.gc': 2 }, {});
    const costs = { ...before.costs, total: 10, served: 9, application: 8 };
    const sum = (population: 'application' | 'served' | 'total') =>
      sumIn({ nameable: null, population }, costs);
    expect([sum('application'), sum('served'), sum('total')]).toEqual([8, 9, 10]);
  });
});

test('the part of all active cost that a function holds, and its value per profile', () => {
  const { joined, before, after } = contrast(
    { 'main price lib.parse': 30, 'main stock': 70 },
    { 'main price': 5 },
    { profiles: [4, 0] },
  );
  const price = findFunction({ joined }, 'price');
  expect([totalShare(before, price), totalPerProfile(before, price)]).toEqual([0.3, 7.5]);
  expect([totalShare(after, price), totalPerProfile(after, price)]).toEqual([1, 0]);
  expect(measureShareGrowth({ before, after }, price)).toBeCloseTo(0.7);
  expect([totalShare(before, -1), totalPerProfile(before, -1)]).toEqual([0, 0]);
});

describe('shiftsOf', () => {
  const shifts = (contrasted: ReturnType<typeof contrast>) =>
    rankShifts(contrasted, findUniverse(contrasted)).map(({ fn, z }) => [
      getName(contrasted, fn),
      Math.sign(z),
    ]);

  test('growth and shrinkage, most outstanding first; callers of both do not differ', () => {
    expect(
      shifts(
        contrast(
          { 'main a': 100, 'main b': 300, 'main c': 600 },
          { 'main a': 300, 'main b': 150, 'main c': 550 },
        ),
      ),
    ).toEqual([
      ['a', 1],
      ['b', -1],
      ['c', -1],
    ]);
  });

  test('the largest distance first, of equal ones the first function', () => {
    expect(
      shifts(
        contrast(
          { 'main a': 100, 'main b': 100, 'main c': 400, 'main d': 400 },
          { 'main a': 160, 'main b': 40, 'main c': 250, 'main d': 550 },
        ),
      ),
    ).toEqual([
      ['c', -1],
      ['d', 1],
      ['b', -1],
      ['a', 1],
    ]);
    expect(
      shifts(contrast({ 'main b': 100, 'main a': 100, main: 99 }, { 'main b': 20, 'main a': 20, main: 259 })),
    ).toEqual([
      ['a', -1],
      ['b', -1],
    ]);
  });

  test('a change of exactly the smallest growth that is looked for counts', () => {
    const contrasted = contrast({ 'main a': 100, b: 300 }, { 'main a': 200, b: 200 });
    const names = (minGrowth: number) =>
      rankShifts({ ...contrasted, minGrowth }, findUniverse(contrasted)).map(({ fn }) =>
        getName(contrasted, fn),
      );
    expect([names(0.25), names(0.26)]).toEqual([['a', 'b', 'main'], []]);
  });

  test('fewer than 5 samples or 2 points of the active part are left out', () => {
    expect(shifts(contrast({ 'main b': 40 }, { 'main a': 4, 'main b': 36 }))).toEqual([['b', -1]]);
    expect(shifts(contrast({ 'main a': 500, b: 9500 }, { 'main a': 690, b: 9310 }))).toEqual([]);
    expect(shifts(contrast({ 'main b': 40 }, { 'main a': 5, 'main b': 35 })).map(([name]) => name)).toContain(
      'a',
    );
  });

  test('what one sample is worth decides, not the unit', () => {
    const contrasted = contrast({ 'main b': 40e7 }, { 'main a': 4e7, 'main b': 36e7 }, { quantum: 1e7 });
    expect(shifts(contrasted)).toEqual([['b', -1]]);
    const measure = (unit: number) => {
      const [before, after] = [
        { 'main a': 10 * unit, 'main b': 30 * unit },
        { 'main a': 25 * unit, 'main b': 15 * unit },
      ];
      const sides = contrast(before, after, { quantum: unit });
      return measureShift(sides, findUniverse(sides), findFunction(sides, 'b'));
    };
    expect(measure(1e7)).toBeCloseTo(measure(1), 9);
    expect(measure(1)).toBeLessThan(-3);
  });

  test('a function that is all of the universe has no share to change', () => {
    const contrasted = contrast({ main: 100 }, { main: 900 });
    expect(measureShift(contrasted, findUniverse(contrasted), findFunction(contrasted, 'main'))).toBe(0);
    expect(shifts(contrasted)).toEqual([]);
  });

  test('an empty side shows nothing', () => {
    expect(shifts(contrast({}, { main: 50 }))).toEqual([['main', 0]]);
    expect(shifts(contrast({}, {}))).toEqual([]);
  });
});

test('over-dispersion takes √φ of the distance, and few degrees of freedom some more', () => {
  const z = deviation([100, 1000], [160, 1000], { phi: 1, freedom: 1e9 });
  expect(deviation([100, 1000], [160, 1000], { phi: 4, freedom: 1e9 })).toBeCloseTo(z / 2, 3);
  expect(deviation([100, 1000], [160, 1000], { phi: 1, freedom: 10 })).toBeLessThan(0.9 * z);
});

test('a function can cost more than all own code where its name is not only the team’s: no distance is NaN', () => {
  expect(deviation([1500, 1000], [1500, 1000], { phi: 1, freedom: 20 })).toBe(0);
  expect(Number.isFinite(deviation([1500, 1000], [10, 1000], { phi: 1, freedom: 20 }))).toBe(true);
});

test('a share of nothing is 0', () => {
  expect([share(1, 4), share(0, 0), share(3, 0)]).toEqual([0.25, 0, 0]);
});

test('an estimated over-dispersion is trusted like one of 24 more degrees of freedom', () => {
  const root = signedRoot(100, 1_000, 200, 1_000, 1);
  expect(deviation([100, 1_000], [200, 1_000], { phi: 1, freedom: 16 })).toBeCloseTo(
    normalDeviate(root, 40),
    9,
  );
});
