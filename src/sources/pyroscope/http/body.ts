import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { UpstreamError } from '../../../errors.js';

/**
 * Maximum compressed size of an answer that is inflated in a single call: a stream would cost more than the
 * inflating itself.
 */
const SMALL_RAW_BYTES = 64 * 2 ** 10;
/** Maximum inflated size for a single call, some 2 ms of work; a stream inflates larger answers. */
const SMALL_INFLATED_BYTES = 2 ** 20;
/**
 * Maximum factor by which deflate inflates, so that a body below the limit divided by it is within the limit.
 */
const MAX_INFLATION = 1_032;

/** A large answer has some ten parts of this size, where the usual 16 KiB would give a hundred or more. */
const INFLATED_CHUNK_BYTES = 256 * 2 ** 10;

/**
 * Reads a whole body and inflates gzip. Reading stops and the connection is closed as soon as more than
 * `limit` bytes have arrived, raw or inflated.
 *
 * @param encoding the answer's content encoding, '' for none
 * @param onBytes called with the number of raw bytes that have arrived, whenever it grows
 * @throws UpstreamError `too_large`; the stream's own error when the body is cut or damaged
 */
export async function readBody(
  body: Readable,
  encoding: string,
  limit: number,
  onBytes: (raw: number) => void = () => {},
): Promise<Buffer> {
  const isPlain = encoding === '' || encoding === 'identity';
  const maxAtOnce = Math.min(SMALL_RAW_BYTES, limit / MAX_INFLATION);
  const parts: Buffer[] = [];
  let size = 0;
  // By default, leaving the loop early destroys the body; a large one is read further below.
  for await (const part of body.iterator({ destroyOnReturn: false })) {
    parts.push(part);
    size += part.length;
    onBytes(size);
    if (size > limit) {
      discard(body);
      throw tooLarge(limit, isPlain ? 'inflated' : 'raw');
    }
    if (!isPlain && size > maxAtOnce) return inflate(parts, body, limit, onBytes);
  }
  if (isPlain) return Buffer.concat(parts);
  return inflateAtOnce(Buffer.concat(parts), limit) ?? inflate(parts, body, limit, onBytes);
}

/** Inflates a body in a single call; null where it is larger than a single call may inflate. */
function inflateAtOnce(raw: Buffer, limit: number): Buffer | null {
  try {
    return gunzipSync(raw, { maxOutputLength: Math.min(limit, SMALL_INFLATED_BYTES) });
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/** Inflates a body in a stream, beginning with the parts that were read already. */
async function inflate(
  firstParts: readonly Buffer[],
  rest: Readable,
  limit: number,
  onBytes: (raw: number) => void,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  const chunks = async function* () {
    yield* firstParts;
    if (!rest.readableEnded) yield* rest;
  };
  await pipeline(
    chunks,
    (stream: AsyncIterable<Buffer>) => limitBytes(stream, limit, 'raw', onBytes),
    createGunzip({ chunkSize: INFLATED_CHUNK_BYTES }),
    async (stream: AsyncIterable<Buffer>) => {
      for await (const part of limitBytes(stream, limit, 'inflated')) parts.push(part);
    },
  ).catch((error: unknown) => {
    // A body that waits for its next part cannot be stopped in another way.
    discard(rest);
    throw error;
  });
  return Buffer.concat(parts);
}

/** Reads at most `limit` bytes of a body and discards the rest; errors while reading are ignored. */
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
    // The status alone tells the error; the text only helps.
  }
  return Buffer.concat(parts).subarray(0, limit);
}

/** Closes the connection of a body that will not be read. */
export function discard(body: Readable): void {
  body.on('error', () => {}).destroy();
}

/** Whether a content encoding is one that {@link readBody} inflates. */
export function isGzip(encoding: string): boolean {
  return encoding === 'gzip' || encoding === 'x-gzip';
}

async function* limitBytes(
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

/** The failure of an answer over the limit. */
export function tooLarge(limit: number, what: string): UpstreamError {
  const mib = Math.round((limit / 2 ** 20) * 100) / 100;
  return new UpstreamError('too_large', `the answer is larger than ${mib} MiB (${what})`, { status: 200 });
}
