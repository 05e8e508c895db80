import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  CLAIMS,
  createFakeProvider,
  encodePart,
  type FakeProvider,
  ISSUER,
  makeKey,
  NOW,
  RESOURCE,
  SETTINGS,
  sign,
} from '../../test/support/identity-provider.js';
import type { Identity } from '../access/identity.js';
import type { OAuthSettings } from '../config/oauth/read.js';
import { createLog } from '../telemetry/log.js';
import { TokenRefused } from './refused.js';
import { openSignIn } from './sign-in.js';

const SECONDS = NOW / 1000;
const KEY = await makeKey('one');
const RSA = await makeKey('rsa', 'RS256');
const OTHER = await makeKey('one');
const UNPUBLISHED = await makeKey('unpublished');

/** A sign-in over a provider without a socket, whose clock stands still until a test moves it. */
async function open(
  settings: Partial<OAuthSettings> = {},
  arrange: (provider: FakeProvider) => void = () => {},
) {
  const provider = createFakeProvider();
  provider.keys = [KEY.publicKey, RSA.publicKey];
  arrange(provider);
  const clock = { now: NOW };
  const lines: string[] = [];
  const signIn = await openSignIn({
    settings: { ...SETTINGS, ...settings },
    orgId: null,
    proxy: null,
    log: createLog('warn', (line) => lines.push(line)),
    now: () => clock.now,
    provider,
  });
  const refusal = async (
    token: string,
  ): Promise<{ kind: string; message: string; detail: string | null }> => {
    try {
      const { client } = await signIn.identify(token);
      return { kind: 'let in', message: client, detail: null };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return { kind: error.kind, message: error.message, detail: error.detail };
    }
  };
  return { signIn, provider, clock, lines, refusal };
}

const { refusal } = await open();

/** A token that claims HS256 and whose shared secret is the public key of the provider, in each spelling. */
function signWithPublicKey(secret: string): Promise<string> {
  return new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: KEY.kid })
    .sign(new TextEncoder().encode(secret));
}

describe('a signed token lets its bearer in', () => {
  test.each<[string, () => Promise<string>]>([
    ['of a usual form', () => sign(KEY)],
    ['with an RSA key', () => sign(RSA)],
    ['of type at+jwt', () => sign(KEY, {}, { typ: 'at+jwt' })],
    ['of type JWT', () => sign(KEY, {}, { typ: 'JWT' })],
    ['for several resources', () => sign(KEY, { aud: ['https://other.example', RESOURCE] })],
    ['for the resource with a slash at its end', () => sign(KEY, { aud: `${RESOURCE}/` })],
    ['that expired within the tolerance of clocks', () => sign(KEY, { exp: SECONDS - 29 })],
    ['that is valid within the tolerance of clocks', () => sign(KEY, { nbf: SECONDS + 29 })],
    ['with scopes as Entra writes them', () => sign(KEY, { scope: undefined, scp: 'a pyroscope:read' })],
    ['with scopes as Okta writes them', () => sign(KEY, { scope: undefined, scp: ['a', 'pyroscope:read'] })],
    ['of Keycloak, which names its kind', () => sign(KEY, { typ: 'Bearer', azp: 'claude' })],
    ['whose key is not named', () => sign(KEY, {}, { kid: undefined })],
  ])('%s', async (_name, token) => {
    expect(await refusal(await token())).toMatchObject({ kind: 'let in' });
  });

  test('again and again: a bearer token is shown with each request', async () => {
    const token = await sign(KEY);
    expect((await refusal(token)).kind).toBe('let in');
    expect((await refusal(token)).kind).toBe('let in');
  });
});

describe('a signed token is refused', () => {
  test.each<[string, () => Promise<string> | string, string, string]>([
    [
      'for another resource',
      () => sign(KEY, { aud: 'https://other.example/mcp' }),
      'invalid',
      `The token is for another resource than ${RESOURCE}.`,
    ],
    [
      'for a resource above ours',
      () => sign(KEY, { aud: 'https://mcp.example.com' }),
      'invalid',
      `The token is for another resource than ${RESOURCE}.`,
    ],
    [
      'for a resource below ours',
      () => sign(KEY, { aud: `${RESOURCE}/more` }),
      'invalid',
      `The token is for another resource than ${RESOURCE}.`,
    ],
    ['for no resource', () => sign(KEY, { aud: undefined }), 'invalid', 'The token has no aud.'],
    [
      'of another issuer',
      () => sign(KEY, { iss: 'https://evil.example' }),
      'invalid',
      'The token is not of the issuer that this server trusts.',
    ],
    [
      'of an issuer with a slash more',
      () => sign(KEY, { iss: `${ISSUER}/` }),
      'invalid',
      'The token is not of the issuer that this server trusts.',
    ],
    [
      'of no issuer',
      () => sign(KEY, { iss: undefined }),
      'invalid',
      'The token is not of the issuer that this server trusts.',
    ],
    [
      'with a key of the same name that is not the published one',
      () => sign(OTHER),
      'invalid',
      'The signature of the token is not valid.',
    ],
    [
      'with a key that is not published',
      () => sign(UNPUBLISHED),
      'invalid',
      'The token is signed with a key that its issuer does not publish.',
    ],
    [
      'with a key that it brings along',
      () => sign(UNPUBLISHED, {}, { jwk: UNPUBLISHED.publicKey, jku: 'https://evil.example/keys' }),
      'invalid',
      'The token is signed with a key that its issuer does not publish.',
    ],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await sign(KEY)).split('.');
        return `${header}.${encodePart({ ...CLAIMS, sub: 'person-2' })}.${signature}`;
      },
      'invalid',
      'The signature of the token is not valid.',
    ],
    [
      'without a signature (none)',
      () => `${encodePart({ alg: 'none' })}.${encodePart(CLAIMS)}.`,
      'invalid',
      'The token is signed with an algorithm that does not count.',
    ],
    [
      'without a signature (None)',
      () => `${encodePart({ alg: 'None', kid: 'one' })}.${encodePart(CLAIMS)}.`,
      'invalid',
      'The token is signed with an algorithm that does not count.',
    ],
    [
      'by HS256 with the public key (JSON)',
      () => signWithPublicKey(JSON.stringify(KEY.publicKey)),
      'invalid',
      'The token is signed with an algorithm that does not count.',
    ],
    [
      'by HS256 with the public key (coordinate)',
      () => signWithPublicKey(KEY.publicKey.x ?? ''),
      'invalid',
      'The token is signed with an algorithm that does not count.',
    ],
    ['that has expired', () => sign(KEY, { exp: SECONDS - 31 }), 'invalid', 'The token has expired.'],
    ['that never expires', () => sign(KEY, { exp: undefined }), 'invalid', 'The token has no exp.'],
    [
      'that is not valid yet',
      () => sign(KEY, { nbf: SECONDS + 31 }),
      'invalid',
      'The token is not valid yet.',
    ],
    ['of no person', () => sign(KEY, { sub: undefined }), 'invalid', 'The token has no sub.'],
    ['of a person with an empty name', () => sign(KEY, { sub: '' }), 'invalid', 'The token has no sub.'],
    [
      'that is an ID token (header)',
      () => sign(KEY, {}, { typ: 'id+jwt' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is a logout token',
      () => sign(KEY, {}, { typ: 'logout+jwt' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is an ID token of Keycloak',
      () => sign(KEY, { typ: 'ID' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is a refresh token of Keycloak',
      () => sign(KEY, { typ: 'Refresh' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is an ID token (at_hash)',
      () => sign(KEY, { at_hash: 'x' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is an ID token (c_hash)',
      () => sign(KEY, { c_hash: 'x' }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is bound to a key of its client and replayed as a bearer token (DPoP)',
      () => sign(KEY, { cnf: { jkt: 'x' } }),
      'invalid',
      'The token is bound to a key of its client (DPoP or mutual TLS), which this server cannot check: ask for a bearer token.',
    ],
    [
      'without a scope',
      () => sign(KEY, { scope: undefined }),
      'scope',
      'The token lacks the scope pyroscope:read: sign in again and grant it.',
    ],
    [
      'with another scope',
      () => sign(KEY, { scope: 'pyroscope:write pyroscope' }),
      'scope',
      'The token lacks the scope pyroscope:read: sign in again and grant it.',
    ],
    [
      'with a scope that is no text',
      () => sign(KEY, { scope: { 'pyroscope:read': true } }),
      'scope',
      'The token lacks the scope pyroscope:read: sign in again and grant it.',
    ],
    [
      'that is no JWT',
      () => 'opaque-0123456789',
      'invalid',
      'The token is not one that this server can read.',
    ],
    [
      'that has no claims',
      async () => (await sign(KEY)).split('.').with(1, '').join('.'),
      'invalid',
      'The token cannot be read.',
    ],
    [
      'with a header that must be understood',
      () => `${encodePart({ alg: 'ES256', kid: 'one', crit: ['x'], x: 1 })}.${encodePart(CLAIMS)}.AAAA`,
      'invalid',
      'The token cannot be read.',
    ],
    ['whose header is no JSON', () => 'a.b.c', 'invalid', 'The token is not one that this server can read.'],
    [
      'without an algorithm',
      () => `${encodePart({ kid: 'one' })}.${encodePart(CLAIMS)}.AAAA`,
      'invalid',
      'The token is not one that this server can read.',
    ],
    [
      'with a type that is no text',
      () => sign(KEY, {}, { typ: ['JWT'] }),
      'invalid',
      'The token is not an access token.',
    ],
    [
      'that is encrypted',
      () => `${encodePart({ alg: 'dir', enc: 'A128GCM' })}.a.b.c.d`,
      'invalid',
      'The token is not one that this server can read.',
    ],
  ])('%s', async (_name, token, kind, message) => {
    expect(await refusal(await token())).toMatchObject({ kind, message });
  });

  test('and the log learns why, without the token', async () => {
    expect((await refusal(await sign(KEY, { aud: 'https://other.example' }))).detail).toBe(
      'audience "https://other.example"',
    );
    expect((await refusal(await sign(KEY, { iss: 'https://evil.example' }))).detail).toBe(
      'issuer "https://evil.example"',
    );
  });
});

test('a token is not verified again for five seconds, and then it is', async () => {
  const { refusal: ask, provider, clock } = await open();
  const token = await sign(KEY);
  expect((await ask(token)).kind).toBe('let in');
  provider.keys = [RSA.publicKey];
  await ask(await sign(UNPUBLISHED));
  expect((await ask(await sign(KEY, { sub: 'person-2' }))).kind).toBe('invalid');
  clock.now += 4_999;
  expect((await ask(token)).kind).toBe('let in');
  clock.now += 1;
  expect((await ask(token)).kind).toBe('invalid');
});

test('a clock that goes back makes a token be verified again', async () => {
  const { refusal: ask, provider, clock } = await open();
  const token = await sign(KEY);
  expect((await ask(token)).kind).toBe('let in');
  provider.keys = [RSA.publicKey];
  await ask(await sign(UNPUBLISHED));
  clock.now -= 1;
  expect((await ask(token)).kind).toBe('invalid');
});

test('an audience that is configured with a slash is one without it, too', async () => {
  const { refusal: ask } = await open({ audiences: [`${RESOURCE}/`] });
  expect((await ask(await sign(KEY))).kind).toBe('let in');
  expect((await ask(await sign(KEY, { aud: `${RESOURCE}/` }))).kind).toBe('let in');
  expect((await ask(await sign(KEY, { aud: RESOURCE.slice(0, -1) }))).kind).toBe('invalid');
});

test('a token that expires while it is remembered is refused', async () => {
  const { refusal: ask, clock } = await open();
  const token = await sign(KEY, { exp: SECONDS + 60 });
  expect((await ask(token)).kind).toBe('let in');
  clock.now += 95_000;
  expect(await ask(token)).toMatchObject({ kind: 'invalid', message: 'The token has expired.' });
});

describe('scopes', () => {
  test('each of several is needed', async () => {
    const { refusal: ask } = await open({ scopes: ['a', 'b'] });
    expect((await ask(await sign(KEY, { scope: 'b a' }))).kind).toBe('let in');
    expect(await ask(await sign(KEY, { scope: 'a' }))).toMatchObject({
      kind: 'scope',
      message: 'The token lacks the scope b: sign in again and grant it.',
    });
  });

  test('none may be needed', async () => {
    const { refusal: ask } = await open({ scopes: [] });
    expect((await ask(await sign(KEY, { scope: undefined }))).kind).toBe('let in');
  });

  test('one of Entra is asked for in full and named by its end', async () => {
    const { refusal: ask } = await open({ scopes: ['api://0a1b/pyroscope.read'] });
    expect((await ask(await sign(KEY, { scope: undefined, scp: 'pyroscope.read' }))).kind).toBe('let in');
    expect((await ask(await sign(KEY, { scope: undefined, scp: 'read' }))).kind).toBe('scope');
  });
});

describe('several issuers', () => {
  test('each signs for itself only', async () => {
    const second = 'https://second.example';
    const others = createFakeProvider(second);
    others.keys = [OTHER.publicKey];
    const { signIn } = await open({ issuers: [ISSUER, second] }, (provider) => {
      const { get } = provider;
      provider.get = (url) => (url.startsWith(second) ? others.get(url) : get(url));
    });
    const first = await signIn.identify(await sign(KEY));
    const other = await signIn.identify(await sign(OTHER, { iss: second }));
    expect(other.client).not.toBe(first.client);
    await expect(signIn.identify(await sign(KEY, { iss: 'https://third.example' }))).rejects.toThrow(
      'not of an issuer',
    );
    await expect(signIn.identify(await sign(KEY, { iss: second }))).rejects.toThrow('signature');
    await expect(signIn.identify(await sign(OTHER))).rejects.toThrow('signature');
  });
});

describe('who it is', () => {
  const named = async (claims: Record<string, unknown>, settings: Partial<OAuthSettings> = {}) =>
    (await open(settings)).refusal(await sign(KEY, claims));

  test('the subject, with a hash of it and its issuer', async () => {
    expect((await named({})).message).toMatch(/^person-1~[0-9a-f]{12}$/);
    expect((await named({ sub: 'person-2' })).message).not.toBe((await named({})).message);
  });

  test('a name from a claim, made safe', async () => {
    const userClaim = 'email';
    const email = 'ada@example.com';
    expect((await named({ email }, { userClaim })).message).toMatch(/^ada@example\.com~/);
    expect((await named({ email: 'a\u001b[31m\nb' }, { userClaim })).message).toMatch(/^a b~/);
    expect((await named({ email, email_verified: true }, { userClaim })).kind).toBe('let in');
    expect(await named({ email, email_verified: false }, { userClaim })).toMatchObject({
      kind: 'rights',
      message: expect.stringContaining('not verified'),
    });
    const name = { preferred_username: 'ada', email, email_verified: false };
    expect((await named(name, { userClaim: 'preferred_username' })).message).toMatch(/^ada~/);
    expect((await named({ email: 'x'.repeat(255) }, { userClaim })).kind).toBe('let in');
    for (const value of [undefined, '', 7, null, ['ada@example.com'], 'x'.repeat(256)]) {
      expect(await named({ email: value }, { userClaim })).toMatchObject({
        kind: 'rights',
        message: expect.stringContaining('--oauth-user-claim'),
      });
    }
  });
});

describe('rights', () => {
  const rightsFor = async (claims: Record<string, unknown>, settings: Partial<OAuthSettings>) => {
    const { signIn } = await open(settings);
    return signIn.identify(await sign(KEY, claims)).then(
      ({ rights }: Identity) => rights,
      (error: TokenRefused) => `${error.kind}: ${error.message}`,
    );
  };

  test.each<[unknown, readonly string[] | null]>([
    [
      ['b', 'a', 'b'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    [[], []],
    [['*'], null],
    ['*', null],
    [['a', '*'], null],
    [['a*'], ['a*']],
  ])('sources %j', async (value, sources) => {
    expect(await rightsFor({ pyroscope: value }, { sourcesClaim: 'pyroscope' })).toMatchObject({ sources });
  });

  test.each([
    undefined,
    null,
    7,
    true,
    '',
    ' ',
    ['a', 7],
    ['a', ''],
    { a: true },
    [['a']],
    Array(501).fill('a'),
  ])('sources %j are refused', async (value) => {
    const refused = await rightsFor({ pyroscope: value }, { sourcesClaim: 'pyroscope' });
    expect(refused).toMatch(/^rights: The token does not tell the rights .*--oauth-sources-claim\.$/);
  });

  test('a claim in a claim, and one whose name has dots', async () => {
    const claims = { realm: { sources: ['a'] }, 'https://example.com/sources': ['b'] };
    expect(await rightsFor(claims, { sourcesClaim: 'realm.sources' })).toMatchObject({ sources: ['a'] });
    const dotted = await rightsFor(claims, { sourcesClaim: 'https://example.com/sources' });
    expect(dotted).toMatchObject({ sources: ['b'] });
    expect(await rightsFor(claims, { sourcesClaim: 'constructor.name' })).toMatch(/is missing/);
    expect(await rightsFor(claims, { sourcesClaim: 'realm.more.sources' })).toMatch(/is missing/);
    const flat = { realm: null, name: 'text' };
    expect(await rightsFor(flat, { sourcesClaim: 'realm.sources' })).toMatch(/is missing/);
    expect(await rightsFor(flat, { sourcesClaim: 'name.length' })).toMatch(/is missing/);
    expect(await rightsFor(flat, { sourcesClaim: 'realm' })).toMatch(/is not a list of names/);
  });

  test('five hundred values are read, and no more', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `s${index}`);
    expect(await rightsFor({ s: many }, { sourcesClaim: 's' })).toMatchObject({ sources: [...many].sort() });
    expect(await rightsFor({ s: [...many, 'x'] }, { sourcesClaim: 's' })).toMatch(/not a list of names/);
  });

  test.each<[unknown, object]>([
    ['team-a', { name: 'namespace', op: '=', value: 'team-a' }],
    [['team-a'], { name: 'namespace', op: '=', value: 'team-a' }],
    [['b', 'a', 'b'], { name: 'namespace', op: '=~', value: 'a|b' }],
    [['a.*', '(b|c)'], { name: 'namespace', op: '=~', value: '\\(b\\|c\\)|a\\.\\*' }],
    [['*'], { name: 'namespace', op: '=', value: '*' }],
  ])('matchers of %j', async (value, matcher) => {
    const settings = { matchers: [{ label: 'namespace', claim: 'groups' }] };
    expect(await rightsFor({ groups: value }, settings)).toMatchObject({ matchers: [matcher] });
  });

  test.each([undefined, null, 7, '', [''], ['a', null], { a: 1 }, []])(
    'matchers of %j are refused',
    async (value) => {
      const settings = { matchers: [{ label: 'namespace', claim: 'groups' }] };
      expect(await rightsFor({ groups: value }, settings)).toMatch(/^rights: .*"groups"/);
    },
  );

  test('several matchers, each of its claim', async () => {
    const matchers = [
      { label: 'namespace', claim: 'groups' },
      { label: 'region', claim: 'zone' },
    ];
    const rights = await rightsFor({ groups: ['a'], zone: 'eu' }, { matchers });
    expect(rights).toMatchObject({
      matchers: [
        { name: 'namespace', op: '=', value: 'a' },
        { name: 'region', op: '=', value: 'eu' },
      ],
    });
    expect(await rightsFor({ groups: ['a'] }, { matchers })).toMatch(/"zone"/);
  });
});

describe('keys of the provider', () => {
  test('are read once, and again where a token names another', async () => {
    const { refusal: ask, provider } = await open();
    const next = await makeKey('two');
    expect((await ask(await sign(KEY))).kind).toBe('let in');
    expect((await ask(await sign(RSA))).kind).toBe('let in');
    expect(provider.asked).toHaveLength(2);
    provider.keys = [next.publicKey];
    expect((await ask(await sign(next))).kind).toBe('let in');
    expect((await ask(await sign(KEY))).message).toContain('does not publish');
  });

  test('unknown ones are looked for twice a minute only', async () => {
    const { refusal: ask, provider, clock } = await open();
    await ask(await sign(KEY));
    const reads = () => provider.asked.filter((url) => url.endsWith('/keys')).length;
    for (let i = 0; i < 20; i++) await ask(await sign({ ...UNPUBLISHED, kid: `made-up-${i}` }));
    expect(reads()).toBe(2);
    clock.now += 30_000;
    for (let i = 0; i < 20; i++) await ask(await sign({ ...UNPUBLISHED, kid: `made-up-${i}` }));
    expect(reads()).toBe(3);
  });

  test('a withdrawn one ends within ten minutes', async () => {
    const { refusal: ask, provider, clock } = await open();
    expect((await ask(await sign(KEY, { exp: SECONDS + 3_600 }))).kind).toBe('let in');
    provider.keys = [RSA.publicKey];
    clock.now += 10 * 60_000;
    expect((await ask(await sign(KEY, { exp: SECONDS + 3_600 }))).message).toContain('does not publish');
  });

  test('several that fit are tried one by one', async () => {
    const { refusal: ask } = await open({}, (provider) => {
      provider.keys = [OTHER.publicKey, KEY.publicKey];
    });
    expect((await ask(await sign(KEY))).kind).toBe('let in');
    expect((await ask(await sign({ ...UNPUBLISHED, kid: 'one' }))).message).toBe(
      'The signature of the token is not valid.',
    );
    expect((await ask(await sign(KEY, { exp: SECONDS - 31 }))).message).toBe('The token has expired.');
  });

  test('damaged entries are passed over', async () => {
    const { refusal: ask } = await open({}, (provider) => {
      provider.keys = [null, 'x', { kid: 'one' }, KEY.publicKey];
    });
    expect((await ask(await sign(KEY))).kind).toBe('let in');
  });
});

describe('a provider that is down', () => {
  test('refuses callers as unavailable, and is asked again after a pause only', async () => {
    const {
      refusal: ask,
      provider,
      clock,
      lines,
    } = await open({}, (provider) => {
      provider.isDown = true;
    });
    expect(await ask(await sign(KEY))).toMatchObject({
      kind: 'unavailable',
      message: 'The identity provider cannot be asked.',
    });
    const { length } = provider.asked;
    for (let i = 0; i < 5; i++) expect((await ask(await sign(KEY))).kind).toBe('unavailable');
    expect(provider.asked).toHaveLength(length);
    provider.isDown = false;
    clock.now += 31_000;
    expect((await ask(await sign(KEY))).kind).toBe('let in');
    expect(lines.join('')).toContain('callers are refused until it can');
  });

  test('does not stop those whose keys are known, for two hours', async () => {
    const { refusal: ask, provider, clock } = await open();
    const token = await sign(KEY, { exp: SECONDS + 86_400 });
    expect((await ask(token)).kind).toBe('let in');
    provider.isDown = true;
    clock.now += 119 * 60_000;
    expect((await ask(token)).kind).toBe('let in');
    clock.now += 2 * 60_000;
    expect((await ask(token)).kind).toBe('unavailable');
  });
});

test.each([
  ['of another issuer', { issuer: `${ISSUER}/` }, `names "${ISSUER}/" as its issuer and not`],
  ['of no issuer', { issuer: null }, 'names nothing as its issuer'],
  ['without keys', { jwks_uri: null }, 'names no jwks_uri'],
  [
    'with something else than keys',
    { jwks_uri: `${ISSUER}/.well-known/openid-configuration` },
    'publishes no keys',
  ],
])('metadata %s is not believed', async (_name, metadata, detail) => {
  const { refusal: ask } = await open({}, (provider) => {
    provider.metadata = { ...provider.metadata, ...metadata };
  });
  expect(await ask(await sign(KEY))).toMatchObject({
    kind: 'unavailable',
    detail: expect.stringContaining(detail),
  });
});
