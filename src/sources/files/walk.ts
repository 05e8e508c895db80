import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { type Format, HEAD_BYTES, recognise } from '../../profile/formats/recognise.js';
import { type BrokenFile, isBelow, LEADS_OUTSIDE, reasonOf, withFile } from './profile-file.js';

/**
 * Names by which a file says that it is a profile, whatever is in it: by its ending (`server.cpu`,
 * `app.cpuprofile`), or without a telling one by the name that tools give it (`cpu.out`, `heap-2.gz`,
 * `goroutine`).
 */
const PROFILE_NAME =
  /\.(?:pb|pprof|prof|profile|cpu|heap|goroutine|mutex|block|allocs|wall|cpuprofile|heapprofile|collapsed|folded|speedscope|speedscope\.json|jfr|perf)(?:\.(?:gz|zst|xz|bz2|lz4|zip))?$|^(?:pprof|profile|cpu|heap|mem|goroutine|mutex|block|allocs|wall)[^./]*(?:\.(?:out|gz|zst))*$|^perf\.data/i;
/** Members by which a JSON text may be a profile of speedscope or V8. */
const PROFILE_MEMBER =
  /speedscope|"(?:shared|profiles|frames|events)"\s*:\s*[[{]|"(?:callFrame|timeDeltas|hitCount)"\s*:|"(?:nodes|head)"\s*:/;

/** Names of other files that are told where not a single profile is found. */
const MAX_OTHERS = 5;
/** What they inflate to at most: gzip makes a thousand bytes of one. */
const MAX_HEAD = 8 * 2 ** 20;
/**
 * Entries looked at: a directory of profiles has thousands, and one that has more is likely the wrong one.
 */
const MAX_ENTRIES = 100_000;

/** Files that are no profiles as far as their names and beginnings tell. */
export interface OtherFiles {
  count: number;
  /** The first few of them. */
  names: string[];
}

/**
 * Finds every profile below a directory: by name, and files of other names by how they begin. Names that
 * begin with a dot are passed over. A link counts under its own name unless it leads to what was found
 * already (a link called `latest`); one that leads outside is not followed.
 */
export async function findProfileFiles(
  directory: string,
  signal: AbortSignal,
  most = MAX_ENTRIES,
): Promise<{ files: string[]; broken: BrokenFile[]; others: OtherFiles }> {
  const root = await realpath(directory);
  const files: string[] = [];
  const others: OtherFiles = { count: 0, names: [] };
  const broken: BrokenFile[] = [];
  const seen = new Set<string>();
  let left = most;
  const links: { file: string; at: string }[] = [];

  const walk = async (folder: string, real: string): Promise<void> => {
    if (seen.has(real) || left === 0) return;
    seen.add(real);
    const found = await readdir(real, { withFileTypes: true }).catch((error: unknown) => {
      broken.push({ file: folder || '.', reason: reasonOf(error) });
      return [];
    });
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      signal.throwIfAborted();
      if (left === 0) {
        broken.push({ file: folder || '.', reason: `what comes after ${most} entries is not read` });
        return;
      }
      left--;
      if (entry.name.startsWith('.')) continue;
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const at = path.join(real, entry.name);
      if (entry.isDirectory()) await walk(file, at);
      else if (entry.isFile()) await take(file, at);
      else if (entry.isSymbolicLink()) links.push({ file, at });
    }
  };

  const take = async (file: string, real: string): Promise<void> => {
    if (seen.has(real)) return;
    if (!hasProfileName(file) && !(await looksLikeProfile(real))) {
      others.count++;
      if (others.names.length < MAX_OTHERS) others.names.push(file);
      return;
    }
    seen.add(real);
    files.push(file);
  };

  const follow = async ({ file, at }: { file: string; at: string }): Promise<void> => {
    try {
      const real = await realpath(at);
      const target = await stat(real);
      if (!isBelow(root, real)) {
        if (target.isDirectory() || hasProfileName(file)) broken.push({ file, reason: LEADS_OUTSIDE });
      } else if (target.isDirectory()) await walk(file, real);
      else if (target.isFile()) await take(file, real);
    } catch (error) {
      signal.throwIfAborted();
      if (hasProfileName(file))
        broken.push({ file, reason: `a link that leads nowhere: ${reasonOf(error)}` });
    }
  };

  await walk('', root);
  // What is there in its own name comes first; links may lead to folders with more links.
  for (let link = links.shift(); link !== undefined; link = links.shift()) await follow(link);
  return { files, broken, others };
}

function hasProfileName(file: string): boolean {
  return PROFILE_NAME.test(path.posix.basename(file));
}

/** Whether a file of any name holds a profile, or stands for one, by how it begins. */
async function looksLikeProfile(file: string): Promise<boolean> {
  try {
    const head = await headOf(file);
    const format = recognise(head);
    if (format.kind !== 'gzip') return isTelling(format, head);
    const inner = gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_HEAD });
    const beginning = inner.subarray(0, HEAD_BYTES);
    return isTelling(recognise(beginning), beginning);
  } catch {
    return false;
  }
}

function isTelling(format: Format, head: Uint8Array): boolean {
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

function headOf(file: string): Promise<Uint8Array> {
  return withFile(file, async (handle) => {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  });
}
