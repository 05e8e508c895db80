import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { json, type Stub, startStub } from '../../../test/support/recorded-grafana.js';
import { createGrafanaClient, type GrafanaClient, type GrafanaOptions } from './client.js';

const SIGNAL = new AbortController().signal;
const TOKEN = 'glsa_planted_0123456789';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function stub(answer: Parameters<typeof startStub>[0]): Promise<Stub> {
  const started = await startStub(answer);
  closers.push(started.close);
  return started;
}

function createClient(options: GrafanaOptions): GrafanaClient {
  const client = createGrafanaClient(options);
  closers.push(client.close);
  return client;
}

function readPort(server: { address(): unknown }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? Number(Reflect.get(address, 'port')) : 0;
}

describe('who asks', () => {
  test('a token, the organisation and further headers; nothing replaces the token', async () => {
    const { url, seen } = await stub((_, response) => json(response, {}));
    const headers = { 'X-Access': 'a', authorization: 'Basic evil', 'X-Grafana-Org-Id': '9' };
    await createClient({ url: `${url}/grafana`, token: TOKEN, orgId: 2, headers }).get('/api/org', SIGNAL);
    expect(seen).toMatchObject([
      {
        method: 'GET',
        path: '/grafana/api/org',
        headers: { authorization: `Bearer ${TOKEN}`, 'x-grafana-org-id': '2', 'x-access': 'a' },
      },
    ]);
  });

  test('a user and password', async () => {
    const { url, seen } = await stub((_, response) => json(response, {}));
    await createClient({ url, username: 'u', password: 'p' }).get('/api/org', SIGNAL);
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  test('a token file is read anew with every request, and neither token is ever shown', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'token-')), 'token');
    const { url, seen } = await stub(({ headers }, response) => {
      if (headers.authorization === 'Bearer second-token') json(response, {});
      else json(response, { message: `bad ${headers.authorization} second-token` }, 401);
    });
    const client = createClient({ url, tokenFile: file });
    await expect(client.get('/api/org', SIGNAL)).rejects.toThrow(/token file .* cannot be read \(ENOENT\)/);
    expect(seen).toEqual([]);
    writeFileSync(file, 'first-token\n');
    const refusal = await client.get('/api/org', SIGNAL).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ kind: 'unauthorized', detail: 'bad Bearer [redacted] second-token' });
    writeFileSync(file, ' second-token \n');
    await client.get('/api/org', SIGNAL);
    writeFileSync(file, 'two words');
    await expect(client.get('/api/org', SIGNAL)).rejects.toThrow(/more than one word/);
    writeFileSync(file, ' \n');
    await expect(client.get('/api/org', SIGNAL)).rejects.toThrow(/is empty/);
  });
});

describe('passing failures', () => {
  test.each([429, 502, 503, 504])('a question is asked three times on %i', async (status) => {
    let left = 2;
    const { url, seen } = await stub((_, response) => {
      if (left-- > 0) response.writeHead(status).end();
      else json(response, { id: 1 });
    });
    expect(await createClient({ url, token: TOKEN }).get('/api/org', SIGNAL)).toEqual({ id: 1 });
    expect(seen).toHaveLength(3);
  });

  test('and not more often; nor where asking again makes no sense; nor is a query', async () => {
    let status = 503;
    const { url, seen } = await stub((_, response) => void response.writeHead(status).end());
    const client = createClient({ url, token: TOKEN });
    await expect(client.get('/api/org', SIGNAL)).rejects.toMatchObject({ kind: 'overloaded' });
    expect(seen).toHaveLength(3);
    for (status of [400, 401, 403, 404, 500]) {
      await expect(client.get('/api/org', SIGNAL)).rejects.toMatchObject({ status });
    }
    expect(seen).toHaveLength(8);
    status = 503;
    await expect(client.transport.post('/api/x', {}, { codec: 'json', signal: SIGNAL })).rejects.toThrow();
    expect(seen).toHaveLength(9);
  });
});

describe('redirects', () => {
  const other = () => stub((_, response) => json(response, { stolen: true }));

  test('to the same thing under a sub-path of the same server are followed', async () => {
    const { url, seen } = await stub((request, response) => {
      if (request.url?.startsWith('/grafana/')) json(response, { id: 1 });
      else response.writeHead(301, { location: `/grafana${request.url}` }).end();
    });
    expect(await createClient({ url, token: TOKEN }).get('/api/org?a=b', SIGNAL)).toEqual({ id: 1 });
    expect(seen.map(({ path: requestPath }) => requestPath)).toEqual([
      '/api/org?a=b',
      '/grafana/api/org?a=b',
    ]);
  });

  test.each([
    [301, false],
    [302, false],
    [303, false],
    [307, true],
    [308, true],
  ])('a query that is answered with %i stays a query: followed %s', async (status, followed) => {
    const { url, seen } = await stub((request, response) => {
      if (request.url?.startsWith('/grafana/')) json(response, { ok: request.method });
      else response.writeHead(status, { location: `/grafana${request.url}` }).end();
    });
    const { transport } = createClient({ url, token: TOKEN });
    const answering = transport.post('/api/query', { a: 1 }, { codec: 'json', signal: SIGNAL });
    if (followed) expect(await answering).toEqual({ ok: 'POST' });
    else
      await expect(answering).rejects.toMatchObject({
        advice: { what: expect.stringMatching(/redirects to/) },
      });
    expect(seen.every(({ method }) => method === 'POST')).toBe(true);
  });

  test.each([301, 302, 307, 308])('%i to another server: the credentials stay here', async (status) => {
    const foreign = await other();
    const { url } = await stub((request, response) => {
      response.writeHead(status, { location: `${foreign.url}${request.url}` }).end();
    });
    const { get, transport } = createClient({ url, token: TOKEN });
    await expect(get('/api/org', SIGNAL)).rejects.toThrow();
    await expect(transport.post('/api/query', {}, { codec: 'json', signal: SIGNAL })).rejects.toThrow();
    expect(foreign.seen).toEqual([]);
  });

  test('to another thing, and for ever, are not followed', async () => {
    const { url, seen } = await stub((request, response) => {
      const location = request.url === '/api/org' ? '/echo' : `/more${request.url}`;
      response.writeHead(302, { location }).end();
    });
    const { get } = createClient({ url, token: TOKEN });
    await expect(get('/api/org', SIGNAL)).rejects.toMatchObject({ kind: 'unreadable' });
    expect(seen).toHaveLength(1);
    await expect(get('/api/loop', SIGNAL)).rejects.toMatchObject({ kind: 'unreadable' });
    expect(seen.length).toBeLessThan(10);
  });
});

test('an answer over the cap is not read', async () => {
  const { url } = await stub((_, response) => json(response, ['x'.repeat(10_000)]));
  const client = createClient({ url, token: TOKEN, maxResponseBytes: 1_000 });
  await expect(client.get('/api/datasources', SIGNAL)).rejects.toMatchObject({ kind: 'too_large' });
});

test('a deadline ends a request', async () => {
  const { url } = await stub(() => {});
  const client = createClient({ url, token: TOKEN, timeoutMs: 50 });
  await expect(client.get('/api/org', SIGNAL)).rejects.toMatchObject({ kind: 'timeout' });
});

describe('the network', () => {
  test('a certificate authority of the company', async () => {
    const cert = fixture('tls', 'cert.pem');
    const options = { key: readFileSync(fixture('tls', 'key.pem')), cert: readFileSync(cert) };
    const server = createTlsServer(options, (_, response) => json(response, { id: 1 })).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    closers.push(async () => void server.close());
    const url = `https://127.0.0.1:${readPort(server)}`;
    const refusal = await createClient({ url })
      .get('/api/org', SIGNAL)
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      kind: 'unreachable',
      advice: { fix: expect.stringContaining('GRAFANA_CA_FILE') },
    });
    expect(await createClient({ url, caFile: cert }).get('/api/org', SIGNAL)).toEqual({ id: 1 });
    await expect(createClient({ url, caFile: 'none.pem' }).get('/api/org', SIGNAL)).rejects.toThrow(/ENOENT/);
    const wrong = createClient({ url, caFile: fixture('tls', 'key.pem') });
    await expect(wrong.get('/api/org', SIGNAL)).rejects.toThrow(/holds no certificate/);
  });

  test('a proxy of the environment, but not to this machine itself nor to what is excepted', async () => {
    const grafana = await stub((_, response) => json(response, { id: 1 }));
    const lookups: string[] = [];
    const proxy = createServer().listen(0, '127.0.0.1');
    proxy.on('connect', ({ url = '' }, client, head) => {
      lookups.push(url);
      const upstream = connect(Number(new URL(grafana.url).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.write(head);
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => {});
    });
    await once(proxy, 'listening');
    closers.push(async () => void proxy.close());
    const settings = { http: `http://127.0.0.1:${readPort(proxy)}`, https: null, none: 'excepted.invalid' };
    const through = createClient({ url: 'http://grafana.invalid', token: TOKEN, proxy: settings });
    expect(await through.get('/api/org', SIGNAL)).toEqual({ id: 1 });
    expect(lookups).toEqual(['grafana.invalid:80']);
    expect(await createClient({ url: grafana.url, proxy: settings }).get('/api/org', SIGNAL)).toEqual({
      id: 1,
    });
    const excepted = createClient({ url: 'http://excepted.invalid', proxy: settings });
    await expect(excepted.get('/api/org', SIGNAL)).rejects.toMatchObject({ kind: 'unreachable' });
    expect(lookups).toHaveLength(1);
  });
});
