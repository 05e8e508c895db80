import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { demoSource } from './support/ask.js';
import { cleanEnvironment, MAIN, start } from './support/process.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';

// The span of a caller, ours, those of our requests, and the header that a store gets: a chain, with a real
// SDK in the process of the server.

const SDK = new URL('./support/otel-sdk.mjs', import.meta.url).href;
const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const TRACEPARENT = `00-${PARENT.traceId}-${PARENT.spanId}-01`;
const SERVER = 1;
const CLIENT = 2;
const ASK = {
  name: 'summarize_profile',
  arguments: {
    service: 'checkout-api',
    profile_type: 'cpu',
    from: '2026-11-20T14:30:00Z',
    to: '2026-11-20T14:45:00Z',
  },
};
const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  name: z.string(),
  kind: z.number(),
  parent: z.string().nullable(),
  isRemote: z.boolean(),
  state: z.string().nullable(),
  error: z.boolean(),
  attributes: z.record(z.string(), z.unknown()),
});

let store: TestPyroscope;
let file: string;
beforeEach(async () => {
  store = await startPyroscopeServer(demoSource());
  onTestFinished(() => store.close());
  file = path.join(mkdtempSync(path.join(tmpdir(), 'spans-')), 'spans');
});

function environment() {
  return { NODE_OPTIONS: `--import ${SDK}`, SPANS_FILE: file };
}

function readSpans() {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => spanSchema.parse(JSON.parse(line)));
}

async function connectStdio(env: Record<string, string>) {
  const client = new Client({ name: 'test', version: '1' });
  const args = [MAIN, '--pyroscope-url', store.url];
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args, env: cleanEnvironment(env) }),
  );
  onTestFinished(() => client.close());
  return client;
}

function parents() {
  const sent = store.requests.log.map(({ headers }) => headers.traceparent ?? '');
  return sent.map((parent) => String(parent).split('-'));
}

test('caller, call, request, header: each is the parent of the next', async () => {
  const client = await connectStdio(environment());
  const meta = { traceparent: TRACEPARENT, tracestate: 'rojo=1', baggage: 'incident=4711' };
  await client.callTool({ ...ASK, _meta: meta });
  const spans = readSpans();
  const [served, ...others] = spans.filter(({ kind }) => kind === SERVER);
  expect(others).toEqual([]);
  expect(served).toMatchObject({
    name: 'tools/call summarize_profile',
    traceId: PARENT.traceId,
    parent: PARENT.spanId,
    isRemote: true,
    state: 'rojo=1',
    error: false,
    attributes: {
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'summarize_profile',
      'gen_ai.operation.name': 'execute_tool',
      'network.transport': 'pipe',
    },
  });
  const sent = spans.filter(({ kind }) => kind === CLIENT);
  expect(sent.length).toBeGreaterThan(1);
  for (const span of sent) expect(span).toMatchObject({ traceId: PARENT.traceId, parent: served?.spanId });
  expect(sent.map(({ name }) => name)).toContain('POST SelectMergeProfile');
  expect(new Set(sent.map(({ attributes }) => attributes['http.response.status_code']))).toEqual(
    new Set([200]),
  );
  expect(new Set(parents().map(([, , id]) => id))).toEqual(new Set(sent.map(({ spanId }) => spanId)));
  for (const [version, trace, , flags] of parents())
    expect([version, trace, flags]).toEqual(['00', PARENT.traceId, '01']);
  expect(store.requests.log.map(({ headers }) => [headers.tracestate, headers.baggage])).toEqual(
    store.requests.log.map(() => ['rojo=1', 'incident=4711']),
  );
  // Nothing of a question becomes a part of a span.
  expect(JSON.stringify(spans)).not.toMatch(/checkout-api|2026-11-20/);
});

test('without a caller that is traced, our span begins the trace', async () => {
  const client = await connectStdio(environment());
  await client.callTool(ASK);
  const [served] = readSpans().filter(({ kind }) => kind === SERVER);
  expect(served).toMatchObject({ parent: null });
  expect(new Set(parents().map(([, trace]) => trace))).toEqual(new Set([served?.traceId]));
});

test('a refused call and a failed request are errors of their spans', async () => {
  const client = await connectStdio(environment());
  store.faults.set({ kind: 'status', status: 500 });
  await client.callTool(ASK);
  const spans = readSpans();
  expect(spans.find(({ kind }) => kind === SERVER)).toMatchObject({
    error: true,
    attributes: { 'error.type': 'tool_error' },
  });
  expect(spans.find(({ kind }) => kind === CLIENT)).toMatchObject({
    error: true,
    attributes: { 'error.type': 'failed', 'http.response.status_code': 500 },
  });
});

test('over HTTP the context of the head counts where the message has none', async () => {
  const server = start(['--http', '0', '--pyroscope-url', store.url], environment());
  onTestFinished(() => void server.child.kill('SIGKILL'));
  const [, url = ''] = await server.seen(/serves MCP at (\S+)/);
  const client = new Client({ name: 'test', version: '1' });
  const headers = { traceparent: TRACEPARENT };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  onTestFinished(() => client.close());
  await client.callTool(ASK);
  await client
    .getPrompt({ name: 'investigate_alert', arguments: { service: 'a', since: 'now-1h' } })
    .catch(() => {});
  const [served] = readSpans().filter(({ name }) => name.startsWith('tools/call'));
  expect(served).toMatchObject({
    parent: PARENT.spanId,
    attributes: { 'network.transport': 'tcp', 'network.protocol.name': 'http' },
  });
});

describe('without an SDK', () => {
  test('a store gets the context of the caller, as it is', async () => {
    const client = await connectStdio({});
    await client.callTool({ ...ASK, _meta: { traceparent: TRACEPARENT } });
    expect(new Set(store.requests.log.map(({ headers }) => headers.traceparent))).toEqual(
      new Set([TRACEPARENT]),
    );
  });
});
