import { expect, test } from 'vitest';
import type { Level } from '../leak.js';
import { growsFromStart, type InstanceCourse, spreadOfLeak } from './leak-spread.js';

/** Scatter of levels around a straight line, without a slope of its own. */
const SCATTER = [1, -1, -1, 1, 1, -1, -1, 1];

/** Levels of eight minutes that rise by so much each. */
function levels(rise: number, { from = 100, scatter = 0.1, count = 8 } = {}): Level[] {
  return Array.from({ length: count }, (_, at) => ({
    time: at,
    value: from + rise * at + scatter * (SCATTER[at] ?? 0),
  }));
}

const course = (
  instance: string,
  of: readonly Level[],
  more: Partial<InstanceCourse> = {},
): InstanceCourse => ({
  instance,
  past: [],
  levels: of,
  hasLeft: false,
  ...more,
});
const LEAKS = course('a', levels(10));

test.each<[string, InstanceCourse, 'growing' | 'still' | 'unclear' | null]>([
  ['as fast', course('b', levels(10)), 'growing'],
  ['as fast, from a far larger level', course('b', levels(10, { from: 900 })), 'growing'],
  ['with a tenth of the traffic', course('b', levels(1.01)), 'growing'],
  ['by less than a tenth', course('b', levels(0.99)), 'still'],
  ['not at all', course('b', levels(0)), 'still'],
  ['not, but falls', course('b', levels(-10)), 'still'],
  ['in four snapshots', course('b', levels(10, { count: 4 })), 'growing'],
  ['in three snapshots, which tell nothing', course('b', levels(10, { count: 3 })), 'unclear'],
  ['not in four snapshots', course('b', levels(0, { count: 4 })), 'still'],
  ['not in three snapshots, which tell nothing', course('b', levels(0, { count: 3 })), 'unclear'],
  ['by less than it scatters', course('b', levels(4, { scatter: 40 })), 'unclear'],
  ['by more than it scatters', course('b', levels(4, { scatter: 6 })), 'growing'],
  ['as fast as it always did', course('b', levels(4), { past: levels(2.01) }), 'unclear'],
  ['more than twice as fast as it always did', course('b', levels(4), { past: levels(1.99) }), 'growing'],
  ['slowly, as it always did', course('b', levels(2), { past: levels(2) }), 'still'],
  ['from a past of too few snapshots', course('b', levels(4), { past: levels(4, { count: 3 }) }), 'growing'],
  ['from a past of four snapshots', course('b', levels(4), { past: levels(4, { count: 4 }) }), 'unclear'],
  ['not, on a level without scatter', course('b', levels(0, { scatter: 0 })), 'still'],
  ['and left', course('b', levels(10), { hasLeft: true }), 'growing'],
  ['not, and left: of the version before', course('b', levels(0), { hasLeft: true }), null],
  ['in three snapshots, and left', course('b', levels(10, { count: 3 }), { hasLeft: true }), null],
])('next to an instance that leaks another one grows %s', (_, other, expected) => {
  const { growing, still, unclear } = spreadOfLeak([LEAKS, other]);
  expect(growing).toEqual(expected === 'growing' ? ['a', 'b'] : ['a']);
  expect(still).toEqual(expected === 'still' ? ['b'] : []);
  expect(unclear).toEqual(expected === 'unclear' ? ['b'] : []);
});

test('an instance lies still below a quarter of the fastest rate, by one standard error', () => {
  // The past makes it none that grows.
  const slow = (rise: number) => course('b', levels(rise, { scatter: 0.001 }), { past: levels(rise) });
  expect(spreadOfLeak([LEAKS, slow(2.49)]).still).toEqual(['b']);
  expect(spreadOfLeak([LEAKS, slow(2.51)]).unclear).toEqual(['b']);
  const rough = course('b', levels(2.3, { scatter: 6 }), { past: levels(2.3) });
  expect(spreadOfLeak([LEAKS, rough]).unclear).toEqual(['b']);
});

test('the fastest rate is that of an instance that grows', () => {
  const swinging = course('b', levels(50, { scatter: 400 }));
  const slow = course('c', levels(3));
  expect(spreadOfLeak([LEAKS, swinging, slow]).growing).toEqual(['a', 'c']);
});

test('where nothing is known to grow, nothing is told', () => {
  expect(spreadOfLeak([course('a', levels(0)), course('b', levels(0))])).toEqual({
    growing: [],
    still: [],
    unclear: ['a', 'b'],
  });
});

/** Levels that begin to rise after so many snapshots, of so many. */
const after = (still: number, count: number): Level[] =>
  Array.from({ length: count }, (_, time) => ({ time, value: 100 + 10 * Math.max(0, time - still) }));

test.each<[string, Level[], boolean]>([
  ['a straight line', after(0, 12), true],
  ['a line that begins after a third', after(4, 12), false],
  ['a line that begins after the first of twelve snapshots', after(1, 12), true],
  ['a line of four snapshots', after(0, 4), true],
  ['a line that begins after two of six snapshots', after(2, 6), false],
  ['a line that begins after three of twelve snapshots', after(3, 12), false],
  ['a line that begins after two of fifteen snapshots', after(2, 15), true],
  ['at first half as fast', [0, 5, 10, 15, 25, 35, 45, 55, 65].map((value, time) => ({ time, value })), true],
  ['at first much slower', [0, 2, 4, 6, 16, 26, 36, 46, 56].map((value, time) => ({ time, value })), false],
])('an instance that grows in %s grows since it started: %s', (_, course, expected) => {
  expect(growsFromStart(course)).toBe(expected);
});
