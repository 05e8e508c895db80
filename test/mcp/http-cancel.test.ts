import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpOptions } from '../../src/mcp/http/serve.js';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { bearer, JSON_HEADERS, post, postCall, until } from '../support/http.js';
import { LONG_MS, SUMMARY, startHttpScene } from '../support/http-scene.js';

// A call that its client cancels ends, with its requests to the store and its place in the queue, in both
// protocol eras. Calls of other clients go on.

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];
const LIMITS = { parallelCalls: 8, calls: 256, callsPerClient: 128, callsPerMinute: null, waitMs: LONG_MS };

const { store, serve: serveWith, inFlight } = await startHttpScene();

async function serve(options: Partial<HttpOptions> = {}) {
  const { url, counted } = await serveWith({ limits: LIMITS, ...options });
  const cancelled = async () =>
    (await counted('calls_total'))['outcome=cancelled tool=summarize_profile'] ?? 0;
  return { url, cancelled };
}

/** Asks a store that hangs only for profiles: each call has a request of its own there. */
const hang = () => store.faults.set({ kind: 'hang' }, { on: 'SelectMergeProfile' });

describe.each(CLIENTS)('%s', (kind) => {
  test('eight aborted calls free their places for a ninth', async () => {
    const { url, cancelled } = await serve();
    const client = await connectHttp(kind, url);
    onTestFinished(() => client.close());
    hang();
    const caller = new AbortController();
    const calls = Array.from({ length: 8 }, () =>
      client.callTool('summarize_profile', SUMMARY, caller.signal).catch(() => 'aborted'),
    );
    await until(() => inFlight() === 8);
    store.faults.clear();
    let isAnswered = false;
    const ninth = client.callTool('summarize_profile', SUMMARY).then((answer) => {
      isAnswered = true;
      return answer;
    });
    expect((await post(url, { id: 1, method: 'ping' })).status).toBe(200);
    expect(isAnswered).toBe(false);
    caller.abort();
    expect((await ninth).text).toContain('coupon.loadPattern');
    expect(await Promise.all(calls)).toEqual(Array(8).fill('aborted'));
    await until(() => inFlight() === 0);
    await expect.poll(cancelled, { timeout: 10_000 }).toBe(8);
  });

  test('a call that waits for a place leaves the queue', async () => {
    const { url } = await serve({ limits: { ...LIMITS, parallelCalls: 1, calls: 2 } });
    const client = await connectHttp(kind, url);
    onTestFinished(() => client.close());
    hang();
    const first = new AbortController();
    const second = new AbortController();
    const call = ({ signal }: AbortController) =>
      client.callTool('summarize_profile', SUMMARY, signal).catch(() => 'aborted');
    /** Whatever was sent before these requests has reached the server when they are answered. */
    const pings = async () => {
      for (let times = 0; times < 20; times++) await post(url, { id: times, method: 'ping' });
    };
    /** Whether a further call is answered, with a refusal; else it waits for the place of the first one. */
    const isRefused = async () => {
      const caller = new AbortController();
      let status: number | null = null;
      void postCall(url, 'nope', {}, { signal: caller.signal }).then(
        (answer) => {
          status = answer.status;
        },
        () => {},
      );
      await pings();
      caller.abort();
      return status === 503;
    };
    const calls = [call(first)];
    await until(() => inFlight() === 1);
    calls.push(call(second));
    await pings();
    await until(isRefused);
    second.abort();
    await until(async () => !(await isRefused()));
    first.abort();
    expect(await Promise.all(calls)).toEqual(['aborted', 'aborted']);
    await until(() => inFlight() === 0);
  });

  test('a call that is aborted as soon as it is made ends, too', async () => {
    const { url } = await serve({ limits: { ...LIMITS, parallelCalls: 1 } });
    const client = await connectHttp(kind, url);
    onTestFinished(() => client.close());
    hang();
    for (let turn = 0; turn < 20; turn++) {
      const caller = new AbortController();
      const call = client.callTool('summarize_profile', SUMMARY, caller.signal).catch(() => 'aborted');
      setTimeout(() => caller.abort(), turn);
      expect(await call).toBe('aborted');
    }
    store.faults.clear();
    expect((await client.callTool('summarize_profile', SUMMARY)).text).toContain('coupon.loadPattern');
  });
});

describe('whose call a cancel ends', () => {
  const INITIALIZE = {
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  };
  const access = { tokens: [A, B], tokenFile: null, allowUnauthenticated: false };
  const begin = async (url: string, headers = {}) =>
    (await post(url, INITIALIZE, { headers })).headers.get('mcp-session-id') ?? '';
  const session = (id: string) => ({ 'mcp-session-id': id });
  const cancel = (url: string, requestId: unknown, headers: Record<string, string>) =>
    post(url, { method: 'notifications/cancelled', params: { requestId } }, { headers });

  test('a session id is random, and only initialize hands one out', async () => {
    const { url } = await serve();
    const [first, second] = [await begin(url), await begin(url)];
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(second).not.toBe(first);
    const { headers } = await post(url, { id: 1, method: 'tools/list' }, { headers: session(first) });
    expect(headers.has('mcp-session-id')).toBe(false);
  });

  test('any session id, and none, is served', async () => {
    const { url } = await serve();
    for (const headers of [{}, session('made-up'), session(''), session('x'.repeat(5_000))]) {
      expect((await post(url, { id: 1, method: 'tools/list' }, { headers })).status).toBe(200);
      expect((await cancel(url, 1, headers)).status).toBe(202);
    }
    // No session can be ended, since another replica would not know of it; clients take 405 for that.
    for (const method of ['DELETE', 'GET']) {
      const headers = { ...JSON_HEADERS, ...session(await begin(url)) };
      expect((await fetch(url, { method, headers })).status).toBe(405);
    }
  });

  test('not that of another token, session or request, nor one without a session', async () => {
    const { url, cancelled } = await serve({ access });
    const [first, second] = [await begin(url, bearer(A)), await begin(url, bearer(A))];
    hang();
    const ownerHeaders = { ...bearer(A), ...session(first) };
    const call = (headers: Record<string, string>) =>
      postCall(url, 'summarize_profile', SUMMARY, { headers });
    const cancelledCall = call(ownerHeaders);
    const callerLeaves = new AbortController();
    const without = postCall(url, 'summarize_profile', SUMMARY, {
      headers: bearer(A),
      signal: callerLeaves.signal,
    }).catch(() => null);
    await until(() => inFlight() === 2);
    for (const [headers, id] of [
      [{ ...bearer(B), ...session(first) }, 7],
      [{ ...bearer(A), ...session(second) }, 7],
      [bearer(A), 7],
      [ownerHeaders, '7'],
      [ownerHeaders, 8],
      [ownerHeaders, null],
      [ownerHeaders, { id: 7 }],
    ] as const) {
      expect((await cancel(url, id, headers)).status).toBe(202);
    }
    expect((await cancel(url, 7, session(first))).status).toBe(401);
    expect(inFlight()).toBe(2);
    expect(await cancelled()).toBe(0);
    expect((await cancel(url, 7, ownerHeaders)).status).toBe(202);
    // The protocol wants no answer to a cancelled request: the stream ends without one.
    expect(await cancelledCall).toMatchObject({ status: 200, message: null, text: '' });
    await until(() => inFlight() === 1);
    await expect.poll(cancelled, { timeout: 10_000 }).toBe(1);
    callerLeaves.abort();
    await without;
  });

  test('a client that takes JSON only is told that the call was cancelled', async () => {
    const { url } = await serve();
    const headers = { ...session(await begin(url)), accept: 'application/json' };
    hang();
    const call = postCall(url, 'summarize_profile', SUMMARY, { headers });
    await until(() => inFlight() === 1);
    await cancel(url, 7, headers);
    expect((await call).message).toMatchObject({
      id: 7,
      error: { message: expect.stringContaining('cancelled') },
    });
  });
});
