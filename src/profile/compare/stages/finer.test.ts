import { expect, test } from 'vitest';
import { contrast } from '../../../../test/support/contrast.js';
import { finerLevels } from './finer.js';

test('levels of finer parts have the share of own code of the part that they are of', () => {
  // Own code is a quarter of the samples of the first part, and all of the second.
  const { joined, before, after } = contrast({ 'main serve': 100, 'runtime.gc': 300 }, { 'main serve': 50 });
  const universe = { nameable: joined.application, population: 'application' } as const;
  const none = { ...before, costs: { ...before.costs, total: 0, application: 0 } };
  const parts = [before, after, none, after].map(({ costs }, part) => ({ costs, profiles: 1, part }));
  const finer = [
    [
      { value: 160, profiles: 1 },
      { value: 240, profiles: 2 },
    ],
    [{ value: 50, profiles: 3 }],
    [{ value: 9, profiles: 4 }],
  ];
  expect(finerLevels(universe, parts, finer)).toEqual([
    { value: 40, profiles: 1 },
    { value: 60, profiles: 2 },
    { value: 50, profiles: 3 },
    { value: 0, profiles: 4 },
  ]);
});
