import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type CallEnvironment, callTool } from '../src/mcp/call.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { TOOLS } from '../src/tools/index.js';
import { createEnvironment } from './support/ask.js';

// When the profile store fails, an agent reads what failed, why and what to do next, and the server goes on.

const TOKEN = 'glsa_planted_secret_0123456789';
const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

async function listen(handler: RequestListener): Promise<string> {
  const started = createServer(handler);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function environment(
  url: string,
  more: { timeoutMs?: number; maxResponseBytes?: number } = {},
): CallEnvironment {
  return createEnvironment([
    createPyroscopeSource({ name: 'prod', uid: 'prod', url, token: TOKEN, ...more }),
  ]);
}

async function summarize(env: CallEnvironment) {
  const tool = TOOLS.find(({ name }) => name === 'summarize_profile');
  if (tool === undefined) throw new Error('no summarize_profile');
  const args = { service: 'checkout-api', from: 'now-1h', to: 'now' };
  return callTool(tool, args, env, new AbortController().signal);
}

/** Answers metadata as a healthy server does, so that the fault strikes at the profile itself. */
function healthyUntilProfile(fault: RequestListener): RequestListener {
  return (request, response) => {
    const json = (body: unknown) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    };
    if (request.url?.endsWith('/LabelValues')) json({ names: [TYPE] });
    else if (request.url?.endsWith('/LabelNames')) json({ names: ['service_name', 'pod'] });
    else if (request.url?.endsWith('/SelectHeatmap')) json({});
    else fault(request, response);
  };
}

const FAULTS: readonly [string, RequestListener, RegExp][] = [
  [
    '401',
    (_, response) =>
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"code":"unauthenticated","message":"no org id"}'),
    /^The profile store refused this server's own credentials \(HTTP 401, unauthenticated\): "no org id"\.\nNext: .*operator.*doctor/,
  ],
  [
    'HTML instead of JSON',
    (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Sign in</title></html>'),
    /^The profile store sent something that is not a Pyroscope answer[\s\S]*\nNext: A proxy or login page may stand in between/,
  ],
  [
    '429',
    (_, response) =>
      response
        .writeHead(429, { 'content-type': 'application/json' })
        .end('{"code":"resource_exhausted","message":"too many outstanding requests"}'),
    /^The profile store is overloaded \(HTTP 429, resource_exhausted\): "too many outstanding requests"\.\nNext: Wait half a minute/,
  ],
  [
    '500',
    (_, response) =>
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end('{"code":"unknown","message":"boom"}'),
    /^The profile store failed \(HTTP 500, unknown\): "boom"\.\nNext: Ask once more/,
  ],
  [
    'a cut connection',
    (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"names":["process');
      setTimeout(() => request.socket.destroy(), 20);
    },
    /^The answer of the profile store arrived broken or cannot be read[^\n]*\nNext: Ask once more\./,
  ],
  [
    'a slow answer',
    () => {},
    /^The profile store did not answer in time: "no answer within 0\.3 s"\.\nNext: Ask for a shorter window/,
  ],
  [
    'an answer over the cap',
    (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ names: ['x'.repeat(200_000)] })),
    /^The answer of the profile store is over the size limit[\s\S]*\nNext: Ask for a shorter window/,
  ],
  [
    'a small answer that inflates over the cap',
    (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify({ names: ['x'.repeat(5_000_000)] }))),
    /^The answer of the profile store is over the size limit/,
  ],
];

describe.each([
  ['at the first question', (fault: RequestListener) => fault],
  ['at the profile', healthyUntilProfile],
])('%s', (_where, wrap) => {
  test.each(FAULTS)('%s', async (name, fault, answer) => {
    const timeoutMs = name === 'a slow answer' ? 300 : 10_000;
    const env = environment(await listen(wrap(fault)), { timeoutMs, maxResponseBytes: 100_000 });
    const { text, isError } = await summarize(env);
    expect(text).toMatch(answer);
    expect(isError).toBe(true);
    expect(text).not.toContain(TOKEN);
    expect(text).not.toMatch(/\bat .*\.[jt]s:\d+/);
  });
});

test('a server that is down', async () => {
  const url = await listen(() => {});
  await new Promise((resolve) => server?.close(resolve));
  const { text, isError } = await summarize(environment(url));
  expect(isError).toBe(true);
  expect(text).toMatch(
    /^The profile store cannot be reached: ".*"\.\nNext: Nothing in the call can mend this\./,
  );
});

test('the deadline of a call ends it even when every request is within its own', async () => {
  const env = { ...environment(await listen(() => {})), deadlineMs: 200 };
  const { text, isError } = await summarize(env);
  expect(isError).toBe(true);
  expect(text).toMatch(/^The profile store did not answer in time: "no answer within 0\.2 s"/);
});

test('after a failure the same server answers again', async () => {
  let broken = true;
  const url = await listen((request, response) => {
    if (broken) {
      response.writeHead(500).end();
      return;
    }
    healthyUntilProfile((_, profile) =>
      profile.writeHead(200, { 'content-type': 'application/proto' }).end(),
    )(request, response);
  });
  const env = environment(url);
  expect((await summarize(env)).isError).toBe(true);
  broken = false;
  expect((await summarize(env)).isError).toBe(false);
});

test('a bug of ours shows an id, not its message', async () => {
  const log: string[] = [];
  const env = createEnvironment(
    [
      {
        ...createPyroscopeSource({ name: 'prod', uid: 'prod', url: 'http://127.0.0.1:9' }),
        labelValues: () => Promise.reject(new TypeError('secret internals')),
      },
    ],
    log,
  );
  const { text, isError } = await summarize(env);
  const id = /^An internal error stopped summarize_profile \(id (\w{8});/.exec(text)?.[1];
  expect([isError, text.includes('secret internals')]).toEqual([true, false]);
  const errors = log.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
  expect(errors).toEqual([
    expect.objectContaining({
      call: id,
      tool: 'summarize_profile',
      err: expect.objectContaining({ type: 'TypeError', message: 'secret internals' }),
    }),
  ]);
});
