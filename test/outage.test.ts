import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { createLog } from '../src/telemetry/log.js';
import { askerIn, demoSource } from './support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from './support/grafana-server.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import type { Fault } from './support/wire/faults.js';

// An agent's answers while a profile store is down, and the few requests that the store gets.

const WINDOW = { from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
const ASK = { service: 'checkout-api', profile_type: 'cpu', ...WINDOW };

afterEach(() => void vi.useRealTimers());

async function upstream(): Promise<TestPyroscope> {
  const server = await startPyroscopeServer(demoSource());
  onTestFinished(() => server.close());
  return server;
}

/** A process of the server, as `serve` makes it. */
async function started(args: readonly string[], lines: string[] = []) {
  const config = readConfig(args, {});
  const log = createLog('debug', (line) => lines.push(line));
  const environment = await createEnvironment(config, log);
  onTestFinished(() => environment.context.sources.close());
  return askerIn(environment);
}

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'outage-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const DEAD: readonly [string, Fault][] = [
  ['connections are cut', { kind: 'reset' }],
  ['no answer comes', { kind: 'hang' }],
  ['502', { kind: 'status', status: 502, body: 'bad gateway' }],
  ['503', { kind: 'status', status: 503 }],
  ['504', { kind: 'status', status: 504 }],
  ['429', { kind: 'status', status: 429 }],
];

test.each(DEAD)(
  '%s: after some failures calls fail at once, one tries later, all is well then',
  async (_name, fault) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-20T15:00:00Z') });
    const server = await upstream();
    const lines: string[] = [];
    const args = ['--pyroscope-url', server.url, '--cache-dir', 'none'];
    // The first answer of the test server takes its time.
    await (await started(args))('summarize_profile', ASK);
    server.requests.clear();
    const ask = await started([...args, '--request-timeout', fault.kind === 'hang' ? '0.5' : '10'], lines);
    server.faults.set(fault);
    for (let i = 0; i < 10; i++) {
      const { text, isError } = await ask('summarize_profile', ASK);
      expect([isError, text.includes('\nNext: ')]).toEqual([true, true]);
    }
    const requestCount = server.requests.count();
    expect(requestCount).toBeLessThanOrEqual(12);
    const { text, isError } = await ask('summarize_profile', ASK);
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^The profile store is not asked at the moment, because it failed again and again: "failing since 2026-11-20T15:00:00Z; tried again at 2026-11-20T15:00:05Z; last failure: .*"\.\nNext: Wait until then/,
    );
    expect(server.requests.count()).toBe(requestCount);
    vi.setSystemTime(Date.now() + 5_000);
    expect((await ask('summarize_profile', ASK)).isError).toBe(true);
    expect(server.requests.count() - requestCount).toBeLessThanOrEqual(2);
    server.faults.clear();
    vi.setSystemTime(Date.now() + 9_000);
    expect((await ask('summarize_profile', ASK)).text).toContain('not asked at the moment');
    vi.setSystemTime(Date.now() + 1_000);
    expect((await ask('summarize_profile', ASK)).text).toMatch(/^checkout-api: cpu/);
    const records = lines.map((line) => JSON.parse(line)).filter(({ source }) => source === 'pyroscope');
    expect(records.map(({ msg, level }) => [level, msg])).toEqual([
      ['warn', 'source fails and gets no requests for a while'],
      ['info', 'source answers again'],
    ]);
  },
);

test.each<[string, Fault]>([
  ['500', { kind: 'status', status: 500 }],
  ['401', { kind: 'status', status: 401 }],
  ['a login page', { kind: 'html' }],
  ['garbage', { kind: 'garbage' }],
])('%s leaves every request to the store', async (_name, fault) => {
  const server = await upstream();
  const ask = await started(['--pyroscope-url', server.url, '--cache-dir', 'none']);
  server.faults.set(fault);
  for (let i = 0; i < 12; i++) expect((await ask('summarize_profile', ASK)).isError).toBe(true);
  expect(server.requests.count()).toBeGreaterThanOrEqual(12);
  server.faults.clear();
  expect((await ask('summarize_profile', ASK)).isError).toBe(false);
});

test('a data source that is down does not take the others behind the same Grafana with it', async () => {
  const [well, down] = [await upstream(), await upstream()];
  const sources = [well, down].map(({ url }, index) => ({
    id: index + 1,
    uid: index === 0 ? 'well' : 'down',
    name: index === 0 ? 'well' : 'down',
    url,
  }));
  const grafana = await startGrafanaServer({ dataSources: sources });
  onTestFinished(() => grafana.close());
  const ask = await started([
    ...['--grafana-url', grafana.url, '--grafana-token', VIEWER_TOKEN],
    ...['--enabled-sources', 'well,down', '--cache-dir', 'none'],
  ]);
  await down.close();
  for (let i = 0; i < 10; i++) await ask('summarize_profile', { ...ASK, source: 'down' });
  expect((await ask('summarize_profile', { ...ASK, source: 'down' })).text).toContain(
    'not asked at the moment',
  );
  expect((await ask('summarize_profile', { ...ASK, source: 'well' })).isError).toBe(false);
});

describe('what was learned is still answered, and says how old it is', () => {
  const QUESTIONS = [
    ['list_profile_types', { service: 'checkout-api' }, 'cpu: '],
    ['list_services', {}, 'checkout-api'],
    ['list_labels', { service: 'checkout-api' }, 'pod'],
    ['list_labels', { service: 'checkout-api', label: 'pod' }, 'checkout-api-'],
  ] as const;

  test.each(['none', 'a directory'])('cache: %s', async (kind) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-11-20T15:00:00Z') });
    const server = await upstream();
    const cache = kind === 'none' ? 'none' : await directory();
    const args = ['--pyroscope-url', server.url, '--cache-dir', cache];
    let ask = await started(args);
    for (const [tool, question] of QUESTIONS) {
      const { text, isError } = await ask(tool, { ...question, ...WINDOW });
      expect([isError, text]).toEqual([false, expect.not.stringContaining('learned')]);
    }
    server.faults.set({ kind: 'status', status: 503 });
    vi.advanceTimersByTime(3 * 3_600_000);
    if (kind !== 'none') ask = await started(args);
    for (let round = 0; round < 3; round++) {
      for (const [tool, question, known] of QUESTIONS) {
        const { text, isError } = await ask(tool, { ...question, ...WINDOW });
        expect([isError, text]).toEqual([false, expect.stringContaining(known)]);
        expect(text).toMatch(
          /\nNote: Which services, types and labels pyroscope has was learned 3 h ago; it (does not answer now|is being asked again)\./,
        );
        if (round > 0) expect(text).toContain('it does not answer now');
      }
    }
    const json = await ask('list_services', { ...WINDOW, format: 'json' });
    expect(JSON.parse(json.text).notes).toContainEqual(
      expect.stringContaining('learned 3 h ago; it does not answer now'),
    );
    const unknown = await ask('list_profile_types', { service: 'never-heard-of', ...WINDOW });
    expect([unknown.isError, unknown.text]).toEqual([true, expect.stringContaining('profile store')]);
    server.faults.clear();
    vi.advanceTimersByTime(120_000);
    await ask('list_profile_types', { service: 'checkout-api', ...WINDOW });
    const listed = async () => (await ask('list_profile_types', { service: 'checkout-api', ...WINDOW })).text;
    await expect.poll(listed).not.toContain('learned');
  });
});

test('a Grafana that is down is said to be one', async () => {
  const grafana = await startGrafanaServer();
  const ask = await started([
    '--grafana-url',
    grafana.url,
    '--grafana-token',
    VIEWER_TOKEN,
    '--cache-dir',
    'none',
  ]);
  await grafana.close();
  for (let i = 0; i < 6; i++) await ask('list_services');
  const { text, isError } = await ask('list_services');
  expect(isError).toBe(true);
  expect(text).toMatch(
    /^Grafana is not asked at the moment, because it failed again and again: "failing since .*"\.\nNext: Wait until then/,
  );
});
