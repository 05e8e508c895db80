import { afterAll, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createLog } from '../../src/telemetry/log.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { bearer, ON_LOOPBACK, post, postCall } from '../support/http.js';
import {
  CLAIMS,
  createFakeProvider,
  ISSUER,
  makeKey,
  RESOURCE,
  SETTINGS,
  sign as signAt,
} from '../support/identity-provider.js';

// How a caller over HTTP is told to sign in, and what a token that does not let it in is answered with.

const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
const STATIC = 'static-0123456789abcdef0123456789abcdef';
const LIST = { id: 1, method: 'tools/list' };
const KEY = await makeKey('one');
const provider = createFakeProvider();
provider.keys = [KEY.publicKey];
const lines: string[] = [];
const log = createLog('info', (line) => lines.push(line));
const environment = createEnvironment([demoSource()]);
const oauth = { settings: SETTINGS, orgId: null, proxy: null, provider };
const server = await serveOverHttp(async () => environment, log, {
  ...ON_LOOPBACK,
  access: { tokens: [STATIC], tokenFile: null, allowUnauthenticated: false },
  oauth,
});
afterAll(() => server.close());

/** Signs a token that holds now. */
function sign(claims: Record<string, unknown> = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  return signAt(KEY, { iat: seconds, exp: seconds + 300, ...claims });
}

async function challenge(headers: Record<string, string>) {
  const { status, headers: got, message, text } = await post(server.url, LIST, { headers });
  return { status, challenge: got.get('www-authenticate'), code: message?.error?.code, text };
}

describe('the challenge', () => {
  test('without a token names the scope and where the resource describes itself', async () => {
    expect(await challenge({})).toEqual({
      status: 401,
      challenge: `Bearer realm="pyroscope-mcp", scope="pyroscope:read", resource_metadata="${METADATA}"`,
      code: -32_000,
      text: expect.stringContaining('sign in at its identity provider'),
    });
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ['no JWT', () => 'opaque', 'The token is not one that this server can read.'],
    [
      'another resource',
      () => sign({ aud: 'https://other.example' }),
      `The token is for another resource than ${RESOURCE}.`,
    ],
    ['an expired token', () => sign({ exp: 1 }), 'The token has expired.'],
    [
      'another issuer, with a quote',
      () => sign({ iss: 'https://evil.example/"' }),
      'The token is not of the issuer that this server trusts.',
    ],
  ])('for %s says what is wrong', async (_name, token, message) => {
    expect(await challenge(bearer(await token()))).toEqual({
      status: 401,
      challenge: `Bearer realm="pyroscope-mcp", error="invalid_token", error_description="${message}", scope="pyroscope:read", resource_metadata="${METADATA}"`,
      code: -32_000,
      text: `${message} Sign in again.`,
    });
  });

  test('for a missing scope asks for it (step-up)', async () => {
    const message = 'The token lacks the scope pyroscope:read: sign in again and grant it.';
    expect(await challenge(bearer(await sign({ scope: 'openid' })))).toEqual({
      status: 403,
      challenge: `Bearer realm="pyroscope-mcp", error="insufficient_scope", error_description="${message}", scope="pyroscope:read", resource_metadata="${METADATA}"`,
      code: -32_000,
      text: message,
    });
  });
});

test('a token lets its bearer in, a static one, too', async () => {
  const status = async (token: string) => (await post(server.url, LIST, { headers: bearer(token) })).status;
  const token = await sign();
  expect([await status(token), await status(token), await status(STATIC)]).toEqual([200, 200, 200]);
  const answer = await postCall(server.url, 'list_services', INCIDENT_WINDOW, { headers: bearer(token) });
  expect(answer.text).toContain('checkout-api');
  expect(await status(`${STATIC}0`)).toBe(401);
});

test('a token counts in its header only', async () => {
  const token = await sign();
  const query = await post(`${server.url}?access_token=${token}`, LIST);
  expect(query.status).toBe(401);
  expect((await post(server.url, LIST, { headers: { authorization: token } })).status).toBe(401);
  expect((await post(server.url, LIST, { headers: { authorization: `DPoP ${token}` } })).status).toBe(401);
});

test('a provider that is down is a 503 that says so, and names when to try again', async () => {
  const down = createFakeProvider();
  down.isDown = true;
  const other = await serveOverHttp(async () => environment, log, {
    ...ON_LOOPBACK,
    oauth: { ...oauth, provider: down },
  });
  try {
    const { status, headers, text } = await post(other.url, LIST, { headers: bearer(await sign()) });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('5');
    expect(headers.get('www-authenticate')).toBeNull();
    expect(text).toBe('The identity provider cannot be asked. Call again in a few seconds.');
    expect((await post(other.url, LIST)).status).toBe(401);
  } finally {
    await other.close();
  }
});

test('rights that a token does not tell are a 403 without a challenge: to sign in again changes nothing', async () => {
  const other = await serveOverHttp(async () => environment, log, {
    ...ON_LOOPBACK,
    oauth: { ...oauth, settings: { ...SETTINGS, sourcesClaim: 'pyroscope' } },
  });
  try {
    const { status, headers, text } = await post(other.url, LIST, { headers: bearer(await sign()) });
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toBeNull();
    expect(text).toContain('--oauth-sources-claim');
  } finally {
    await other.close();
  }
});

describe('the resource describes itself', () => {
  const origin = new URL(server.url).origin;
  const PATHS = ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'];

  test.each(PATHS)('at %s, to everybody', async (path) => {
    const response = await fetch(`${origin}${path}`, { headers: { origin: 'https://inspector.example' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['pyroscope:read'],
      bearer_methods_supported: ['header'],
      resource_name: 'Pyroscope profiles',
    });
  });

  test('by other methods', async () => {
    const ask = (method: string) => fetch(`${origin}${PATHS[1]}`, { method });
    const preflight = await ask('OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET');
    expect(await (await ask('HEAD')).text()).toBe('');
    expect((await ask('POST')).status).toBe(405);
  });

  test('and publishes no keys where it signs nothing', async () => {
    expect((await fetch(`${origin}/.well-known/jwks.json`)).status).toBe(401);
  });

  test('below the path of its public URL, too', async () => {
    const other = await serveOverHttp(async () => environment, log, {
      ...ON_LOOPBACK,
      oauth: { ...oauth, settings: { ...SETTINGS, publicUrl: 'https://mcp.example.com/team/pyroscope' } },
    });
    try {
      const path = '/.well-known/oauth-protected-resource/team/pyroscope';
      const response = await fetch(`${new URL(other.url).origin}${path}`);
      expect(await response.json()).toMatchObject({ resource: 'https://mcp.example.com/team/pyroscope' });
      const { headers } = await post(other.url, LIST);
      expect(headers.get('www-authenticate')).toContain(`resource_metadata="https://mcp.example.com${path}"`);
    } finally {
      await other.close();
    }
  });

  test.each<[string, object, number]>([
    [
      'only static tokens',
      { access: { tokens: [STATIC], tokenFile: null, allowUnauthenticated: false } },
      401,
    ],
    ['no tokens', {}, 404],
  ])('not with %s: clients would ignore the headers that they are given', async (_name, options, status) => {
    const other = await serveOverHttp(async () => environment, log, { ...ON_LOOPBACK, ...options });
    try {
      for (const path of PATHS)
        expect((await fetch(`${new URL(other.url).origin}${path}`)).status).toBe(status);
      const { headers } = await post(other.url, LIST);
      expect(headers.get('www-authenticate') ?? '').not.toContain('resource_metadata');
    } finally {
      await other.close();
    }
  });
});

test('the name of the public URL is one under which the server is reached, and signing in authenticates', async () => {
  const open = await serveOverHttp(async () => environment, log, { ...ON_LOOPBACK, host: '0.0.0.0', oauth });
  await open.close();
  await expect(
    serveOverHttp(async () => environment, log, { ...ON_LOOPBACK, host: '0.0.0.0' }),
  ).rejects.toThrow('does not authenticate its callers');
});

test('a person signs in at /view with the token as password', async () => {
  const other = await serveOverHttp(async () => environment, log, { ...ON_LOOPBACK, oauth, hasView: true });
  try {
    const page = `${new URL(other.url).origin}/view?tool=nothing`;
    const basic = `Basic ${Buffer.from(`me:${await sign()}`).toString('base64')}`;
    expect((await fetch(page, { headers: { authorization: basic } })).status).toBe(400);
    const refused = await fetch(page);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
  } finally {
    await other.close();
  }
});

test('nothing of a token is logged', async () => {
  const token = await sign({ aud: 'https://other.example' });
  await post(server.url, LIST, { headers: bearer(token) });
  const text = lines.join('');
  expect(text).toContain('"reason":"The token is for another resource');
  for (const part of token.split('.')) expect(text).not.toContain(part);
  expect(text).not.toContain(CLAIMS.sub);
});
