import { afterAll, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createOperations } from '../../src/mcp/operations.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { createEnvironment, demoSource } from '../support/ask.js';
import { ON_LOOPBACK, openRaw, rawPost, sendRaw, until } from '../support/http.js';
import { readSamples } from '../support/metrics.js';

// Targets of requests: the allowed forms of path and host, and which connections are kept.

const TOKEN = 'a'.repeat(32);
const AUTHORIZED = `Authorization: Bearer ${TOKEN}\r\n`;

async function serve(tokens: string[]) {
  const environment = createEnvironment([demoSource()]);
  const metrics = createMetrics([]);
  const server = await serveOverHttp(async () => environment, environment.log, {
    ...ON_LOOPBACK,
    access: { tokens, tokenFile: null, allowUnauthenticated: false },
    operations: createOperations({ notReady: () => null, metrics }),
    meter: metrics.meter,
  });
  return { ...server, metrics };
}

const guarded = await serve([TOKEN]);
const open = await serve([]);
afterAll(() => Promise.all([guarded.close(), open.close()]));

const readStatus = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
/** Sends a GET and gives the status of its answer. */
async function get(url: string, line: string, headers = ''): Promise<number> {
  return readStatus(await sendRaw(url, `GET ${line}\r\n${headers}Connection: close\r\n\r\n`));
}

describe('a probe', () => {
  const FORMS: readonly [name: string, line: (path: string) => string, headers: string][] = [
    ['HTTP/1.0 without a Host', (path) => `${path} HTTP/1.0`, ''],
    ['HTTP/1.0 with an empty Host', (path) => `${path} HTTP/1.0`, 'Host:\r\n'],
    ['HTTP/1.1 without a Host', (path) => `${path} HTTP/1.1`, ''],
    ['HTTP/1.1 by address', (path) => `${path} HTTP/1.1`, 'Host: 10.1.2.3:8080\r\n'],
    ['HTTP/1.1 by an IPv6 address', (path) => `${path} HTTP/1.1`, 'Host: [fe80::1]:8080\r\n'],
    [
      'HTTP/1.1 with a whole URL',
      (path) => `http://10.1.2.3:8080${path} HTTP/1.1`,
      'Host: 10.1.2.3:8080\r\n',
    ],
    ['HTTP/1.0 with a whole URL and no Host', (path) => `http://probe${path} HTTP/1.0`, ''],
    ['HTTP/1.1 with a query', (path) => `${path}?verbose HTTP/1.1`, 'Host: probe\r\n'],
  ];
  test.each(FORMS)('%s', async (_name, line, headers) => {
    for (const { url } of [guarded, open]) {
      for (const path of ['/healthz', '/readyz']) expect(await get(url, line(path), headers), path).toBe(200);
    }
    expect(await get(guarded.url, line('/metrics'), headers)).toBe(
      line('').endsWith('1.1') && headers === '' ? 400 : 401,
    );
  });

  test('a scraper of HTTP/1.0 needs its token, and no Host', async () => {
    expect(await get(guarded.url, '/metrics HTTP/1.0', AUTHORIZED)).toBe(200);
    expect(await get(open.url, '/metrics HTTP/1.0')).toBe(200);
    expect(await get(open.url, '/metrics HTTP/1.1', 'Host: evil.example\r\n')).toBe(403);
    expect(await get(open.url, 'http://evil.example/metrics HTTP/1.1', 'Host: localhost\r\n')).toBe(403);
  });
});

describe('a Host', () => {
  test.each<[name: string, line: string, headers: string, status: number]>([
    ['twice', '/mcp HTTP/1.1', 'Host: localhost\r\nHost: localhost\r\n', 400],
    ['twice, of a probe', '/healthz HTTP/1.1', 'Host: a\r\nhost: b\r\n', 400],
    ['twice, of HTTP/1.0', '/healthz HTTP/1.0', 'Host: a\r\nHost: b\r\n', 400],
    ['twice, with a whole URL', 'http://localhost/mcp HTTP/1.1', 'Host: a\r\nHost: b\r\n', 400],
    ['missing', '/mcp HTTP/1.1', '', 400],
    ['empty', '/mcp HTTP/1.1', 'Host: \r\n', 400],
    ['missing, on a path that does not exist', '/x HTTP/1.1', '', 400],
    ['missing beside a whole URL', 'http://localhost/mcp HTTP/1.1', '', 400],
    ['missing in HTTP/1.0', '/mcp HTTP/1.0', '', 403],
    ['that holds a path', '/mcp HTTP/1.1', 'Host: localhost/healthz\r\n', 400],
    ['that holds a path and a query', '/mcp HTTP/1.1', 'Host: x/healthz?\r\n', 400],
    ['that holds a fragment', '/mcp HTTP/1.1', 'Host: localhost#\r\n', 400],
    ['that holds a back slash', '/mcp HTTP/1.1', 'Host: localhost\\healthz\r\n', 400],
    ['that holds credentials', '/mcp HTTP/1.1', 'Host: evil.example@localhost\r\n', 400],
    ['that holds a space', '/mcp HTTP/1.1', 'Host: a b\r\n', 400],
    ['that holds a broken escape', '/mcp HTTP/1.1', 'Host: %zz\r\n', 400],
    ['that holds a port that is none', '/mcp HTTP/1.1', 'Host: localhost:99999\r\n', 400],
    ['that holds two ports', '/mcp HTTP/1.1', 'Host: localhost:1:2\r\n', 400],
    ['of somebody else', '/mcp HTTP/1.1', 'Host: evil.example\r\n', 403],
    ['of somebody else in a whole URL', 'http://evil.example/mcp HTTP/1.1', 'Host: localhost\r\n', 403],
    ['of this server in a whole URL', 'http://localhost/mcp HTTP/1.1', 'Host: evil.example\r\n', 405],
    ['of this server', '/mcp HTTP/1.1', 'Host: localhost:8080\r\n', 405],
  ])('%s', async (_name, line, headers, status) => {
    expect(await get(open.url, line, headers)).toBe(status);
    // Neither does any of it let somebody in without a token, nor is it refused for the token alone.
    expect(await get(guarded.url, line, headers)).toBe(status === 405 ? 401 : status);
    expect(await get(guarded.url, line, AUTHORIZED + headers)).toBe(status);
  });
});

test.each([
  '*',
  'http://',
  'http:///healthz',
  'http://user:password@localhost/healthz',
  'ftp://localhost/healthz',
])('a request for %s is refused', async (target) => {
  expect(await get(open.url, `${target} HTTP/1.1`, 'Host: localhost\r\n')).toBe(400);
});

test('a whole URL calls MCP as a path does, and each is counted by its path', async () => {
  const server = await serve([]);
  const message = rawPost({ id: 1, method: 'tools/list' }, { connection: 'close' });
  expect(await sendRaw(server.url, message.replace('POST /mcp', 'POST http://localhost/mcp'))).toContain(
    'investigate',
  );
  await get(server.url, 'http://x/healthz HTTP/1.1', 'Host: x\r\n');
  await get(server.url, '/mcp HTTP/1.1', 'Host: x/healthz\r\n');
  await get(server.url, '/readyz HTTP/1.1');
  await get(server.url, '/metrics HTTP/1.1');
  await server.close();
  expect(readSamples(await server.metrics.render(), 'pyroscope_mcp_http_responses_total')).toEqual({
    'path=mcp status=200': 1,
    'path=healthz status=200': 1,
    'path=other status=400': 2,
    'path=readyz status=200': 1,
  });
});

describe('a connection', () => {
  test.each([
    ['a probe', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a probe that wants it kept', 'GET /readyz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
    ['a probe with a body', 'POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx'],
    ['a request without a token', rawPost({ id: 1, method: 'tools/list' })],
    ['a request that is refused', 'GET /mcp HTTP/1.1\r\n\r\n'],
  ])('is closed after %s', async (_name, bytes) => {
    expect(await sendRaw(guarded.url, bytes)).toMatch(/^connection: close\r$/im);
  });

  test('is kept for the next request of a caller with a token', async () => {
    const bytes = rawPost({ id: 1, method: 'ping' }, { authorization: `Bearer ${TOKEN}` });
    let answer = '';
    const socket = openRaw(guarded.url, bytes).on('data', (text: string) => {
      answer += text;
    });
    await until(() => answer.includes('"id":1'));
    expect(answer).not.toMatch(/^connection: close\r$/im);
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });
});
