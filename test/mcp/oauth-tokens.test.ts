import { createPublicKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS } from '../support/clients.js';
import { bearer, post, postCall } from '../support/http.js';
import { encodePart, makeKey } from '../support/identity-provider.js';
import { DEMO } from '../support/process.js';
import {
  Person,
  type RunningProvider,
  signIn,
  startProvider,
  startSignInServer,
} from '../support/sign-in.js';

// Tokens at the built program, whose provider is a real one: which let their bearer in, and what the others
// are answered with. Bearer tokens are shown with each request, so one that is shown again is no replay. A
// stolen one is kept from use by its audience, its end, and TLS; one that needs a proof of its client is
// refused.

const LIST = { id: 1, method: 'tools/list' };
const running: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(running.map((stop) => stop())));

async function startPair(format: 'jwt' | 'opaque', args: readonly string[] = []) {
  const provider = await startProvider(format);
  const server = await startSignInServer(provider.issuer, ['--profiles', DEMO, ...args]);
  running.push(provider.stop, server.stop);
  return { provider, ...server };
}

const { provider, url, program } = await startPair('jwt');
const METADATA = url.replace('/mcp', '/.well-known/oauth-protected-resource/mcp');

/** Signs a token with the key of the provider. */
function sign(
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
  by: RunningProvider = provider,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { sub: 'ada', aud: url, scope: 'pyroscope:read', iat: now, exp: now + 300 };
  return by.sign({ ...usual, ...claims }, header);
}

/** Signs a token with HS256 and the public key of the provider as the shared secret. */
async function signWithPublicKey(): Promise<string> {
  const { keys } = Object(await (await fetch(`${provider.issuer}/jwks`)).json());
  const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return new SignJWT({ iss: provider.issuer, sub: 'ada', aud: url, scope: 'pyroscope:read' })
    .setProtectedHeader({ alg: 'HS256', kid: keys[0].kid })
    .setExpirationTime('5 min')
    .sign(new TextEncoder().encode(String(pem)));
}

async function signWithOtherKey(): Promise<string> {
  const { keys } = Object(await (await fetch(`${provider.issuer}/jwks`)).json());
  const other = await makeKey('other', 'RS256');
  return new SignJWT({ iss: provider.issuer, sub: 'ada', aud: url, scope: 'pyroscope:read' })
    .setProtectedHeader({ alg: 'RS256', kid: keys[0].kid })
    .setExpirationTime('5 min')
    .sign(other.privateKey);
}

const now = () => Math.floor(Date.now() / 1000);

describe('a token that does not hold is refused with the challenge that says why', () => {
  test.each<[string, () => Promise<string> | string, string]>([
    [
      'wrong audience',
      () => sign({ aud: 'https://other.example/mcp' }),
      `The token is for another resource than ${url}.`,
    ],
    [
      'token of another resource on this machine',
      () => sign({ aud: url.replace('/mcp', '/other') }),
      `The token is for another resource than ${url}.`,
    ],
    [
      'wrong issuer',
      () => sign({ iss: 'https://evil.example' }),
      'The token is not of the issuer that this server trusts.',
    ],
    ['wrong signature', signWithOtherKey, 'The signature of the token is not valid.'],
    [
      'algorithm none',
      async () => `${encodePart({ alg: 'none' })}.${(await sign()).split('.')[1]}.`,
      'The token is signed with an algorithm that does not count.',
    ],
    [
      'HS256 with the public key',
      signWithPublicKey,
      'The token is signed with an algorithm that does not count.',
    ],
    ['expired', () => sign({ exp: now() - 60 }), 'The token has expired.'],
    ['not yet valid', () => sign({ nbf: now() + 120 }), 'The token is not valid yet.'],
    [
      'replayed without the proof that it needs',
      () => sign({ cnf: { jkt: 'x' } }),
      'The token is bound to a key of its client (DPoP or mutual TLS), which this server cannot check: ask for a bearer token.',
    ],
    ['an ID token', () => sign({}, { typ: 'id+jwt' }), 'The token is not an access token.'],
    ['no token of ours', () => 'opaque-0123456789', 'The token is not one that this server can read.'],
  ])('%s', async (_name, token, message) => {
    const { status, headers, text } = await post(url, LIST, { headers: bearer(await token()) });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(
      `Bearer realm="pyroscope-mcp", error="invalid_token", error_description="${message}", scope="pyroscope:read", resource_metadata="${METADATA}"`,
    );
    expect(text).toBe(`${message} Sign in again.`);
  });

  test('missing scope', async () => {
    const { status, headers } = await post(url, LIST, { headers: bearer(await sign({ scope: 'openid' })) });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(headers.get('www-authenticate')).toContain('scope="pyroscope:read"');
  });
});

test('the metadata leads to the provider', async () => {
  const metadata = await (await fetch(METADATA)).json();
  expect(metadata).toMatchObject({ resource: url, authorization_servers: [provider.issuer] });
});

test('a token lets its bearer in as often as it is shown, and is not in the log', async () => {
  const token = await sign();
  for (let i = 0; i < 3; i++) {
    const answer = await postCall(url, 'list_services', INCIDENT_WINDOW, { headers: bearer(token) });
    expect(answer.text).toContain('checkout-api');
  }
  const output = program.stdout() + program.stderr();
  expect(output).toContain('"outcome":"answered"');
  for (const part of token.split('.')) expect(output).not.toContain(part);
});

test('a key that is rotated counts at once, and the one before no more once the provider is asked', async () => {
  const pair = await startPair('jwt');
  const own = (header = {}) => sign({ aud: pair.url }, header, pair.provider);
  const status = async (token: string) => (await post(pair.url, LIST, { headers: bearer(token) })).status;
  const before = await own();
  expect(await status(before)).toBe(200);
  const unused = await own({ typ: 'at+jwt' });
  await pair.provider.rotate();
  expect(await status(await own())).toBe(200);
  expect(await status(unused)).toBe(401);
});

describe('a provider that is down', () => {
  test('is a 503 for who is not known yet, and the server starts without it', async () => {
    const gone = await startProvider();
    const token = await sign({}, {}, gone);
    await gone.stop();
    const server = await startSignInServer(gone.issuer, ['--profiles', DEMO]);
    running.push(server.stop);
    const { status, headers, text } = await post(server.url, LIST, { headers: bearer(token) });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('5');
    expect(text).toContain('The identity provider cannot be asked.');
    expect((await post(server.url, LIST)).status).toBe(401);
    const ready = async () => (await fetch(`${new URL(server.url).origin}/readyz`)).status;
    await expect.poll(ready).toBe(200);
  });

  test('does not stop those whose key is known: it may even hang', async () => {
    const pair = await startPair('jwt');
    const [first, second] = [
      await sign({ aud: pair.url }, {}, pair.provider),
      await sign({ aud: pair.url, sub: 'bob' }, {}, pair.provider),
    ];
    expect((await post(pair.url, LIST, { headers: bearer(first) })).status).toBe(200);
    pair.provider.pause(true);
    try {
      expect((await post(pair.url, LIST, { headers: bearer(second) })).status).toBe(200);
    } finally {
      pair.provider.pause(false);
    }
  });
});

describe('opaque tokens', () => {
  let pair: Awaited<ReturnType<typeof startPair>>;
  beforeAll(async () => {
    const args = ['--oauth-introspection', 'opaque', '--oauth-client-id', 'mcp'];
    pair = await startPair('opaque', [...args, '--oauth-client-secret', 'secret-of-mcp']);
  });

  test.each(CLIENTS)('%s: a client gets one, and the provider is asked what it is', async (kind) => {
    const person = new Person('predefined', pair.provider.issuer);
    const client = await signIn(kind, pair.url, person);
    expect(person.memory.tokens?.access_token).not.toContain('.');
    expect((await client.listTools()).tools.length).toBeGreaterThan(0);
    await client.close();
    expect((await pair.provider.counts())['/token/introspection']).toBeGreaterThan(0);
    expect(pair.program.stderr()).not.toMatch(/secret-of-mcp/);
    expect(pair.program.stderr()).not.toContain(person.memory.tokens?.access_token);
  });

  test('one that the provider does not know is refused', async () => {
    const { status, headers } = await post(pair.url, LIST, { headers: bearer('unknown-0123456789') });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});
