import { describe, expect, test } from 'vitest';
import type { GateReport } from '../../report/gate/gate-report.js';
import { lookUntilSure, pauseBefore } from './wait.js';

const MINUTE = 60_000;
const window = { from: 0, to: 10 * MINUTE };
const at = (now: number, to: number | null = null) => ({ now, to, until: 60 * MINUTE });

describe('the pause before the next look', () => {
  test.each<[string, Pick<GateReport, 'outcome' | 'wanted'>, ReturnType<typeof at>, number | null]>([
    ['none where nothing was found', { outcome: 'passed', wanted: 20 * MINUTE }, at(10 * MINUTE), null],
    ['none where something was', { outcome: 'found', wanted: 20 * MINUTE }, at(10 * MINUTE), null],
    ['none where the time is over', { outcome: 'unknown', wanted: 90 * MINUTE }, at(60 * MINUTE), null],
    [
      'none of a window that has ended',
      { outcome: 'unknown', wanted: null },
      at(60 * MINUTE, 10 * MINUTE),
      null,
    ],
    [
      'until samples suffice',
      { outcome: 'unknown', wanted: 20 * MINUTE },
      at(10 * MINUTE),
      10 * MINUTE + 15_000,
    ],
    [
      'no longer than there is time',
      { outcome: 'unknown', wanted: 900 * MINUTE },
      at(10 * MINUTE),
      50 * MINUTE,
    ],
    [
      'a little where samples suffice and something else is missing',
      { outcome: 'unknown', wanted: 0 },
      at(10 * MINUTE),
      15_000,
    ],
    [
      'half a minute where nothing has come yet',
      { outcome: 'unknown', wanted: null },
      at(10 * MINUTE),
      30_000,
    ],
  ])('%s', (_, report, time, pause) => {
    expect(pauseBefore(report, window, time)).toBe(pause);
  });
});

test('it looks again when samples are expected to suffice, and tells what it waits for', async () => {
  let now = 10 * MINUTE;
  const told: string[] = [];
  const looks: number[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const report = await lookUntilSure(
    async ({ from, to }) => {
      looks.push((to - from) / MINUTE);
      const isEnough = to - from > 20 * MINUTE;
      return {
        outcome: isEnough ? 'passed' : 'unknown',
        wanted: 20 * MINUTE,
        checks: [{ kind: 'leak', state: isEnough ? 'clear' : 'unknown', reason: 'too few', findings: [] }],
      } as unknown as GateReport;
    },
    { from: 0, to: null, until: 60 * MINUTE, clock, tell: (text) => told.push(text) },
  );
  expect(report.outcome).toBe('passed');
  expect(looks).toEqual([10, 20.25]);
  expect(told).toEqual(['too few; next look in 10.3 min, the last one 1970-01-01T01:00:00Z']);
});
