import { describe, expect, test } from 'vitest';
import { contrast, fnOf, nameOf, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { universesOf } from '../contrast/contrast.js';
import { findCulprit } from './culprit.js';
import { changedEntries, entryPointsOf, isMixOfRequests } from './entries.js';

/** A service with a middleware around two handlers, each with a large part and several small ones. */
const CALM = {
  'runtime.serve access runtime.mux show lib.template': 400,
  'runtime.serve access runtime.mux show encode': 60,
  'runtime.serve access runtime.mux save validate': 400,
  'runtime.serve access runtime.mux save decode': 60,
  'runtime.serve': 80,
  'runtime.gc': 100,
};

const times = (stacks: Stacks, handler: string, factor: number): Stacks =>
  Object.fromEntries(
    Object.entries(stacks).map(([stack, value]) => [stack, stack.includes(handler) ? value * factor : value]),
  );

function entries(before: Stacks, after: Stacks, sides: Sides = {}) {
  const contrasted = contrast(before, after, sides);
  return { contrasted, points: entryPointsOf(contrasted) };
}

describe('entryPointsOf', () => {
  test('the outermost own frames, without the middleware around all of them', () => {
    const { contrasted, points } = entries(CALM, CALM);
    expect(points.map(({ fn }) => nameOf(contrasted, fn)).sort()).toEqual(['save', 'show']);
    expect(points.map(({ before, after }) => [before, after])).toEqual([
      [460, 460],
      [460, 460],
    ]);
  });

  test('a service with one way in has none to tell apart', () => {
    const one = {
      'runtime.serve access runtime.mux show lib.template': 400,
      'runtime.serve access show encode': 60,
    };
    expect(entries(one, one).points).toEqual([]);
  });

  test('costs are per profile', () => {
    const { points } = entries(CALM, times(CALM, 'serve', 3), { profiles: [1, 3] });
    expect(points.map(({ after }) => after)).toEqual([460, 460]);
  });
});

describe('isMixOfRequests', () => {
  test.each<[string, Stacks, string, boolean]>([
    ['all of a handler grew alike', times(CALM, ' save', 4), 'validate', true],
    ['one handler grew while the other fell', times(times(CALM, ' save', 4), ' show', 0.3), 'validate', true],
    [
      'only the large part of a handler grew',
      { ...CALM, 'runtime.serve access runtime.mux save validate': 1600 },
      'validate',
      false,
    ],
    [
      'the large part grew and the load of all, too',
      times({ ...CALM, 'runtime.serve access runtime.mux save validate': 1600 }, 'access', 2),
      'validate',
      false,
    ],
    [
      'a handler that was not there before',
      { ...CALM, 'runtime.serve access runtime.mux list scan': 500 },
      'scan',
      false,
    ],
    ['the handler itself, its callees alike', times(CALM, ' save', 4), 'save', true],
  ])('%s', (_, after, name, isMix) => {
    const { contrasted, points } = entries(CALM, after);
    expect(isMixOfRequests(contrasted, points, fnOf(contrasted, name))).toBe(isMix);
  });

  test('a handler that is one function only: others must have fallen meanwhile', () => {
    const thin = { 'runtime.serve show': 500, 'runtime.serve save': 500 };
    const alone = entries(thin, { ...thin, 'runtime.serve save': 2000 });
    expect(isMixOfRequests(alone.contrasted, alone.points, fnOf(alone.contrasted, 'save'))).toBe(false);
    const exchanged = entries(thin, { 'runtime.serve save': 2000, 'runtime.serve show': 200 });
    expect(isMixOfRequests(exchanged.contrasted, exchanged.points, fnOf(exchanged.contrasted, 'save'))).toBe(
      true,
    );
  });
});

test('the mix has changed where a handler takes another part of what is served', () => {
  const calm = entries(CALM, CALM);
  expect(changedEntries(calm.contrasted, calm.points)).toEqual([]);
  const loaded = entries(CALM, times(CALM, 'serve', 3));
  expect(changedEntries(loaded.contrasted, loaded.points)).toEqual([]);
  const mixed = entries(CALM, times(CALM, ' save', 4));
  expect(
    changedEntries(mixed.contrasted, mixed.points)
      .map(({ fn }) => nameOf(mixed.contrasted, fn))
      .sort(),
  ).toEqual(['save', 'show']);
});

describe('universesOf', () => {
  const GATE = 4.1;
  const culprits = (before: Stacks, after: Stacks) => {
    const contrasted = contrast(before, after);
    return universesOf(contrasted).map((universe) =>
      nameOf(contrasted, findCulprit(contrasted, GATE, universe)?.fn),
    );
  };

  test('own code first, then own code among all that is served, then libraries', () => {
    const contrasted = contrast(CALM, CALM);
    expect(universesOf(contrasted).map(({ population }) => population)).toEqual([
      'application',
      'served',
      'served',
    ]);
  });

  test('a library without any own frame below the middleware is named in the last of them', () => {
    const after = { ...CALM, 'runtime.serve access lib.cors': 300 };
    expect(culprits(CALM, after)).toEqual([null, null, 'lib.cors']);
  });

  test('more load is no growth beside a framework that costs the same at any load', () => {
    const idle = { ...CALM, 'runtime.serve': 2000 };
    expect(culprits(idle, times(idle, 'access', 3))).toEqual([null, null, null]);
  });
});
