import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { readAnyProfile } from '../../profile/formats/read.js';
import { type PprofFile, UnreadableProfileError } from '../../profile/pprof/pprof.js';
import { correctTime, type ProfileTime } from '../../profile/pprof/profile-time.js';
import { pruneFrames } from '../../profile/pprof/prune.js';
import { nameDemangler } from '../demangle.js';

const inflate = promisify(zlib.gunzip);

type ZstdDecompress = (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
  done: (error: Error | null, result: Buffer) => void,
) => void;
/** Available since Node 22.15; the types of Node 20 do not have it. */
const { zstdDecompress } = zlib as { zstdDecompress?: ZstdDecompress };

/** Maximum size of an inflated profile: a heap profile of a very large process has some tens of MB. */
const MAX_PROFILE_BYTES = 256 * 2 ** 20;

/**
 * Minimum size of a file that a thread decodes; files are mostly compressed, so it inflates to some 2 MiB.
 */
const HEAVY_FILE_BYTES = 512 * 2 ** 10;

/** A decoded file with a corrected time, and without the frames that it marks as uninteresting. */
export interface ProfileFile extends PprofFile {
  /** Unit in which the file gives its time; null where the time is 0 or implausible. */
  timeUnit: ProfileTime['unit'];
  /** Whether its time is not plausible in any unit. */
  hasWrongTime: boolean;
  /** Reason why frames that it marks as uninteresting were kept; null where they were dropped. */
  pruneRefused: string | null;
}

/** A file that could not be read, and the reason. */
export interface BrokenFile {
  file: string;
  reason: string;
}

export const LEADS_OUTSIDE = 'a link that leads outside the directory';

/**
 * Reads and inflates a profile of the directory, in any known format. A link is followed if it stays inside
 * the directory.
 * @throws UnreadableProfileError or the file system's or zlib's error
 */
export async function readProfileFile(directory: string, file: string): Promise<ProfileFile> {
  const parsed = readAnyProfile(
    await unpack(await readBelow(directory, file, MAX_PROFILE_BYTES)),
    nameDemangler(),
  );
  const { file: pprof, refused } = pruneFrames(parsed);
  const { unit, ...time } = correctTime(pprof.timeNanos, pprof.durationNanos);
  return {
    ...pprof,
    ...time,
    timeUnit: unit,
    hasWrongTime: unit === null && pprof.timeNanos !== 0n,
    pruneRefused: refused,
  };
}

async function unpack(bytes: Uint8Array): Promise<Uint8Array> {
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
 * Reads a whole file of a directory.
 * @throws Error when it lies outside, is no file or larger than `maxBytes`; the file system's error
 */
export async function readBelow(directory: string, file: string, maxBytes: number): Promise<Buffer> {
  const real = await realpath(path.join(directory, file));
  if (!isBelow(await realpath(directory), real)) throw new Error(LEADS_OUTSIDE);
  return withFile(real, async (handle, { size }) => {
    if (size > maxBytes) throw new Error(`larger than ${maxBytes / 2 ** 20} MiB`);
    const bytes = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(bytes, at, size - at, at);
      // The file became shorter after its size was read.
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  });
}

/**
 * Opens a regular file, and checks the opened file, since another may have taken its name meanwhile. A pipe
 * or a device neither blocks nor is read, and a link that took the file's place is not followed.
 */
export async function withFile<T>(
  real: string,
  read: (handle: FileHandle, stats: Stats) => Promise<T>,
): Promise<T> {
  const handle = await open(real, constants.O_RDONLY | NONBLOCK | NOFOLLOW);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('not a file');
    return await read(handle, stats);
  } finally {
    await handle.close();
  }
}

/** Flags of `open`; Windows has neither. */
const { O_NONBLOCK: NONBLOCK = 0, O_NOFOLLOW: NOFOLLOW = 0 } = constants;

/** Size of a file on the disk; 0 where there is no such file. */
export async function readFileSize(directory: string, file: string): Promise<number> {
  return stat(path.join(directory, file)).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Whether decoding a file would block other calls. */
export function isHeavyWork(fileBytes: number): boolean {
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

/** The reason in words why a file or its content cannot be read. */
export function explainFailure(error: unknown): string {
  if (isMissing(error)) return 'no such file';
  if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR')
    return 'cut short: unexpected end of the gzip data';
  if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    return `inflates to more than ${MAX_PROFILE_BYTES / 2 ** 20} MiB`;
  return error instanceof Error ? error.message : 'unknown reason';
}
