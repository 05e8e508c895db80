import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { readAnyProfile } from '../../profile/formats/read.js';
import { type PprofFile, UnreadableProfileError } from '../../profile/pprof/pprof.js';
import { type ProfileTime, plausibleTime } from '../../profile/pprof/profile-time.js';
import { pruneFrames } from '../../profile/pprof/prune.js';
import { nameDemangler } from '../demangle.js';

const inflate = promisify(zlib.gunzip);

type ZstdDecompress = (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void;
/** Since Node 22.15; the types are those of Node 20, which has no such function. */
const { zstdDecompress } = zlib as { zstdDecompress?: ZstdDecompress };

/** Largest profile read, inflated: a heap profile of a very large process has some tens of MB. */
const MAX_PROFILE_BYTES = 256 * 2 ** 20;

/** From this size on a file, which is mostly compressed, is read in a thread: it has some 2 MiB inside. */
const HEAVY_FILE_BYTES = 512 * 2 ** 10;

/** A decoded file as its writer meant it: time corrected, frames left out that it calls uninteresting. */
export interface ProfileFile extends PprofFile {
  /** Unit in which the file gives its time; null where the time is 0 or implausible. */
  timeUnit: ProfileTime['unit'];
  /** Whether it has a time that is not plausible in any unit. */
  hasWrongTime: boolean;
  /** Why the frames that it calls uninteresting were kept; null where they were not. */
  pruneRefused: string | null;
}

/** A file that could not be read, and why. */
export interface BrokenFile {
  file: string;
  reason: string;
}

export const LEADS_OUTSIDE = 'a link that leads outside the directory';

/**
 * Reads and inflates one profile of the directory, of whatever format. Links are followed as long as they
 * stay inside.
 * @throws UnreadableProfileError or the file system's or zlib's error
 */
export async function readProfileFile(directory: string, file: string): Promise<ProfileFile> {
  const read = readAnyProfile(
    await unpacked(await readBelow(directory, file, MAX_PROFILE_BYTES)),
    nameDemangler(),
  );
  const { file: pprof, refused } = pruneFrames(read);
  const { unit, ...time } = plausibleTime(pprof.timeNanos, pprof.durationNanos);
  return {
    ...pprof,
    ...time,
    timeUnit: unit,
    hasWrongTime: unit === null && pprof.timeNanos !== 0n,
    pruneRefused: refused,
  };
}

async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  const limit = { maxOutputLength: MAX_PROFILE_BYTES };
  if (isGzip(bytes)) return inflate(bytes, limit);
  if (!isZstd(bytes)) return bytes;
  if (zstdDecompress === undefined) {
    throw new UnreadableProfileError(
      'zstd-compressed, which Node reads from 22.15 on. Unpack it: `unzstd FILE`',
    );
  }
  return new Promise((resolve, reject) => {
    zstdDecompress(bytes, limit, (error, result) => (error === null ? resolve(result) : reject(error)));
  });
}

/**
 * Reads a file of a directory whole.
 * @throws Error when it lies outside, is no file or larger than `most` bytes; the file system's error
 */
export async function readBelow(directory: string, file: string, most: number): Promise<Buffer> {
  const real = await realpath(path.join(directory, file));
  if (!isBelow(await realpath(directory), real)) throw new Error(LEADS_OUTSIDE);
  return withFile(real, async (handle, { size }) => {
    if (size > most) throw new Error(`larger than ${most / 2 ** 20} MiB`);
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(bytes, at, size - at, at);
      // It has become shorter since.
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  });
}

/**
 * Opens a regular file, and looks at what was opened: what a name leads to may have changed. A pipe or a
 * device neither blocks nor is read, and a link that took the file's place is not followed.
 */
export async function withFile<T>(
  real: string,
  read: (handle: FileHandle, found: Stats) => Promise<T>,
): Promise<T> {
  const handle = await open(real, constants.O_RDONLY | NONBLOCK | NOFOLLOW);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error('not a file');
    return await read(handle, found);
  } finally {
    await handle.close();
  }
}

/** Windows has neither. */
const { O_NONBLOCK: NONBLOCK = 0, O_NOFOLLOW: NOFOLLOW = 0 } = constants;

/** Size of a file as it lies on the disk; 0 where there is no such file. */
export async function bytesOf(directory: string, file: string): Promise<number> {
  return stat(path.join(directory, file)).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Whether decoding a file would hold up everybody else. */
export function isHeavy(fileBytes: number): boolean {
  return fileBytes >= HEAVY_FILE_BYTES;
}

/** Whether a resolved path is the resolved root or lies below it. */
export function isBelow(root: string, real: string): boolean {
  const relative = path.relative(root, real);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Why a file or its content cannot be read, in words. */
export function reasonOf(error: unknown): string {
  if (isMissing(error)) return 'no such file';
  if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR')
    return 'cut short: unexpected end of the gzip data';
  if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    return `inflates to more than ${MAX_PROFILE_BYTES / 2 ** 20} MiB`;
  return error instanceof Error ? error.message : 'unknown reason';
}
