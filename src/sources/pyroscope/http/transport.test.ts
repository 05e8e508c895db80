import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { UpstreamError, UserError } from '../../../errors.js';
import { NO_METER } from '../../../telemetry/meter.js';
import { createTransport, type Transport, type TransportOptions } from './transport.js';

const { signal } = new AbortController();
const MIB = 2 ** 20;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server on a free port of this machine, and a transport to it. */
async function serve(listener: RequestListener, options: Partial<TransportOptions> = {}) {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
  });
  const url = await listen(server);
  const transport = createTransport({ url, ...options });
  closers.push(() => close(server), transport.close);
  return { url, transport, sockets };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

const json = (transport: Transport, one = signal) => transport.post('/x', {}, { codec: 'json', signal: one });

/** Until the pool knows that the connection is free. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 20));

async function failure(answer: Promise<unknown>): Promise<UpstreamError> {
  const error: unknown = await answer.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  throw error;
}

describe('what is sent', () => {
  test('headers, prefix, body and credentials', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const { url, transport } = await serve(
      async (request, response) => {
        let body = '';
        for await (const part of request) body += part;
        seen.push({ request, body });
        response.setHeader('content-type', 'application/json').end('{}');
      },
      { token: 'tok', tenant: 'a|b', headers: { 'X-Extra': '1' } },
    );
    const prefixed = createTransport({ url: `${url}/some/prefix/`, username: 'me', password: 'pass' });
    closers.push(prefixed.close);
    await transport.post('/rpc', { a: 1 }, { codec: 'json', signal });
    await prefixed.send({ method: 'GET', path: '/ready?x=1', signal });

    expect(seen.map(({ request, body }) => [request.method, request.url, body])).toEqual([
      ['POST', '/rpc', '{"a":1}'],
      ['GET', '/some/prefix/ready?x=1', ''],
    ]);
    expect(seen[0]?.request.headers).toMatchObject({
      accept: '*/*;allow-utf8-labelnames=true',
      'accept-encoding': 'gzip',
      'content-type': 'application/json',
      authorization: 'Bearer tok',
      'x-scope-orgid': 'a|b',
      'x-extra': '1',
    });
    expect(seen[1]?.request.headers.authorization).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`);
    expect(seen[1]?.request.headers).not.toHaveProperty('content-type');
  });

  test.each(['localhost:4040', 'ftp://x', '', 'http://u:p@x'])('refuses the URL %j', (url) => {
    expect(() => createTransport({ url })).toThrow(UserError);
  });
});

describe('what comes back', () => {
  test('gzip is inflated even when the server was not asked', async () => {
    const { transport } = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('{"names":["a"]}'));
    });
    expect(await json(transport)).toEqual({ names: ['a'] });
  });

  test.each<[string, number, Record<string, string>, string, object]>([
    [
      'HTML',
      200,
      { 'content-type': 'text/html' },
      '<!doctype html><title>Log in</title>',
      { kind: 'unreadable' },
    ],
    ['HTML without a type', 200, {}, '\n<html>', { kind: 'unreadable' }],
    [
      'broken JSON',
      200,
      {},
      '{"names":["a"',
      { kind: 'unreadable', detail: 'the answer is not JSON, or not all of it' },
    ],
    ['nothing', 200, {}, '', { kind: 'unreadable', detail: 'the answer is empty' }],
    ['no gzip', 200, { 'content-encoding': 'gzip' }, 'garbage', { kind: 'unreadable' }],
    ['br', 200, { 'content-encoding': 'br' }, 'x', { kind: 'unreadable', status: 200 }],
    [
      'a redirect',
      302,
      { location: '/elsewhere' },
      '',
      { kind: 'unreadable', detail: 'HTTP 302, redirected to /elsewhere' },
    ],
    ['a login', 302, { location: '/login?x' }, '', { kind: 'unauthorized', status: 302 }],
    ['401', 401, {}, 'no org id\n', { kind: 'unauthorized', status: 401, code: null, detail: 'no org id' }],
    [
      '403 with HTML',
      403,
      {},
      '<html><title>Denied</title>',
      { kind: 'unauthorized', detail: 'HTTP 403 with an HTML page: Denied' },
    ],
    ['404', 404, {}, '', { kind: 'not_found', detail: 'HTTP 404 without a message' }],
    [
      '429',
      429,
      {},
      '{"code":"resource_exhausted","message":"too many"}',
      { kind: 'overloaded', code: 'resource_exhausted' },
    ],
    [
      '500',
      500,
      {},
      '{"code":"unknown","message":"boom"}',
      { kind: 'failed', status: 500, code: 'unknown', detail: 'boom' },
    ],
    ['502', 502, {}, '{"unfinished', { kind: 'failed', detail: '{"unfinished' }],
    ['503', 503, {}, 'later', { kind: 'overloaded' }],
    ['504', 504, {}, '', { kind: 'timeout' }],
    [
      'a deadline with another status',
      500,
      {},
      '{"code":"deadline_exceeded","message":"m"}',
      { kind: 'timeout' },
    ],
    [
      'unimplemented with status 500',
      500,
      {},
      '{"code":"unknown","message":"rpc error: code = Unimplemented desc = x"}',
      { kind: 'not_found' },
    ],
    [
      'a code that is no code',
      400,
      {},
      '{"code":"constructor","message":"m"}',
      { kind: 'rejected', code: 'constructor' },
    ],
  ])('%s', async (_, status, headers, body, expected) => {
    const { transport } = await serve((_request, response) => {
      response.writeHead(status, headers).end(body);
    });
    expect(await failure(json(transport))).toMatchObject({ status, ...expected });
  });

  test('protobuf that is JSON', async () => {
    const { transport } = await serve((_, response) => {
      response.setHeader('content-type', 'application/json').end('{}');
    });
    const answer = transport.post('/x', new Uint8Array([1]), { codec: 'proto', signal });
    expect(await failure(answer)).toMatchObject({ kind: 'unreadable' });
  });

  test('details are capped', async () => {
    const { transport } = await serve((_, response) => {
      response.writeHead(500).end('x'.repeat(MIB));
    });
    expect((await failure(json(transport))).detail).toHaveLength(300);
  });

  test.each<[string, Partial<TransportOptions>, string[]]>([
    ['a token', { token: 'to"ken/1 2' }, ['to"ken/1 2', 'to\\"ken/1 2', 'to%22ken%2F1%202']],
    [
      'a password',
      { username: 'me', password: 'hunter2' },
      ['hunter2', Buffer.from('me:hunter2').toString('base64')],
    ],
    ['another header', { headers: { authorization: 'Bearer abcdefgh' } }, ['abcdefgh']],
  ])('%s that is echoed is not shown', async (_, options, secrets) => {
    const { transport } = await serve((request, response) => {
      const echo = { code: 'unknown', message: `${request.headers.authorization} ${secrets.join(' ')}` };
      response.writeHead(500).end(JSON.stringify({ ...echo, code: secrets[0] }));
    }, options);
    const error = await failure(json(transport));
    expect(error.detail).toContain('[redacted]');
    for (const secret of secrets)
      expect(inspect(error, { depth: 20 }) + JSON.stringify(error)).not.toContain(secret);
  });
});

describe('broken connections', () => {
  test('nobody listens; the error shows no secrets', async () => {
    const { transport, url } = await serve(() => {}, { token: 'secret-token' });
    await closers.splice(0, 1)[0]?.();
    const error = await failure(json(transport));
    expect(error).toMatchObject({ kind: 'unreachable', status: null });
    expect(error.detail).toContain(`ECONNREFUSED ${new URL(url).host}`);
    expect(inspect(error, { depth: 20 })).not.toContain('secret-token');
  });

  test('a name that does not exist', async () => {
    const transport = createTransport({ url: 'http://nowhere.invalid' });
    closers.push(transport.close);
    expect(await failure(json(transport))).toMatchObject({ kind: 'unreachable' });
  });

  test.each([200, 500])('the connection is cut in the middle of a body with status %i', async (status) => {
    const { transport } = await serve((_, response) => {
      response.writeHead(status, { 'content-length': 100 }).write('{"names"', () => response.destroy());
    });
    expect(await failure(json(transport))).toMatchObject(
      status === 200
        ? { kind: 'unreadable', status: 200 }
        : { kind: 'failed', status: 500, detail: '{"names"' },
    );
  });

  test('gzip that ends too early', async () => {
    const { transport } = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync('{"names":["a","b"]}').subarray(0, -12));
    });
    expect(await failure(json(transport))).toMatchObject({ kind: 'unreadable' });
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
    await json(transport);
    await idle();
    expect(await json(transport)).toEqual({});
    expect([requests, sockets.size]).toEqual([3, 2]);

    requests = 0;
    broken = 1;
    const fresh = createTransport({ url });
    closers.push(fresh.close);
    expect(await json(fresh)).toEqual({});
    expect(requests).toBe(2);
  });

  test('a server that always closes is tried twice at most', async () => {
    let requests = 0;
    const { transport } = await serve((request, response) => {
      if (++requests === 1) response.end('{}');
      else request.socket.destroy();
    });
    await json(transport);
    await idle();
    expect(await failure(json(transport))).toMatchObject({ kind: 'unreachable' });
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
    expect(await failure(json(transport))).toMatchObject({ kind });
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
    await failure(json(transport));
    expect(seen).toHaveLength(1);
  });

  test('both tries share one deadline', async () => {
    const { transport, seen } = await failingAtFirst(
      (_, response) => {
        if (seen.length === 1) response.writeHead(502).end();
      },
      9,
      { timeoutMs: 400 },
    );
    expect(await failure(json(transport))).toMatchObject({ kind: 'timeout' });
    expect(seen).toHaveLength(2);
  });

  test('a caller who leaves while the server wants to be left alone gets his reason at once', async () => {
    const caller = new AbortController();
    const { transport, seen } = await failingAtFirst(status(503, { 'retry-after': '10' }), 9);
    const reason = new Error('enough');
    const answer = json(transport, caller.signal);
    setTimeout(() => caller.abort(reason), 50);
    await expect(answer).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['a login form', '<html><form action="/login"><input type="password">', /asks for a login/],
    ['another page', '<html><title>nginx</title>', /does not lead to a profile store/],
  ])('%s is called what its content shows', async (_, page, words) => {
    const { transport } = await serve((_request, response) => void response.end(page));
    const error = await failure(json(transport));
    expect(error).toMatchObject({ kind: 'unreadable', isPage: true });
    expect(error.detail).toMatch(words);
  });
});

describe('limits', () => {
  test.each<[string, RequestListener]>([
    ['no answer', () => {}],
    ['no end of the body', (_, response) => void response.writeHead(200).write('{')],
    ['no end of an error', (_, response) => void response.writeHead(500).write('{')],
  ])('deadline: %s', async (_, listener) => {
    const { transport } = await serve(listener, { timeoutMs: 60 });
    expect(await failure(json(transport))).toMatchObject({
      kind: 'timeout',
      detail: 'no answer within 0.06 s',
    });
  });

  test.each<[string, RequestListener]>([
    ['announced', (_, response) => void response.setHeader('content-length', 2 * MIB).write('x')],
    ['plain', (_, response) => endless(response.writeHead(200), Buffer.alloc(64 * 1024, 'x'))],
    [
      'gzip bomb',
      (_, response) =>
        endless(response.setHeader('content-encoding', 'gzip'), gzipSync(Buffer.alloc(16 * MIB))),
    ],
  ])('an answer over the cap is given up at once: %s', async (_, listener) => {
    let closed: Promise<unknown> = Promise.resolve();
    const { transport } = await serve(
      (request, response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        listener(request, response);
      },
      { maxResponseBytes: MIB },
    );
    expect(await failure(json(transport))).toMatchObject({ kind: 'too_large' });
    await closed;
  });

  test('an answer as large as the cap is read', async () => {
    const body = JSON.stringify('x'.repeat(MIB - 2));
    const { transport } = await serve((_, response) => void response.end(body), { maxResponseBytes: MIB });
    expect(await json(transport)).toHaveLength(MIB - 2);
  });

  test.each([false, true])(
    'the caller aborts: its reason comes back and the server sees the end (body begun: %s)',
    async (begun) => {
      const caller = new AbortController();
      const reason = new Error('enough');
      let closed: Promise<unknown> = Promise.resolve();
      const { transport } = await serve((_, response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        if (begun) response.write('{"names":');
        setTimeout(() => caller.abort(reason), 20);
      });
      await expect(json(transport, caller.signal)).rejects.toBe(reason);
      await closed;
      await expect(json(transport, caller.signal)).rejects.toBe(reason);
    },
  );

  test('never more than 8 requests at once, over connections that are kept', async () => {
    let [inFlight, most] = [0, 0];
    const { transport, sockets } = await serve((_, response) => {
      most = Math.max(most, ++inFlight);
      setTimeout(() => {
        inFlight--;
        response.end('{}');
      }, 10);
    });
    await Promise.all(Array.from({ length: 50 }, () => json(transport)));
    for (let i = 0; i < 10; i++) await json(transport);
    expect([most, sockets.size]).toEqual([8, 8]);
  });
});

/** Writes the same bytes until the other side has had enough. */
function endless(response: import('node:http').ServerResponse, bytes: Buffer): void {
  const write = () => {
    while (!response.destroyed && response.write(bytes));
  };
  response.on('drain', write).on('error', () => {});
  write();
}
