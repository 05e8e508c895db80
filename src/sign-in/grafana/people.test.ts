import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  createFakeProvider,
  type FakeProvider,
  ISSUER,
  makeKey,
  NOW,
  openFakeSignIn,
  RESOURCE,
  sign,
} from '../../../test/support/identity-provider.js';
import type { GrafanaIdentity, OAuthSettings } from '../../config/oauth/read.js';

const KEY = await makeKey('one');
const CLIENT = { id: 'mcp', secret: 'secret', secretFile: null };
const GRAFANA = 'https://grafana.example.com';
const ADA = { sub: 'ada-1', email: 'ada@example.com', name: 'Ada L.' };
const BOB = { sub: 'bob-2', email: 'bob@example.com' };

function writeKey(kind: 'ec' | 'rsa' | 'ed25519' | 'short' = 'ec'): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'signing-')), 'key.pem');
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

async function open(
  grafana: GrafanaIdentity,
  settings: Partial<OAuthSettings> = {},
  arrange?: (provider: FakeProvider) => void,
) {
  const opened = await openFakeSignIn({
    keys: [KEY.publicKey],
    settings: { client: CLIENT, userClaim: 'email', grafana, ...settings },
    orgId: 7,
    arrange,
  });
  const credential = async (claims: Record<string, unknown>) => {
    const token = await sign(KEY, { exp: NOW / 1000 + 3_600, ...claims });
    const { rights } = await opened.signIn.identify(token);
    if (rights.grafana === null) throw new Error('has no credential');
    return { ...rights.grafana, token };
  };
  return { ...opened, credential };
}

test('the credential of the server needs none of the person', async () => {
  const { signIn } = await open({ kind: 'server' });
  expect((await signIn.identify(await sign(KEY, ADA))).rights.grafana).toBeNull();
  expect(signIn.keys).toBeNull();
});

describe('an assertion', () => {
  const header = 'x-jwt-assertion';
  const assertion = (keyFile: string): GrafanaIdentity => ({
    kind: 'assertion',
    header,
    audience: GRAFANA,
    keyFile,
  });

  test.each([
    ['ec', 'ES256'],
    ['rsa', 'RS256'],
  ] as const)('is signed with a key (%s) that Grafana can read, and names the person', async (kind, alg) => {
    const { credential, signIn } = await open(assertion(writeKey(kind)));
    const { headers, token, orgId } = await credential(ADA);
    expect(orgId).toBe(7);
    const sent = await headers();
    expect(Object.keys(sent)).toEqual([header]);
    const text = sent[header] ?? '';
    if (signIn.keys === null) throw new Error('publishes no keys');
    expect(JSON.stringify(signIn.keys)).not.toMatch(/"(?:d|p|q)":/);
    const { payload } = await jwtVerify(text, createLocalJWKSet(signIn.keys), {
      issuer: RESOURCE,
      audience: GRAFANA,
      algorithms: [alg],
      currentDate: new Date(NOW),
    });
    expect(payload).toMatchObject({
      sub: 'ada-1',
      login: 'ada@example.com',
      email: 'ada@example.com',
      name: 'Ada L.',
    });
    expect((payload.exp ?? 0) - NOW / 1000).toBe(60);
    expect(decodeProtectedHeader(text).kid).toBe(signIn.keys.keys[0]?.kid);
    expect(text).not.toContain(token.split('.')[1]);
  });

  test('is made again before it expires', async () => {
    const { credential, clock } = await open(assertion(writeKey()));
    const { headers } = await credential(ADA);
    const first = await headers();
    clock.now += 19_000;
    expect(await headers()).toEqual(first);
    clock.now += 1_000;
    const second = await headers();
    expect(second).not.toEqual(first);
    clock.now -= 10_000;
    expect(await headers()).not.toEqual(second);
  });

  test('names a person by issuer, too, where several issuers could', async () => {
    const { credential } = await open(assertion(writeKey()), { issuers: [ISSUER, 'https://second.example'] });
    const text = (await (await credential(ADA)).headers())[header] ?? '';
    expect(JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      sub: `${ISSUER}#ada-1`,
    });
  });

  test('holds no address that the provider calls unverified', async () => {
    const { credential } = await open(assertion(writeKey()), { userClaim: null });
    const text = (await (await credential({ ...ADA, email_verified: false })).headers())[header] ?? '';
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ login: 'ada-1' });
    expect(claims).not.toHaveProperty('email');
    const unnamed = (await (await credential({ ...ADA, name: undefined })).headers())[header] ?? '';
    expect(Buffer.from(unnamed.split('.')[1] ?? '', 'base64url').toString()).not.toContain('"name"');
  });

  test('wants a key that will do', async () => {
    const empty = path.join(mkdtempSync(path.join(tmpdir(), 'signing-')), 'empty.pem');
    writeFileSync(empty, 'no key');
    await expect(open(assertion('/no/such/key'))).rejects.toThrow('cannot be read (ENOENT)');
    await expect(open(assertion(empty))).rejects.toThrow('holds no private key');
    await expect(open(assertion(writeKey('short')))).rejects.toThrow('not one that Grafana accepts');
    await expect(open(assertion(writeKey('ed25519')))).rejects.toThrow('not one that Grafana accepts');
  });
});

describe('a header of auth.proxy', () => {
  const grafana: GrafanaIdentity = { kind: 'proxy-header', header: 'x-webauth-user' };

  test('names the person, and the log says whom that trusts', async () => {
    const { credential, lines } = await open(grafana);
    expect(await (await credential(ADA)).headers()).toEqual({ 'x-webauth-user': 'ada@example.com' });
    expect(lines.join('')).toContain('let only this server reach it');
    expect(lines.join('')).toContain('x-webauth-user');
    expect(lines.join('')).not.toContain('each of these issuers');
    expect(await (await credential({ ...ADA, email: 'a' })).headers()).toEqual({ 'x-webauth-user': 'a' });
  });

  test('several issuers are named in the log: each can name any person', async () => {
    const { lines } = await open(grafana, { issuers: [ISSUER, 'https://second.example'] });
    expect(lines.join('')).toContain('each of these issuers can name any person of Grafana');
  });

  test.each(['ada\nx-webauth-role: Admin', 'ada\r\n', ' ada', 'ada ', 'adä', 'a\u0000b'])(
    '%j cannot be sent',
    async (email) => {
      const { credential } = await open(grafana);
      await expect(credential({ ...ADA, email })).rejects.toMatchObject({ kind: 'rights' });
    },
  );
});

describe('a token in exchange', () => {
  const grafana: GrafanaIdentity = { kind: 'exchange', header: 'x-jwt-assertion', audience: 'grafana' };

  async function exchanging(given: GrafanaIdentity = grafana) {
    const opened = await open(given);
    let count = 0;
    opened.provider.answer = ({ subject_token }) => ({
      body: { access_token: `for-grafana-${++count}-${subject_token?.slice(-5)}`, expires_in: 300 },
    });
    return opened;
  }

  test('is asked for at the provider, which alone sees the token of the person', async () => {
    const { credential, provider } = await exchanging();
    const { headers, token } = await credential(ADA);
    expect(await headers()).toEqual({ 'x-jwt-assertion': `for-grafana-1-${token.slice(-5)}` });
    expect(provider.posted).toEqual([
      {
        url: `${ISSUER}/token`,
        authorization: `Basic ${Buffer.from('mcp:secret').toString('base64')}`,
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          audience: 'grafana',
        },
      },
    ]);
  });

  test('is used until shortly before its end, and then asked for with the newest token', async () => {
    const { credential, provider, clock } = await exchanging();
    const { headers } = await credential(ADA);
    const [first, same] = await Promise.all([headers(), headers()]);
    expect(same).toEqual(first);
    clock.now += 269_000;
    expect(await headers()).toEqual(first);
    const newer = await credential(ADA);
    expect(newer.headers).toBe(headers);
    clock.now += 1_000;
    expect(await headers()).toEqual({ 'x-jwt-assertion': `for-grafana-2-${newer.token.slice(-5)}` });
    expect(provider.posted).toHaveLength(2);
  });

  test('goes as Authorization with its scheme', async () => {
    const { credential } = await exchanging({ ...grafana, header: 'authorization' });
    const sent = await (await credential(ADA)).headers();
    expect(sent.authorization).toMatch(/^Bearer for-grafana-1-/);
  });

  test('that is refused, damaged or cannot be had fails the call and is asked for again', async () => {
    const { credential, provider } = await exchanging();
    const { headers, token } = await credential(ADA);
    provider.answer = () => ({ refusal: { status: 400, error: 'invalid_grant' } });
    await expect(headers()).rejects.toThrow('gives this person no token for Grafana (invalid_grant)');
    provider.answer = () => ({ body: { expires_in: 300 } });
    await expect(headers()).rejects.toMatchObject({ kind: 'unreachable' });
    provider.isDown = true;
    const failure = await headers().catch((error: unknown) => error);
    expect(failure).toMatchObject({ kind: 'unreachable' });
    expect(JSON.stringify(failure)).not.toContain(token);
    provider.isDown = false;
    provider.answer = () => ({ body: { access_token: '' } });
    await expect(headers()).rejects.toMatchObject({
      kind: 'unreachable',
      advice: { what: expect.stringContaining('identity provider') },
    });
    provider.answer = () => {
      throw new TypeError('a bug');
    };
    await expect(headers()).rejects.toThrow(TypeError);
    provider.answer = () => ({ body: { access_token: 'fine' } });
    expect(await headers()).toEqual({ 'x-jwt-assertion': 'fine' });
  });

  test.each([undefined, 'soon', 0, -1, null])(
    'that lives %j seconds is used for half a minute',
    async (life) => {
      const { credential, provider, clock } = await exchanging();
      provider.answer = () => ({ body: { access_token: `t${provider.posted.length}`, expires_in: life } });
      const { headers } = await credential(ADA);
      expect(await headers()).toEqual({ 'x-jwt-assertion': 't1' });
      clock.now += 29_999;
      expect(await headers()).toEqual({ 'x-jwt-assertion': 't1' });
      clock.now += 1;
      expect(await headers()).toEqual({ 'x-jwt-assertion': 't2' });
    },
  );

  test('is not to be had for people of another issuer', async () => {
    const second = 'https://second.example';
    const others = createFakeProvider(second);
    others.keys = [KEY.publicKey];
    const { credential } = await open(grafana, { issuers: [ISSUER, second] }, (provider) => {
      const { get } = provider;
      provider.get = (url) => (url.startsWith(second) ? others.get(url) : get(url));
    });
    await expect(credential({ ...ADA, iss: second })).rejects.toMatchObject({ kind: 'rights' });
  });
});

describe('credentials of different people', () => {
  const grafana: GrafanaIdentity = { kind: 'exchange', header: 'x-jwt-assertion', audience: 'grafana' };

  test.each<[string, Record<string, unknown>, boolean]>([
    ['the same person', {}, true],
    ['scopes in another order', { scope: 'pyroscope:read openid' }, true],
    ['another person', BOB, false],
    ['another client of the person', { azp: 'vs-code' }, false],
    ['other scopes of the person', { scope: 'pyroscope:read' }, false],
    ['another address of the person', { email: 'ada@example.org' }, false],
  ])('%s', async (_name, claims, isSame) => {
    const { credential } = await open(grafana);
    const [a, b] = [await credential(ADA), await credential({ ...ADA, ...claims })];
    expect(a.key === b.key).toBe(isSame);
    expect(a.headers === b.headers).toBe(isSame);
    expect(a.key).toMatch(/^[\w-]{43}$/);
  });
});
