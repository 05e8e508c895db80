import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../../errors.js';

/** In hexadecimal digits these are 128 bits, which nobody guesses. */
export const MIN_TOKEN_LENGTH = 32;
/** What RFC 6750 allows in an Authorization header (`b64token`). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** A set of tokens that can be asked for one, and holds none in clear. */
export interface TokenSet {
  readonly size: number;
  /**
   * Whose token it is: a name that tells clients apart and says nothing of the token; null for a token that is not in
   * the set. Takes the same time whichever token it is compared with, and however long either is.
   */
  clientOf(token: string): string | null;
}

/** One key per process: what is kept of a token is of no use elsewhere. */
const KEY = randomBytes(32);

function digest(token: string): Buffer {
  return createHmac('sha256', KEY).update(token).digest();
}

/** Takes tokens that were checked. */
export function tokenSet(tokens: readonly string[]): TokenSet {
  const digests = [...new Set(tokens)].map(digest);
  return {
    size: digests.length,
    clientOf(token) {
      const given = digest(token);
      // Every one is compared, so that the time does not tell which it was.
      let found: string | null = null;
      for (const known of digests) {
        if (timingSafeEqual(known, given)) found = known.toString('hex').slice(0, 16);
      }
      return found;
    },
  };
}

/** What is wrong with a token, without the token; null where nothing is. */
export function faultOfToken(token: string): string | null {
  if (token.length < MIN_TOKEN_LENGTH) {
    return `has ${token.length} characters, and at least ${MIN_TOKEN_LENGTH} are needed`;
  }
  return TOKEN.test(token) ? null : 'has characters that cannot be sent (letters, digits and -._~+/ can)';
}

/** Tokens of a file: one a line; empty lines and lines that begin with `#` do not count. */
export function tokensOfFile(text: string): { line: number; token: string }[] {
  return text
    .split('\n')
    .map((raw, index) => ({ line: index + 1, token: raw.trim() }))
    .filter(({ token }) => token !== '' && !token.startsWith('#'));
}

/**
 * Refuses a weak token where it is named.
 * @param where the option or the line of a file that holds it
 * @throws UsageError without the token
 */
export function checkToken(token: string, where: string): void {
  const fault = faultOfToken(token);
  if (fault !== null) throw new UsageError(`${where} ${fault}.`, 'Make one with: openssl rand -hex 32');
}
