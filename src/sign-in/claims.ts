import { createHash } from 'node:crypto';
import { safeText } from '../text/sanitise.js';
import type { JsonObject } from './provider.js';
import { TokenRefused } from './refused.js';

/** Maximum length of a name that a claim gives. */
const MAX_NAME = 255;

/** A person or program, as a token names it. */
export interface Person {
  /** Issuer that names it. */
  readonly issuer: string;
  /** Name that the issuer gives to no other person. */
  readonly subject: string;
  /** Name for people and for Grafana: of the configured claim, else the subject. */
  readonly user: string;
  /** Address that the issuer does not call unverified; null where there is none. */
  readonly email: string | null;
  /** Full name; null where the token has none. */
  readonly name: string | null;
  /** Client that the token was issued to; null where the token does not tell. */
  readonly client: string | null;
  readonly scopes: readonly string[];
  readonly claims: JsonObject;
}

/**
 * Reads who a token stands for. A token that proves a key of its client (`cnf`: DPoP, mutual TLS) is refused:
 * that proof is not checked here, and without it the token may be a stolen one that is replayed.
 *
 * @param userClaim claim with the name of the person; null for `sub`
 * @throws TokenRefused
 */
export function readPerson(issuer: string, claims: JsonObject, userClaim: string | null): Person {
  if (claims.cnf !== undefined) {
    throw new TokenRefused(
      'invalid',
      'The token is bound to a key of its client (DPoP or mutual TLS), which this server cannot check: ask for a bearer token.',
    );
  }
  // Keycloak tells its kinds of tokens apart by this claim; ID tokens of others name the token that they
  // came with.
  const isOther = typeof claims.typ === 'string' && claims.typ.toLowerCase() !== 'bearer';
  if (isOther || claims.at_hash !== undefined || claims.c_hash !== undefined)
    throw new TokenRefused('invalid', 'The token is not an access token.', 'claims of another kind of token');
  const subject = readName(claims.sub);
  if (subject === null) throw new TokenRefused('invalid', 'The token has no sub.');
  const email = claims.email_verified === false ? null : readName(claims.email);
  return {
    issuer,
    subject,
    user: userClaim === null ? subject : readUser(claims, userClaim),
    email,
    name: readName(claims.name),
    client: readName(claims.client_id) ?? readName(claims.azp),
    scopes: readScopes(claims),
    claims,
  };
}

function readUser(claims: JsonObject, claim: string): string {
  if (claim === 'email' && claims.email_verified === false) {
    throw new TokenRefused(
      'rights',
      'The identity provider says that the e-mail address of this person is not verified.',
    );
  }
  const user = readName(readClaim(claims, claim));
  if (user !== null) return user;
  throw new TokenRefused(
    'rights',
    `The token does not name the person: its claim ${JSON.stringify(claim)} is missing or not a text. The operator lets the identity provider add it to access tokens, or changes --oauth-user-claim.`,
  );
}

/**
 * Reads a claim by its name: as it is, else as a path of names with dots (`realm_access.roles`).
 * @returns undefined where there is none
 */
export function readClaim(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

/** Scopes of a token: a text with spaces (`scope`, and `scp` of Entra) or a list (`scp` of Okta). */
function readScopes({ scope, scp }: JsonObject): string[] {
  return [scope, scp].flatMap((value) => {
    if (typeof value === 'string') return value.split(' ').filter((part) => part !== '');
    return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : [];
  });
}

/**
 * Refuses a token that lacks a scope. Entra names scopes in full where they are asked for
 * (`api://ID/pyroscope.read`) and only by their last part in tokens, whose audience says the rest.
 *
 * @throws TokenRefused
 */
export function checkScopes({ scopes }: Person, required: readonly string[]): void {
  const missing = required.filter(
    (scope) => !scopes.includes(scope) && !scopes.includes(scope.replace(/^[a-z][a-z0-9+.-]*:\/\/.*\//, '')),
  );
  if (missing.length === 0) return;
  throw new TokenRefused(
    'scope',
    `The token lacks the scope ${missing.join(' ')}: sign in again and grant it.`,
  );
}

function readName(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > MAX_NAME) return null;
  return value;
}

/** Client id of a person: a name for the log, and a hash that no other person has. */
export function nameClient({ issuer, subject, user }: Person): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 12);
  return `${safeText(user, 80)}~${hash}`;
}
