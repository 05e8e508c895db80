import type { OAuthClient } from '../../config/oauth/read.js';
import { UpstreamError, UserError } from '../../errors.js';
import type { Issuer } from '../issuer.js';
import { authorizeClient } from '../own-client.js';
import { type ProviderClient, ProviderError } from '../provider.js';

/** Time before its end at which a token is exchanged again, milliseconds. */
const MARGIN_MS = 30_000;
/** Time that a token counts whose provider does not say how long it holds, milliseconds. */
const UNKNOWN_MS = 60_000;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

export interface ExchangeOptions {
  issuer: Issuer;
  client: OAuthClient;
  provider: ProviderClient;
  /** Audience of the tokens that are wanted: Grafana. */
  audience: string;
  now: () => number;
}

/**
 * Makes what gives tokens for Grafana in exchange for a person's own (RFC 8693), which only the provider
 * sees. A token is used until shortly before its end; requests that ask at once share it.
 *
 * @param subjectToken gives the newest token of the person
 */
export function openExchange(
  { issuer, client, provider, audience, now }: ExchangeOptions,
  subjectToken: () => string,
): () => Promise<string> {
  let kept: { token: Promise<string>; until: number } | null = null;

  const exchange = async (): Promise<{ token: string; until: number }> => {
    const url = await issuer.endpoint('token_endpoint');
    const asked = now();
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken(),
      subject_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      audience,
    };
    const answer = await provider.post(url, form, await authorizeClient(client));
    if ('refusal' in answer) {
      throw new UserError(
        `The identity provider gives this person no token for Grafana (${answer.refusal.error ?? answer.refusal.status}).`,
        'Sign in again. If that does not help, an operator checks the token exchange of the provider.',
      );
    }
    const { access_token: token, expires_in: seconds } = answer.body;
    if (typeof token !== 'string' || token === '')
      throw new ProviderError('the token exchange gives no access_token');
    const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : UNKNOWN_MS;
    return { token, until: asked + Math.max(lifetime - MARGIN_MS, lifetime / 2) };
  };

  return async () => {
    if (kept !== null && now() < kept.until) return kept.token;
    const exchanged = exchange();
    const entry = { token: exchanged.then(({ token }) => token), until: Number.POSITIVE_INFINITY };
    kept = entry;
    try {
      entry.until = (await exchanged).until;
      return await entry.token;
    } catch (error) {
      entry.token.catch(() => {});
      if (kept === entry) kept = null;
      if (!(error instanceof ProviderError)) throw error;
      throw new UpstreamError('unreachable', error.message, {
        advice: {
          what: 'The identity provider cannot be asked for a token for Grafana',
          fix: 'Call again in a minute. An operator checks the identity provider.',
        },
      });
    }
  };
}
