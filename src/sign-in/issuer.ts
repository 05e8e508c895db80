import { type CryptoKey, createLocalJWKSet, errors, type JWK, type LocalJWKSet } from 'jose';
import { type JsonObject, type ProviderClient, ProviderError, readObject } from './provider.js';
import { createRefreshed } from './refreshed.js';

const MINUTE_MS = 60_000;
/** Metadata changes when a provider is upgraded. */
const METADATA = { freshMs: 60 * MINUTE_MS, staleMs: 24 * 60 * MINUTE_MS, pauseMs: 10_000 };
/**
 * A withdrawn key counts for ten minutes more. Two hours of a provider that is down are longer than access
 * tokens live, and it issues no new ones meanwhile. A key that is not known is looked for twice a minute.
 */
const KEYS = { freshMs: 10 * MINUTE_MS, staleMs: 120 * MINUTE_MS, pauseMs: 30_000 };

/** An identity provider, as its metadata describes it. */
export interface Issuer {
  /** Name of the issuer, as tokens have it in `iss`. */
  readonly name: string;
  /** Finds the key of a signature; a key that is not known is looked for at the provider. */
  readonly getKey: (...signature: Parameters<LocalJWKSet>) => Promise<CryptoKey>;
  /** Reads the address of an endpoint from the metadata. @throws ProviderError where there is none */
  endpoint(name: 'introspection_endpoint' | 'token_endpoint'): Promise<string>;
  /** Reads metadata and keys, so that the first caller need not wait. @throws ProviderError */
  prepare(): Promise<void>;
}

/** Opens an issuer. Nothing is asked before it is needed. */
export function openIssuer(name: string, client: ProviderClient, now: () => number): Issuer {
  const metadata = createRefreshed(() => discover(name, client), { ...METADATA, now });
  const keys = createRefreshed(
    async () => {
      const { jwks_uri } = await metadata.get();
      if (typeof jwks_uri !== 'string') throw new ProviderError(`${name} names no jwks_uri`);
      const { keys } = await client.get(jwks_uri).catch((error: unknown) => {
        // The address may have changed; the metadata tells with the next try.
        metadata.refresh().catch(() => {});
        throw error;
      });
      if (!Array.isArray(keys)) throw new ProviderError(`${name} publishes no keys at its jwks_uri`);
      return createLocalJWKSet({ keys: keys.flatMap(readKey) });
    },
    { ...KEYS, now },
  );
  return {
    name,
    async getKey(header, token) {
      const known = await keys.get();
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const renewed = await keys.refresh();
        if (renewed === known) throw error;
        return renewed(header, token);
      }
    },
    async endpoint(endpoint) {
      const url = (await metadata.get())[endpoint];
      if (typeof url !== 'string') throw new ProviderError(`${name} names no ${endpoint}`);
      return url;
    },
    async prepare() {
      await keys.get();
    },
  };
}

/** Reads a published key; entries that are none are passed over. */
function readKey(entry: unknown): JWK[] {
  const key = readObject(entry);
  return typeof key?.kty === 'string' ? [{ ...key, kty: key.kty }] : [];
}

/**
 * Reads the metadata of an issuer: of OpenID Connect, which every large provider has, or of OAuth (RFC 8414).
 * @throws ProviderError
 */
async function discover(issuer: string, client: ProviderClient): Promise<JsonObject> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const urls = new Set([
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ]);
  let failure: unknown;
  for (const url of urls) {
    try {
      const metadata = await client.get(url);
      if (metadata.issuer === issuer) return metadata;
      throw new ProviderError(
        `the metadata at ${url} names ${describeIssuer(metadata.issuer)} as its issuer and not ${issuer}`,
      );
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function describeIssuer(issuer: unknown): string {
  return typeof issuer === 'string' ? JSON.stringify(issuer.slice(0, 200)) : 'nothing';
}
