import { LRUCache } from 'lru-cache';
import { hashParts, type Identity } from '../access/identity.js';
import type { OAuthSettings } from '../config/oauth/read.js';
import type { ProxySettings } from '../sources/pyroscope/http/connections.js';
import type { Log } from '../telemetry/log.js';
import { checkScopes, nameClient, type Person, readPerson } from './claims.js';
import { openPeople, type People } from './grafana/people.js';
import { createIntrospection, type Introspect } from './introspection.js';
import { type Issuer, openIssuer } from './issuer.js';
import { isJwt, verifyJwt } from './jwt.js';
import { createProviderClient, type JsonObject, type ProviderClient } from './provider.js';
import { TokenRefused } from './refused.js';
import { readMatchers, readSources } from './rights.js';

/**
 * Time for which a verified token is not verified again, milliseconds: the head of a request is checked
 * before its body is read, and once more with it.
 */
const VERIFIED_MS = 5_000;
const MAX_VERIFIED = 1_000;

/** Lets people in by the tokens of an identity provider. */
export interface SignIn {
  /** Tells whom a token stands for, and with which rights. @throws TokenRefused */
  identify(token: string): Promise<Identity>;
  /** Public keys of the assertions for Grafana; null where none are made. */
  readonly keys: People['keys'];
  close(): Promise<void>;
}

export interface SignInOptions {
  settings: OAuthSettings;
  /** Organisation of Grafana that is asked; null for each person's own. */
  orgId: number | null;
  proxy: ProxySettings | null;
  log: Log;
  now?: () => number;
  provider?: ProviderClient;
}

/**
 * Opens sign-in. The provider is looked at in the background: a server starts without it, and refuses callers
 * until it can be reached.
 *
 * @throws UsageError for a signing key that will not do
 */
export async function openSignIn(options: SignInOptions): Promise<SignIn> {
  const { settings, orgId, log, now = Date.now } = options;
  const provider = options.provider ?? createProviderClient({ proxy: options.proxy });
  const issuers = settings.issuers.map((name) => openIssuer(name, provider, now));
  const { grafana, client, publicUrl } = settings;
  const people = await openPeople({ grafana, issuers, client, provider, publicUrl, orgId, now });
  warnOfTrust(settings, log);
  for (const issuer of issuers) {
    issuer.prepare().catch((error: unknown) => {
      log.warn('identity provider cannot be asked, callers are refused until it can', {
        issuer: issuer.name,
        detail: error instanceof Error ? error.message : String(error),
      });
    });
  }
  const verify = createVerifier(settings, { issuers, provider, now });
  const verified = new LRUCache<string, { person: Person; at: number }>({ max: MAX_VERIFIED });

  const identifyPerson = async (token: string): Promise<Person> => {
    const key = hashParts([token]);
    const known = verified.get(key);
    if (known !== undefined && now() - known.at < VERIFIED_MS && now() >= known.at) return known.person;
    const person = await verify(token);
    verified.set(key, { person, at: now() });
    return person;
  };

  return {
    keys: people.keys,
    async identify(token) {
      const person = await identifyPerson(token);
      return {
        client: nameClient(person),
        rights: {
          grafana: people.credentialFor(person, token),
          sources: readSources(person, settings.sourcesClaim),
          matchers: readMatchers(person, settings),
        },
      };
    },
    close: () => provider.close(),
  };
}

interface VerifierParts {
  issuers: readonly Issuer[];
  provider: ProviderClient;
  now: () => number;
}

/** Makes what tells who a token stands for, and whether its scopes suffice. */
function createVerifier(
  { audiences, scopes, userClaim, introspection, client }: OAuthSettings,
  { issuers, provider, now }: VerifierParts,
): (token: string) => Promise<Person> {
  const [first] = issuers;
  const introspect: Introspect | null =
    introspection === null || client === null || first === undefined
      ? null
      : createIntrospection({ issuer: first, client, provider, audiences, now });

  const readClaims = async (token: string): Promise<{ issuer: string; claims: JsonObject }> => {
    if (isJwt(token)) {
      const { issuer, claims } = await verifyJwt(token, { issuers, audiences, now });
      if (introspection === 'all' && issuer === first) await introspect?.(token);
      return { issuer: issuer.name, claims };
    }
    if (introspect === null || first === undefined)
      throw new TokenRefused('invalid', 'The token is not one that this server can read.');
    return { issuer: first.name, claims: await introspect(token) };
  };

  return async (token) => {
    const { issuer, claims } = await readClaims(token);
    const person = readPerson(issuer, claims, userClaim);
    checkScopes(person, scopes);
    return person;
  };
}

/** Names the trust that a setting asks for, so that no operator gives it unknowingly. */
function warnOfTrust({ grafana, issuers, userClaim }: OAuthSettings, log: Log): void {
  if (grafana.kind === 'proxy-header') {
    log.warn(
      'Grafana believes every request with this header: let only this server reach it (whitelist of auth.proxy)',
      { header: grafana.header },
    );
  }
  if (grafana.kind !== 'server' && issuers.length > 1) {
    log.warn('each of these issuers can name any person of Grafana', { issuers, claim: userClaim });
  }
}
