import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { OAuthSettings } from '../../src/config/oauth/read.js';
import { type ProviderClient, ProviderError, type ProviderRefusal } from '../../src/sign-in/provider.js';
import { TokenRefused } from '../../src/sign-in/refused.js';
import { openSignIn } from '../../src/sign-in/sign-in.js';
import { createLog } from '../../src/telemetry/log.js';

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

export interface FakeSignInOptions {
  /** Keys that the provider publishes. */
  keys: unknown[];
  settings?: Partial<OAuthSettings>;
  orgId?: number | null;
  /** Changes the provider before it is asked. */
  arrange?: ((provider: FakeProvider) => void) | undefined;
}

/** A sign-in over a provider without a socket, whose clock stands still until a test moves it. */
export async function openFakeSignIn({ keys, settings = {}, orgId = null, arrange }: FakeSignInOptions) {
  const provider = createFakeProvider();
  provider.keys = keys;
  arrange?.(provider);
  const clock = { now: NOW };
  const lines: string[] = [];
  const signIn = await openSignIn({
    settings: { ...SETTINGS, ...settings },
    orgId,
    proxy: null,
    log: createLog('warn', (line) => lines.push(line)),
    now: () => clock.now,
    provider,
  });
  /** Why a token is refused; `let in` with the client id where it is not. */
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
