import { describe, expect, test } from 'vitest';
import { findStall } from './stalled-round.js';

/** Rounds of two profiles in which so many seconds were waited for each profile. */
const rounds = (...seconds: number[]) => seconds.map((each) => ({ value: 2 * each, profiles: 2 }));

describe('one round of long waits', () => {
  test.each<[string, number[], number, [number, number] | null]>([
    ['in the middle', [0.1, 0.1, 0.1, 9, 0.1, 0.1], 1, [3, 3]],
    ['in the first round', [9, 0.1, 0.1, 0.1, 0.1], 1, [0, 0]],
    ['next to a wait that rose by less than contention does', [0.1, 0.2, 9, 0.2, 0.3], 1, [2, 2]],
    ['in the last round, in which a change may begin', [0.1, 0.1, 0.1, 0.1, 9], 1, null],
    ['of four', [0.1, 9, 0.1, 0.1], 1, null],
    ['of five', [0.1, 9, 0.1, 0.1, 0.1], 1, [1, 1]],
    ['and a second one', [0.1, 9, 0.1, 9, 0.1, 0.1, 0.1, 0.1], 1, null],
    ['and the one after it, of a single instance', [0.1, 9, 9, 0.1, 0.1, 0.1, 0.1, 0.1], 1, null],
    [
      'and the one after it, whose profiles see the same stall',
      [0.1, 9, 9, 0.1, 0.1, 0.1, 0.1, 0.1],
      2,
      [1, 2],
    ],
    ['and the one after it, of seven', [0.1, 9, 9, 0.1, 0.1, 0.1, 0.1], 2, null],
    ['and the last', [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 9, 9], 2, null],
    ['that is all there is', [0, 0, 9, 0, 0, 0], 1, [2, 2]],
    ['next to rounds that hold a quarter of what was added', [0.2, 0.2, 1.7, 0.2, 0.2], 1, [2, 2]],
    ['next to rounds that hold more of what was added', [0.2, 0.2, 1.6, 0.2, 0.2], 1, null],
    ['the worst of a rise that all rounds show', [0.24, 0.24, 0.3, 0.24, 0.24], 1, null],
    ['where waiting stays higher without it', [0.3, 0.3, 9, 0.3, 0.3, 0.3], 1, null],
  ])('%s', (_, seconds, instances, expected) => {
    const stall = findStall(rounds(...seconds), 0.1, instances);
    expect(stall === null ? null : [stall.first, stall.last]).toEqual(expected);
  });

  test('is told by the waiting of all other profiles', () => {
    expect(findStall(rounds(0.1, 0.1, 9, 0.2, 0.2), 0.1, 1)?.usual).toBeCloseTo(0.15, 9);
  });

  test('of several the plainest is taken', () => {
    expect(findStall(rounds(0.1, 0.5, 9, 0.1, 0.1, 0.1), 0.1, 1)).toMatchObject({ first: 2 });
  });
});
