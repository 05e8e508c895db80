import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { OAuthSettings } from '../../src/config/oauth/read.js';
import { type ProviderClient, ProviderError, type ProviderRefusal } from '../../src/sign-in/provider.js';

export const ISSUER = 'https://login.example.com/realms/main';
export const RESOURCE = 'https://mcp.example.com/mcp';
/** Time of the tests, Unix ms. */
export const NOW = Date.UTC(2026, 10, 29, 12);
const SECONDS = NOW / 1000;

/** Claims of a token that lets its bearer in. */
export const CLAIMS = {
  iss: ISSUER,
  aud: RESOURCE,
  sub: 'person-1',
  scope: 'openid pyroscope:read',
  iat: SECONDS - 10,
  exp: SECONDS + 300,
} as const;

export const SETTINGS: OAuthSettings = {
  issuers: [ISSUER],
  publicUrl: RESOURCE,
  audiences: [RESOURCE],
  scopes: ['pyroscope:read'],
  introspection: null,
  client: null,
  userClaim: null,
  sourcesClaim: null,
  matchers: [],
  grafana: { kind: 'server' },
};

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: JWK;
}

/** Makes a key pair of a provider. */
export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Signs a token; claims that are undefined are left out. */
export function sign(
  key: Pick<SigningKey, 'kid' | 'alg' | 'privateKey'>,
  claims: Record<string, unknown> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const payload: JWTPayload = JSON.parse(JSON.stringify({ ...CLAIMS, ...claims }));
  return new SignJWT(payload)
    .setProtectedHeader(JSON.parse(JSON.stringify({ alg: key.alg, kid: key.kid, ...header })))
    .sign(key.privateKey);
}

/** A text as a part of a token. */
export function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

type Answer = { body: Readonly<Record<string, unknown>> } | { refusal: ProviderRefusal };

/** An identity provider without a socket: what it answers, and what it was asked. */
export interface FakeProvider extends ProviderClient {
  /** Keys that it publishes. */
  keys: unknown[];
  /** Metadata in addition to the usual, or in its place. */
  metadata: Record<string, unknown>;
  isDown: boolean;
  /** Answers a form. */
  answer: (form: Readonly<Record<string, string>>) => Answer;
  /** Addresses that were asked, the oldest first. */
  asked: string[];
  posted: { url: string; form: Readonly<Record<string, string>>; authorization: string }[];
}

export function createFakeProvider(issuer = ISSUER): FakeProvider {
  const provider: FakeProvider = {
    keys: [],
    metadata: {
      issuer,
      jwks_uri: `${issuer}/keys`,
      introspection_endpoint: `${issuer}/introspect`,
      token_endpoint: `${issuer}/token`,
    },
    isDown: false,
    answer: () => ({ body: { active: false } }),
    asked: [],
    posted: [],
    async get(url) {
      provider.asked.push(url);
      if (provider.isDown) throw new ProviderError(`${url} cannot be reached (ECONNREFUSED)`);
      if (url === `${issuer}/.well-known/openid-configuration`) return provider.metadata;
      if (url === `${issuer}/keys`) return { keys: provider.keys };
      throw new ProviderError(`${url} answers with status 404`);
    },
    async post(url, form, authorization) {
      provider.posted.push({ url, form, authorization });
      if (provider.isDown) throw new ProviderError(`${url} cannot be reached (ECONNREFUSED)`);
      return provider.answer(form);
    },
    async close() {},
  };
  return provider;
}
