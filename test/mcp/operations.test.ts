import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEnvironment } from '../../src/commands/environment.js';
import { readConfig } from '../../src/config/read.js';
import { createOperations } from '../../src/mcp/operations.js';
import { createLog } from '../../src/telemetry/log.js';
import { BYTES_PER_TOKEN, createMetrics } from '../../src/telemetry/metrics.js';
import { TOOLS } from '../../src/tools/index.js';
import { askerIn, demoSource } from '../support/ask.js';
import { connectHttp } from '../support/clients.js';
import { startGrafanaServer, VIEWER_TOKEN } from '../support/grafana-server.js';
import { parseMetrics, readSamples } from '../support/metrics.js';
import { start } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// Probes and metrics of a process, compared with the requests that clients and profile stores saw.

const WINDOW = { from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
const NAMES = TOOLS.map(({ name }) => name);

async function upstream() {
  const server = await startPyroscopeServer(demoSource());
  onTestFinished(() => server.close());
  return server;
}

/** The built program over HTTP. */
async function serving(args: readonly string[]) {
  const program = start(['--http', '0', ...args]);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
  const get = (path: string, init?: RequestInit) => fetch(new URL(path, url), init);
  return { program, url, get, metrics: async () => (await get('/metrics')).text() };
}

test('what a process counted is what clients and the store saw', async () => {
  const store = await upstream();
  const { url, get, metrics } = await serving(['--pyroscope-url', store.url]);
  const client = await connectHttp('modern era', url);
  onTestFinished(() => client.close());
  const bytes: Record<string, number> = {};
  const ask = async (tool: string, args: object) => {
    const { text } = await client.callTool(tool, { ...WINDOW, ...args });
    bytes[tool] = (bytes[tool] ?? 0) + Buffer.byteLength(text);
  };
  for (let i = 0; i < 2; i++) await ask('summarize_profile', { service: 'checkout-api' });
  await ask('list_services', {});
  await ask('list_services', { from: 'nonsense' });
  await ask('investigate', { service: 'checkout-api' });
  store.faults.set({ kind: 'status', status: 500 }, { on: 'LabelValues' });
  // Another window, of which nothing is remembered: the first request fails.
  await ask('summarize_profile', { service: 'checkout-api', from: '2026-11-20T14:20:00Z' });
  store.faults.clear();
  await client.callTool('no_such_tool', {}).catch(() => {});

  const text = await metrics();
  expect(readSamples(text, 'pyroscope_mcp_calls_total')).toEqual({
    'outcome=answered tool=summarize_profile': 2,
    'outcome=upstream_failed tool=summarize_profile': 1,
    'outcome=answered tool=list_services': 1,
    'outcome=refused tool=list_services': 1,
    'outcome=answered tool=investigate': 1,
  });
  expect(readSamples(text, 'pyroscope_mcp_call_errors_total')).toEqual({
    'class=failed': 1,
    'class=refused': 1,
  });
  expect(readSamples(text, 'pyroscope_mcp_call_duration_seconds_count')).toEqual({
    'tool=summarize_profile': 3,
    'tool=list_services': 2,
    'tool=investigate': 1,
  });
  expect(readSamples(text, 'pyroscope_mcp_answer_bytes_total')).toEqual(
    Object.fromEntries(Object.entries(bytes).map(([tool, sum]) => [`tool=${tool}`, sum])),
  );
  for (const [tool, sum] of Object.entries(bytes)) {
    const tokens = readSamples(text, 'pyroscope_mcp_answer_tokens_estimated_total')[`tool=${tool}`] ?? 0;
    expect(Math.abs(tokens - sum / BYTES_PER_TOKEN)).toBeLessThan(3);
  }
  const requests = readSamples(text, 'pyroscope_mcp_upstream_requests_total');
  const seen = store.requests.counts();
  const { LabelValues: lists = 0, ...others } = seen;
  expect(requests).toEqual({
    ...Object.fromEntries(
      Object.entries(others).map(([rpc, count]) => [`outcome=ok route=${rpc} source=pyroscope`, count]),
    ),
    'outcome=ok route=LabelValues source=pyroscope': lists - 1,
    'outcome=failed route=LabelValues source=pyroscope': 1,
  });
  expect(readSamples(text, 'pyroscope_mcp_upstream_request_duration_seconds_count')).toEqual(
    Object.fromEntries(Object.entries(seen).map(([rpc, count]) => [`route=${rpc} source=pyroscope`, count])),
  );
  expect(readSamples(text, 'pyroscope_mcp_schema_answers_total')).toEqual({
    'result=hit': expect.any(Number),
    'result=miss': expect.any(Number),
  });
  expect(parseMetrics(text).get('pyroscope_mcp_calls_in_flight')).toBe(0);
  expect(parseMetrics(text).get('pyroscope_mcp_breakers_open source=pyroscope')).toBe(0);
  expect(parseMetrics(text).get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  for (const hidden of ['checkout-api', '127.0.0.1', 'no_such_tool', 'northwind'])
    expect(text).not.toContain(hidden);

  await store.close();
  expect((await get('/readyz')).status).toBe(200);
  // Each time another window: none is answered from memory.
  for (let i = 0; i < 8; i++) {
    const to = new Date(Date.parse(WINDOW.to) - 1_000 * (i + 1)).toISOString();
    await client.callTool('summarize_profile', { service: 'checkout-api', from: WINDOW.from, to });
  }
  const after = await metrics();
  expect(parseMetrics(after).get('pyroscope_mcp_breakers_open source=pyroscope')).toBe(1);
  expect(readSamples(after, 'pyroscope_mcp_breaker_opened_total')).toEqual({ 'source=pyroscope': 1 });
  expect(readSamples(after, 'pyroscope_mcp_call_errors_total')).toMatchObject({
    'class=unreachable': expect.any(Number),
    'class=paused': expect.any(Number),
  });
  expect([(await get('/readyz')).status, (await get('/healthz')).status]).toEqual([200, 200]);
});

test('requests through Grafana are told from those to it', async () => {
  const store = await upstream();
  const grafana = await startGrafanaServer({
    dataSources: [{ id: 1, uid: 'prod', name: 'prod', url: store.url }],
  });
  onTestFinished(() => grafana.close());
  const metrics = createMetrics(NAMES);
  const config = readConfig(
    [
      ...['--grafana-url', grafana.url, '--grafana-token', VIEWER_TOKEN],
      ...['--enabled-sources', 'prod', '--cache-dir', 'none'],
    ],
    {},
  );
  const environment = await createEnvironment(
    config,
    createLog('error', () => {}),
    { meter: metrics.meter },
  );
  onTestFinished(() => environment.context.sources.close());
  const { isError } = await askerIn(environment)('summarize_profile', { service: 'checkout-api', ...WINDOW });
  expect(isError).toBe(false);
  const counted = readSamples(await metrics.render(), 'pyroscope_mcp_upstream_requests_total');
  const proxied = Object.entries(grafana.requests.counts()).flatMap(([name, count]) =>
    name.startsWith('proxy ') ? [[`outcome=ok route=${name.slice(6)} source=grafana`, count] as const] : [],
  );
  expect(proxied.length).toBeGreaterThan(2);
  expect(counted).toMatchObject(Object.fromEntries(proxied));
  expect(counted).toMatchObject({
    'outcome=ok route=data_sources source=grafana': 1,
    'outcome=ok route=settings source=grafana': 1,
  });
  expect(Object.values(counted).reduce((sum, count) => sum + count, 0)).toBe(grafana.requests.count());
  expect(Object.keys(counted).join()).not.toContain('other');
});

test('a tool that is not in the table is one unknown, whatever its name', async () => {
  const { meter, render } = createMetrics(NAMES);
  for (const name of ['a', 'b', '__proto__']) {
    meter.call(name)({ outcome: 'cancelled', error: 'cancelled', seconds: 1, bytes: 0 });
  }
  const text = await render();
  expect(readSamples(text, 'pyroscope_mcp_calls_total')).toEqual({ 'outcome=cancelled tool=unknown': 3 });
});

test('calls and other operations show by the OpenTelemetry conventions, too', async () => {
  const { meter, render } = createMetrics(['investigate'], ['export']);
  const end = { seconds: 0.3, bytes: 1 };
  meter.call('investigate')({ ...end, outcome: 'answered', error: null });
  meter.call('investigate')({ ...end, outcome: 'upstream_failed', error: 'timeout' });
  meter.call('investigate')({ ...end, outcome: 'cancelled', error: 'cancelled' });
  meter.call('export')({ ...end, outcome: 'refused', error: 'refused' });
  meter.operation({ operation: 'prompts/get', outcome: 'answered', seconds: 0.001 });
  meter.operation({ operation: 'completion/complete', outcome: 'busy', seconds: 0.001 });
  expect(readSamples(await render(), 'mcp_server_operation_duration_seconds_count')).toEqual({
    'gen_ai_tool_name=investigate mcp_method_name=tools/call': 1,
    'error_type=tool_error gen_ai_tool_name=investigate mcp_method_name=tools/call': 1,
    'error_type=cancelled gen_ai_tool_name=investigate mcp_method_name=tools/call': 1,
    'error_type=tool_error mcp_method_name=resources/read': 1,
    'mcp_method_name=prompts/get': 1,
    'error_type=busy mcp_method_name=completion/complete': 1,
  });
});

test('tokens of answers are estimated well enough', () => {
  const directory = fileURLToPath(new URL('../answers', import.meta.url));
  const answers = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(path.join(directory, name), 'utf8'));
  const bytes = answers.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const tokens = answers.reduce((sum, text) => sum + encode(text).length, 0);
  expect(answers.length).toBeGreaterThan(50);
  expect(Math.abs(bytes / BYTES_PER_TOKEN / tokens - 1)).toBeLessThan(0.05);
});

test('the page for operators names only metrics that there are, and all of them', async () => {
  const page = readFileSync(
    fileURLToPath(new URL('../../docs/operate/operations.md', import.meta.url)),
    'utf8',
  );
  const described = (await createMetrics(NAMES).describe()).filter(({ name }) =>
    /^(?:pyroscope_)?mcp_/.test(name),
  );
  const names = described.map(({ name }) => name);
  const named = new Set(
    page.match(/\b(?:pyroscope_)?mcp_(?!method_)\w+/g)?.map((name) => name.replace(/_bucket$/, '')),
  );
  expect([...named].sort()).toEqual([...names].sort());
});

describe('probes', () => {
  const render = async () => 'x 1\n';
  const metrics = { contentType: 'text/plain; version=0.0.4', render };
  const ask = (path: string, notReady: string | null = null, init: RequestInit = {}) =>
    createOperations({ notReady: () => notReady, metrics })(new Request(`http://localhost${path}`, init));

  test.each([
    ['/readyz', null, 200, 'ready'],
    ['/readyz', 'starting', 503, 'starting'],
    ['/metrics', 'starting', 200, 'x 1\n'],
  ])('%s, %s', async (path, notReady, status, body) => {
    const response = await ask(path, notReady);
    expect([response?.status, await response?.text()]).toEqual([status, body]);
    expect(response?.headers.get('cache-control')).toBe('no-store');
  });

  test('nothing else is theirs, and they only read', async () => {
    expect(await ask('/mcp')).toBe(null);
    expect(await ask('/readyz/x')).toBe(null);
    expect((await ask('/metrics', null, { method: 'POST' }))?.status).toBe(405);
    expect((await ask('/metrics'))?.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  });

  test('ready once the sources are made, not ready where they cannot be', async () => {
    const { get } = await serving(['--pyroscope-url', 'http://127.0.0.1:9']);
    await expect.poll(async () => (await get('/readyz')).status).toBe(200);
  });
});
