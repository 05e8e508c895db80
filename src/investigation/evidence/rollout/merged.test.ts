import { describe, expect, test } from 'vitest';
import { countTurns, isSame } from './merged.js';

/** Profiles of instances that send every minute, each at a second of its own, with some seconds of chance. */
function listTimes(phases: readonly number[], jitter: readonly number[] = [0], rounds = 12): number[] {
  return Array.from({ length: rounds }, (_, round) =>
    phases.map((phase, at) => 60 * round + phase + (jitter[(round + at) % jitter.length] ?? 0)),
  )
    .flat()
    .sort((a, b) => a - b);
}

describe('after how many profiles the next one of an instance comes', () => {
  test.each([
    { what: 'one instance', times: listTimes([10]), turns: 1 },
    { what: 'one that is late by chance', times: listTimes([10], [0, 9, 3, 6, 1]), turns: 1 },
    { what: 'two', times: listTimes([0, 20]), turns: 2 },
    { what: 'three', times: listTimes([0, 8, 35]), turns: 3 },
    { what: 'three with a second of chance', times: listTimes([0, 8, 35], [0, 1]), turns: 3 },
    {
      what: 'two evenly apart, which look like one that sends twice as often',
      times: listTimes([0, 30]),
      turns: 1,
    },
    { what: 'too few rounds to tell', times: listTimes([0, 20], [0], 3), turns: 1 },
    { what: 'as many rounds as tell', times: listTimes([0, 20], [0], 4), turns: 2 },
    { what: 'none', times: [], turns: 1 },
  ])('$what: $turns', ({ times, turns }) => {
    expect(countTurns(times)).toBe(turns);
  });

  test('a missing profile changes nothing', () => {
    const times = listTimes([0, 20]).filter((_, at) => at !== 7);
    expect(countTurns(times)).toBe(2);
  });
});

test.each([
  [{}, {}, true],
  [{ version: '1' }, { version: '1' }, true],
  [{ version: '1' }, { version: '2' }, false],
  [{ version: '1' }, {}, false],
  [{}, { version: '1' }, false],
])('labels %o and %o are the same: %s', (one, other, expected) => {
  expect(isSame(one, other)).toBe(expected);
});
