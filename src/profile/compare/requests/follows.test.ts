import { describe, expect, test } from 'vitest';
import { findFunction, profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { analyse } from '../analysis.js';
import { followsTime } from './follows.js';

type Counts = readonly [before: number, after: number];

function buildAnalysis([before, after]: readonly [Stacks, Stacks]) {
  const counted = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 1 });
  return analyse({ baseline: [counted(before)], incident: [counted(after)], slices: [], quantum: 1 });
}

/** Whether the amount of a function follows its time, both in samples before and after. */
function follows(time: Counts, amount: Counts): boolean {
  const side = (count: number): Stacks => ({ 'main show': count, 'main poll': 400 });
  const ofTime = buildAnalysis([side(time[0]), side(time[1])]);
  const ofAmount = buildAnalysis([side(amount[0]), side(amount[1])]);
  return followsTime(ofAmount, findFunction(ofAmount, 'show'), ofTime);
}

describe('an amount of a function rose, and so did its time: it was called more often', () => {
  test.each<{ what: string; time: Counts; amount: Counts; is: boolean }>([
    { what: 'as much as its time', time: [20_000, 60_000], amount: [20_000, 60_000], is: true },
    { what: 'less than its time', time: [20_000, 60_000], amount: [20_000, 40_000], is: true },
    { what: '1.24 times as much as its time', time: [20_000, 60_000], amount: [20_000, 74_400], is: true },
    { what: '1.26 times as much', time: [20_000, 60_000], amount: [20_000, 75_600], is: false },
    {
      // Over-dispersion is 1.5 where it is unknown: 2 · √(1.5 · (1/40 + 1/80 + 1/40 + 1/144)) = ln 1.91.
      what: 'beyond that, but as chance lets few samples differ',
      time: [40, 80],
      amount: [40, 144],
      is: true,
    },
    // 2 · √(1.5 · (1/40 + 1/80 + 1/40 + 1/160)) = ln 1.9.
    { what: 'beyond that by more than chance explains', time: [40, 80], amount: [40, 160], is: false },
  ])('$what: $is', ({ time, amount, is }) => {
    expect(follows(time, amount)).toBe(is);
  });

  test('the function is known by its name: it has other numbers in other types', () => {
    const time = buildAnalysis([{ 'bake show': 200 }, { 'bake show': 600 }]);
    const amount = buildAnalysis([{ 'audit show': 200 }, { 'audit show': 600 }]);
    const [inTime, inAmount] = [findFunction(time, 'bake'), findFunction(amount, 'audit')];
    expect([inTime, inAmount]).toEqual([0, 0]);
    expect(followsTime(amount, findFunction(amount, 'show'), time)).toBe(true);
    expect(followsTime(amount, inAmount, time)).toBe(false);
    expect(followsTime(time, inTime, time)).toBe(true);
  });
});

describe('its time does not tell that it was called more often', () => {
  // The amount rose as much as the time did, so that nothing else speaks against it.
  test.each<{ what: string; time: Counts; is: boolean }>([
    { what: 'a rise of a fifth', time: [10_000, 12_000], is: true },
    { what: 'less', time: [10_000, 11_990], is: false },
    { what: 'none', time: [10_000, 10_000], is: false },
    { what: '30 samples on each side', time: [30, 60], is: true },
    { what: 'fewer before', time: [29, 60], is: false },
    { what: 'none before', time: [0, 600], is: false },
  ])('$what: $is', ({ time, is }) => {
    expect(follows(time, time)).toBe(is);
  });

  test('it has none', () => {
    const time = buildAnalysis([{ 'main poll': 400 }, { 'main poll': 400 }]);
    const amount = buildAnalysis([{ 'main show': 200 }, { 'main show': 600 }]);
    expect(followsTime(amount, findFunction(amount, 'show'), time)).toBe(false);
  });
});
