import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { testComposition } from './composition.js';
import { findRequests } from './entries.js';
import { type Stratum, shiftWithin } from './strata.js';

const stratum = (all: [number, number], through: [number, number]): Stratum => ({
  all,
  through,
  above: [0, 0],
});

describe('shiftWithin', () => {
  test.each([
    {
      what: 'the same share in every kind, however the kinds changed',
      strata: [stratum([100, 1000], [50, 500]), stratum([1000, 100], [10, 1])],
      z: 0,
    },
    {
      // By hand: (80 − 50) / √(100 · 100 · 100 · 100 / (200² · 199)).
      what: 'a larger share in one kind',
      strata: [stratum([100, 100], [20, 80])],
      z: 30 / Math.sqrt((10_000 * 10_000) / (40_000 * 199)),
    },
    { what: 'a kind that is on one side only', strata: [stratum([0, 100], [0, 80])], z: 0 },
  ])('$what', ({ strata, z }) => {
    expect(shiftWithin(strata, 1)).toBeCloseTo(z, 6);
    expect(shiftWithin(strata, 4)).toBeCloseTo(z / 2, 6);
  });
});

describe('testComposition', () => {
  const CALM: Stacks = {
    'runtime.serve show render': 100,
    'runtime.serve show encode': 100,
    'runtime.serve show encode lib.write': 100,
    'runtime.serve show': 100,
    'runtime.serve save store': 400,
  };
  const of = (after: Stacks) => {
    const contrasted = contrast(CALM, after);
    return testComposition(
      contrasted,
      findRequests(contrasted).entryOfStack,
      findFunction(contrasted, 'show'),
    );
  };

  test('parts are own functions and what they call', () => {
    expect(of(CALM)).toEqual({ parts: 4, diversity: 4, isAlike: true });
  });

  test('more of all is alike, more of one is not', () => {
    const more = times(CALM, 'show', 3);
    expect(of(more).isAlike).toBe(true);
    expect(of({ ...more, 'runtime.serve show render': 900 }).isAlike).toBe(false);
  });

  test.each([
    ['2.9 points more of the kind explain nothing of its growth', 0.029, true],
    ['3.1 points do', 0.031, false],
  ])('of a long window, where noise is small, %s', (_, points, isAlike) => {
    const long = times(CALM, 'runtime', 1_000);
    const [whole, part] = [400_000, 100_000];
    const added = (whole * points) / (1 - part / whole - points);
    const contrasted = contrast(long, { ...long, 'runtime.serve show render': part + added });
    const entry = findFunction(contrasted, 'show');
    expect(testComposition(contrasted, findRequests(contrasted).entryOfStack, entry).isAlike).toBe(isAlike);
  });
});
