import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { type Format, HEAD_BYTES, recognise } from '../../profile/formats/recognise.js';
import { type BrokenFile, explainFailure, isBelow, LEADS_OUTSIDE, withFile } from './profile-file.js';

/**
 * Names of files that count as profiles whatever is in them: by extension (`server.cpu`, `app.cpuprofile`),
 * or by a name that tools give to profiles (`cpu.out`, `heap-2.gz`, `goroutine`).
 */
const PROFILE_NAME =
  /\.(?:pb|pprof|prof|profile|cpu|heap|goroutine|mutex|block|allocs|wall|cpuprofile|heapprofile|collapsed|folded|speedscope|speedscope\.json|jfr|perf)(?:\.(?:gz|zst|xz|bz2|lz4|zip))?$|^(?:pprof|profile|cpu|heap|mem|goroutine|mutex|block|allocs|wall)[^./]*(?:\.(?:out|gz|zst))*$|^perf\.data/i;
/** Members that a JSON profile of speedscope or V8 has. */
const PROFILE_MEMBER =
  /speedscope|"(?:shared|profiles|frames|events)"\s*:\s*[[{]|"(?:callFrame|timeDeltas|hitCount)"\s*:|"(?:nodes|head)"\s*:/;

/** Maximum number of other files that are named where there is no profile. */
const MAX_OTHERS = 5;
/** Maximum size of an inflated beginning: gzip can inflate a byte to a thousand. */
const MAX_HEAD_BYTES = 8 * 2 ** 20;
/** Maximum number of entries: a directory of profiles has thousands, so a larger one is likely a mistake. */
const MAX_ENTRIES = 100_000;

/** Files that are no profiles, by their names and beginnings. */
export interface OtherFiles {
  count: number;
  /** Names of the first few. */
  names: string[];
}

/**
 * Finds every profile below a directory by its name, or else by its first bytes. Names that begin with a dot
 * are skipped. A link counts under its own name, unless its target was found already (a link called
 * `latest`); a link that leads outside is not followed.
 */
export async function findProfileFiles(
  directory: string,
  signal: AbortSignal,
  maxEntries = MAX_ENTRIES,
): Promise<{ files: string[]; broken: BrokenFile[]; others: OtherFiles }> {
  const root = await realpath(directory);
  const files: string[] = [];
  const others: OtherFiles = { count: 0, names: [] };
  const broken: BrokenFile[] = [];
  const seen = new Set<string>();
  let entriesLeft = maxEntries;
  const links: { file: string; at: string }[] = [];

  const walk = async (folder: string, real: string): Promise<void> => {
    if (seen.has(real) || entriesLeft === 0) return;
    seen.add(real);
    const entries = await readdir(real, { withFileTypes: true }).catch((error: unknown) => {
      broken.push({ file: folder || '.', reason: explainFailure(error) });
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      signal.throwIfAborted();
      if (entriesLeft === 0) {
        broken.push({ file: folder || '.', reason: `what comes after ${maxEntries} entries is not read` });
        return;
      }
      entriesLeft--;
      if (entry.name.startsWith('.')) continue;
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const at = path.join(real, entry.name);
      if (entry.isDirectory()) await walk(file, at);
      else if (entry.isFile()) await addFile(file, at);
      else if (entry.isSymbolicLink()) links.push({ file, at });
    }
  };

  const addFile = async (file: string, real: string): Promise<void> => {
    if (seen.has(real)) return;
    if (!hasProfileName(file) && !(await looksLikeProfile(real))) {
      others.count++;
      if (others.names.length < MAX_OTHERS) others.names.push(file);
      return;
    }
    seen.add(real);
    files.push(file);
  };

  const followLink = async ({ file, at }: { file: string; at: string }): Promise<void> => {
    try {
      const real = await realpath(at);
      const target = await stat(real);
      if (!isBelow(root, real)) {
        if (target.isDirectory() || hasProfileName(file)) broken.push({ file, reason: LEADS_OUTSIDE });
      } else if (target.isDirectory()) await walk(file, real);
      else if (target.isFile()) await addFile(file, real);
    } catch (error) {
      signal.throwIfAborted();
      if (hasProfileName(file))
        broken.push({ file, reason: `a link that leads nowhere: ${explainFailure(error)}` });
    }
  };

  await walk('', root);
  // Links come after all files, and may lead to folders with more links.
  for (let link = links.shift(); link !== undefined; link = links.shift()) await followLink(link);
  return { files, broken, others };
}

function hasProfileName(file: string): boolean {
  return PROFILE_NAME.test(path.posix.basename(file));
}

/** Whether a file holds a profile, by its first bytes. */
async function looksLikeProfile(file: string): Promise<boolean> {
  try {
    const head = await readStart(file);
    const format = recognise(head);
    if (format.kind !== 'gzip') return isProfileHead(format, head);
    const inner = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_HEAD_BYTES });
    const beginning = inner.subarray(0, HEAD_BYTES);
    return isProfileHead(recognise(beginning), beginning);
  } catch {
    return false;
  }
}

function isProfileHead(format: Format, head: Uint8Array): boolean {
  switch (format.kind) {
    case 'pprof':
    case 'collapsed':
    case 'gzip':
    case 'zstd':
      return true;
    case 'json':
      return PROFILE_MEMBER.test(Buffer.from(head).toString('latin1'));
    case 'foreign':
      return format.isProfile;
    default:
      return false;
  }
}

function readStart(file: string): Promise<Uint8Array> {
  return withFile(file, async (handle) => {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  });
}
