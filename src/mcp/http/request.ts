import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isExportAddress } from '../exports/address.js';
import { isPictureAddress } from '../pictures/address.js';
import { refusal } from './responses.js';

export const MCP_PATH = '/mcp';
/** Paths of probes, which come by address and without a token. Their answers tell nothing. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/**
 * Target of a request. The request line and the Host header are read separately, so that neither can pose as
 * the other.
 */
export interface Target {
  /** Path with query; begins with a slash. */
  path: string;
  /** Path without query, its dots resolved. */
  pathname: string;
  /** Host name with port; null for a request that names none. */
  host: string | null;
}

/** A host name or address with an optional port; it cannot begin a path, a query or credentials. */
const HOST = /^(?:\[[^\s/?#@\\[\]]+\]|[^\s/?#@\\[\]:]+)(?::\d*)?$/;

/**
 * Reads the target of a request. A target with a host of its own (`GET http://host/path`, as proxies send it)
 * overrides the Host header (RFC 9112, section 3.2.2).
 * @returns the target, or the fault of a request that must be refused with 400
 */
export function readTarget({
  url = '/',
  httpVersion,
  headersDistinct,
}: Pick<IncomingMessage, 'url' | 'httpVersion' | 'headersDistinct'>): Target | { fault: string } {
  const names = headersDistinct.host ?? [];
  if (names.length > 1) return { fault: 'The request has more than one Host header: send one.' };
  const [name = ''] = names;
  if (name !== '' && !isHost(name)) {
    return { fault: 'The Host header is not a host name with an optional port.' };
  }
  const target = url.startsWith('/') ? { host: name, path: url } : absoluteTarget(url);
  if (target === null || !URL.canParse(`http://localhost${target.path}`)) {
    return { fault: 'The request line is not valid: ask for a path, such as /mcp.' };
  }
  const { pathname } = new URL(`http://localhost${target.path}`);
  // Checks of load balancers leave the header out also where HTTP/1.1 demands it, and learn nothing from
  // their answer.
  if (name === '' && httpVersion !== '1.0' && !OPEN_PATHS.has(pathname)) {
    return { fault: 'The request has no Host header: HTTP/1.1 demands one.' };
  }
  return { path: target.path, pathname, host: target.host === '' ? null : target.host };
}

function absoluteTarget(url: string): { host: string; path: string } | null {
  if (!/^https?:\/\/[^/\\?#]/i.test(url) || !URL.canParse(url)) return null;
  const { username, password, host, pathname, search } = new URL(url);
  return username === '' && password === '' ? { host, path: `${pathname}${search}` } : null;
}

function isHost(name: string): boolean {
  return HOST.test(name) && URL.canParse(`http://${name}/`);
}

/** Maximum size of a body: arguments of tools are small, and a long regular expression has some kilobytes. */
export const MAX_BODY_BYTES = 2 ** 20;
/** Size up to which a body over the limit is still read before the connection is cut. */
const MAX_DROPPED_BYTES = 16 * 2 ** 20;

/**
 * Reads the body of a request.
 * @returns null when it is over the limit. The body is read to its end nevertheless, within reason: a
 *   connection that is closed with bytes unread is reset, and the client would see that instead of the 413.
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

/** Reads a body that is not needed, for the reason given at `readBody`, and keeps nothing of it. */
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

export type RequestId = string | number;

/** A JSON-RPC message with the fields that are needed before the protocol handles it. */
export interface Message {
  body: Readonly<Record<string, unknown>>;
  method: unknown;
  /** Null for a notification. */
  id: RequestId | null;
  /**
   * Whether it calls a tool, or reads the picture of a call or an exported profile, which costs the profile
   * store something.
   */
  isCall: boolean;
  /** Id of the request that this message cancels; null for every other message. */
  cancels: RequestId | null;
}

/**
 * Reads the message of a request and leaves the request readable. Batches are refused: no current protocol
 * has them, and a batch that cancels its own call would hold its stream open for good.
 *
 * @returns null where there is no message: another method, no JSON, another kind of value or of content
 */
export async function readMessage(request: Request): Promise<Message | 'batch' | 'too large' | null> {
  if (request.method !== 'POST') return null;
  if (Number(request.headers.get('content-length')) > MAX_BODY_BYTES) return 'too large';
  const text = await request.clone().text();
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return 'too large';
  // This comes before JSON is parsed, since half a batch is still a batch.
  if (text.trimStart().startsWith('[')) return 'batch';
  const value = parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const body = Object.fromEntries(Object.entries(value));
  const { method, id, params } = body;
  return {
    body,
    method,
    id: readRequestId(id),
    isCall:
      method === 'tools/call' ||
      (method === 'resources/read' && readsProfiles(Reflect.get(Object(params), 'uri'))),
    cancels:
      method === 'notifications/cancelled' ? readRequestId(Reflect.get(Object(params), 'requestId')) : null,
  };
}

/** Whether an address is one of those whose content is made of profiles. */
function readsProfiles(uri: unknown): boolean {
  return isPictureAddress(uri) || isExportAddress(uri);
}

function readRequestId(value: unknown): RequestId | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Header that carries the session id, in both directions. */
export const SESSION_HEADER = 'mcp-session-id';

/**
 * Time for which a cancel that came before its request is remembered, milliseconds. Each cancel opens a
 * connection of its own, and a busy machine serves them seconds apart.
 */
const EARLY_MS = 20_000;
/** Maximum number of such cancels; the oldest go first. */
const MAX_EARLY = 1_024;

/** Sender of a request, as far as it decides which cancels concern the request. */
export interface Origin {
  /** Client id of the token; null where the server wants none. */
  client: string | null;
  /** Session id that the caller sent; null where it sent none. */
  session: string | null;
}

/** Requests in flight that their clients can cancel with a separate message. */
export interface Cancellations {
  /**
   * Begins a request.
   * @returns the signal that aborts when the client cancels the request, and what must be run when it is over
   */
  begin(origin: Origin, id: RequestId): { signal: AbortSignal; end(): void };
  cancel(origin: Origin, id: RequestId): void;
}

/**
 * Matches the cancels of the protocol before 2026-07-28 with requests. A cancel and its request come in
 * separate HTTP requests, and request ids are unique only in one client: without a session id a cancel could
 * end a call of another client. Only requests in flight are kept of a session, so that any session id is as
 * good as a known one.
 */
export function createCancellations(now: () => number = () => performance.now()): Cancellations {
  const inFlight = new Map<string, Set<AbortController>>();
  /** Time of expiry by key, in the order of arrival. */
  const early = new Map<string, number>();
  const rememberEarly = (key: string) => {
    early.delete(key);
    for (const [oldest, expiry] of early) {
      if (early.size < MAX_EARLY && expiry > now()) break;
      early.delete(oldest);
    }
    early.set(key, now() + EARLY_MS);
  };
  return {
    begin(origin, id) {
      const controller = new AbortController();
      if (origin.session === null) return { signal: controller.signal, end() {} };
      const key = buildKey(origin, id);
      const controllers = inFlight.get(key) ?? new Set();
      inFlight.set(key, controllers.add(controller));
      if ((early.get(key) ?? 0) > now()) controller.abort();
      early.delete(key);
      return {
        signal: controller.signal,
        end() {
          // A second run must not touch a later request with this id.
          if (controllers.delete(controller) && controllers.size === 0) inFlight.delete(key);
        },
      };
    },
    cancel(origin, id) {
      if (origin.session === null) return;
      const key = buildKey(origin, id);
      const controllers = inFlight.get(key);
      if (controllers === undefined) return rememberEarly(key);
      for (const controller of controllers) controller.abort();
    },
  };
}

/** Makes a key whose length does not depend on the caller, which bounds the memory for early cancels. */
function buildKey({ client, session }: Origin, id: RequestId): string {
  return createHash('sha256')
    .update(JSON.stringify([client, session, id]))
    .digest('base64');
}
