import { describe, expect, test } from 'vitest';
import { buildProfile, listStacks } from '../../../test/support/profiles.js';
import { parseProfileType } from '../types/types.js';
import { isAllActive, samplesWaitingThreads, selectActive } from './active.js';

const LIB = '/usr/local/lib/python3.11';
const WAIT = { name: 'Condition.wait', file: `${LIB}/threading.py` };
const POLL = { name: 'poll', file: `${LIB}/site-packages/waitress/wasyncore.py` };
const READ = { name: 'SocketIO.readinto', file: `${LIB}/socket.py` };
const RUN = { name: 'Runner.run', file: `${LIB}/asyncio/runners.py` };

function parseType(id: string) {
  const type = parseProfileType(id);
  if (type === null) throw new Error(id);
  return type;
}
const CPU = parseType('process_cpu:cpu:nanoseconds:cpu:nanoseconds');
const BLOCK = parseType('block:delay:nanoseconds:contentions:count');

const THREADS = buildProfile(
  [['main', 'handler_thread', WAIT], 800],
  [['main', 'loop', POLL], 140],
  [['main', 'loop', POLL, 'readable'], 7],
  [['main', 'serve', WAIT, 'notified'], 5],
  [['main', 'serve', 'fetch', READ], 30],
  [['main', RUN], 11],
  [['main', 'serve', 'render'], 20],
);

describe('a CPU profile of Python with waiting threads', () => {
  test('has them set apart; what runs below, reads or loops in C is kept', () => {
    expect(samplesWaitingThreads(THREADS, CPU)).toBe(true);
    expect(isAllActive(THREADS, CPU, true)).toBe(false);
    expect(listStacks(selectActive(THREADS, CPU, true))).toEqual([
      [['main', 'loop', 'poll', 'readable'], 7],
      [['main', 'serve', 'Condition.wait', 'notified'], 5],
      [['main', 'serve', 'fetch', 'SocketIO.readinto'], 30],
      [['main', 'Runner.run'], 11],
      [['main', 'serve', 'render'], 20],
    ]);
  });

  test('is judged as a whole: without them nothing is set apart', () => {
    expect(isAllActive(THREADS, CPU, false)).toBe(true);
    expect(selectActive(THREADS, CPU, false)).toBe(THREADS);
  });

  test.each([
    { waiting: 20, work: 80, is: true },
    { waiting: 19, work: 81, is: false },
  ])('is one with $waiting of 100 samples in waits: $is', ({ waiting, work, is }) => {
    const profile = buildProfile([['main', WAIT], waiting], [['main', WAIT, 'notified'], work]);
    expect(samplesWaitingThreads(profile, CPU)).toBe(is);
  });

  test.each([
    { what: 'without one', profile: buildProfile([['main', 'fetch', READ], 30], [['main', RUN], 11]) },
    { what: 'without samples', profile: buildProfile() },
    { what: 'of another type', profile: THREADS, type: BLOCK },
  ])('is none $what', ({ profile, type = CPU }) => {
    expect(samplesWaitingThreads(profile, type)).toBe(false);
  });
});
