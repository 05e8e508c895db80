import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { UpstreamError } from '../../errors.js';

/**
 * Answers up to this many bytes, raw, are inflated at once: a stream for each costs more than the inflating
 * itself …
 */
const SMALL_RAW_BYTES = 64 * 2 ** 10;
/** … unless they turn out to be larger than this, inflated: some 2 ms of work. */
const SMALL_INFLATED_BYTES = 2 ** 20;
/**
 * Deflate makes at most this of one byte, so that less of a body than the cap over it cannot be over the cap.
 */
const MAX_INFLATION = 1_032;

/**
 * Reads a whole body, inflating gzip. Reading stops, and the connection is given up, as soon as more than
 * `limit` bytes have come in, raw or inflated.
 *
 * @param encoding the answer's content encoding, '' for none
 * @param onBytes told how many bytes have come, as sent, whenever some did
 * @throws UpstreamError `too_large`; what the stream throws when it is cut or damaged
 */
export async function readBody(
  body: Readable,
  encoding: string,
  limit: number,
  onBytes: (raw: number) => void = () => {},
): Promise<Buffer> {
  const isPlain = encoding === '' || encoding === 'identity';
  const small = Math.min(SMALL_RAW_BYTES, limit / MAX_INFLATION);
  const parts: Buffer[] = [];
  let size = 0;
  // Left before its end the loop would destroy the body, and a large one is read on below.
  for await (const part of body.iterator({ destroyOnReturn: false })) {
    parts.push(part);
    size += part.length;
    onBytes(size);
    if (size > limit) {
      giveUp(body);
      throw tooLarge(limit, isPlain ? 'inflated' : 'raw');
    }
    if (!isPlain && size > small) return inflate(parts, body, limit, onBytes);
  }
  if (isPlain) return Buffer.concat(parts);
  return inflateAtOnce(Buffer.concat(parts), limit) ?? inflate(parts, body, limit, onBytes);
}

/** Null for what is not as small as it looked. */
function inflateAtOnce(raw: Buffer, limit: number): Buffer | null {
  try {
    return gunzipSync(raw, { maxOutputLength: Math.min(limit, SMALL_INFLATED_BYTES) });
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/** Inflates what was read of a body, and the rest of it, in a stream. */
async function inflate(
  read: readonly Buffer[],
  rest: Readable,
  limit: number,
  onBytes: (raw: number) => void,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const sent = async function* () {
    yield* read;
    if (!rest.readableEnded) yield* rest;
  };
  await pipeline(
    sent,
    (stream: AsyncIterable<Buffer>) => counted(stream, limit, 'raw', onBytes),
    createGunzip(),
    async (stream: AsyncIterable<Buffer>) => {
      for await (const part of counted(stream, limit, 'inflated')) parts.push(part);
    },
  ).catch((error: unknown) => {
    // What waits for its next part cannot be stopped otherwise.
    giveUp(rest);
    throw error;
  });
  return Buffer.concat(parts);
}

/** Reads at most `limit` bytes of a body and gives up the rest, and whatever goes wrong while reading. */
export async function readStart(body: Readable, encoding: string, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  const collect = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const part of stream) {
      parts.push(part);
      size += part.length;
      if (size >= limit) return;
    }
  };
  try {
    if (isGzip(encoding)) await pipeline(body, createGunzip(), collect);
    else await pipeline(body, collect);
  } catch {
    // The status is the message; its text is only a help.
  }
  return Buffer.concat(parts).subarray(0, limit);
}

/** Closes the connection of a body that nobody will read. */
export function giveUp(body: Readable): void {
  body.on('error', () => {}).destroy();
}

/** Whether a content encoding is one that {@link readBody} inflates. */
export function isGzip(encoding: string): boolean {
  return encoding === 'gzip' || encoding === 'x-gzip';
}

async function* counted(
  stream: AsyncIterable<Buffer>,
  limit: number,
  what: string,
  onBytes: (size: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    onBytes(size);
    if (size > limit) throw tooLarge(limit, what);
    yield part;
  }
}

/** The failure of an answer over the cap. */
export function tooLarge(limit: number, what: string): UpstreamError {
  const mib = Math.round((limit / 2 ** 20) * 100) / 100;
  return new UpstreamError('too_large', `the answer is larger than ${mib} MiB (${what})`, { status: 200 });
}
