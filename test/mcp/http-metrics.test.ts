import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { HttpOptions } from '../../src/mcp/http/serve.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { demoSource } from '../support/ask.js';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { bearer, JSON_HEADERS, post, postCall, sendRaw, until } from '../support/http.js';
import { SUMMARY, startHttpScene } from '../support/http-scene.js';

// Metrics of HTTP requests: every answer, every refusal, and requests that are no calls.

const TOKEN = 'a'.repeat(32);
const access = { tokens: [TOKEN], tokenFile: null, allowUnauthenticated: false };

const { store, serve: serveWith } = await startHttpScene();

async function serve(options: Partial<HttpOptions> = {}, source?: ProfileSource) {
  const { url, counted } = await serveWith(options, source);
  return {
    url,
    counted,
    /** Answers are counted when their connection is done with them, which a client may see before. */
    responses: (wanted: Record<string, number>) =>
      expect.poll(() => counted('http_responses_total')).toEqual(wanted),
  };
}

test('answers and refusals by path and status, whatever else is in the request', async () => {
  const { url, responses } = await serve({ access });
  const get = (path: string, headers = {}) => fetch(new URL(path, url), { headers });
  const authorized = bearer(TOKEN);
  await post(url, { id: 1, method: 'tools/list' }, { headers: authorized });
  await post(url, { id: 1, method: 'tools/list' });
  await post(url, { id: 1, method: 'tools/list' }, { headers: bearer('b'.repeat(32)) });
  await post(
    url,
    { id: 1, method: 'tools/list' },
    { headers: { ...authorized, origin: 'http://evil.test' } },
  );
  await fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...authorized },
    body: ' '.repeat(2 ** 20 + 1),
  });
  await get('/healthz?x=1');
  await get('/readyz');
  await get('/metrics');
  await get('/secret-path', authorized);
  await get('/healthz/../x', authorized);
  await responses({
    'path=mcp status=200': 1,
    'path=mcp status=401': 2,
    'path=mcp status=403': 1,
    'path=mcp status=413': 1,
    'path=healthz status=200': 1,
    'path=readyz status=200': 1,
    'path=metrics status=401': 1,
    'path=other status=404': 2,
  });
});

/** A call that waits for the store, and how its caller leaves. */
async function hangingCall(url: string): Promise<() => Promise<void>> {
  store.faults.set({ kind: 'hang' });
  const caller = new AbortController();
  const { signal } = caller;
  const hanging = postCall(url, 'summarize_profile', SUMMARY, { signal }).catch(() => null);
  await until(() => store.requests.log.length > 0);
  return async () => {
    caller.abort();
    await hanging;
  };
}

test('calls over a limit, and callers that left', async () => {
  const limits = { parallelCalls: 1, calls: 2, callsPerClient: 1, callsPerMinute: null };
  const { url, responses } = await serve({ limits });
  const leave = await hangingCall(url);
  expect((await postCall(url, 'nope')).status).toBe(429);
  await leave();
  await responses({ 'path=mcp status=429': 1, 'path=mcp status=none': 1 });
});

test('a server with no place left', async () => {
  const limits = { parallelCalls: 1, calls: 1, callsPerClient: 5, callsPerMinute: null };
  const { url, responses } = await serve({ limits });
  const leave = await hangingCall(url);
  expect((await postCall(url, 'nope')).status).toBe(503);
  await responses({ 'path=mcp status=503': 1 });
  await leave();
});

const QUICK = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
const HEAD = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\n';

test.each([
  ['a head that never ends', `${HEAD}X-A: `, 408, QUICK],
  ['a body that never ends', `${HEAD}Content-Length: 10\r\n\r\n{`, 408, QUICK],
  ['no HTTP', 'hello\r\n\r\n', 400, {}],
  ['a head that is too long', `${HEAD}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431, {}],
])('%s is answered and counted once', async (_name, bytes, status, bounds) => {
  const { url, responses } = await serve({ bounds });
  expect(await sendRaw(url, bytes)).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} [^\r]+\r\nConnection: close\r\n\r\n$`),
  );
  await responses({ [`path=unread status=${status}`]: 1 });
});

test('connections that are turned away', async () => {
  const { url, counted } = await serve({ bounds: { maxConnections: 1 } });
  const held = connect(Number(new URL(url).port), '127.0.0.1');
  await new Promise((resolve) => held.once('connect', resolve));
  expect(await sendRaw(url, '')).toBe('');
  expect(await counted('http_connections_refused_total')).toEqual({ '': 1 });
  held.destroy();
});

test.each(CLIENTS)('prompts, completions and the guide, by how they ended (%s)', async (kind) => {
  const { url, counted } = await serve({}, demoSource());
  const client = await connectHttp(kind, url);
  onTestFinished(() => client.close());
  const service = 'checkout-api';
  await client.getPrompt('find-memory-leak', { service });
  await client.getPrompt('find-memory-leak', { service, from: 'soon' }).catch(() => null);
  await client.complete('find-memory-leak', 'source', '');
  await client.complete('find-memory-leak', 'service', '', { source: 'nope' });
  await client.readResource('pyroscope://guide/investigate');
  expect(await counted('operations_total')).toEqual({
    'operation=prompts/get outcome=answered': 1,
    'operation=prompts/get outcome=refused': 1,
    'operation=completion/complete outcome=answered': 1,
    'operation=completion/complete outcome=refused': 1,
    'operation=resources/read outcome=answered': 1,
  });
  expect(await counted('operation_duration_seconds_count')).toEqual({
    'operation=prompts/get': 2,
    'operation=completion/complete': 2,
    'operation=resources/read': 1,
  });
  expect(await counted('calls_total')).toEqual({});
});

test('completions ask a silent store a few questions at once, and then nothing; the next ones ask again', async () => {
  let asking = 0;
  let answer: (names: string[]) => void = () => {};
  const answers = new Promise<string[]>((resolve) => {
    answer = resolve;
  });
  const silent: ProfileSource = {
    ...demoSource(),
    labelValues: () => {
      asking++;
      return answers;
    },
  };
  const { url, counted } = await serve({}, silent);
  const [kind] = CLIENTS;
  const client = await connectHttp(kind, url);
  onTestFinished(() => client.close());
  // Each about another service is a question of its own.
  const complete = (n: number) =>
    client.complete('compare-deploys', 'profile_type', '', { service: `service-${n}` });
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => complete(n)));
  expect(all).toEqual(all.map(() => []));
  expect(asking).toBeLessThanOrEqual(4);
  // The four are answered with nothing after 2 s, and go on asking.
  expect(await complete(31)).toEqual([]);
  expect(await counted('operations_total')).toEqual({
    'operation=completion/complete outcome=deadline': 4,
    'operation=completion/complete outcome=busy': 27,
  });
  answer([]);
  await until(async () => {
    await complete(32);
    return ((await counted('operations_total'))['operation=completion/complete outcome=busy'] ?? 0) < 28;
  });
});

test('a store that fails completes to nothing, and shows', async () => {
  const failing: ProfileSource = {
    ...demoSource(),
    series: () => Promise.reject(new UpstreamError('unreachable', 'refused')),
    labelValues: () => Promise.reject(new UpstreamError('unreachable', 'refused')),
  };
  const { url, counted } = await serve({}, failing);
  const client = await connectHttp(CLIENTS[0], url);
  onTestFinished(() => client.close());
  expect(await client.complete('find-memory-leak', 'service', '')).toEqual([]);
  expect(await counted('operations_total')).toEqual({
    'operation=completion/complete outcome=upstream_failed': 1,
  });
});
