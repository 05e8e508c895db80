import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { type BrokenFile, isBelow, isGzip, LEADS_OUTSIDE, reasonOf, withFile } from './profile-file.js';

/** By its ending, or without a telling one by the name that tools give it: `cpu.out`, `heap-2.gz`, `goroutine`. */
const PROFILE_NAME =
  /\.(?:pb|pprof|prof|profile)(?:\.gz)?$|^(?:pprof|profile|cpu|heap|mem|goroutine|mutex|block|allocs|wall)[^./]*(?:\.out|\.gz)*$/i;

/** Bytes of a file of any other name that are read to see whether it is a profile. */
const HEAD_BYTES = 4096;
/** What they inflate to at most: gzip makes a thousand bytes of one. */
const MAX_HEAD = 8 * 2 ** 20;
/** Entries looked at: a directory of profiles has thousands, and one that has more is likely the wrong one. */
const MAX_ENTRIES = 100_000;

/**
 * Finds every profile below a directory: by name, and files of other names by how they begin. Names that begin with
 * a dot are passed over. A link counts under its own name unless it leads to what was found already (a link called
 * `latest`); one that leads outside is not followed.
 */
export async function findProfileFiles(
  directory: string,
  signal: AbortSignal,
  most = MAX_ENTRIES,
): Promise<{ files: string[]; broken: BrokenFile[] }> {
  const root = await realpath(directory);
  const files: string[] = [];
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
    if (!hasProfileName(file) && !(await looksLikeProfile(real))) return;
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
  return { files, broken };
}

function hasProfileName(file: string): boolean {
  return PROFILE_NAME.test(path.posix.basename(file));
}

/** Whether a file of any name begins as every known writer begins a profile: with a sample type. */
async function looksLikeProfile(file: string): Promise<boolean> {
  try {
    const head = await headOf(file);
    return beginsWithSampleType(
      isGzip(head)
        ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MAX_HEAD })
        : head,
    );
  } catch {
    return false;
  }
}

function headOf(file: string): Promise<Uint8Array> {
  return withFile(file, async (handle) => {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  });
}

/** Field 1, a short message that begins with its field 1 or 2, both numbers: no text begins like that. */
function beginsWithSampleType(bytes: Uint8Array): boolean {
  const [tag, length = 0, first] = bytes;
  return tag === 0x0a && length >= 2 && length <= 12 && (first === 0x08 || first === 0x10);
}
