import { expect, test } from 'vitest';
import { gate } from '../src/commands/gate.js';
import { readConfig } from '../src/config/read.js';
import { createLog } from '../src/telemetry/log.js';
import { DEMO } from './support/process.js';

// The gate with a clock of the test's own.

const MINUTE = 60_000;
const log = createLog('error', () => {});

/** Runs the gate from a time on; the clock stands still but where the gate sleeps. */
async function gateAt(time: string, ...argv: string[]) {
  let now = Date.parse(time);
  const out: string[] = [];
  const err: string[] = [];
  const slept: number[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const config = readConfig(['gate', '--profiles', DEMO, '--service', 'checkout-api', ...argv], {});
  const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text) };
  const code = await gate(config, log, io, clock);
  return { code, out: out.join('\n'), err, slept };
}

test('it waits for a change that shows only later, and says on stderr what for', async () => {
  const { code, out, err, slept } = await gateAt('2026-11-20T14:29:00Z', '--from', 'now-1m', '--wait', '20m');
  expect(code).toBe(3);
  expect(out).toMatch(/^checkout-api from source demo: FOUND: code regression/);
  expect(err.length).toBe(slept.length);
  expect(err[0]).toMatch(/^waiting: .+; next look in \S+ \w+, the last one 2026-11-20T14:49:00Z$/);
  // Few looks: each has a chance of its own to accuse the innocent.
  expect(slept.length).toBeLessThanOrEqual(6);
});

test('it waits no longer than it may', async () => {
  const { code, slept } = await gateAt('2026-11-20T13:55:00Z', '--from', 'now-10m', '--wait', '5m');
  expect(code).toBe(4);
  expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(5 * MINUTE);
});
