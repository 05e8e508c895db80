import { stat } from 'node:fs/promises';
import { UsageError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';
import type { Log } from '../../telemetry/log.js';
import { checkToken, faultOfToken, type TokenSet, tokenSet, tokensOfFile } from './tokens.js';

const NONE = tokenSet([]);

/** The tokens of a file as it is now. */
export interface TokenFile {
  /** Looks whether the file has changed, and reads it again where it has. Never throws. */
  current(): Promise<TokenSet>;
}

/**
 * Opens a file of tokens. It is looked at with every request: a token that is added or taken out counts at once, without
 * a restart. While it cannot be read, or holds no token, nobody is let in.
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
  let seen = await versionOf(file).catch(unreadable);
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
      version = await versionOf(file);
      if (version === seen) return;
      set = usable(await readSettingFile(file), log);
    } catch (error) {
      // No version of a file: the next look tries again.
      version = `failed: ${reasonOfSettingFile(error)}`;
      set = NONE;
      if (version !== seen) log.error(`http: the token file cannot be read, nobody is let in (${version})`);
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

/** A weak token in a file that changed later is left out: to stop serving all others would help nobody. */
function usable(text: string, log: Log): TokenSet {
  const kept: string[] = [];
  for (const { line, token } of tokensOfFile(text)) {
    const fault = faultOfToken(token);
    if (fault === null) kept.push(token);
    else log.warn(`http: the token in line ${line} of the token file is left out: it ${fault}`);
  }
  if (kept.length === 0) log.error('http: the token file holds no token, nobody is let in');
  else log.info(`http: the token file has changed and holds ${kept.length} tokens`);
  return tokenSet(kept);
}

/** Changes with every write, and when another file takes its place (Kubernetes swaps a link). */
async function versionOf(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
