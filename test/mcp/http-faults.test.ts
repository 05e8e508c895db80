import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from '../support/grafana-server.js';
import { type Posted, postCall, until } from '../support/http.js';
import { readSamples } from '../support/metrics.js';
import { DEMO } from '../support/process.js';
import { startPyroscopeServer, type TestPyroscope } from '../support/pyroscope-server.js';
import { type Held, startWatched, type WatchedServer } from '../support/watched-server.js';
import type { Fault } from '../support/wire/faults.js';

// The built server over HTTP while a profile store fails under load, and when it is well again.

/**
 * A fault: its name, how it is caused, what an agent reads, and whether requests to the store are paused.
 */
const FAULTS: readonly [string, Fault, RegExp, boolean][] = [
  ['slow beyond the deadline', { kind: 'slow', ms: 20_000 }, /did not answer in time/, true],
  ['cut connections', { kind: 'reset' }, /cannot be reached/, true],
  ['503', { kind: 'status', status: 503 }, /is overloaded|failed/, true],
  ['a body that drips for ever', { kind: 'trickle' }, /did not answer in time/, true],
  ['a body without end', { kind: 'endless' }, /over the size limit/, false],
  ['half an answer', { kind: 'half' }, /arrived broken or cannot be read/, false],
  ['garbage', { kind: 'garbage' }, /arrived broken or cannot be read/, false],
  ['a login page', { kind: 'html' }, /sent something that is not a Pyroscope answer/, false],
  [
    'another content type',
    { kind: 'content_type', contentType: 'text/plain' },
    /arrived broken or cannot be read/,
    false,
  ],
  ['500', { kind: 'status', status: 500 }, /failed \(HTTP 500/, false],
];
const PAUSED = /is not asked at the moment/;

/** Far above every deadline of the server: what takes longer hangs. */
const PATIENCE_MS = 30_000;
const DEADLINES = ['--request-timeout', '3', '--call-timeout', '8', '--max-response', '1'];
const SETTINGS = [...DEADLINES, '--cache-dir', 'none', '--log-level', 'info'];
/** Connections to one store that are kept. */
const KEPT = 8;
/**
 * Maximum growth of memory over thousands of faults, in bytes.
 */
const MARGIN = 16 * 2 ** 20;

const QUESTIONS = [
  ['summarize_profile', { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW }],
  ['list_services', INCIDENT_WINDOW],
  ['investigate', { service: 'checkout-api', ...INCIDENT_WINDOW }],
  [
    'get_timeline',
    { service: 'checkout-api', profile_type: 'cpu', from: '2026-11-20T14:00:00Z', to: INCIDENT_WINDOW.to },
  ],
] as const;

let turn = 0;
/**
 * Moves the arguments to a window that no call used before, since answers about old windows are kept for a
 * minute.
 */
const anew = <T extends { to: string }>(args: T): T => ({
  ...args,
  to: new Date(Date.parse(args.to) - ++turn).toISOString(),
});

/** Closes each connection: one that a client keeps open is no leak of the server. */
const headers = { connection: 'close' };
const ask = (url: string, tool: string, args: object, source: string) =>
  postCall(url, tool, { ...args, source }, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
const get = (url: string, path: string) =>
  fetch(new URL(path, url), { headers, signal: AbortSignal.timeout(PATIENCE_MS) });

const isError = ({ message }: Posted) => message?.result?.isError === true;

/** Asks a source one question after another. */
async function askAll(url: string, source: string, from: number, count: number): Promise<Posted[]> {
  const answers: Posted[] = [];
  for (let at = from; at < from + count; at++) {
    const [tool, args] = QUESTIONS[at % QUESTIONS.length] ?? QUESTIONS[0];
    answers.push(await ask(url, tool, anew(args), source));
  }
  return answers;
}

/** Many agents at once. */
const underLoad = async (
  url: string,
  source: string,
  agents: number,
  callsEach: number,
): Promise<Posted[]> => {
  const pending = Array.from({ length: agents }, (_, agent) => askAll(url, source, agent, callsEach));
  return (await Promise.all(pending)).flat();
};

/** Asks `/healthz` until it is told to stop; it must answer each time. */
function readHealth(url: string) {
  let isGoing = true;
  const seen = (async () => {
    let times = 0;
    for (; isGoing; times++) {
      const answer = await get(url, '/healthz');
      expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return times;
  })();
  // Told by end(), also where the test failed before.
  seen.catch(() => {});
  return {
    async end() {
      isGoing = false;
      return seen;
    },
  };
}

const listBreakers = async (url: string) => {
  const text = await (await get(url, '/metrics')).text();
  return {
    open: readSamples(text, 'pyroscope_mcp_breakers_open'),
    inFlight: readSamples(text, 'pyroscope_mcp_calls_in_flight'),
  };
};

/** Every answer says what is the matter and what to do, or is one nevertheless; gives how many say it. */
function expectClear(answers: readonly Posted[], says: RegExp): number {
  for (const answer of answers) {
    expect(answer.status, answer.text).toBe(200);
    expect(answer.message?.result, answer.text).toBeDefined();
    expect(answer.text).not.toContain('An internal error');
    if (!isError(answer)) continue;
    expect(answer.text).toMatch(says);
    expect(answer.text).toMatch(/\nNext: \S/);
  }
  return answers.filter(isError).length;
}

function expectWell(answers: readonly Posted[]): void {
  expect(answers.filter(isError).map(({ text }) => text)).toEqual([]);
}

const held = ({ heapUsed, external }: Held) => heapUsed + external;

async function expectNothingLeft(server: WatchedServer, base: Held): Promise<void> {
  await until(async () => (await server.look()).sockets <= KEPT);
  expect(held(await server.collect()) - held(base)).toBeLessThan(MARGIN);
  expect((await listBreakers(server.url)).inFlight).toEqual({});
  expect(server.program.stderr()).not.toMatch(/Warning: |"level":"error"/);
}

describe('a store that fails under load', { timeout: 120_000 }, () => {
  const stopping: (() => Promise<void>)[] = [];
  let shaky: TestPyroscope;
  let server: WatchedServer;
  let base: Held;
  beforeAll(async () => {
    shaky = await startPyroscopeServer(demoSource());
    server = await startWatched(['--pyroscope-url', shaky.url, '--profiles', DEMO, ...SETTINGS]);
    stopping.push(server.kill, shaky.close);
    for (let round = 0; round < 2; round++) {
      for (const source of ['pyroscope', 'demo']) expectWell(await askAll(server.url, source, 0, 4));
    }
    base = await server.collect();
  }, 60_000);
  afterAll(async () => {
    for (const stop of stopping) await stop();
  });

  test.each(FAULTS)('%s', async (_name, fault, says, isOutage) => {
    const { url } = server;
    const health = readHealth(url);
    shaky.faults.set(fault);
    const [failing, others] = await Promise.all([
      underLoad(url, 'pyroscope', 10, 3),
      underLoad(url, 'demo', 2, 3),
    ]);
    expectWell(others);
    const allowed = isOutage ? new RegExp(`${says.source}|${PAUSED.source}`) : says;
    expect(expectClear(failing, allowed)).toBeGreaterThan(10);
    expect(failing.some(({ text }) => says.test(text))).toBe(true);
    expect(failing.some(({ text }) => PAUSED.test(text))).toBe(isOutage);
    expect((await listBreakers(url)).open).toEqual(isOutage ? { 'source=pyroscope': 1 } : {});

    shaky.faults.clear();
    await until(async () => !(await askAll(url, 'pyroscope', 0, 1)).some(isError));
    expectWell(await underLoad(url, 'pyroscope', 3, 2));
    expect((await listBreakers(url)).open).toEqual({});
    expect(await health.end()).toBeGreaterThan(0);
    await expectNothingLeft(server, base);
  });
});

test('data sources that fail in every way at once leave the others of their Grafana alone', {
  timeout: 120_000,
}, async () => {
  const healthy = await startPyroscopeServer(demoSource());
  onTestFinished(() => healthy.close());
  const failing = await Promise.all(
    FAULTS.map(async ([, fault], at) => {
      const { url, faults, close } = await startPyroscopeServer(demoSource());
      onTestFinished(close);
      return { uid: `fails-${at}`, url, fault, faults };
    }),
  );
  const all = [{ uid: 'well', url: healthy.url }, ...failing];
  const uids = all.map(({ uid }) => uid);
  const grafana = await startGrafanaServer({
    dataSources: all.map(({ uid, url }, at) => ({ id: at + 1, uid, name: uid, url })),
  });
  onTestFinished(() => grafana.close());
  const server = await startWatched([
    ...['--grafana-url', grafana.url, '--grafana-token', VIEWER_TOKEN, '--enabled-sources', uids.join()],
    // As many as may run at once with so many sources: those of a slow one hold no place that another needs.
    ...['--parallel-calls', '64', ...SETTINGS],
  ]);
  onTestFinished(() => server.kill());
  const { url } = server;
  for (const uid of uids) expectWell(await askAll(url, uid, 0, 2));
  const base = await server.collect();

  const health = readHealth(url);
  for (const { faults, fault } of failing) faults.set(fault);
  const [others, ...answers] = await Promise.all([
    askAll(url, 'well', 0, 8),
    ...failing.map(({ uid }) => underLoad(url, uid, 3, 2)),
  ]);
  expectWell(others);
  for (const some of answers) expect(expectClear(some, /^.{10,}\nNext: /s)).toBeGreaterThan(0);

  for (const { faults } of failing) faults.clear();
  for (const uid of uids) {
    await until(async () => !(await askAll(url, uid, 0, 1)).some(isError));
    expectWell(await askAll(url, uid, 0, 2));
  }
  expect((await listBreakers(url)).open).toEqual({});
  expect(await health.end()).toBeGreaterThan(0);
  await expectNothingLeft(server, base);
});
