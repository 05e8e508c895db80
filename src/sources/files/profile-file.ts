import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { decodePprof, type PprofFile } from '../../profile/pprof.js';

const inflate = promisify(gunzip);

/** Largest profile read, inflated: a heap profile of a very large process has some tens of MB. */
const MAX_PROFILE_BYTES = 256 * 2 ** 20;

/** A file that could not be read, and why. */
export interface BrokenFile {
  file: string;
  reason: string;
}

export const LEADS_OUTSIDE = 'a link that leads outside the directory';

/**
 * Reads and inflates one profile of the directory. Links are followed as long as they stay inside.
 * @throws UnreadableProfileError or the file system's or zlib's error
 */
export async function readProfileFile(directory: string, file: string): Promise<PprofFile> {
  const real = await realpath(path.join(directory, file));
  if (!isBelow(await realpath(directory), real)) throw new Error(LEADS_OUTSIDE);
  const found = await stat(real);
  if (!found.isFile()) throw new Error('not a file');
  if (found.size > MAX_PROFILE_BYTES) throw new Error(`larger than ${MAX_PROFILE_BYTES / 2 ** 20} MiB`);
  const bytes = await readFile(real);
  return decodePprof(isGzip(bytes) ? await inflate(bytes, { maxOutputLength: MAX_PROFILE_BYTES }) : bytes);
}

/** Whether a resolved path is the resolved root or lies below it. */
export function isBelow(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Why a file or its content cannot be read, in words. */
export function reasonOf(error: unknown): string {
  if (isMissing(error)) return 'no such file';
  if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR')
    return 'cut short: unexpected end of the gzip data';
  return error instanceof Error ? error.message : 'unknown reason';
}
