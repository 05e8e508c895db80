import { LRUCache } from 'lru-cache';
import { type GrafanaCredential, hashParts } from '../../access/identity.js';
import type { GrafanaIdentity, OAuthClient } from '../../config/oauth/read.js';
import type { Person } from '../claims.js';
import type { Issuer } from '../issuer.js';
import type { ProviderClient } from '../provider.js';
import { TokenRefused } from '../refused.js';
import { type Asserter, openAsserter } from './assertion.js';
import { openExchange } from './exchange.js';

/** Maximum number of people whose credentials are kept: far more than there are workspaces. */
const MAX_PEOPLE = 10_000;

/** Gives people their credentials for Grafana. */
export interface People {
  /**
   * Gives the credential of a person; the same as long as the person asks the same way.
   * @param token the token that the person showed, which only the identity provider may see
   * @returns null where Grafana is asked with the server's own
   * @throws TokenRefused where Grafana cannot be told who asks
   */
  credentialFor(person: Person, token: string): GrafanaCredential | null;
  /** Public keys of our assertions; null where none are made. */
  readonly keys: Asserter['keys'] | null;
}

export interface PeopleOptions {
  grafana: GrafanaIdentity;
  issuers: readonly Issuer[];
  client: OAuthClient | null;
  provider: ProviderClient;
  publicUrl: string;
  /** Organisation of Grafana to ask; null for each person's own. */
  orgId: number | null;
  now: () => number;
}

/** @throws UsageError for a signing key that will not do */
export async function openPeople(options: PeopleOptions): Promise<People> {
  const open = await openKind(options);
  if (open === null) return { credentialFor: () => null, keys: null };
  const known = new LRUCache<string, Known>({ max: MAX_PEOPLE });
  return {
    keys: open.keys,
    credentialFor(person, token) {
      const key = makeKey(options.grafana.kind, person);
      const entry = known.get(key) ?? { token, credential: null };
      // The newest lives longest.
      entry.token = token;
      entry.credential ??= {
        key,
        orgId: options.orgId,
        headers: open.forPerson(person, () => entry.token),
      };
      known.set(key, entry);
      return entry.credential;
    },
  };
}

interface Known {
  token: string;
  credential: GrafanaCredential | null;
}

/**
 * Makes the name of a credential. It is another one for another client and for other scopes: a token that was
 * exchanged for a wider one must not serve a narrower one.
 */
function makeKey(kind: string, { issuer, subject, user, email, client, scopes }: Person): string {
  const parts = [kind, issuer, subject, user, email, client, [...new Set(scopes)].sort()];
  return hashParts(parts);
}

interface Kind {
  keys: Asserter['keys'] | null;
  forPerson(person: Person, token: () => string): GrafanaCredential['headers'];
}

async function openKind(options: PeopleOptions): Promise<Kind | null> {
  const { grafana, issuers, client, provider, publicUrl, now } = options;
  switch (grafana.kind) {
    case 'server':
      return null;
    case 'proxy-header': {
      const { header } = grafana;
      return {
        keys: null,
        forPerson: ({ user }) => {
          const name = checkHeaderValue(user);
          return async () => ({ [header]: name });
        },
      };
    }
    case 'assertion': {
      const { header, keyFile, audience } = grafana;
      const hasSeveralIssuers = issuers.length > 1;
      const asserter = await openAsserter({ keyFile, issuer: publicUrl, audience, hasSeveralIssuers, now });
      return {
        keys: asserter.keys,
        forPerson: (person) => {
          const assert = asserter.openFor(person);
          return async () => ({ [header]: await assert() });
        },
      };
    }
    case 'exchange': {
      const { header, audience } = grafana;
      const [issuer] = issuers;
      if (issuer === undefined || client === null) throw new Error('token exchange without a client');
      return {
        keys: null,
        forPerson: (person, token) => {
          if (person.issuer !== issuer.name) {
            throw new TokenRefused('rights', `Tokens for Grafana come from ${issuer.name}: sign in there.`);
          }
          const exchange = openExchange({ issuer, client, provider, audience, now }, token);
          return async () => ({ [header]: withScheme(header, await exchange()) });
        },
      };
    }
  }
}

/** The header Authorization names its scheme; all others hold the token alone. */
function withScheme(header: string, token: string): string {
  return header === 'authorization' ? `Bearer ${token}` : token;
}

/** @throws TokenRefused for a name that a header cannot carry unchanged */
function checkHeaderValue(user: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(user)) return user;
  throw new TokenRefused(
    'rights',
    'The name of this person has characters that a header cannot carry, so Grafana cannot be told who asks.',
  );
}
