import { expect, onTestFinished, test } from 'vitest';
import { demoSource } from '../support/ask.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { type Held, startWatched } from '../support/watched-server.js';
import { listFaults, type SoakReport, soak } from './soak.js';
import { trafficTo } from './traffic.js';

// A few seconds of what `npm run soak` does for minutes.

const TOKEN = 'soak-0123456789abcdef0123456789abcdef';

async function serving() {
  const store = await startPyroscopeServer(demoSource());
  onTestFinished(() => store.close());
  const server = await startWatched(['--pyroscope-url', store.url, '--cache-dir', 'none'], {
    PYROSCOPE_MCP_HTTP_TOKENS: TOKEN,
  });
  onTestFinished(() => server.kill());
  return { store, server };
}

test('agents at once: no call fails, nothing is left open, memory returns', async () => {
  const { server } = await serving();
  const report = await soak(server, { agents: 6, token: TOKEN, shift: 0, warmUpMs: 4_000, loadMs: 4_000 });
  expect(report.calls.filter(({ failure }) => failure !== null)).toEqual([]);
  expect(listFaults(report)).toEqual([]);
  expect(report.looks.length).toBeGreaterThan(0);
}, 120_000);

test('everything that agents do is noticed where it goes wrong', async () => {
  const { store, server } = await serving();
  const traffic = trafficTo({ url: server.url, token: TOKEN, connections: 2, shift: 0 });
  onTestFinished(() => traffic.close());
  for (const agent of [0, 1]) {
    for (const name of traffic.names) expect([name, await traffic.work(name, agent)]).toEqual([name, null]);
  }
  store.faults.set({ kind: 'status', status: 500 });
  expect(await traffic.work('a new window', 0)).toBe(null);
  // About other windows: what the store answered about those before is remembered for a minute.
  const later = trafficTo({ url: server.url, token: TOKEN, connections: 2, shift: 1 });
  onTestFinished(() => later.close());
  expect(await later.work('investigate', 0)).toMatch(/^an error: .*HTTP 500/);
  await server.kill();
  await expect(traffic.work('a tool list', 0)).rejects.toThrow();
  await expect(traffic.health()).rejects.toThrow();
}, 60_000);

const MIB = 2 ** 20;
const HELD: Held = { rss: 150 * MIB, heapUsed: 30 * MIB, external: 4 * MIB, sockets: 0, timers: 1 };
const FINE: SoakReport = {
  calls: [{ name: 'investigate', ms: 9, failure: null }],
  health: [1],
  unwell: [],
  looks: [],
  base: HELD,
  end: HELD,
  inFlight: 0,
  complaints: [],
};

test.each<[string, Partial<SoakReport>, RegExp | null]>([
  ['nothing', {}, null],
  ['a call that failed', { calls: [{ name: 'x', ms: 1, failure: 'status 500' }] }, /^1 calls failed/],
  ['no call', { calls: [] }, /^no call/],
  ['a little more heap', { end: { ...HELD, heapUsed: 37 * MIB } }, null],
  ['more heap', { end: { ...HELD, heapUsed: 39 * MIB } }, /^heap and buffers grew from 34\.0 to 43\.0 MiB/],
  ['more buffers', { end: { ...HELD, external: 20 * MIB } }, /^heap and buffers/],
  ['more resident memory', { end: { ...HELD, rss: 220 * MIB } }, /^resident memory/],
  ['connections', { end: { ...HELD, sockets: 9 } }, /^9 connections/],
  ['timers', { end: { ...HELD, timers: 10 } }, /^10 timers/],
  ['calls that run for ever', { inFlight: 1 }, /^1 calls are counted/],
  ['no answer of a probe', { unwell: ['Error: /healthz'] }, /healthz/],
  ['a warning', { complaints: ['MaxListenersExceededWarning: x'] }, /^the log says: Max/],
])('a run with %s', (_name, expected, fault) => {
  const faults = listFaults({ ...FINE, ...expected });
  expect(faults).toEqual(fault === null ? [] : [expect.stringMatching(fault)]);
});
