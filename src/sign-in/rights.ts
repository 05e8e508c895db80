import type { Matcher } from '../sources/source.js';
import { type Person, readClaim } from './claims.js';
import { TokenRefused } from './refused.js';

/** Claims that tell the rights of a person. */
export interface RightsClaims {
  /** Claim with the allowed sources; null where all are allowed. */
  sourcesClaim: string | null;
  /** Labels whose value is narrowed to those of a claim. */
  matchers: readonly { label: string; claim: string }[];
}

/** Maximum number of values of a claim: a pattern of more would be refused by the store. */
const MAX_VALUES = 500;

/**
 * Reads the sources that a person may ask. A token without the claim, or with something else in it than
 * names, is refused: no mistake at the provider widens the rights.
 *
 * @returns null for all
 * @throws TokenRefused
 */
export function readSources(person: Person, claim: string | null): readonly string[] | null {
  if (claim === null) return null;
  const names = readValues(person, claim, '--oauth-sources-claim');
  return names.includes('*') ? null : names;
}

/**
 * Reads the matchers that every query of a person carries.
 * @throws TokenRefused where a claim is missing or names no value: an empty matcher would match what has no
 *   such label
 */
export function readMatchers(person: Person, { matchers }: RightsClaims): Matcher[] {
  return matchers.map(({ label, claim }) => {
    const values = readValues(person, claim, '--oauth-matchers');
    const [first, ...others] = values;
    if (first === undefined) {
      throw new TokenRefused(
        'rights',
        `The claim ${JSON.stringify(claim)} of the token names no ${label} that this person may see.`,
      );
    }
    if (others.length === 0) return { name: label, op: '=', value: first };
    return { name: label, op: '=~', value: values.map(escapePattern).join('|') };
  });
}

/** Reads a list of texts, or one text. */
function readValues({ claims }: Person, claim: string, option: string): string[] {
  const value = readClaim(claims, claim);
  const values = typeof value === 'string' ? [value] : value;
  const isList = Array.isArray(values) && values.length <= MAX_VALUES;
  if (isList && values.every((each) => typeof each === 'string' && each.trim() !== '')) {
    return [...new Set(values.map(String))].sort();
  }
  throw new TokenRefused(
    'rights',
    `The token does not tell the rights of this person: its claim ${JSON.stringify(claim)} ${value === undefined ? 'is missing' : 'is not a list of names'}. The operator lets the identity provider add it to access tokens, or changes ${option}.`,
  );
}

/** Escapes what has a meaning in an RE2 pattern. */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
