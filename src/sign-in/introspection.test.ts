import { describe, expect, test } from 'vitest';
import {
  CLAIMS,
  createFakeProvider,
  type FakeProvider,
  ISSUER,
  makeKey,
  NOW,
  openFakeSignIn,
  RESOURCE,
  sign,
} from '../../test/support/identity-provider.js';
import type { OAuthSettings } from '../config/oauth/read.js';
import { TokenRefused } from './refused.js';

const SECONDS = NOW / 1000;
const OPAQUE = 'opaque-0123456789';
const KEY = await makeKey('one');
const ACTIVE = { active: true, ...CLAIMS };
const CLIENT = { id: 'mcp server', secret: 's3cr3t:%', secretFile: null };

async function open(
  answer: Readonly<Record<string, unknown>> = ACTIVE,
  settings: Partial<OAuthSettings> = {},
  arrange: (provider: FakeProvider) => void = () => {},
) {
  const { signIn, provider, clock } = await openFakeSignIn({
    keys: [KEY.publicKey],
    settings: { introspection: 'opaque', client: CLIENT, ...settings },
    arrange(provider) {
      arrange(provider);
      provider.answer = () => ({ body: answer });
    },
  });
  const ask = async (token: string): Promise<string> => {
    try {
      return (await signIn.identify(token)).client;
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return `${error.kind}: ${error.message}`;
    }
  };
  return { provider, clock, ask };
}

test('an opaque token is shown to the provider, by this server as a client', async () => {
  const { ask, provider } = await open();
  expect(await ask(OPAQUE)).toMatch(/^person-1~/);
  expect(provider.posted).toEqual([
    {
      url: `${ISSUER}/introspect`,
      form: { token: OPAQUE, token_type_hint: 'access_token' },
      authorization: `Basic ${Buffer.from('mcp+server:s3cr3t%3A%25').toString('base64')}`,
    },
  ]);
});

describe('the answer lets the bearer in', () => {
  test.each<[string, object]>([
    ['with a list of audiences', { aud: ['https://other.example', RESOURCE] }],
    ['with a slash more', { aud: `${RESOURCE}/` }],
    ['without an issuer', { iss: undefined }],
    ['without an end', { exp: undefined }],
    ['of a program', { sub: undefined, client_id: 'agent' }],
    ['that names its scheme', { token_type: 'bearer' }],
    ['that names its kind', { token_type: 'access_token' }],
    ['that names its kind in another way', { token_type: 'AccessToken' }],
    ['that was valid before', { nbf: SECONDS - 60 }],
    ['that is valid within the tolerance of clocks', { nbf: SECONDS + 30 }],
    ['that expired within the tolerance of clocks', { exp: SECONDS - 29 }],
    ['whose times are no numbers', { exp: 'soon', nbf: 'later' }],
  ])('%s', async (_name, more) => {
    expect(await (await open({ ...ACTIVE, ...more })).ask(OPAQUE)).toMatch(/^(?:person-1|agent)~/);
  });
});

describe('the answer is refused', () => {
  test.each<[string, object, string]>([
    ['for a token that is not active', { active: false }, 'invalid: The token is not known'],
    ['that does not say whether it is active', { active: undefined }, 'invalid: The token is not known'],
    ['that says so in another way', { active: 'true' }, 'invalid: The token is not known'],
    ['of another issuer', { iss: 'https://evil.example' }, 'invalid: The token is not of the issuer'],
    ['for another resource', { aud: 'https://other.example' }, 'invalid: The token is for another resource'],
    ['for a resource above ours', { aud: 'https://mcp.example.com' }, 'invalid: The token is for another'],
    ['for no resource', { aud: undefined }, 'invalid: The token is for another resource'],
    ['that has expired', { exp: SECONDS - 31 }, 'invalid: The token has expired.'],
    ['that is not valid yet', { nbf: SECONDS + 31 }, 'invalid: The token is not valid yet.'],
    ['that expired just beyond the tolerance', { exp: SECONDS - 30 }, 'invalid: The token has expired.'],
    ['of another scheme', { token_type: 'NotBearer' }, 'invalid: The token is not a bearer token.'],
    ['of a longer scheme', { token_type: 'BearerPlus' }, 'invalid: The token is not a bearer token.'],
    ['of another kind', { token_type: 'no_access_token' }, 'invalid: The token is not a bearer token.'],
    ['of a longer kind', { token_type: 'access_token_plus' }, 'invalid: The token is not a bearer token.'],
    ['that wants a proof', { token_type: 'DPoP' }, 'invalid: The token is not a bearer token.'],
    ['that is bound to a key', { cnf: { jkt: 'x' } }, 'invalid: The token is bound to a key'],
    ['that names no person', { sub: undefined }, 'invalid: The token has no sub.'],
    ['without the scope', { scope: 'openid' }, 'scope: The token lacks the scope pyroscope:read'],
  ])('%s', async (_name, more, message) => {
    expect(await (await open({ ...ACTIVE, ...more })).ask(OPAQUE)).toContain(message);
  });
});

test('the word of the provider counts for half a minute', async () => {
  const { ask, provider, clock } = await open();
  expect(await Promise.all([ask(OPAQUE), ask(OPAQUE), ask(OPAQUE)])).toHaveLength(3);
  clock.now += 24_000;
  await ask(OPAQUE);
  expect(provider.posted).toHaveLength(1);
  provider.answer = () => ({ body: { active: false } });
  clock.now += 6_000;
  expect(await ask(OPAQUE)).toContain('not known');
  clock.now += 9_000;
  expect(await ask(OPAQUE)).toContain('not known');
  expect(provider.posted).toHaveLength(2);
  provider.answer = () => ({ body: ACTIVE });
  clock.now += 1_000;
  expect(await ask(OPAQUE)).toMatch(/^person-1~/);
});

test('a token that expires meanwhile is refused', async () => {
  const { ask, clock } = await open({ ...ACTIVE, exp: SECONDS + 1 });
  expect(await ask(OPAQUE)).toMatch(/^person-1~/);
  clock.now += 31_500;
  expect(await ask(OPAQUE)).toContain('expired');
});

test('one of several audiences suffices', async () => {
  const { ask } = await open(ACTIVE, { audiences: ['other', RESOURCE] });
  expect(await ask(OPAQUE)).toMatch(/^person-1~/);
});

test('a provider that names no endpoint makes a token unavailable', async () => {
  const { ask, provider } = await open(ACTIVE, {}, (other) => {
    other.metadata = { ...other.metadata, introspection_endpoint: undefined };
  });
  expect(await ask(OPAQUE)).toMatch(/^unavailable: /);
  expect(provider.posted).toEqual([]);
});

test('only the first issuer is asked: a token is shown to no other provider', async () => {
  const second = 'https://second.example';
  const others = createFakeProvider(second);
  others.keys = [KEY.publicKey];
  const settings = { introspection: 'all' as const, issuers: [ISSUER, second] };
  const { ask, provider } = await open({ active: false }, settings, (first) => {
    const { get } = first;
    first.get = (url) => (url.startsWith(second) ? others.get(url) : get(url));
  });
  expect(await ask(await sign(KEY, { iss: second }))).toMatch(/^person-1~/);
  expect(provider.posted).toEqual([]);
  expect(await ask(await sign(KEY))).toContain('not known');
});

test('each token has an answer of its own', async () => {
  const { ask, provider } = await open();
  provider.answer = ({ token }) => ({ body: { ...ACTIVE, sub: token } });
  expect(await ask('first-token')).toMatch(/^first-token~/);
  expect(await ask('second-token')).toMatch(/^second-token~/);
});

test('a provider that is down, or refuses this server, makes a token unavailable, and is asked again', async () => {
  const { ask, provider } = await open();
  provider.isDown = true;
  expect(await ask(OPAQUE)).toMatch(/^unavailable: /);
  provider.isDown = false;
  provider.answer = () => ({ refusal: { status: 401, error: 'invalid_client' } });
  expect(await ask(OPAQUE)).toMatch(/^unavailable: /);
  provider.answer = () => ({ body: ACTIVE });
  expect(await ask(OPAQUE)).toMatch(/^person-1~/);
});

test('a file of the secret is read with each request', async () => {
  const { ask } = await open(ACTIVE, { client: { id: 'a', secret: null, secretFile: '/no/such/file' } });
  expect(await ask(OPAQUE)).toMatch(/^unavailable: /);
});

describe('signed tokens', () => {
  test('are not shown to the provider where only opaque ones are', async () => {
    const { ask, provider } = await open();
    expect(await ask(await sign(KEY))).toMatch(/^person-1~/);
    expect(provider.posted).toEqual([]);
  });

  test('are, where all are: a revoked one ends', async () => {
    const { ask, provider, clock } = await open(ACTIVE, { introspection: 'all' });
    const token = await sign(KEY);
    expect(await ask(token)).toMatch(/^person-1~/);
    expect(provider.posted).toHaveLength(1);
    provider.answer = () => ({ body: { active: false } });
    clock.now += 30_000;
    expect(await ask(token)).toContain('not known');
    expect(await ask(await sign(KEY, { exp: SECONDS - 100 }))).toContain('expired');
  });
});
