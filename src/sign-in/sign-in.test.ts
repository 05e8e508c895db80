import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  CLAIMS,
  encodePart,
  type FakeProvider,
  ISSUER,
  makeKey,
  NOW,
  openFakeSignIn,
  RESOURCE,
  sign,
} from '../../test/support/identity-provider.js';
import type { OAuthSettings } from '../config/oauth/read.js';

const SECONDS = NOW / 1000;
const KEY = await makeKey('one');
const RSA = await makeKey('rsa', 'RS256');
const OTHER = await makeKey('one');
const UNPUBLISHED = await makeKey('unpublished');

const open = (settings: Partial<OAuthSettings> = {}, arrange?: (provider: FakeProvider) => void) =>
  openFakeSignIn({ keys: [KEY.publicKey, RSA.publicKey], settings, arrange });

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
