import { expect, test } from 'vitest';
import { findFunction, profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { analyse } from '../analysis.js';
import { followsTime } from './follows.js';

const CALM: Stacks = { 'main show': 200, 'main save': 300, 'main poll': 400 };
const times = (factor: number): Stacks => ({ ...CALM, 'main show': 200 * factor });

function buildAnalysis(before: Stacks, after: Stacks) {
  const counted = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 1 });
  return analyse({ baseline: [counted(before)], incident: [counted(after)], slices: [], quantum: 1 });
}

test.each([
  { what: 'as much as its time', time: times(3), amount: times(3), is: true },
  { what: 'a little more than its time', time: times(3), amount: times(3.5), is: true },
  { what: 'less than its time', time: times(3), amount: times(2), is: true },
  { what: 'far more than its time', time: times(2), amount: times(6), is: false },
  { what: 'while its time stayed', time: CALM, amount: times(3), is: false },
  { what: 'while it has no time', time: { 'main poll': 400 }, amount: times(3), is: false },
  {
    what: 'while its time is a few samples',
    time: { 'main show': 20, 'main poll': 400 },
    amount: times(3),
    is: false,
  },
])('an amount of a function rose $what: it follows the time: $is', ({ time, amount, is }) => {
  const scaled = buildAnalysis(time === CALM || time['main save'] !== undefined ? CALM : time, time);
  const amounts = buildAnalysis(CALM, amount);
  expect(followsTime(amounts, findFunction(amounts, 'show'), scaled)).toBe(is);
});
