import { describe, expect, test } from 'vitest';
import {
  createFakeProvider,
  type FakeProvider,
  ISSUER,
  makeKey,
  openFakeSignIn,
  sign,
} from '../../test/support/identity-provider.js';
import type { OAuthSettings } from '../config/oauth/read.js';

const KEY = await makeKey('one');
const RSA = await makeKey('rsa', 'RS256');
const OTHER = await makeKey('one');

const open = (settings: Partial<OAuthSettings> = {}, arrange?: (provider: FakeProvider) => void) =>
  openFakeSignIn({ keys: [KEY.publicKey, RSA.publicKey], settings, arrange });

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
