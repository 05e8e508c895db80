import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createBearer } from '../../src/mcp/http/auth.js';
import { createHttpHandler } from '../../src/mcp/http/handler.js';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { startGrafanaServer, VIEWER_TOKEN } from '../support/grafana-server.js';
import { bearer, JSON_HEADERS, ON_LOOPBACK, post, postCall, posted } from '../support/http.js';
import { DEMO, run, start } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// Who is let in over HTTP, what everybody else is told, and that nothing of a caller goes further.

const TOKEN = 'team-a-0123456789abcdef0123456789abcdef';
const SECOND = 'team-b-fedcba9876543210fedcba9876543210';
const environment = createEnvironment([demoSource()]);
const LIST = { id: 1, method: 'tools/list' };

const server = await serveOverHttp(async () => environment, environment.log, {
  ...ON_LOOPBACK,
  access: { tokens: [TOKEN, SECOND], tokenFile: null, allowUnauthenticated: false },
});
afterAll(() => server.close());

describe('a token is wanted', () => {
  test.each<[string, Record<string, string>, boolean]>([
    ['no token', {}, false],
    ['an empty header', { authorization: '' }, false],
    ['a wrong token', bearer('x'.repeat(TOKEN.length)), true],
    ['a token that is cut', bearer(TOKEN.slice(0, -1)), true],
    ['a token and more', bearer(`${TOKEN}0`), true],
    ['a token of one letter', bearer('t'), true],
    ['a very long token', bearer('t'.repeat(8_000)), true],
    ['a token in capitals', bearer(TOKEN.toUpperCase()), true],
    ['two tokens', bearer(`${TOKEN} ${SECOND}`), false],
    ['another scheme', { authorization: `Basic ${Buffer.from(`u:${TOKEN}`).toString('base64')}` }, false],
    ['no scheme', { authorization: TOKEN }, false],
    ['a token in another header', { 'x-api-key': TOKEN }, false],
  ])('%s: 401', async (_name, headers, named) => {
    const { status, headers: got, message, text } = await post(server.url, LIST, { headers });
    expect(status).toBe(401);
    expect(got.get('www-authenticate')).toBe(
      `Bearer realm="pyroscope-mcp"${named ? ', error="invalid_token"' : ''}`,
    );
    expect(message?.error?.code).toBe(-32_000);
    expect(text).toMatch(
      named ? /Ask its operator for the present one/ : /send the header `Authorization: Bearer/,
    );
    expect(JSON.stringify(message)).not.toContain(TOKEN.slice(0, 12));
  });

  test.each([
    ['the token', bearer(TOKEN)],
    ['another one of the list', bearer(SECOND)],
    ['a scheme in small letters', { authorization: `bearer  ${TOKEN}` }],
  ])('%s: 200', async (_name, headers) => {
    expect((await post(server.url, LIST, { headers })).status).toBe(200);
  });

  test('a token in the address does not count', async () => {
    expect((await post(`${server.url}?access_token=${TOKEN}`, LIST)).status).toBe(401);
  });

  test('for every path but the probes', async () => {
    const status = async (name: string, headers = {}) =>
      (await fetch(`${new URL(server.url).origin}${name}`, { headers })).status;
    expect(await status('/healthz')).toBe(200);
    expect(await status('/readyz')).toBe(200);
    for (const name of [
      '/',
      '/metrics',
      '/mcp',
      '/mcp/',
      '/healthz/',
      '/Healthz',
      '//healthz',
      '/healthz/../mcp',
    ]) {
      expect(await status(name), name).toBe(401);
    }
    expect(await status('/metrics', bearer(TOKEN))).toBe(404);
    expect(await status('/mcp', bearer(TOKEN))).toBe(405);
  });

  test('before a large body is looked at', async () => {
    const body = ' '.repeat(3 * 2 ** 20);
    const send = (headers: Record<string, string>) =>
      fetch(server.url, { method: 'POST', body, headers: { ...JSON_HEADERS, ...headers } });
    expect((await posted(await send({}))).status).toBe(401);
    expect((await posted(await send(bearer(TOKEN)))).status).toBe(413);
  });

  test.each(CLIENTS)('%s: connects with it, and not without it', async (kind) => {
    const withToken = (input: string | URL, init?: RequestInit) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${TOKEN}`);
      return fetch(input, { ...init, headers });
    };
    const client = await connectHttp(kind, server.url, withToken);
    expect((await client.callTool('list_services', INCIDENT_WINDOW)).text).toContain('checkout-api');
    await client.close();
    await expect(connectHttp(kind, server.url)).rejects.toThrow();
  });
});

describe('with a token, the other checks hold', () => {
  test.each<[string, RequestInit & { headers?: Record<string, string> }, number]>([
    ['a foreign Origin', { headers: { origin: 'https://evil.example' } }, 403],
    ['an Origin of null', { headers: { origin: 'null' } }, 403],
    ['another content type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['no JSON', { body: '{"jsonrpc":' }, 400],
    ['nothing', { body: '' }, 400],
    ['a JSON text', { body: '"tools/list"' }, 400],
    ['null', { body: 'null' }, 400],
    ['a batch', { body: `[${JSON.stringify({ jsonrpc: '2.0', ...LIST })}]` }, 400],
    ['another method', { method: 'PUT' }, 405],
    ['a deletion', { method: 'DELETE', body: null }, 405],
  ])('%s', async (_name, init, status) => {
    const answer = await posted(
      await fetch(server.url, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', ...LIST }),
        ...init,
        headers: { ...JSON_HEADERS, ...bearer(TOKEN), ...init.headers },
      }),
    );
    expect(answer.status).toBe(status);
    expect(answer.message?.error?.message).toMatch(/\w/);
  });
});

describe('the handler', () => {
  const made = (name: string, host: string, headers = {}) => {
    const incoming = new Request(`http://localhost${name}`, { headers });
    incoming.headers.set('host', host);
    return incoming;
  };
  const options = { hosts: ['mcp.example'], origins: [] };
  const operations = async ({ url }: Request) =>
    url.endsWith('/metrics')
      ? new Response('figures')
      : url.endsWith('/readyz')
        ? new Response('fine')
        : null;

  test('a scraper with a token comes by address, a client of MCP does not', async () => {
    const tokens = await createBearer({ tokens: [TOKEN], tokenFile: null }, environment.log);
    const handler = createHttpHandler(async () => environment, environment.log, {
      ...options,
      operations,
      bearer: tokens,
    });
    const status = async (name: string, host: string, headers = {}) =>
      (await handler.fetch(made(name, host, headers))).status;
    expect(await status('/metrics', '10.1.2.3:8080', bearer(TOKEN))).toBe(200);
    expect(await status('/metrics', '10.1.2.3:8080')).toBe(401);
    expect(await status('/mcp', '10.1.2.3:8080', bearer(TOKEN))).toBe(403);
    expect(await status('/mcp', 'mcp.example', bearer(TOKEN))).toBe(405);
    expect(await status('/metrics', '10.1.2.3', { ...bearer(TOKEN), origin: 'http://evil.example' })).toBe(
      403,
    );
  });

  test('without tokens a scraper must name the right host, too', async () => {
    const handler = createHttpHandler(async () => environment, environment.log, { ...options, operations });
    const text = async (name: string, host: string) => (await handler.fetch(made(name, host))).text();
    expect(await text('/metrics', 'localhost')).toBe('figures');
    expect(await text('/metrics', '10.1.2.3')).toContain('Invalid Host');
    expect(await text('/mcp', 'evil.example')).toMatch(/operator adds it with --allowed-hosts/);
    expect(await text('/readyz', '10.1.2.3')).toBe('fine');
  });

  test('a server that stops is not ready, and alive', async () => {
    const handler = createHttpHandler(async () => environment, environment.log, { ...options, operations });
    const status = async (name: string) => (await handler.fetch(made(name, '10.1.2.3'))).status;
    expect([await status('/readyz'), await status('/healthz')]).toEqual([200, 200]);
    handler.stopSoon();
    expect([await status('/readyz'), await status('/healthz')]).toEqual([503, 200]);
  });
});

describe('nothing of a caller goes upstream', () => {
  const PLANTED = 'planted';
  const HEADERS = {
    ...bearer(`${PLANTED}-token-0123456789abcdef0123456789abcdef`),
    cookie: `grafana_session=${PLANTED}`,
    'x-scope-orgid': PLANTED,
    'x-grafana-org-id': '4711',
    'x-grafana-user': PLANTED,
    'x-webauth-user': PLANTED,
    'x-ds-authorization': `Bearer ${PLANTED}`,
    'proxy-authorization': `Basic ${PLANTED}`,
    'x-forwarded-for': '198.51.100.7',
    forwarded: 'for=198.51.100.7',
    'user-agent': PLANTED,
    'x-anything': PLANTED,
  };

  test('neither to Pyroscope nor through Grafana, and nothing of it is logged', async () => {
    const store = await startPyroscopeServer(demoSource());
    const grafana = await startGrafanaServer({
      dataSources: [
        { id: 1, uid: 'prof', name: 'Profiles', type: 'grafana-pyroscope-datasource', url: store.url },
      ],
    });
    const program = start(['--http', '0', '--log-level', 'debug'], {
      GRAFANA_URL: grafana.url,
      GRAFANA_SERVICE_ACCOUNT_TOKEN: VIEWER_TOKEN,
      PYROSCOPE_URL: store.url,
      PYROSCOPE_TOKEN: 'our-own-token',
      PYROSCOPE_TENANT_ID: 'our-tenant',
      PYROSCOPE_MCP_ENABLED_SOURCES: 'prof',
      PYROSCOPE_MCP_HTTP_TOKENS: HEADERS.authorization.slice('Bearer '.length),
    });
    try {
      const [, url = ''] = await program.seen(/serves MCP at (http:\S+)/);
      for (const source of ['pyroscope', 'prof']) {
        const args = { source, service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
        const answer = await postCall(url, 'summarize_profile', args, { headers: HEADERS });
        expect(answer.text).toContain('coupon.loadPattern');
      }
      await postCall(
        url,
        'list_services',
        {},
        { headers: { ...HEADERS, ...bearer(`${PLANTED}-and-wrong`) } },
      );
      const seen = [...store.requests.log, ...grafana.requests.log];
      expect(grafana.requests.log.some(({ name }) => name === 'proxy SelectMergeProfile')).toBe(true);
      expect(store.requests.log.some(({ headers }) => headers.authorization === 'Bearer our-own-token')).toBe(
        true,
      );
      for (const { path: requestPath, headers, body } of seen) {
        expect(JSON.stringify([requestPath, headers, body.toString()])).not.toMatch(
          /planted|4711|198\.51\.100/,
        );
        expect(headers['x-scope-orgid'] ?? 'our-tenant').toBe('our-tenant');
      }
      program.child.kill('SIGTERM');
      await program.exit;
      expect(program.stderr()).toContain('"tool":"summarize_profile","outcome":"answered"');
      expect(program.stderr() + program.stdout()).not.toMatch(/planted|our-own-token/);
    } finally {
      program.child.kill('SIGKILL');
      await grafana.close();
      await store.close();
    }
  });
});

describe('the built program', () => {
  const NAMES = ['--allowed-hosts', 'mcp.example.com'];

  test.each([
    [['0.0.0.0:0', ...NAMES], 'does not authenticate its callers'],
    [['0.0.0.0:0', '--http-tokens', TOKEN], 'names under which it is reached'],
    [['[::]:0', '--allow-unauthenticated'], 'names under which it is reached'],
    [
      ['0', '--http-tokens', `${TOKEN},hunter2-s3cr3t`],
      'Token 2 for HTTP has 14 characters, and at least 32',
    ],
    [['0', '--http-tokens', `hunter2-s3cr3t with spaces in it ${TOKEN}`], 'characters that cannot be sent'],
    [['0', '--http-token-file', path.join(tmpdir(), 'no-such-file')], 'cannot be read (ENOENT)'],
  ])('%j is exit code 2 with a next step', async ([address = '', ...args], expected) => {
    const { code, stdout, stderr } = await run(['--http', address, '--profiles', DEMO, ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(expected);
    expect(stderr).toMatch(/--allowed-hosts|openssl rand -hex 32|--http-token-file/);
    expect(stderr).not.toMatch(/hunter2|0123456789abcdef/);
  });

  test.each([['0.0.0.0:0'], ['[::]:0']])('serves at %s with tokens and names', async (address) => {
    const program = start(['--http', address, '--profiles', DEMO, ...NAMES], {
      PYROSCOPE_MCP_HTTP_TOKENS: TOKEN,
    });
    const [, port = ''] = await program.seen(/serves MCP at http:\/\/\S+:(\d+)\/mcp/);
    const url = `http://127.0.0.1:${port}/mcp`;
    expect((await post(url, LIST)).status).toBe(401);
    expect((await post(url, LIST, { headers: bearer(TOKEN) })).status).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('serves everybody beyond loopback where it is told to', async () => {
    const program = start(['--http', '0.0.0.0:0', '--profiles', DEMO, ...NAMES, '--allow-unauthenticated']);
    const [, port = ''] = await program.seen(/serves MCP at http:\/\/\S+:(\d+)\/mcp/);
    expect((await post(`http://127.0.0.1:${port}/mcp`, LIST)).status).toBe(200);
    expect(await statusWithHost(port, '0.0.0.0')).toBe(403);
    expect(await statusWithHost(port, 'mcp.example.com')).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('a token file is rotated without a restart', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'tokens-')), 'tokens');
    writeFileSync(file, `# team\n${TOKEN}\n`);
    const program = start([
      '--http',
      '0',
      '--profiles',
      DEMO,
      '--http-token-file',
      file,
      '--log-level',
      'info',
    ]);
    const [, url = ''] = await program.seen(/serves MCP at (http:\S+)/);
    const statuses = () =>
      Promise.all(
        [TOKEN, SECOND].map(async (token) => (await post(url, LIST, { headers: bearer(token) })).status),
      );
    expect(await statuses()).toEqual([200, 401]);
    writeFileSync(file, `${TOKEN}\n${SECOND}\n`);
    expect(await statuses()).toEqual([200, 200]);
    writeFileSync(file, `${SECOND}\n`);
    expect(await statuses()).toEqual([401, 200]);
    rmSync(file);
    expect(await statuses()).toEqual([401, 401]);
    writeFileSync(file, '');
    expect(await statuses()).toEqual([401, 401]);
    writeFileSync(file, SECOND);
    expect(await statuses()).toEqual([401, 200]);
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toContain('every caller is refused');
    expect(program.stderr()).not.toMatch(/team-[ab]-/);
  });
});

/** Sends a Host that fetch would not send. */
function statusWithHost(port: string, host: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: '2.0', ...LIST });
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers: { ...JSON_HEADERS, host } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
