import type { IncomingMessage, RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import {
  atEnd,
  closeTransports,
  failure,
  postJson,
  serve,
} from '../../../../test/support/transport-server.js';
import { UserError } from '../../../errors.js';
import { createTransport, type TransportOptions } from './transport.js';

const { signal } = new AbortController();
const MIB = 2 ** 20;

afterEach(closeTransports);

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
    atEnd(prefixed.close);
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

  test.each([
    [{ token: 'glsa_…' }, 'invalid authorization header'],
    [{ tenant: 'team…' }, 'invalid x-scope-orgid header'],
  ])('no credential that a header cannot carry: %j', async (credentials, detail) => {
    const { transport } = await serve((_, response) => response.end('{}'), credentials);
    const refused = await failure(transport.send({ method: 'GET', path: '/', signal }));
    expect(refused).toMatchObject({
      kind: 'unauthorized',
      detail,
      advice: { what: "This server's own credentials cannot be sent" },
    });
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
    expect(await postJson(transport)).toEqual({ names: ['a'] });
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
    expect(await failure(postJson(transport))).toMatchObject({ status, ...expected });
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
    expect((await failure(postJson(transport))).detail).toHaveLength(300);
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
    const error = await failure(postJson(transport));
    expect(error.detail).toContain('[redacted]');
    for (const secret of secrets)
      expect(inspect(error, { depth: 20 }) + JSON.stringify(error)).not.toContain(secret);
  });
});

describe('limits', () => {
  test.each<[string, RequestListener]>([
    ['no answer', () => {}],
    ['no end of the body', (_, response) => void response.writeHead(200).write('{')],
    ['no end of an error', (_, response) => void response.writeHead(500).write('{')],
  ])('deadline: %s', async (_, listener) => {
    const { transport } = await serve(listener, { timeoutMs: 60 });
    expect(await failure(postJson(transport))).toMatchObject({
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
    expect(await failure(postJson(transport))).toMatchObject({ kind: 'too_large' });
    await closed;
  });

  test('an answer as large as the cap is read', async () => {
    const body = JSON.stringify('x'.repeat(MIB - 2));
    const { transport } = await serve((_, response) => void response.end(body), { maxResponseBytes: MIB });
    expect(await postJson(transport)).toHaveLength(MIB - 2);
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
      await expect(postJson(transport, caller.signal)).rejects.toBe(reason);
      await closed;
      await expect(postJson(transport, caller.signal)).rejects.toBe(reason);
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
    await Promise.all(Array.from({ length: 50 }, () => postJson(transport)));
    for (let i = 0; i < 10; i++) await postJson(transport);
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
