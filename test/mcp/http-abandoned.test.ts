import { describe, expect, onTestFinished, test } from 'vitest';
import { openRaw, postCall, rawPost, sendRaw, until } from '../support/http.js';
import { LONG_MS, SUMMARY, startHttpScene } from '../support/http-scene.js';
import { start } from '../support/process.js';

// A connection that closes takes all its requests with it, also those that wait behind another on it.

const { store, serve: serveWith, inFlight } = await startHttpScene();

const list = (id: number) => rawPost({ id, method: 'tools/list' });
const call = (id: number) =>
  rawPost({ id, method: 'tools/call', params: { name: 'summarize_profile', arguments: SUMMARY } });
const times = (count: number, bytes: (id: number) => string) =>
  Array.from({ length: count }, (_, id) => bytes(id)).join('');

/** A server that waits for its calls when it stops. */
async function serve(places: number) {
  const { url, close, counted } = await serveWith({
    limits: { parallelCalls: places, calls: 256, callsPerClient: 256, callsPerMinute: null, waitMs: LONG_MS },
    shutdown: { delayMs: 0, graceMs: LONG_MS },
  });
  return { url, close, counted: () => counted('http_responses_total') };
}

describe('requests that were sent one behind another on a connection', () => {
  test('are answered in their order', async () => {
    const { url } = await serve(1);
    const end = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await sendRaw(url, times(50, list) + end);
    const ids = [...answer.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: 50 }, (_, id) => id));
    expect(answer.slice(-20)).toMatch(/\r\nok\r\n/);
  });

  test.each(['destroy', 'resetAndDestroy', 'end'] as const)(
    'end with it, calls and all others (%s)',
    async (leave) => {
      const { url, counted, close } = await serve(1);
      store.faults.set({ kind: 'hang' });
      const socket = openRaw(url, times(12, call) + times(50, list));
      await until(() => inFlight() > 0);
      store.faults.clear();
      // There is one place for calls: this one gets it when the caller has left.
      const other = postCall(url, 'list_data_sources');
      socket[leave]();
      expect((await other).text).toContain('store');
      await until(() => inFlight() === 0);
      await expect
        .poll(counted, { timeout: 10_000 })
        .toEqual({ 'path=mcp status=none': 62, 'path=mcp status=200': 1 });
      await close();
    },
  );

  test('end with it, also where each has a large body', async () => {
    const { url, counted, close } = await serve(1);
    store.faults.set({ kind: 'hang' });
    const large = rawPost({
      id: 1,
      method: 'tools/list',
      params: { _meta: { padding: 'x'.repeat(500_000) } },
    });
    const socket = openRaw(url, call(0) + large.repeat(5));
    await until(() => inFlight() > 0 && socket.writableLength === 0);
    socket.destroy();
    await expect.poll(counted, { timeout: 10_000 }).toEqual({ 'path=mcp status=none': 6 });
    await close();
  });

  test('end with it where there are too many', async () => {
    const { url } = await serve(1);
    store.faults.set({ kind: 'hang' });
    expect(await sendRaw(url, call(0) + times(200, list))).toBe('');
    await until(() => inFlight() === 0);
  });
});

describe('a stop of the built program waits for nobody who has left', () => {
  const LOADS: readonly [name: string, bytes: string, leaves: 'resetAndDestroy' | 'end'][] = [
    ['a burst of lists that is reset', times(50, list), 'resetAndDestroy'],
    ['a burst of lists whose caller closes its side', times(50, list), 'end'],
    ['a burst of calls that is reset', times(50, call), 'resetAndDestroy'],
    ['a call with lists behind it', call(0) + times(50, list), 'resetAndDestroy'],
    ['half a request behind a call', call(0) + list(1).slice(0, -10), 'resetAndDestroy'],
    [
      'a probe behind a call',
      `${call(0)}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      'resetAndDestroy',
    ],
  ];

  test.each(LOADS)('%s', async (_name, bytes, leaves) => {
    const program = start(['--http', '0', '--pyroscope-url', store.url, '--shutdown-grace', '600']);
    onTestFinished(() => {
      program.child.kill('SIGKILL');
    });
    const [, url = ''] = await program.seen(/serves MCP at (http:\S+)/);
    store.faults.set({ kind: 'hang' });
    const sockets = Array.from({ length: 3 }, () => openRaw(url, bytes));
    // The server works on the bursts: one of their calls reaches the store, or their first answers come.
    await until(() => store.requests.log.length > 0 || sockets.every(({ bytesRead }) => bytesRead > 0));
    for (const socket of sockets) socket[leaves]();
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('a caller that reads nothing of its answers', async () => {
    const program = start(['--http', '0', '--pyroscope-url', store.url, '--shutdown-grace', '600']);
    onTestFinished(() => {
      program.child.kill('SIGKILL');
    });
    const [, url = ''] = await program.seen(/serves MCP at (http:\S+)/);
    const socket = openRaw(url, times(90, list)).pause();
    onTestFinished(() => {
      socket.destroy();
    });
    await until(() => fetch(new URL('/healthz', url)).then(({ ok }) => ok));
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });
});
