import { afterAll, describe, expect, test } from 'vitest';
import { bearer, post } from '../support/http.js';
import { DEMO, type Program, start } from '../support/process.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';

// Ways around Host, Origin and token, byte by byte against the built program. None may list the tools.

const TOKEN = 'hostile-token-0123456789abcdef0123456789abcdef';
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const CONTENT = ['content-type: application/json', 'accept: application/json, text/event-stream'];
const POST = 'POST /mcp HTTP/1.1';
const AUTHORIZATION = `authorization: Bearer ${TOKEN}`;

const serving = async (args: readonly string[]): Promise<Program & { url: string; host: string }> => {
  const program = start(['--http', '0', '--profiles', DEMO, '--allowed-hosts', 'mcp.example', ...args]);
  const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
  return { ...program, url, host: new URL(url).host };
};
const [guarded, open] = await Promise.all([serving(['--http-tokens', TOKEN]), serving([])]);
afterAll(async () => {
  for (const { child, exit } of [guarded, open]) {
    child.kill('SIGTERM');
    expect(await exit).toEqual({ code: 0, signal: null });
  }
});

/** Requests the list of tools with additional lines in the head. */
const listing = (lines: readonly string[], line = POST) => rawRequest(line, [...CONTENT, ...lines], LIST);
const showsTools = (text: string) => text.includes('inputSchema');

async function expectRefused(url: string, bytes: string | Buffer): Promise<number | null> {
  const { status, text } = await sendRaw(url, bytes);
  expect(showsTools(text), text.slice(0, 300)).toBe(false);
  if (status !== null) expect(status).toBeGreaterThanOrEqual(400);
  return status;
}

test('the right request is answered, so that what follows is refused for its own reason', async () => {
  const { status, text } = await sendRaw(guarded.url, listing([`host: ${guarded.host}`, AUTHORIZATION]));
  expect([status, showsTools(text)]).toEqual([200, true]);
  const other = await sendRaw(open.url, listing(['host: mcp.example']));
  expect([other.status, showsTools(other.text)]).toEqual([200, true]);
});

describe('the token', () => {
  const basic = Buffer.from(`user:${TOKEN}`).toString('base64');
  test.each<[string, string[], string?]>([
    ['none', []],
    ['in capitals', [`authorization: Bearer ${TOKEN.toUpperCase()}`]],
    ['with a blank inside', [`authorization: Bearer ${TOKEN.slice(0, 20)} ${TOKEN.slice(20)}`]],
    ['with a tab', [`authorization: Bearer\t${TOKEN}`]],
    ['with quotes', [`authorization: Bearer "${TOKEN}"`]],
    ['in a list', [`authorization: Bearer x, Bearer ${TOKEN}`]],
    ['behind another header of that name', ['authorization: Bearer x', AUTHORIZATION]],
    ['as a parameter', [`authorization: Bearer token="${TOKEN}"`]],
    ['percent-encoded', [`authorization: Bearer ${TOKEN.replaceAll('-', '%2d')}`]],
    ['with a zero', [`authorization: Bearer ${TOKEN}\0`]],
    ['in full-width letters', [`authorization: Bearer ${TOKEN.replace('h', '\uff48')}`]],
    ['as Basic', [`authorization: Basic ${basic}`]],
    ['without a scheme', [`authorization: ${TOKEN}`]],
    ['in a header that is folded', ['authorization: Bearer', ` ${TOKEN}`]],
    ['with a blank before the colon', [`authorization : Bearer ${TOKEN}`]],
    ['under a name with an underscore', [`proxy_authorization: Bearer ${TOKEN}`]],
    ['for a proxy', [`proxy-authorization: Bearer ${TOKEN}`]],
    ['as a cookie', [`cookie: authorization=${TOKEN}; token=${TOKEN}`]],
    ['in the query', [], `POST /mcp?access_token=${TOKEN}&authorization=Bearer%20${TOKEN} HTTP/1.1`],
    ['as a user in the address', [], `POST http://${TOKEN}@localhost/mcp HTTP/1.1`],
    ['in the place of the path', ['x-original-url: /healthz', 'x-rewrite-url: /healthz']],
    ['as another method in words', ['x-http-method-override: GET', 'x-method: GET']],
    ['as of a trusted peer', ['x-forwarded-for: 127.0.0.1', 'forwarded: for=127.0.0.1', 'x-real-ip: ::1']],
    ['as of a proxy that has checked', ['x-forwarded-user: admin', 'x-webauth-user: admin']],
  ])('%s', async (_name, lines, line) => {
    await expectRefused(guarded.url, listing([`host: ${guarded.host}`, ...lines], line));
  });

  test.each([
    'POST /healthz/../mcp HTTP/1.1',
    'POST /readyz/..%2fmcp HTTP/1.1',
    'POST /healthz;/mcp HTTP/1.1',
    'POST /mcp/healthz HTTP/1.1',
    'POST /mcp?/healthz HTTP/1.1',
    'POST /mcp#/healthz HTTP/1.1',
    'POST //healthz/mcp HTTP/1.1',
    'POST //localhost/healthz HTTP/1.1',
    'POST \\healthz HTTP/1.1',
    'POST /%6dcp HTTP/1.1',
    'POST /MCP HTTP/1.1',
    'POST http://localhost/mcp HTTP/1.1',
    'POST https://localhost/mcp HTTP/1.1',
    'POST * HTTP/1.1',
    'CONNECT localhost:1 HTTP/1.1',
    'TRACE /mcp HTTP/1.1',
    'post /mcp HTTP/1.1',
    'POST /mcp HTTP/1.0',
    'POST /mcp',
    'POST /mcp HTTP/9.9',
  ])('%s needs one, whatever the path seems to be', async (line) => {
    await expectRefused(guarded.url, listing([`host: ${guarded.host}`], line));
  });

  test.each([
    'x/healthz',
    'localhost/healthz?',
    'localhost#/healthz',
    'localhost/readyz#',
    'localhost\\healthz',
  ])('Host: %s chooses no path', async (host) => {
    await expectRefused(guarded.url, listing([`host: ${host}`]));
  });
});

describe('Host', () => {
  test.each([
    'evil.example',
    'mcp.example.evil.example',
    'evil-mcp.example',
    'mcp.example@evil.example',
    'evil.example@mcp.example',
    'user:pass@localhost',
    'localhost.',
    'mcp.example.',
    'localhost.evil.example',
    'localhost,evil.example',
    'localhost evil.example',
    'localhost:80:80',
    'localhost:99999',
    'localhost:-1',
    'localhost:http',
    'localhost/',
    'localhost#evil.example',
    'localhost?evil.example',
    'localhost%00.evil.example',
    'localhost%2eevil.example',
    'locаlhost',
    'ⓛocalhost.evil.example',
    'xn--lcalhost-evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '[::]',
    '[::1',
    '::1',
    '[::1].evil.example',
    '[::ffff:10.1.2.3]',
    '[::1%25eth0]',
    'http://localhost',
    '',
  ])('%j is refused', async (host) => {
    await expectRefused(open.url, listing([`host: ${host}`]));
  });

  test.each<[string, string[], string?]>([
    ['twice, ours last', ['host: evil.example', 'host: localhost']],
    ['twice, ours first', ['host: localhost', 'host: evil.example']],
    ['twice, both ours', ['host: localhost', 'host: localhost']],
    ['none', []],
    ['of a proxy', ['host: evil.example', 'x-forwarded-host: localhost', 'forwarded: host=localhost']],
    ['foreign in the address', ['host: localhost'], 'POST http://evil.example/mcp HTTP/1.1'],
    ['folded', ['host: evil.example', ' localhost']],
    ['with a blank before the colon', ['host : localhost']],
  ])('%s is refused', async (_name, lines, line) => {
    await expectRefused(open.url, listing(lines, line));
  });

  test.each(['LOCALHOST', 'localhost:1', 'Mcp.Example:8443', '127.0.0.1', '[::1]:8080'])(
    '%s is ours',
    async (host) => {
      expect((await sendRaw(open.url, listing([`host: ${host}`]))).status).toBe(200);
    },
  );
});

describe('Origin', () => {
  test.each([
    'http://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'http://evil.example#localhost',
    'http://evil.example/localhost',
    'file://',
    'localhost',
    'http://localhost http://evil.example',
    'http://locаlhost',
    'http://[::1].evil.example',
    'chrome-extension://localhost.evil',
    'http://',
    '//localhost',
    'data:text/html,localhost',
  ])('%j is refused', async (origin) => {
    await expectRefused(open.url, listing([`host: ${open.host}`, `origin: ${origin}`]));
  });

  test('a second one does not help', async () => {
    const origins = ['origin: http://localhost', 'origin: http://evil.example'];
    await expectRefused(open.url, listing([`host: ${open.host}`, ...origins]));
    await expectRefused(open.url, listing([`host: ${open.host}`, ...origins.toReversed()]));
  });
});

describe('a request within another', () => {
  const inner = listing([`host: ${guarded.host}`, AUTHORIZATION]);
  test.each<[string, string]>([
    [
      'both lengths',
      rawRequest(POST, [`host: ${guarded.host}`, 'transfer-encoding: chunked', 'content-length: 4']) +
        `0\r\n\r\n${inner}`,
    ],
    [
      'two lengths',
      rawRequest(POST, [`host: ${guarded.host}`, 'content-length: 0', 'content-length: 9']) + inner,
    ],
    [
      'a coding that is none',
      rawRequest(POST, [`host: ${guarded.host}`, 'transfer-encoding: xchunked']) + inner,
    ],
    [
      'two codings',
      rawRequest(POST, [`host: ${guarded.host}`, 'transfer-encoding: chunked, identity']) + inner,
    ],
    ['a signed length', rawRequest(POST, [`host: ${guarded.host}`, 'content-length: +5']) + inner],
    [
      'a chunk whose length is none',
      rawRequest(POST, [`host: ${guarded.host}`, AUTHORIZATION, 'transfer-encoding: chunked']) +
        `zz\r\n${inner}`,
    ],
    ['a bare line feed', `POST /mcp HTTP/1.1\nhost: ${guarded.host}\n\n${inner}`],
    ['a bare carriage return', `POST /mcp HTTP/1.1\r\nhost: ${guarded.host}\rx: y\r\n\r\n`],
  ])('%s is not answered as the outer one', async (_name, bytes) => {
    const { status } = await sendRaw(guarded.url, bytes);
    expect(status === null || status >= 400).toBe(true);
  });

  test('a token of one request is not that of the next on the same connection', async () => {
    const second = listing([`host: ${guarded.host}`, 'connection: close']);
    const first = listing([`host: ${guarded.host}`, AUTHORIZATION]);
    const { text } = await sendRaw(guarded.url, first + second);
    expect(text.split('HTTP/1.1').filter(showsTools).length).toBeLessThanOrEqual(1);
    await expectRefused(guarded.url, second);
  });
});

test('probes are answered to anybody, with and without a Host, and nothing else is', async () => {
  for (const { url } of [guarded, open]) {
    for (const name of ['/healthz', '/readyz']) {
      for (const bytes of [
        `GET ${name} HTTP/1.0\r\n\r\n`,
        `GET ${name} HTTP/1.1\r\nhost: 10.1.2.3:8080\r\n\r\n`,
        `GET http://10.1.2.3${name} HTTP/1.1\r\nhost: 10.1.2.3\r\n\r\n`,
        `HEAD ${name} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
      ]) {
        expect((await sendRaw(url, bytes)).status, bytes).toBe(200);
      }
    }
    await expectRefused(url, listing([], 'POST /mcp HTTP/1.0'));
  }
  await expectRefused(guarded.url, 'GET /metrics HTTP/1.0\r\n\r\n');
});

test('after all that both still serve those who may', async () => {
  const list = { id: 1, method: 'tools/list' };
  expect((await post(guarded.url, list, { headers: bearer(TOKEN) })).status).toBe(200);
  expect((await post(open.url, list)).status).toBe(200);
});
