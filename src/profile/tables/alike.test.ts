import { describe, expect, test } from 'vitest';
import { random } from '../../../test/support/generate-profile.js';
import { areAlike } from './alike.js';

describe('shares of groups', () => {
  test.each<[string, [number, number][], boolean]>([
    [
      'the same',
      [
        [20, 100],
        [40, 200],
      ],
      true,
    ],
    [
      'a canary',
      [
        [157, 211],
        [165, 410],
      ],
      false,
    ],
    [
      'few samples',
      [
        [2, 10],
        [5, 10],
      ],
      true,
    ],
    [
      'none at all',
      [
        [0, 100],
        [0, 100],
      ],
      true,
    ],
    [
      'all of each',
      [
        [10, 10],
        [9, 9],
      ],
      true,
    ],
    [
      'only in one of three',
      [
        [30, 100],
        [0, 100],
        [0, 100],
      ],
      false,
    ],
    ['one group', [[1, 10]], true],
    [
      'groups without samples',
      [
        [1, 10],
        [0, 0],
      ],
      true,
    ],
  ])('%s', (_what, groups, alike) => {
    expect(areAlike(groups.map(([counted, all]) => ({ counted, all })))).toBe(alike);
  });
});

test.each([2, 3, 5])('%i equal groups are told apart in less than 1 %%', (size) => {
  const next = random(3);
  let rejected = 0;
  for (let run = 0; run < 2_000; run++) {
    const counts = Array.from({ length: size }, () => {
      const all = 40 + Math.floor(100 * next());
      return { all, counted: Array.from({ length: all }, next).filter((at) => at < 0.2).length };
    });
    if (!areAlike(counts)) rejected++;
  }
  expect(rejected / 2_000).toBeLessThan(0.01);
});
