import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { BlockList, isIPv6 } from 'node:net';
import { type Identity, SERVER_RIGHTS } from '../../access/identity.js';
import { UsageError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';
import type { Log } from '../../telemetry/log.js';
import type { OAuth } from './oauth.js';
import { refusal } from './responses.js';

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

function isLoopback(host: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return host === 'localhost' || loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function isUnspecified(host: string): boolean {
  const every = new BlockList();
  every.addAddress('0.0.0.0', 'ipv4');
  every.addAddress('::', 'ipv6');
  return every.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

const REALM = 'Bearer realm="pyroscope-mcp"';

/** Who a request comes from, as far as its token says, or the answer for one that is not let in. */
export type Checked = { identity: Identity } | { refused: Response };

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
  return checkAgainst(tokenSet(tokens), file, others);
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
      const [a, b] = [fixed.identifyClient(token), fromFile?.identifyClient(token) ?? null];
      const client = a ?? b;
      if (client !== null) return { identity: { client, rights: SERVER_RIGHTS } };
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

/** Minimum length of a token: in hexadecimal digits these are 128 bits, which cannot be guessed. */
export const MIN_TOKEN_LENGTH = 32;
/** Characters that RFC 6750 allows in an Authorization header (`b64token`). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** A set of tokens that can be asked for one, and holds none in clear. */
export interface TokenSet {
  readonly size: number;
  /**
   * Whose token it is: a name that tells clients apart and says nothing of the token; null for a token that
   * is not in the set. Takes the same time whichever token it is compared with, and however long either is.
   */
  identifyClient(token: string): string | null;
}

/** Key of the digests. It is made for each process, so that a digest is of no use elsewhere. */
const KEY = randomBytes(32);

function digest(token: string): Buffer {
  return createHmac('sha256', KEY).update(token).digest();
}

/** Takes tokens that were checked. */
export function tokenSet(tokens: readonly string[]): TokenSet {
  const digests = [...new Set(tokens)].map(digest);
  return {
    size: digests.length,
    identifyClient(token) {
      const givenDigest = digest(token);
      // Every one is compared, so that the time does not tell which it was.
      let matchedDigest: string | null = null;
      for (const validDigest of digests) {
        if (timingSafeEqual(validDigest, givenDigest))
          matchedDigest = validDigest.toString('hex').slice(0, 16);
      }
      return matchedDigest;
    },
  };
}

/** Describes the fault of a token without showing the token; null for a usable token. */
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

const NONE = tokenSet([]);

/** The tokens of a file as it is now. */
export interface TokenFile {
  /** Looks whether the file has changed, and reads it again where it has. Never throws. */
  current(): Promise<TokenSet>;
}

/**
 * Opens a file of tokens. The file is checked with every request, so that an added or removed token counts
 * without a restart. While the file cannot be read or holds no token, every caller is refused.
 *
 * @throws UsageError when it cannot be read at the start, holds no token or a weak one
 */
export async function openTokenFile(file: string, log: Log): Promise<TokenFile> {
  const unreadable = (error: unknown) => {
    throw new UsageError(
      `The token file ${JSON.stringify(file)} cannot be read (${reasonOfSettingFile(error)}).`,
      'Check --http-token-file and who may read it.',
    );
  };
  // Before the text, here and below: a change between the two is found with the next look.
  let seen = await readVersion(file).catch(unreadable);
  const lines = tokensOfFile(await readSettingFile(file).catch(unreadable));
  if (lines.length === 0) {
    throw new UsageError(
      `The token file ${JSON.stringify(file)} holds no token.`,
      'Write one a line; make one with: openssl rand -hex 32',
    );
  }
  for (const { line, token } of lines) checkToken(token, `The token in line ${line} of the token file`);

  let set = tokenSet(lines.map(({ token }) => token));
  let reading: Promise<void> | null = null;

  const refresh = async () => {
    let version: string;
    try {
      version = await readVersion(file);
      if (version === seen) return;
      set = usable(await readSettingFile(file), log);
    } catch (error) {
      // No version of a file: the next look tries again.
      version = `failed: ${reasonOfSettingFile(error)}`;
      set = NONE;
      if (version !== seen)
        log.error(`http: the token file cannot be read, every caller is refused (${version})`);
    }
    seen = version;
  };
  return {
    async current() {
      reading ??= refresh().finally(() => {
        reading = null;
      });
      await reading;
      return set;
    },
  };
}

/** Reads a file that changed later. A weak token is left out, so that the others still work. */
function usable(text: string, log: Log): TokenSet {
  const validTokens: string[] = [];
  for (const { line, token } of tokensOfFile(text)) {
    const fault = faultOfToken(token);
    if (fault === null) validTokens.push(token);
    else log.warn(`http: the token in line ${line} of the token file is left out: it ${fault}`);
  }
  if (validTokens.length === 0) log.error('http: the token file holds no token, every caller is refused');
  else log.info(`http: the token file has changed and holds ${validTokens.length} tokens`);
  return tokenSet(validTokens);
}

/** Changes with every write, and when another file takes its place (Kubernetes swaps a link). */
async function readVersion(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
