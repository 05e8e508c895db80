import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { type Identity, SERVER_RIGHTS } from '../../access/identity.js';
import { UsageError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';
import type { Log } from '../../telemetry/log.js';
import { checkLines, faultOfToken, type TokenLine, tokensOfFile } from './token-lines.js';

/** A set of tokens that can be asked for one, and holds none in clear. */
export interface TokenSet {
  readonly size: number;
  /**
   * Whose token it is; null for a token that is not in the set. The client id says nothing of the token.
   * Takes the same time whichever token it is compared with, and however long either is.
   */
  identify(token: string): Identity | null;
}

/** Key of the digests. It is made for each process, so that a digest is of no use elsewhere. */
const KEY = randomBytes(32);

function digest(token: string): Buffer {
  return createHmac('sha256', KEY).update(token).digest();
}

/** Takes tokens that were checked. */
export function tokenSet(lines: readonly TokenLine[]): TokenSet {
  const tokens = [...new Map(lines.map((line) => [line.token, line])).values()];
  const entries = tokens.map(({ token, name, rights }) => {
    const validDigest = digest(token);
    const client = name ?? validDigest.toString('hex').slice(0, 16);
    return { validDigest, identity: { client, rights } };
  });
  return {
    size: entries.length,
    identify(token) {
      const givenDigest = digest(token);
      // Every one is compared, so that the time does not tell which it was.
      let identified: Identity | null = null;
      for (const { validDigest, identity } of entries) {
        if (timingSafeEqual(validDigest, givenDigest)) identified = identity;
      }
      return identified;
    },
  };
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

/** A token that gives all rights of the server. */
export function plainToken(token: string): TokenLine {
  return { token, name: null, rights: SERVER_RIGHTS };
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
  const { valid, faults } = checkLines(lines);
  for (const { line, fault } of faults) {
    throw new UsageError(
      `The token in line ${line} of the token file ${fault}.`,
      'A line is TOKEN [name=NAME] [sources=A,B] [matchers={label="value"}]; make a token with: openssl rand -hex 32',
    );
  }

  let set = tokenSet(valid);
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
  const { valid, faults } = checkLines(tokensOfFile(text));
  for (const { line, fault } of faults) {
    log.warn(`http: the token in line ${line} of the token file is left out: it ${fault}`);
  }
  if (valid.length === 0) log.error('http: the token file holds no token, every caller is refused');
  else log.info(`http: the token file has changed and holds ${valid.length} tokens`);
  return tokenSet(valid);
}

/** Changes with every write, and when another file takes its place (Kubernetes swaps a link). */
async function readVersion(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
