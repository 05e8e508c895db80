import { BlockList, isIPv6 } from 'node:net';
import type { Identity } from '../../access/identity.js';
import { isLoopback } from '../../config/loopback.js';
import { UsageError } from '../../errors.js';
import type { Log } from '../../telemetry/log.js';
import type { OAuth } from './oauth.js';
import { refusal } from './responses.js';
import { checkToken, openTokenFile, plainToken, type TokenFile, type TokenSet, tokenSet } from './tokens.js';

/** Settings that decide whether an address may be bound. */
export interface Exposure {
  host: string;
  port: number;
  /** Whether callers must name a token, of the operator or of an identity provider. */
  authenticates: boolean;
  /** Whether an operator wants to serve without tokens. */
  allowUnauthenticated: boolean;
  /** Host names accepted in the Host header, in addition to loopback. */
  hosts: readonly string[];
}

/**
 * Refuses to open the server to the network by accident: beyond loopback it wants tokens, and the names under
 * which it is reached. Without those names the Host header cannot be checked, and a web page could reach the
 * server through a name of its own that leads to this address (DNS rebinding).
 * @throws UsageError
 */
export function checkExposure({ host, port, authenticates, allowUnauthenticated, hosts }: Exposure): void {
  if (isLoopback(host)) return;
  const opens = `--http ${bracketed(host)}:${port} would open the server to the network, and`;
  if (!authenticates && !allowUnauthenticated) {
    throw new UsageError(
      `${opens} it does not authenticate its callers.`,
      'Set PYROSCOPE_MCP_HTTP_TOKENS or PYROSCOPE_MCP_HTTP_TOKEN_FILE (a token: openssl rand -hex 32), or let ' +
        'callers sign in (--oauth-issuer), or bind to 127.0.0.1; --allow-unauthenticated where something in front of it authenticates everybody.' +
        (hosts.length === 0 ? ' It needs --allowed-hosts, too: the names under which it is reached.' : ''),
    );
  }
  if (hosts.length === 0) {
    throw new UsageError(
      `${opens} it does not know the names under which it is reached.`,
      'Name them with --allowed-hosts mcp.example.com: requests for other hosts are refused (DNS rebinding).',
    );
  }
}

/** Names under which a server is reached that is bound to this address: none for "every address". */
export function listNames(host: string): string[] {
  return isUnspecified(host) ? [] : [host];
}

/**
 * A name as the checks compare it: without scheme and port, IPv6 in brackets.
 * @throws UsageError
 */
export function hostname(name: string): string {
  const url = name.includes('://') ? name : `http://${bracketed(name)}`;
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (host === '' || host.includes('*')) {
    throw new UsageError(
      `${JSON.stringify(name)} is not a host name.`,
      'Give names such as mcp.example.com; there are no wildcards.',
    );
  }
  return host;
}

/** A host as it stands in a URL: IPv6 addresses in brackets. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

function isUnspecified(host: string): boolean {
  const every = new BlockList();
  every.addAddress('0.0.0.0', 'ipv4');
  every.addAddress('::', 'ipv6');
  return every.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

const REALM = 'Bearer realm="pyroscope-mcp"';

/**
 * Who a request comes from, as far as its headers say, or the answer for one that is not let in. Null where
 * they say nothing: the peer address is the client then, with the rights of the server.
 */
export type Checked = { identity: Identity | null } | { refused: Response };

/** Lets in who names a token. */
export interface Bearer {
  /** @param headers those of the request */
  check(headers: Headers): Promise<Checked>;
}

export interface BearerOptions {
  tokens: readonly string[];
  tokenFile: string | null;
}

/** Checks tokens that are not of the operator. */
export type TokenCheck = Pick<OAuth, 'check' | 'refuseWithoutToken'>;

/**
 * The static bearer tokens of an operator; several, so that a new one can be handed out before the old one is
 * taken away. The caller's token is compared here, and only a token that is none of them goes to `others`.
 *
 * @param others checks the tokens of an identity provider; null where there is none
 * @returns null where no tokens are wanted
 * @throws UsageError for a weak token or a token file that is of no use
 */
export async function createBearer(
  { tokens, tokenFile }: BearerOptions,
  log: Log,
  others: TokenCheck | null = null,
): Promise<Bearer | null> {
  if (tokens.length === 0 && tokenFile === null && others === null) return null;
  for (const [index, token] of tokens.entries()) {
    checkToken(token, tokens.length === 1 ? 'The token for HTTP' : `Token ${index + 1} for HTTP`);
  }
  const file = tokenFile === null ? null : await openTokenFile(tokenFile, log);
  return checkAgainst(tokenSet(tokens.map(plainToken)), file, others);
}

function checkAgainst(fixed: TokenSet, file: TokenFile | null, others: TokenCheck | null): Bearer {
  return {
    async check(headers) {
      const [, token] = /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '') ?? [];
      const fromFile = await file?.current();
      if (token === undefined) {
        if (others !== null) return { refused: others.refuseWithoutToken() };
        return {
          refused: unauthorized(
            'This server wants a bearer token: send the header `Authorization: Bearer TOKEN`. Its operator hands out tokens.',
            REALM,
          ),
        };
      }
      // A line of the file may limit what its token gives.
      const [limited, whole] = [fromFile?.identify(token) ?? null, fixed.identify(token)];
      const identity = limited ?? whole;
      if (identity !== null) return { identity };
      if (others !== null) return others.check(token);
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
