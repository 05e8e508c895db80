import { describe, expect, test } from 'vitest';
import {
  type FakeProvider,
  ISSUER,
  makeKey,
  NOW,
  openFakeSignIn,
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
