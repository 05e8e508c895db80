import { MAX_BODY_BYTES } from './body.js';

export type RequestId = string | number;

/** A JSON-RPC message as far as it must be known before the protocol. */
export interface Message {
  body: Readonly<Record<string, unknown>>;
  method: unknown;
  /** Null for a notification. */
  id: RequestId | null;
  /** Whether it is the call of a tool: what costs the profile store something. */
  isCall: boolean;
  /** Id of the request that this message cancels; null for every other message. */
  cancels: RequestId | null;
}

/**
 * Reads the message of a request, and leaves the request readable. No current protocol has batches, and one that cancels
 * its own call would hold its stream open for good.
 *
 * @returns null where there is none: another method, no JSON, another kind of value or of content
 */
export async function readMessage(request: Request): Promise<Message | 'batch' | 'too large' | null> {
  if (request.method !== 'POST') return null;
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) return 'too large';
  const text = await request.clone().text();
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return 'too large';
  // Before JSON is parsed: half a batch is still a batch.
  if (text.trimStart().startsWith('[')) return 'batch';
  const value = parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const body = Object.fromEntries(Object.entries(value));
  const { method, id, params } = body;
  return {
    body,
    method,
    id: requestIdOf(id),
    isCall: method === 'tools/call',
    cancels:
      method === 'notifications/cancelled' ? requestIdOf(Reflect.get(Object(params), 'requestId')) : null,
  };
}

function requestIdOf(value: unknown): RequestId | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
