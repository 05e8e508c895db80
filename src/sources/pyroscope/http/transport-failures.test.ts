import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  atEnd,
  closeTransports,
  failure,
  idle,
  postJson,
  serve,
} from '../../../../test/support/transport-server.js';
import { NO_METER } from '../../../telemetry/meter.js';
import { createTransport, type TransportOptions } from './transport.js';

const { signal } = new AbortController();

afterEach(closeTransports);

describe('broken connections', () => {
  test('nobody listens; the error shows no secrets', async () => {
    const { transport, url, stop } = await serve(() => {}, { token: 'secret-token' });
    await stop();
    const error = await failure(postJson(transport));
    expect(error).toMatchObject({ kind: 'unreachable', status: null });
    expect(error.detail).toContain(`ECONNREFUSED ${new URL(url).host}`);
    expect(inspect(error, { depth: 20 })).not.toContain('secret-token');
  });

  test('a name that does not exist', async () => {
    const transport = createTransport({ url: 'http://nowhere.invalid' });
    atEnd(transport.close);
    expect(await failure(postJson(transport))).toMatchObject({ kind: 'unreachable' });
  });

  test.each([200, 500])('the connection is cut in the middle of a body with status %i', async (status) => {
    const { transport } = await serve((_, response) => {
      response.writeHead(status, { 'content-length': 100 }).write('{"names"', () => response.destroy());
    });
    expect(await failure(postJson(transport))).toMatchObject(
      status === 200
        ? { kind: 'unreadable', status: 200 }
        : { kind: 'failed', status: 500, detail: '{"names"' },
    );
  });

  test('gzip that ends too early', async () => {
    const { transport } = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('{"names":["a","b"]}').subarray(0, -12));
    });
    expect(await failure(postJson(transport))).toMatchObject({ kind: 'unreadable' });
  });

  test('a reused connection that is closed without an answer is tried once more, and so is a new one', async () => {
    let requests = 0;
    let broken = 2;
    const { url, transport, sockets } = await serve((request, response) => {
      requests++;
      request.resume();
      if (requests === broken) request.socket.destroy();
      else response.end('{}');
    });
    await postJson(transport);
    await idle();
    expect(await postJson(transport)).toEqual({});
    expect([requests, sockets.size]).toEqual([3, 2]);

    requests = 0;
    broken = 1;
    const fresh = createTransport({ url });
    atEnd(fresh.close);
    expect(await postJson(fresh)).toEqual({});
    expect(requests).toBe(2);
  });

  test('a server that always closes is tried twice at most', async () => {
    let requests = 0;
    const { transport } = await serve((request, response) => {
      if (++requests === 1) response.end('{}');
      else request.socket.destroy();
    });
    await postJson(transport);
    await idle();
    expect(await failure(postJson(transport))).toMatchObject({ kind: 'unreachable' });
    expect(requests).toBe(3);
  });
});

describe('one more try', () => {
  /**
   * A server whose first answers are bad and all later ones good, with the number of requests that it saw.
   */
  async function failingAtFirst(
    bad: RequestListener,
    times: number,
    options: Partial<TransportOptions> = {},
  ) {
    const seen: string[] = [];
    const outcomes: string[] = [];
    const meter = {
      ...NO_METER,
      upstream: ({ outcome }: { outcome: string }) => void outcomes.push(outcome),
    };
    const { transport } = await serve(
      async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        seen.push(body);
        if (seen.length <= times) bad(request, response);
        else response.end('{"names":["a"]}');
      },
      { meter, ...options },
    );
    return { transport, seen, outcomes };
  }

  const half: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"names"', () => response.destroy());
  };
  const status =
    (code: number, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      void response.writeHead(code, headers).end('later');
  const again: readonly [string, RequestListener, string][] = [
    ['a reset connection', (request) => void request.socket.destroy(), 'unreachable'],
    ['a cut body', half, 'unreadable'],
    [
      'a damaged body',
      (_, response) => void response.setHeader('content-encoding', 'gzip').end('garbage'),
      'unreadable',
    ],
    ['502', status(502), 'failed'],
    ['504', status(504), 'timeout'],
    ['429 with Retry-After', status(429, { 'retry-after': '0' }), 'overloaded'],
    ['503 with Retry-After', status(503, { 'retry-after': '0' }), 'overloaded'],
  ];

  test.each(again)('%s is met by the same request once more, and both are counted', async (_, bad, kind) => {
    const { transport, seen, outcomes } = await failingAtFirst(bad, 1);
    expect(await transport.post('/x', { a: 1 }, { codec: 'json', signal })).toEqual({ names: ['a'] });
    expect(seen).toEqual(['{"a":1}', '{"a":1}']);
    expect(outcomes).toEqual([kind, 'ok']);
  });

  test.each(again)('%s that stays is a failure after two requests', async (_, bad, kind) => {
    const { transport, seen } = await failingAtFirst(bad, 9);
    expect(await failure(postJson(transport))).toMatchObject({ kind });
    expect(seen).toHaveLength(2);
  });

  test.each<[string, RequestListener]>([
    ...[400, 401, 403, 404, 500, 501].map((code): [string, RequestListener] => [`${code}`, status(code)]),
    ['429 that says no time', status(429)],
    ['503 that says no time', status(503)],
    ['503 that asks for more time than there is', status(503, { 'retry-after': '3600' })],
    ['a page', (_, response) => void response.end('<html>')],
    ['broken JSON', (_, response) => void response.end('{"names":')],
  ])('%s is not asked again', async (_, bad) => {
    const { transport, seen } = await failingAtFirst(bad, 9);
    await failure(postJson(transport));
    expect(seen).toHaveLength(1);
  });

  test('both tries share one deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { transport, seen } = await failingAtFirst(
      (_, response) => {
        vi.advanceTimersByTime(20_000);
        if (seen.length === 1) response.writeHead(502).end();
      },
      9,
      { timeoutMs: 30_000 },
    );
    expect(await failure(postJson(transport))).toMatchObject({ kind: 'timeout' });
    expect(seen).toHaveLength(2);
  });

  test('a caller who leaves while the server wants to be left alone gets his reason at once', async () => {
    const caller = new AbortController();
    const { transport, seen } = await failingAtFirst(status(503, { 'retry-after': '10' }), 9);
    const reason = new Error('enough');
    const answer = postJson(transport, caller.signal);
    setTimeout(() => caller.abort(reason), 50);
    await expect(answer).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['a login form', '<html><form action="/login"><input type="password">', /asks for a login/],
    ['another page', '<html><title>nginx</title>', /does not lead to a profile store/],
  ])('%s is called what its content shows', async (_, page, words) => {
    const { transport } = await serve((_request, response) => void response.end(page));
    const error = await failure(postJson(transport));
    expect(error).toMatchObject({ kind: 'unreadable', isPage: true });
    expect(error.detail).toMatch(words);
  });
});
