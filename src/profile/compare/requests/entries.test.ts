import { describe, expect, test } from 'vitest';
import { contrast, getName, type Sides, type Stacks } from '../../../../test/support/contrast.js';
import { HANDLERS as CALM, times } from '../../../../test/support/handlers.js';
import { listUniverses } from '../../contrast/contrast.js';
import { findCulprit } from '../culprit.js';
import { changedEntries, findRequests } from './entries.js';

function requests(before: Stacks, after: Stacks, sides: Sides = {}) {
  const contrasted = contrast(before, after, sides);
  return { contrasted, ...findRequests(contrasted) };
}

describe('requestsOf', () => {
  test('the outermost own frames, without the middleware around all of them', () => {
    const { contrasted, points } = requests(CALM, CALM);
    expect(points.map(({ fn }) => getName(contrasted, fn)).sort()).toEqual(['save', 'show']);
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
    expect(requests(one, one).points).toEqual([]);
  });

  test('handlers that own middleware around all requests calls itself', () => {
    const direct = Object.fromEntries(
      Object.entries(CALM).map(([stack, value]) => [stack.replace(' runtime.mux', ''), value]),
    );
    const { contrasted, points } = requests(direct, direct);
    expect(points.map(({ fn }) => getName(contrasted, fn)).sort()).toEqual(['save', 'show']);
  });

  test('costs are per profile', () => {
    const { points } = requests(CALM, times(CALM, 'serve', 3), { profiles: [1, 3] });
    expect(points.map(({ after }) => after)).toEqual([460, 460]);
  });
});

test('the mix has changed where a handler takes another part of what is served', () => {
  const calm = requests(CALM, CALM);
  expect(changedEntries(calm.contrasted, calm)).toEqual([]);
  const loaded = requests(CALM, times(CALM, 'serve', 3));
  expect(changedEntries(loaded.contrasted, loaded)).toEqual([]);
  const mixed = requests(CALM, times(CALM, ' save', 4));
  expect(
    changedEntries(mixed.contrasted, mixed)
      .map(({ fn }) => getName(mixed.contrasted, fn))
      .sort(),
  ).toEqual(['save', 'show']);
});

describe('universesOf', () => {
  const GATE = 4.1;
  const culprits = (before: Stacks, after: Stacks) => {
    const contrasted = contrast(before, after);
    return listUniverses(contrasted).map((universe) =>
      getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn),
    );
  };

  test('own code first, then own code among all that is served, then libraries', () => {
    const contrasted = contrast(CALM, CALM);
    expect(listUniverses(contrasted).map(({ population }) => population)).toEqual([
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
