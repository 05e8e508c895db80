import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UpstreamError } from '../../errors.js';

/**
 * Reads a whole body, inflating gzip. Reading stops, and the connection is given up, as soon as more than `limit`
 * bytes have come in, raw or inflated.
 *
 * @param encoding the answer's content encoding, '' for none
 * @throws UpstreamError `too_large`; what the stream throws when it is cut or damaged
 */
export async function readBody(body: Readable, encoding: string, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  const collect = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const part of counted(stream, limit, 'inflated')) parts.push(part);
  };
  if (encoding === '' || encoding === 'identity') {
    await pipeline(body, collect);
  } else {
    await pipeline(
      body,
      (stream: AsyncIterable<Buffer>) => counted(stream, limit, 'raw'),
      createGunzip(),
      collect,
    );
  }
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

async function* counted(stream: AsyncIterable<Buffer>, limit: number, what: string): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) throw tooLarge(limit, what);
    yield part;
  }
}

/** The failure of an answer over the cap. */
export function tooLarge(limit: number, what: string): UpstreamError {
  const mib = Math.round((limit / 2 ** 20) * 100) / 100;
  return new UpstreamError('too_large', `the answer is larger than ${mib} MiB (${what})`, { status: 200 });
}
