import { expect, test } from 'vitest';
import { contrast, type Stacks } from '../../../../test/support/contrast.js';
import { isStarved } from './starved.js';

/** Goroutines of twenty snapshots: idle workers, those in a queue, and those that run or could run. */
const snapshots = ({ running = 0, queued = 0, locked = 0, parked = 0, reading = 0 }): Stacks => ({
  'main work runtime.chanrecv2 runtime.chanrecv runtime.gopark': 60,
  'main serve pool.Draw runtime.chansend1 runtime.chansend runtime.gopark': queued,
  'main serve sync.(*Mutex).Lock sync.(*Mutex).lockSlow runtime.gopark': locked,
  'main watch hooks.wait runtime.gopark': parked,
  'main read os.Read syscall.read': reading,
  'main work tile png.encode': running,
  'runtime/pprof.writeGoroutine runtime.pprof_goroutineProfileWithLabels runtime.goroutineProfileWithLabels': 20,
});
const starved = (before: Stacks, after: Stacks) => isStarved(contrast(before, after, { profiles: [20, 20] }));

test.each([
  { what: 'goroutines that could run', before: {}, after: { running: 60, queued: 400 }, is: true },
  { what: 'a queue of which nobody could run', before: {}, after: { queued: 400 }, is: false },
  { what: 'waiting for a lock', before: { running: 3 }, after: { running: 4, locked: 900 }, is: false },
  { what: 'waiting for nobody knows what', before: {}, after: { parked: 900 }, is: false },
  { what: 'waiting in a system call', before: {}, after: { reading: 900 }, is: false },
  { what: 'twice as many that run', before: { running: 40 }, after: { running: 80 }, is: false },
  { what: 'twice as many of many', before: { running: 400 }, after: { running: 800 }, is: false },
  { what: 'three times as many', before: { running: 100 }, after: { running: 300 }, is: true },
  { what: 'one more in each snapshot', before: {}, after: { running: 20 }, is: true },
  { what: 'a handful', before: { running: 1 }, after: { running: 15 }, is: false },
  { what: 'one more, but by chance', before: {}, after: { running: 19 }, is: false },
  { what: 'fewer', before: { running: 60 }, after: { running: 3 }, is: false },
])('starved by $what: $is', ({ before, after, is }) => {
  expect(starved(snapshots(before), snapshots(after))).toBe(is);
});

test('without snapshots nothing is known', () => {
  expect(isStarved(contrast({}, snapshots({ running: 60 }), { profiles: [0, 20] }))).toBe(false);
  expect(isStarved(contrast(snapshots({}), {}, { profiles: [20, 0] }))).toBe(false);
});

test('less processor time is a second witness: three standard errors suffice', () => {
  const sides = (running: number) =>
    contrast(snapshots({ running: 5 }), snapshots({ running }), { profiles: [20, 20] });
  // 30 more of 40 in all stand out by 4.7 standard errors, 22 more of 32 by 3.9, and 20 more of 30 by 3.7.
  expect([35, 27].map((running) => isStarved(sides(running)))).toEqual([true, false]);
  expect([27, 24].map((running) => isStarved(sides(running), true))).toEqual([true, false]);
});

test.each([
  { running: 15, is: false },
  { running: 16, is: true },
])('four standard errors are enough: $running of ten snapshots', ({ running, is }) => {
  expect(isStarved(contrast({}, snapshots({ running }), { profiles: [10, 10] }))).toBe(is);
});
