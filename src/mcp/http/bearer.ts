import type { Log } from '../../telemetry/log.js';
import { refusal } from './answers.js';
import { openTokenFile, type TokenFile } from './token-file.js';
import { checkToken, type TokenSet, tokenSet } from './tokens.js';

const REALM = 'Bearer realm="pyroscope-mcp"';

/** Who a request comes from, as far as its token says, or the answer for one that is not let in. */
export type Caller = { client: string } | { refused: Response };

/** Lets in who names a token. */
export interface Bearer {
  /** @param authorization the header of that name */
  check(authorization: string | null): Promise<Caller>;
}

export interface BearerOptions {
  tokens: readonly string[];
  tokenFile: string | null;
}

/**
 * The static bearer tokens of an operator; several, so that a new one can be handed out before the old one is taken
 * away. The caller's token is compared here and goes nowhere else.
 *
 * @returns null where no tokens are wanted
 * @throws UsageError for a weak token or a token file that is of no use
 */
export async function createBearer({ tokens, tokenFile }: BearerOptions, log: Log): Promise<Bearer | null> {
  if (tokens.length === 0 && tokenFile === null) return null;
  for (const [index, token] of tokens.entries()) {
    checkToken(token, tokens.length === 1 ? 'The token for HTTP' : `Token ${index + 1} for HTTP`);
  }
  return bearerOf(tokenSet(tokens), tokenFile === null ? null : await openTokenFile(tokenFile, log));
}

function bearerOf(fixed: TokenSet, file: TokenFile | null): Bearer {
  return {
    async check(authorization) {
      const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
      const fromFile = await file?.current();
      if (token === undefined) {
        return {
          refused: unauthorized(
            'This server wants a bearer token: send the header `Authorization: Bearer TOKEN`. Its operator hands out tokens.',
            REALM,
          ),
        };
      }
      const [a, b] = [fixed.clientOf(token), fromFile?.clientOf(token) ?? null];
      const client = a ?? b;
      if (client !== null) return { client };
      return {
        refused: unauthorized(
          'The bearer token is not one of this server. Ask its operator for the present one.',
          `${REALM}, error="invalid_token"`,
        ),
      };
    },
  };
}

function unauthorized(message: string, challenge: string): Response {
  return refusal(401, message, { headers: { 'www-authenticate': challenge } });
}
