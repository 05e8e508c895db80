import { decodeJwt, decodeProtectedHeader, errors, type JWTVerifyResult, jwtVerify } from 'jose';
import type { Issuer } from './issuer.js';
import { type JsonObject, ProviderError } from './provider.js';
import { TokenRefused } from './refused.js';

/** Tolerated difference between our clock and that of a provider, seconds. */
export const CLOCK_SECONDS = 30;
/**
 * Algorithms of signatures that count: all with a public key. A shared secret (HS256) is none of them, so
 * that a public key cannot be taken for one, and neither is `none`.
 */
export const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Media types of access tokens; most providers write only `JWT`. Other kinds of tokens have others. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'application/jwt', 'at+jwt', 'application/at+jwt']);

export interface JwtChecks {
  issuers: readonly Issuer[];
  /** Names of which the audience must have one. */
  audiences: readonly string[];
  /** Current time, Unix ms. */
  now: () => number;
}

/** A token whose signature, issuer, audience and time hold. */
export interface VerifiedClaims {
  issuer: Issuer;
  claims: JsonObject;
}

/** Whether a token has the form of a signed JWT; others are opaque. */
export function isJwt(token: string): boolean {
  if (token.split('.').length !== 3) return false;
  try {
    return typeof decodeProtectedHeader(token).alg === 'string';
  } catch {
    return false;
  }
}

/**
 * Verifies a signed access token (RFC 9068, and those of providers that are older than it). Only issuers that
 * are configured are asked for keys, and no key of the token itself counts (`jwk`, `jku`, `x5c`).
 *
 * @throws TokenRefused
 */
export async function verifyJwt(
  token: string,
  { issuers, audiences, now }: JwtChecks,
): Promise<VerifiedClaims> {
  const { typ } = decodeProtectedHeader(token);
  if (typ !== undefined && !(typeof typ === 'string' && TYPES.has(typ.toLowerCase())))
    throw new TokenRefused('invalid', 'The token is not an access token.', 'typ of the header');
  const issuer = findIssuer(token, issuers);
  try {
    const { payload } = await verifySignature(token, issuer, {
      algorithms: ALGORITHMS,
      issuer: issuer.name,
      audience: audiences.flatMap(withAndWithoutSlash),
      clockTolerance: CLOCK_SECONDS,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now()),
    });
    return { issuer, claims: payload };
  } catch (error) {
    throw explain(error, audiences);
  }
}

/** Takes the issuer that the token names, which its signature must prove. */
function findIssuer(token: string, issuers: readonly Issuer[]): Issuer {
  let named: unknown;
  try {
    named = decodeJwt(token).iss;
  } catch {
    throw new TokenRefused('invalid', 'The token cannot be read.');
  }
  const issuer = issuers.find(({ name }) => name === named);
  if (issuer !== undefined) return issuer;
  throw new TokenRefused(
    'invalid',
    `The token is not of ${issuers.length === 1 ? 'the' : 'an'} issuer that this server trusts.`,
    `issuer ${typeof named === 'string' ? JSON.stringify(named.slice(0, 200)) : 'missing'}`,
  );
}

type Options = Parameters<typeof jwtVerify>[2];

/** Verifies with the key that the token names, or with each that it may mean. */
async function verifySignature(token: string, issuer: Issuer, options: Options): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, issuer.getKey, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** An audience is an address in most cases, and providers differ in the slash at its end. */
function withAndWithoutSlash(audience: string): string[] {
  return audience.endsWith('/') ? [audience, audience.slice(0, -1)] : [audience, `${audience}/`];
}

/** Turns the failure of a check into a refusal; anything else is a bug and stays as it is. */
function explain(error: unknown, audiences: readonly string[]): unknown {
  if (error instanceof ProviderError)
    return new TokenRefused('unavailable', 'The identity provider cannot be asked.', error.message);
  if (error instanceof errors.JWTExpired) return new TokenRefused('invalid', 'The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) return explainClaim(error, audiences);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new TokenRefused('invalid', 'The signature of the token is not valid.');
  if (error instanceof errors.JWKSNoMatchingKey)
    return new TokenRefused('invalid', 'The token is signed with a key that its issuer does not publish.');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new TokenRefused('invalid', 'The token is signed with an algorithm that does not count.');
  if (error instanceof errors.JOSEError)
    return new TokenRefused('invalid', 'The token cannot be read.', error.code);
  return error;
}

function explainClaim(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  audiences: readonly string[],
): TokenRefused {
  if (reason === 'missing') return new TokenRefused('invalid', `The token has no ${claim}.`);
  switch (claim) {
    case 'aud':
      return new TokenRefused(
        'invalid',
        `The token is for another resource than ${audiences[0]}.`,
        `audience ${JSON.stringify(payload.aud).slice(0, 200)}`,
      );
    case 'nbf':
      return new TokenRefused('invalid', 'The token is not valid yet.');
    default:
      return new TokenRefused('invalid', `The ${claim} of the token is not valid.`);
  }
}
