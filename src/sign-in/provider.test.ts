import { afterEach, expect, test } from 'vitest';
import { json, startStub } from '../../test/support/recorded-grafana.js';
import { createProviderClient, ProviderError } from './provider.js';

const TOKEN = 'planted-token-0123456789';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(answer: Parameters<typeof startStub>[0], timeoutMs?: number) {
  const stub = await startStub(answer);
  const client = createProviderClient({ proxy: null, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  closers.push(client.close, stub.close);
  return { ...stub, client };
}

async function explain(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
  } catch (error) {
    if (error instanceof ProviderError) return error.message;
    throw error;
  }
  return 'answered';
}

test('JSON is read, and a form is posted by a client', async () => {
  const { url, client, seen } = await open((_, response) => json(response, { a: 1 }));
  expect(await client.get(`${url}/meta?x=1`)).toEqual({ a: 1 });
  expect(await client.post(`${url}/token`, { a: 'b c', d: '&' }, 'Basic x')).toEqual({ body: { a: 1 } });
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /meta?x=1', 'POST /token']);
  expect(seen[1]?.headers).toMatchObject({
    authorization: 'Basic x',
    'content-type': 'application/x-www-form-urlencoded',
  });
});

test.each<[string, Parameters<typeof startStub>[0], RegExp]>([
  ['a page', (_, response) => void response.end('<html>'), /answers with something else than JSON$/],
  ['a list', (_, response) => json(response, []), /answers with something else than JSON$/],
  ['a failure', (_, response) => json(response, {}, 502), /answers with status 502$/],
  ['a redirect', (_, response) => void response.writeHead(302, { location: '/x' }).end(), /status 302$/],
  ['too much', (_, response) => json(response, ['x'.repeat(2 ** 20)]), /answers with more than 1 MiB$/],
  ['a broken connection', (_, response) => void response.destroy(), /cannot be reached \(\w+\)$/],
])('%s is no answer', async (_name, answer, message) => {
  const { url, client, seen } = await open(answer);
  expect(await explain(client.get(`${url}/keys?secret`))).toMatch(message);
  expect(seen).toHaveLength(1);
});

test('a provider that hangs is given up', async () => {
  const { url, client } = await open(() => {}, 50);
  expect(await explain(client.get(`${url}/keys`))).toMatch(/does not answer within 0\.05 s$/);
});

test('a refusal of OAuth is told apart from a failure', async () => {
  const { url, client } = await open(({ url: path = '' }, response) =>
    json(response, path === '/oauth' ? { error: 'invalid_grant' } : { message: TOKEN }, 400),
  );
  const post = (path: string) => client.post(`${url}${path}`, { token: TOKEN }, `Basic ${TOKEN}`);
  expect(await post('/oauth')).toEqual({ refusal: { status: 400, error: 'invalid_grant' } });
  const message = await explain(post('/other'));
  expect(message).toMatch(/answers with status 400$/);
  expect(message).not.toContain(TOKEN);
});

test.each(['http://login.example.com/keys', 'ftp://localhost/keys', 'https://u:p@localhost/keys', 'keys'])(
  'no request goes to %s',
  async (url) => {
    const client = createProviderClient({ proxy: null });
    closers.push(client.close);
    expect(await explain(client.get(url))).toMatch(/is not https$/);
  },
);
