import type { Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { post, postCall, until } from '../support/http.js';
import { readSamples } from '../support/metrics.js';
import { type Program, start } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { openRaw, rawRequest, sendRaw } from '../support/raw-http.js';

// Connections that are used as no client would: bodies of every kind, slow ones, bursts that are broken off.

const store = await startPyroscopeServer(demoSource());
afterAll(() => store.close());

let program: (Program & { url: string; host: string }) | undefined;
afterEach(() => {
  store.faults.clear();
  program?.child.kill('SIGKILL');
});
async function serving(...args: string[]) {
  const started = start(['--http', '0', '--pyroscope-url', store.url, ...args]);
  const [, url = ''] = await started.seen(/serves MCP at (\S+)/);
  program = { ...started, url, host: new URL(url).host };
  return program;
}

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const HEAD = ['content-type: application/json', 'accept: application/json, text/event-stream'];
const message = (host: string, body: object | string) =>
  rawRequest(
    'POST /mcp HTTP/1.1',
    [`host: ${host}`, ...HEAD],
    typeof body === 'string' ? body : JSON.stringify(body),
  );
const call = (id: number, name: string, args: object) => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call' },
  params: { name, arguments: args },
});
const serves = async (url: string) => (await post(url, { id: 1, method: 'tools/list' })).status === 200;
/** Far above what a stop takes once no call is left, and far below the grace that calls get. */
const STOPS_WITHIN_MS = 10_000;

async function expectQuickStop({ child, exit }: Program): Promise<void> {
  child.kill('SIGTERM');
  const late = new Promise((resolve) => setTimeout(resolve, STOPS_WITHIN_MS, 'still running').unref());
  expect(await Promise.race([exit, late])).toEqual({ code: 0, signal: null });
}

describe('bodies', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const BODIES: readonly [string, string][] = [
    ['nothing', ''],
    ['a mebibyte of blanks', ' '.repeat(2 ** 20)],
    ['three mebibytes', JSON.stringify({ ...LIST, pad: 'x'.repeat(3 * 2 ** 20) })],
    ['brackets without end', '['.repeat(400_000)],
    ['members without end', '{"a":'.repeat(150_000)],
    ['a deep argument', JSON.stringify(call(1, 'list_labels', {})).replace('{}', nested(100_000))],
    ['a million members', `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join()}}`],
    ['a number beyond numbers', '{"jsonrpc":"2.0","id":1e999,"method":"tools/list"}'],
    ['half a surrogate', '{"jsonrpc":"2.0","id":"\\ud800","method":"tools/list"}'],
    ['a method called like the prototype', '{"jsonrpc":"2.0","id":1,"method":"__proto__"}'],
    ['the same member twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list","method":"x"}'],
    ['zeros', '\0'.repeat(1_000)],
    ['a byte order mark', `\ufeff${JSON.stringify(LIST)}`],
    ['a form', 'jsonrpc=2.0&method=tools/list'],
    ['XML', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['a batch', JSON.stringify(Array.from({ length: 1_000 }, () => LIST))],
  ];

  test('each gets an answer that says what is wrong, and the server goes on', async () => {
    const { url, host, child, exit } = await serving();
    for (const [name, body] of BODIES) {
      const { status, text } = await sendRaw(url, message(host, body));
      expect(status, name).toBeGreaterThanOrEqual(200);
      expect(status, name).toBeLessThan(500);
      expect(text.split('\r\n\r\n')[1] ?? '', name).toMatch(/"error"|"result"/);
    }
    expect(await serves(url)).toBe(true);
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
  });

  test('random bytes in the place of a request end a connection and nothing else', async () => {
    const { url } = await serving();
    for (let seed = 1; seed <= 40; seed++) {
      const bytes = Buffer.from(Array.from({ length: 300 }, (_, at) => (seed * 7919 + at * at * 31) & 255));
      const { status } = await sendRaw(url, Buffer.concat([bytes, Buffer.from('\r\n\r\n\r\n\r\n')]));
      expect(status === null || status >= 400).toBe(true);
    }
    expect(await serves(url)).toBe(true);
  });
});

test('requests that never end hold up nobody', async () => {
  const { url, host } = await serving();
  const slow = await Promise.all(Array.from({ length: 100 }, () => openRaw(url)));
  slow.forEach((socket, at) => {
    const whole = message(host, LIST);
    socket.write(whole.slice(0, [1, 20, whole.indexOf('\r\n\r\n') - 2, whole.length - 3][at % 4]));
  });
  const drip = setInterval(() => {
    for (const socket of slow) socket.write(' ');
  }, 50);
  try {
    for (let times = 0; times < 5; times++) expect(await serves(url)).toBe(true);
  } finally {
    clearInterval(drip);
    for (const socket of slow) socket.destroy();
  }
  expect(await serves(url)).toBe(true);
});

describe('a burst over one connection that is broken off', () => {
  test('of lists leaves nothing for a stop to wait for', async () => {
    const running = await serving();
    const socket = await openRaw(running.url);
    socket.write(message(running.host, LIST).repeat(50));
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    expect(await serves(running.url)).toBe(true);
    await expectQuickStop(running);
  });

  test('of calls ends them, and what they ask the store', async () => {
    const running = await serving('--parallel-calls', '4');
    store.faults.set({ kind: 'hang' });
    const socket = await openRaw(running.url);
    const calls = Array.from({ length: 12 }, (_, at) =>
      call(at, 'list_services', { ...INCIDENT_WINDOW, to: `2026-11-20T14:45:${10 + at}Z` }),
    );
    socket.write(calls.map((request) => message(running.host, request)).join(''));
    await until(() => store.requests.count() > 0);
    socket.resetAndDestroy();
    const inFlight = async () => {
      const text = await (await fetch(new URL('/metrics', running.url))).text();
      return Object.keys(readSamples(text, 'pyroscope_mcp_calls_in_flight')).length;
    };
    await until(async () => (await inFlight()) === 0);
    store.faults.clear();
    expect((await postCall(running.url, 'list_services', INCIDENT_WINDOW)).text).toContain('checkout-api');
    await expectQuickStop(running);
  });
});

test('probes that keep their connections turn nobody away', { timeout: 120_000 }, async () => {
  const { url, host } = await serving('--http-tokens', 'probe-token-0123456789abcdef0123456789abcdef');
  // More than there may be connections (1,280), in groups that the queue of the system holds.
  const kept: Socket[] = [];
  const probe = async () => {
    const socket = await openRaw(url);
    kept.push(socket);
    const answered = new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
    socket.write(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    await answered;
    socket.resume();
  };
  try {
    for (let group = 0; group < 13; group++) await Promise.all(Array.from({ length: 100 }, probe));
    expect((await sendRaw(url, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')).status).toBe(200);
  } finally {
    for (const socket of kept) socket.destroy();
  }
});

test('a call of many regular expressions is answered or refused while probes go on', {
  timeout: 120_000,
}, async () => {
  const { url } = await serving();
  const matcher = `pod=~"${'a{1000}'.repeat(9)}"`;
  const selector = `{${Array.from({ length: 300 }, () => matcher).join(',')}}`;
  const words = Array.from({ length: 300 }, () => '(a|b?){50}').join(' ');
  let waits = 0;
  for (const [tool, args] of [
    ['list_labels', { selector, ...INCIDENT_WINDOW }],
    ['summarize_profile', { service: 'checkout-api', selector, ...INCIDENT_WINDOW }],
    ['query_profile', { service: 'checkout-api', focus: '(a{1000}){9}'.repeat(100), ...INCIDENT_WINDOW }],
    ['find_query_patterns', { words }],
  ] as const) {
    const answering = postCall(url, tool, args);
    const settled = answering.then(() => true);
    while (!(await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 20, false))]))) {
      waits++;
      expect((await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(2_000) })).status).toBe(
        200,
      );
    }
    expect([200, 400, 413]).toContain((await answering).status);
  }
  expect(waits).toBeLessThan(2_000);
});
