import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { createLog } from '../src/telemetry/log.js';
import { withTrace } from '../src/telemetry/trace.js';
import { askerIn, demoSource } from './support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from './support/grafana-server.js';
import { cleanEnvironment, MAIN, start } from './support/process.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';
import type { Requests, SeenRequest } from './support/wire/loopback.js';

// A caller's trace context reaches the profile stores, and nothing else of the caller's does.

const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  baggage: 'incident=4711,team=checkout',
};
const OTHER = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
const GARBAGE = { traceparent: '00-zero-zero-01', tracestate: 'a', baggage: 'no value' };
const ASK = {
  name: 'summarize_profile',
  arguments: { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' },
};

/**
 * Moves the call to a window that no call used before, since answers about old windows are kept for a minute.
 */
function askAnew(before: number) {
  const to = new Date(Date.parse(ASK.arguments.to) - before).toISOString();
  return { ...ASK, arguments: { ...ASK.arguments, to } };
}

async function createSource(kind: 'pyroscope' | 'grafana'): Promise<{ args: string[]; requests: Requests }> {
  const store = await startPyroscopeServer(demoSource());
  onTestFinished(() => store.close());
  if (kind === 'pyroscope') {
    const args = ['--pyroscope-url', store.url, '--pyroscope-token', 'our-own-token'];
    return { args, requests: store.requests };
  }
  const grafana = await startGrafanaServer({
    dataSources: [{ id: 1, uid: 'prod', name: 'prod', url: store.url }],
  });
  onTestFinished(() => grafana.close());
  const args = ['--grafana-url', grafana.url, '--grafana-token', VIEWER_TOKEN, '--enabled-sources', 'prod'];
  return { args, requests: grafana.requests };
}

/** Requests for profiles; a server may read dashboards on its own meanwhile. */
function queries({ log }: Requests): SeenRequest[] {
  return log.filter(({ name }) => /^(?:proxy )?[A-Z][A-Za-z]+$/.test(name));
}

function createTrace({ headers }: SeenRequest) {
  const { traceparent, tracestate, baggage } = headers;
  return { traceparent, tracestate, baggage };
}

const NONE = { traceparent: undefined, tracestate: undefined, baggage: undefined };

/** All other headers of our requests; none of them comes from a caller. */
const OURS = new Set([
  ...['host', 'connection', 'accept', 'accept-encoding', 'user-agent', 'authorization'],
  ...['content-type', 'content-length', 'transfer-encoding', 'traceparent', 'tracestate', 'baggage'],
]);

async function connected(
  transport: ConstructorParameters<typeof StdioClientTransport>[0] | string,
  mode: 'auto' | 'legacy',
  headers = {},
) {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(
    typeof transport === 'string'
      ? new StreamableHTTPClientTransport(new URL(transport), { requestInit: { headers } })
      : new StdioClientTransport(transport),
  );
  onTestFinished(() => client.close());
  return client;
}

describe.each(['pyroscope', 'grafana'] as const)('to %s', (kind) => {
  test.each(['auto', 'legacy'] as const)('over stdio, protocol %s', async (mode) => {
    const { args, requests } = await createSource(kind);
    const client = await connected(
      { command: process.execPath, args: [MAIN, ...args], env: cleanEnvironment() },
      mode,
    );
    const contexts = [
      [TRACE, TRACE],
      [GARBAGE, NONE],
      [{ traceparent: OTHER }, { ...NONE, traceparent: OTHER }],
    ] as const;
    for (const [turn, [meta, seen]] of contexts.entries()) {
      requests.clear();
      await client.callTool({ ...askAnew(turn), _meta: meta });
      expect(queries(requests).length).toBeGreaterThan(0);
      expect(queries(requests).map(createTrace)).toEqual(queries(requests).map(() => seen));
    }
    requests.clear();
    await client.callTool(askAnew(contexts.length));
    expect(queries(requests).length).toBeGreaterThan(0);
    expect(queries(requests).map(createTrace)).toEqual(queries(requests).map(() => NONE));
  });

  test.each(['auto', 'legacy'] as const)('over HTTP, protocol %s', async (mode) => {
    const { args, requests } = await createSource(kind);
    const program = start(['--http', '0', '--log-level', 'info', ...args]);
    onTestFinished(() => void program.child.kill('SIGKILL'));
    const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
    const headers = {
      ...TRACE,
      authorization: 'Bearer of-the-caller',
      cookie: 'session=of-the-caller',
      'x-scope-orgid': 'of-the-caller',
      'x-forwarded-for': '10.0.0.1',
    };
    const client = await connected(url, mode, headers);
    await client.callTool(ASK);
    expect(queries(requests).length).toBeGreaterThan(0);
    expect(queries(requests).map(createTrace)).toEqual(queries(requests).map(() => TRACE));
    for (const request of requests.log) {
      expect(Object.keys(request.headers).filter((name) => !OURS.has(name))).toEqual([]);
      expect(JSON.stringify(request.headers)).not.toContain('of-the-caller');
    }
    requests.clear();
    await client.callTool({ ...askAnew(1), _meta: { traceparent: OTHER } });
    expect(queries(requests).length).toBeGreaterThan(0);
    expect(queries(requests).map(createTrace)).toEqual(
      queries(requests).map(() => ({ ...NONE, traceparent: OTHER, baggage: TRACE.baggage })),
    );
    await program.seen(/call ended(?:.|\n)*call ended/);
    const ended = program
      .stderr()
      .split('\n')
      .filter((line) => line.includes('"call ended"'))
      .map((line) => JSON.parse(line));
    expect(ended.map(({ trace_id }) => trace_id)).toEqual(
      [TRACE.traceparent, OTHER].map((parent) => parent.split('-')[1]),
    );
    expect(program.stderr()).not.toContain('of-the-caller');
  });
});

test('a request that two calls wait for carries the trace of the one that began it', async () => {
  const { args, requests } = await createSource('pyroscope');
  const environment = await createEnvironment(
    readConfig([...args, '--cache-dir', 'none'], {}),
    createLog('error', () => {}),
  );
  onTestFinished(() => environment.context.sources.close());
  const ask = askerIn(environment);
  const parents = [TRACE.traceparent, OTHER];
  await Promise.all(
    parents.map((traceparent) => withTrace({ traceparent }, () => ask(ASK.name, ASK.arguments))),
  );
  const carried = (rpc: string, about = '') =>
    queries(requests)
      .filter(({ name, body }) => name === rpc && String(body).includes(about))
      .map(({ headers }) => headers.traceparent);
  expect(carried('LabelValues', '__profile_type__')).toEqual([TRACE.traceparent]);
  expect(carried('SelectMergeProfile').sort()).toEqual([...parents].sort());
});
