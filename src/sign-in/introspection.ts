import { LRUCache } from 'lru-cache';
import { hashParts } from '../access/identity.js';
import type { OAuthClient } from '../config/oauth/read.js';
import type { Issuer } from './issuer.js';
import { CLOCK_SECONDS } from './jwt.js';
import { authorizeClient } from './own-client.js';
import { type JsonObject, type ProviderClient, ProviderError } from './provider.js';
import { TokenRefused } from './refused.js';

/** Time for which the provider's word about a token counts, milliseconds: a revoked token ends within it. */
const ACTIVE_MS = 30_000;
/** Time for which the provider's word about a token that it does not know counts, milliseconds. */
const UNKNOWN_MS = 10_000;
const MAX_KEPT = 10_000;

export interface IntrospectionOptions {
  issuer: Issuer;
  client: OAuthClient;
  provider: ProviderClient;
  audiences: readonly string[];
  now: () => number;
}

/** Shows a token to its provider (RFC 7662). @throws TokenRefused */
export type Introspect = (token: string) => Promise<JsonObject>;

/**
 * Creates what asks the provider whether a token holds. Answers are kept for half a minute, by a hash of the
 * token; calls that ask at once share a request.
 */
export function createIntrospection(options: IntrospectionOptions): Introspect {
  const { now } = options;
  const kept = new LRUCache<string, { until: number; answer: Promise<JsonObject> }>({ max: MAX_KEPT });
  return async (token) => {
    const key = hashParts([token]);
    const known = kept.get(key);
    if (known !== undefined && now() < known.until) {
      const claims = await known.answer;
      checkTime(claims, now());
      return claims;
    }
    const entry = { until: Number.POSITIVE_INFINITY, answer: ask(token, options) };
    kept.set(key, entry);
    try {
      const claims = await entry.answer;
      entry.until = now() + ACTIVE_MS;
      return claims;
    } catch (error) {
      if (error instanceof TokenRefused && error.kind === 'invalid') entry.until = now() + UNKNOWN_MS;
      else kept.delete(key);
      throw error;
    }
  };
}

async function ask(
  token: string,
  { issuer, client, provider, audiences, now }: IntrospectionOptions,
): Promise<JsonObject> {
  const answer = await post(token, { issuer, client, provider });
  if (answer.active !== true)
    throw new TokenRefused('invalid', 'The token is not known to the identity provider, or not any more.');
  if (answer.iss !== undefined && answer.iss !== issuer.name)
    throw new TokenRefused('invalid', 'The token is not of the issuer that this server trusts.');
  const given = [answer.aud].flat().map((audience) => String(audience).replace(/\/$/, ''));
  if (!audiences.some((audience) => given.includes(audience.replace(/\/$/, '')))) {
    throw new TokenRefused(
      'invalid',
      `The token is for another resource than ${audiences[0]}.`,
      `audience ${JSON.stringify(answer.aud ?? null).slice(0, 200)}`,
    );
  }
  const isBearer = answer.token_type === undefined || /^bearer$/i.test(String(answer.token_type));
  // Some providers name the kind of token here and not the scheme.
  if (!isBearer && !/^access_?token$/i.test(String(answer.token_type)))
    throw new TokenRefused('invalid', 'The token is not a bearer token.');
  checkTime(answer, now());
  // A program that asks for itself has no other name than that of its client.
  return { ...answer, sub: answer.sub ?? answer.client_id };
}

/** Checks the times of a token, where the provider tells them: it has said that the token is active. */
function checkTime({ exp, nbf }: JsonObject, now: number): void {
  const seconds = now / 1000;
  if (typeof exp === 'number' && exp <= seconds - CLOCK_SECONDS)
    throw new TokenRefused('invalid', 'The token has expired.');
  if (typeof nbf === 'number' && nbf > seconds + CLOCK_SECONDS)
    throw new TokenRefused('invalid', 'The token is not valid yet.');
}

async function post(
  token: string,
  { issuer, client, provider }: Pick<IntrospectionOptions, 'issuer' | 'client' | 'provider'>,
): Promise<JsonObject> {
  try {
    const url = await issuer.endpoint('introspection_endpoint');
    const form = { token, token_type_hint: 'access_token' };
    const answer = await provider.post(url, form, await authorizeClient(client));
    if ('body' in answer) return answer.body;
    throw new ProviderError(
      `introspection is refused (${answer.refusal.error}): check the client of this server`,
    );
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    throw new TokenRefused('unavailable', 'The identity provider cannot be asked.', error.message);
  }
}
