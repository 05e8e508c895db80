import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { bearer, post, postCall, until } from '../support/http.js';
import { SUMMARY, startHttpScene } from '../support/http-scene.js';

// Limits of callers over HTTP: calls, connections and time. A caller that leaves costs nothing more.

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];
const DEFAULTS = { parallelCalls: 8, calls: 256, callsPerClient: 128, callsPerMinute: null };

const { store, serve: serveWith, inFlight } = await startHttpScene();

const serve = async (...args: Parameters<typeof serveWith>) => (await serveWith(...args)).url;

const access = { tokens: [A, B], tokenFile: null, allowUnauthenticated: false };
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

/** Calls that hang in the store until their caller leaves. */
function hangingCalls(url: string, token: string, count: number) {
  store.faults.set({ kind: 'hang' });
  const caller = new AbortController();
  const calls = Array.from({ length: count }, () =>
    postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(token), signal: caller.signal }).catch(
      () => null,
    ),
  );
  return { calls, hangUp: () => caller.abort() };
}

describe('calls', () => {
  test('of one client over its limit get 429 and what to do; another client and other requests go on', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, callsPerClient: 2 } });
    const hanging = hangingCalls(url, A, 2);
    await until(() => store.requests.log.length > 0);
    await until(async () => (await postCall(url, 'nope', {}, { headers: bearer(A) })).status === 429);
    const refused = await postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(A) });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.message?.id).toBe(7);
    expect(refused.text).toMatch(/as one client may have \(2\)\. Wait for an answer, then call again/);
    for (const message of [
      { id: 1, method: 'tools/list' },
      { id: 2, method: 'ping' },
    ]) {
      expect((await post(url, message, { headers: bearer(A) })).status).toBe(200);
    }
    store.faults.clear();
    const other = await postCall(url, 'list_data_sources', {}, { headers: bearer(B) });
    expect(other.text).toContain('store');
    hanging.hangUp();
    await Promise.all(hanging.calls);
    await until(
      async () => (await postCall(url, 'list_data_sources', {}, { headers: bearer(A) })).status === 200,
    );
  });

  test('count profiles that are read as resources; the guide and lists go on', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, callsPerClient: 1 } });
    const hanging = hangingCalls(url, A, 1);
    const read = (uri: string) =>
      post(url, { id: 7, method: 'resources/read', params: { uri } }, { headers: bearer(A) });
    await until(() => store.requests.log.length > 0);
    const refused = await read('pyroscope://profile?service=checkout-api');
    expect(refused.status).toBe(429);
    expect(refused.text).toMatch(/as one client may have \(1\)/);
    expect((await read('pyroscope://guide/investigate')).status).toBe(200);
    hanging.hangUp();
    await Promise.all(hanging.calls);
  });

  test('without tokens a client is an address', async () => {
    const url = await serve({ limits: { ...DEFAULTS, callsPerClient: 1 } });
    const hanging = hangingCalls(url, A, 1);
    await until(async () => (await postCall(url, 'nope', {}, { headers: bearer(B) })).status === 429);
    hanging.hangUp();
    await Promise.all(hanging.calls);
  });

  test('that find no place wait, then get 503', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, parallelCalls: 1, waitMs: 50 } });
    const hanging = hangingCalls(url, A, 1);
    await until(() => store.requests.log.length > 0);
    const refused = await postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(B) });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(refused.text).toMatch(/The server is busy.*Call again in 5 s with the same arguments/);
    hanging.hangUp();
    await Promise.all(hanging.calls);
  });

  test('in a burst over the places are all answered', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, parallelCalls: 2, waitMs: 60_000 } });
    store.faults.set({ kind: 'slow', ms: 20 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(at % 2 === 0 ? A : B) }),
      ),
    );
    for (const { status, text } of answers) {
      expect(status, text).toBe(200);
      expect(text).toContain('coupon.loadPattern');
    }
  });

  test('over the rate get 429 with the seconds to wait', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, callsPerMinute: 2 } });
    const call = (token: string) => postCall(url, 'list_data_sources', {}, { headers: bearer(token) });
    expect([(await call(A)).status, (await call(A)).status]).toEqual([200, 200]);
    const refused = await call(A);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.text).toMatch(/Call again in \d+ s/);
    expect((await call(B)).status).toBe(200);
    expect((await post(url, { id: 1, method: 'tools/list' }, { headers: bearer(A) })).status).toBe(200);
  });

  test('that failed, were refused or broke off leave no place taken', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, calls: 1, callsPerClient: 1 } });
    for (let round = 0; round < 3; round++) {
      for (const [name, args] of [
        ['nope', {}],
        ['summarize_profile', { srvice: 'x' }],
        ['summarize_profile', SUMMARY],
      ] as const) {
        const { status } = await postCall(url, name, args, { headers: bearer(A) });
        expect(status).not.toBe(429);
      }
      const broken = await post(url, { id: 1, method: 'tools/call' }, { headers: bearer(A) });
      expect(broken.status).not.toBe(429);
    }
  });

  test('of 50 agents with one token fail with no setting', async () => {
    const url = await serve({ access, limits: DEFAULTS });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(A) })),
    );
    for (const { status, text } of answers) {
      expect(status, text).toBe(200);
      expect(text).toContain('coupon.loadPattern');
    }
  });
});

describe('a caller that hangs up', () => {
  test.each(CLIENTS)('ends its requests to the store (%s)', async (kind) => {
    const url = await serve({ limits: { ...DEFAULTS, callsPerClient: 1 } });
    const caller = new AbortController();
    let hangsUp = false;
    const client = await connectHttp(kind, url, (input, init) =>
      fetch(input, {
        ...init,
        ...(hangsUp
          ? { signal: AbortSignal.any([caller.signal, ...(init?.signal ? [init.signal] : [])]) }
          : {}),
      }),
    );
    hangsUp = true;
    store.faults.set({ kind: 'hang' });
    const call = client.callTool('summarize_profile', SUMMARY).catch(() => 'gone');
    await until(() => store.requests.log.length > 0);
    expect(inFlight()).toBeGreaterThan(0);
    // The signal of a request tells nothing any more when the request itself has been collected.
    collectGarbage();
    caller.abort();
    await until(() => inFlight() === 0);
    expect(await call).toBe('gone');
    // Its place is free, and nothing is asked for it any more.
    store.faults.clear();
    hangsUp = false;
    store.requests.clear();
    expect((await client.callTool('list_data_sources', {})).isError).toBe(false);
    expect(store.requests.count('SelectMergeProfile')).toBe(0);
    await client.close();
  });

  test('while it waits for a place leaves the queue', async () => {
    const url = await serve({ access, limits: { ...DEFAULTS, parallelCalls: 1, waitMs: 60_000 } });
    const first = hangingCalls(url, A, 1);
    await until(() => store.requests.log.length > 0);
    const second = hangingCalls(url, B, 1);
    second.hangUp();
    await Promise.all(second.calls);
    first.hangUp();
    await Promise.all(first.calls);
    store.faults.clear();
    const { text } = await postCall(url, 'summarize_profile', SUMMARY, { headers: bearer(B) });
    expect(text).toContain('coupon.loadPattern');
  });
});

describe('a connection', () => {
  const QUICK = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
  const ended = (socket: Socket) =>
    new Promise<string>((resolve) => {
      let answer = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
      });
      socket.on('error', () => {}).on('close', () => resolve(answer));
    });

  test.each([
    ['that sends nothing', ''],
    ['that never ends its headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: '],
    ['that never ends its body', `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{`],
    [
      'that is refused and never ends its body',
      'POST /x HTTP/1.1\r\nHost: evil\r\nContent-Length: 10\r\n\r\n{',
    ],
  ])('%s is cut', async (_name, bytes) => {
    const url = await serve({ bounds: QUICK });
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    expect(await ended(socket)).toMatch(/^(HTTP\/1\.1 408 .*)?/s);
    // Such a short time may also cut this request, on a machine that is busy.
    await until(() => fetch(new URL('/healthz', url)).then(({ status }) => status === 200));
  });

  test('that drips its headers letter by letter is cut', async () => {
    const url = await serve({ bounds: QUICK });
    let drip: NodeJS.Timeout | undefined;
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('POST /mcp HTTP/1.1\r\nX-A: ');
      drip = setInterval(() => socket.write('a'), 10);
    });
    expect(await ended(socket)).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  test('over which nothing goes is cut, and its call ends', async () => {
    const url = await serve({ bounds: { idleTimeout: 200 } });
    store.faults.set({ kind: 'hang' });
    await expect(postCall(url, 'summarize_profile', SUMMARY)).rejects.toThrow();
    await until(() => inFlight() === 0);
  });

  test('too many is turned away', async () => {
    const url = await serve({ bounds: { maxConnections: 2 } });
    const port = Number(new URL(url).port);
    const held = await Promise.all(
      [1, 2].map(
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => resolve(socket));
          }),
      ),
    );
    expect(await ended(connect(port, '127.0.0.1'))).toBe('');
    for (const socket of held) socket.destroy();
    await until(() =>
      fetch(new URL('/healthz', url)).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  });
});
