import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** Bytes read of a file that does not say how many it has (those of `/proc`). */
const SMALL_BYTES = 64 * 2 ** 10;
/** A bundle of certificate authorities has some 250 KB, a token some hundred bytes. */
const MAX_BYTES = 4 * 2 ** 20;
/**
 * A pipe that takes the place of a file between the look and the opening must not block; Windows has no such
 * flag.
 */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Something that a setting names and that is not read. */
class UnfitFileError extends Error {
  override readonly name = 'UnfitFileError';
}

/**
 * Reads a file that a setting names: a token, a list of tokens, certificates. Links are followed (Kubernetes
 * mounts secrets as links). A pipe, a device, a directory or a socket is not read: it may never end, and the
 * files are read again while the server runs, which `<(…)` and `/dev/stdin` cannot be.
 *
 * @throws Error, for {@link reasonOfSettingFile}
 */
export async function readSettingFile(file: string): Promise<string> {
  refuseUnfit(await stat(file));
  const handle = await open(file, FLAGS);
  try {
    const buffer = bufferFor(await handle.stat());
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return decodeText(buffer, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Reads a setting file synchronously, for callers that cannot wait. */
export function readSettingFileNow(file: string): string {
  refuseUnfit(statSync(file));
  const descriptor = openSync(file, FLAGS);
  try {
    const buffer = bufferFor(fstatSync(descriptor));
    return decodeText(buffer, readSync(descriptor, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** Why a file that a setting names was not read, in a few words and without its path. */
export function reasonOfSettingFile(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error instanceof UnfitFileError) return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function refuseUnfit(stats: Stats): void {
  if (!stats.isFile()) throw new UnfitFileError(`${nameKind(stats)}; only a regular file will do`);
  if (stats.size > MAX_BYTES) throw new UnfitFileError(`it is larger than ${MAX_BYTES / 2 ** 20} MiB`);
}

/** Room for the whole file and one byte more, which tells that it has grown. */
function bufferFor(stats: Stats): Buffer {
  refuseUnfit(stats);
  return Buffer.alloc(Math.max(stats.size, SMALL_BYTES) + 1);
}

function nameKind(stats: Stats): string {
  if (stats.isDirectory()) return 'it is a directory';
  if (stats.isFIFO()) return 'it is a pipe, which can be read only once';
  return stats.isSocket() ? 'it is a socket' : 'it is a device';
}

function decodeText(buffer: Buffer, length: number): string {
  if (length === buffer.length) throw new UnfitFileError('it grew while it was read');
  return buffer.toString('utf8', 0, length);
}
