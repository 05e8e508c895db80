import type { IncomingMessage } from 'node:http';
import { refusal } from './answers.js';

/** Arguments of tools are small: a long regular expression has some kilobytes. */
export const MAX_BODY_BYTES = 2 ** 20;
/** A body that is over the limit is still read up to here, then cut off. */
const MAX_DROPPED_BYTES = 16 * 2 ** 20;

/**
 * Reads a request's body.
 * @returns null when it is over the limit; read to its end nevertheless, within reason: a connection that is closed
 * with bytes unread is reset, and the client would see that instead of the 413
 */
export async function readBody(request: IncomingMessage): Promise<Uint8Array[] | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
    if (size > MAX_DROPPED_BYTES) break;
  }
  return size <= MAX_BODY_BYTES ? chunks : null;
}

/** Reads a body that nobody wants, for the same reason, and keeps nothing of it. */
export async function dropBody(request: IncomingMessage): Promise<void> {
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_DROPPED_BYTES) break;
  }
}

export function tooLarge(): Response {
  return refusal(413, `A request is at most ${MAX_BODY_BYTES} bytes.`);
}
