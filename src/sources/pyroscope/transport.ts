import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { UpstreamError, UserError } from '../../errors.js';
import { type Meter, NO_METER, type UpstreamEnd, type UpstreamSource } from '../../telemetry/meter.js';
import { traceHeaders } from '../../telemetry/trace.js';
import { type Echo, parseWithoutEchoes } from '../echoes.js';
import { giveUp, isGzip, readBody, readStart, tooLarge } from './body.js';
import { type ConnectionOptions, openConnections } from './connections.js';
import { type CredentialOptions, createCredentials } from './credentials.js';
import {
  type ErrorAnswer,
  failureOfAnswer,
  failureOfConnection,
  failureOfReading,
  isPage,
  unreadable,
  unreadablePage,
} from './failure.js';
import { waitBeforeRetry } from './retry.js';
import { routeOf } from './route.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 256 * 2 ** 20;
const MAX_ERROR_BYTES = 64 * 2 ** 10;
const MAX_REDIRECTS = 5;
/** Without the parameter the server hides label names with dots or non-ASCII letters. */
const ACCEPT = '*/*;allow-utf8-labelnames=true';

export interface TransportOptions extends CredentialOptions, Partial<ConnectionOptions> {
  /** Base URL; a path prefix is kept. Credentials never go anywhere else. */
  url: string;
  /** Replaces the connections; they are then not closed with the transport. */
  dispatcher?: Dispatcher;
  /** Deadline of one request with its answer, milliseconds; default 30,000. */
  timeoutMs?: number;
  /** Largest answer read, raw and inflated, bytes; default 256 MiB. */
  maxResponseBytes?: number;
  /** What an error answer of somebody in between means; null leaves it to be read as the store's own. */
  failureOf?: (answer: ErrorAnswer, redact: (text: string) => string) => UpstreamError | null;
  /** Told of every request, under the name of this kind of source. */
  meter?: Meter | undefined;
  kind?: UpstreamSource;
}

export type Codec = 'json' | 'proto';

export interface RawRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, starting with `/`; may carry a query. */
  path: string;
  body?: string | Uint8Array;
  contentType?: string;
  /** Media type of the answer, where not just any will do. */
  accept?: string | undefined;
  /** Largest answer read, where less than of other requests will do, bytes. */
  maxBytes?: number;
  signal: AbortSignal;
  /** Asked before the request is sent once more; throws where it may not be any longer. */
  admitRetry?: (() => Promise<void>) | undefined;
}

export interface RawAnswer {
  status: number;
  contentType: string;
  /** The body, inflated. */
  bytes: Buffer;
  /** The server's clock, Unix ms; null where it does not say. */
  date: number | null;
  /** Its Content-Security-Policy, as in an error answer. */
  policy: string;
}

/**
 * Requests to one server. All methods throw UpstreamError, or the reason of the caller's signal when it
 * aborted.
 */
export interface Transport {
  /** Posts a value as JSON and returns the parsed answer. */
  post(path: string, body: unknown, options: { codec: 'json'; signal: AbortSignal }): Promise<unknown>;
  /** Posts an encoded protobuf message and returns the encoded answer. */
  post(path: string, body: Uint8Array, options: { codec: 'proto'; signal: AbortSignal }): Promise<Uint8Array>;
  /** Sends a request as it is; only an answer with status 2xx returns. */
  send(request: RawRequest): Promise<RawAnswer>;
  /** Takes our credentials out of text from elsewhere. */
  redact(text: string): string;
  /**
   * Our credentials as names in an answer may hold them. Parsed answers hold none; who reads encoded ones
   * takes them out.
   */
  echoes(): readonly Echo[];
  close(): Promise<void>;
}

/**
 * A connection pool to one server: keep-alive, at most 8 requests in flight, one deadline per request
 * (waiting for a free connection included). All requests only read, so that a broken transfer, or one that
 * the server refuses for now, is tried once more within the same deadline (`retry.ts` says which). A redirect
 * is followed only to the same path below another prefix of the same server, and never where it would turn a
 * query into a GET.
 *
 * @throws UserError when the URL is not an http(s) URL
 */
export function createTransport(options: TransportOptions): Transport {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxResponseBytes = DEFAULT_MAX_BYTES } = options;
  const { meter = NO_METER, kind = 'pyroscope' } = options;
  const base = parseBase(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const credentials = createCredentials(options);
  const redact = (text: string) => credentials.redact(text);
  let pool: Promise<Dispatcher> | undefined;
  const connections = (): Promise<Dispatcher> => {
    if (options.dispatcher !== undefined) return Promise.resolve(options.dispatcher);
    pool ??= openConnections(base.origin, { ...options, timeoutMs }).catch((error: unknown) => {
      pool = undefined;
      throw error;
    });
    return pool;
  };

  const exchange = async (request: RawRequest, signal: AbortSignal): Promise<RawAnswer> => {
    const answer = await follow(request, signal);
    const limit = Math.min(request.maxBytes ?? maxResponseBytes, maxResponseBytes);
    const contentType = header(answer, 'content-type');
    const policy = header(answer, 'content-security-policy');
    const encoding = header(answer, 'content-encoding').toLowerCase();
    const status = answer.statusCode;
    if (status < 200 || status >= 300) {
      const text = String(await readStart(answer.body, encoding, MAX_ERROR_BYTES));
      signal.throwIfAborted();
      const failed: ErrorAnswer = {
        status,
        contentType,
        location: header(answer, 'location'),
        text,
        retryAfter: header(answer, 'retry-after'),
      };
      throw options.failureOf?.({ ...failed, policy }, redact) ?? failureOfAnswer(failed, redact);
    }
    if (encoding !== '' && encoding !== 'identity' && !isGzip(encoding)) {
      giveUp(answer.body);
      throw unreadable(`the answer is encoded as ${encoding}, which was not asked for`, redact);
    }
    if (Number(header(answer, 'content-length')) > limit) {
      giveUp(answer.body);
      throw tooLarge(limit, 'raw');
    }
    const date = Date.parse(header(answer, 'date'));
    let received = 0;
    try {
      const bytes = await readBody(answer.body, encoding, limit, (raw) => {
        received = raw;
      });
      return { status, contentType, bytes, policy, date: Number.isNaN(date) ? null : date };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UpstreamError) throw error;
      throw failureOfReading(error, received, redact);
    }
  };

  /** The first answer that is not a redirect to the same thing under another prefix. */
  const follow = async (request: RawRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    let path = `${prefix}${request.path}`;
    for (let hops = 0; ; hops++) {
      const answer = await open({ ...request, path }, signal);
      const moved = hops < MAX_REDIRECTS ? movedTo(answer, request, new URL(path, base)) : null;
      if (moved === null) return answer;
      giveUp(answer.body);
      path = moved;
    }
  };

  const open = async (request: RawRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const { method, path, body = null, contentType, accept = ACCEPT } = request;
    const dispatcher = await connections();
    const headers = {
      accept,
      'accept-encoding': 'gzip',
      'user-agent': 'pyroscope-mcp',
      ...traceHeaders(),
      ...(await credentials.headers()),
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    };
    try {
      return await dispatcher.request({ origin: base.origin, path, method, body, headers, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw failureOfConnection(error, redact);
    }
  };

  /** Counts one attempt: how it ended and how long it took. */
  const attempt = async (request: RawRequest, deadline: AbortSignal): Promise<RawAnswer> => {
    const started = performance.now();
    const end = (outcome: UpstreamEnd['outcome']) =>
      meter.upstream({
        source: kind,
        route: routeOf(request.path),
        outcome,
        seconds: (performance.now() - started) / 1000,
      });
    try {
      const answer = await exchange(request, AbortSignal.any([request.signal, deadline]));
      end('ok');
      return answer;
    } catch (error) {
      const late = deadline.aborted && !request.signal.aborted;
      const failure = late ? new UpstreamError('timeout', `no answer within ${timeoutMs / 1000} s`) : error;
      end(failure instanceof UpstreamError ? failure.kind : request.signal.aborted ? 'cancelled' : 'failed');
      request.signal.throwIfAborted();
      throw failure;
    }
  };

  const send: Transport['send'] = async (request) => {
    request.signal.throwIfAborted();
    // Loading our own client is not the store's time. What fails there fails again below, where it is
    // explained.
    await connections().catch(() => {});
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const ends = performance.now() + timeoutMs;
    try {
      return await attempt(request, deadline.signal);
    } catch (error) {
      const wait = deadline.signal.aborted ? null : waitBeforeRetry(error, ends - performance.now());
      if (wait === null || request.signal.aborted) throw error;
      if (wait > 0)
        await sleep(wait, undefined, { signal: request.signal }).catch(() => request.signal.throwIfAborted());
      await request.admitRetry?.();
      return await attempt(request, deadline.signal);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    post: createPost(send, credentials),
    send,
    redact,
    echoes: credentials.echoes,
    async close() {
      await (await pool)?.destroy();
    },
  };
}

/** Posts and reads messages over a way to send raw requests. */
export function createPost(
  send: Transport['send'],
  { redact, echoes }: Pick<Transport, 'redact' | 'echoes'>,
): Transport['post'] {
  function post(
    path: string,
    body: unknown,
    options: { codec: 'json'; signal: AbortSignal },
  ): Promise<unknown>;
  function post(
    path: string,
    body: Uint8Array,
    options: { codec: 'proto'; signal: AbortSignal },
  ): Promise<Uint8Array>;
  async function post(path: string, body: unknown, { codec, signal }: { codec: Codec; signal: AbortSignal }) {
    const encoded = body instanceof Uint8Array ? body : JSON.stringify(body);
    const answer = await send({
      method: 'POST',
      path,
      body: encoded,
      contentType: `application/${codec}`,
      signal,
    });
    return codec === 'json' ? parseJson(answer, echoes(), redact) : protoBytes(answer, redact);
  }

  return post;
}

/**
 * Where a redirect leads that may be followed: the same path with another prefix, on the same server, by the
 * same method.
 */
function movedTo(answer: Dispatcher.ResponseData, { method, path }: RawRequest, asked: URL): string | null {
  const keepsMethod = answer.statusCode === 307 || answer.statusCode === 308;
  if (!keepsMethod && !(method === 'GET' && [301, 302, 303].includes(answer.statusCode))) return null;
  const location = header(answer, 'location');
  if (location === '' || !URL.canParse(location, asked.href)) return null;
  const target = new URL(location, asked);
  const same = target.origin === asked.origin && target.href !== asked.href;
  return same && `${target.pathname}${target.search}`.endsWith(path)
    ? `${target.pathname}${target.search}`
    : null;
}

function parseBase(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') {
    throw new UserError(
      'The URL of a profile store must be an http(s) URL without credentials in it.',
      'Example: http://localhost:4040; credentials have settings of their own.',
    );
  }
  return base;
}

function header(answer: Dispatcher.ResponseData, name: string): string {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function parseJson(
  { contentType, bytes }: RawAnswer,
  echoes: readonly Echo[],
  redact: (text: string) => string,
): unknown {
  const text = bytes.toString();
  refuseHtml(contentType, text, redact);
  try {
    return parseWithoutEchoes(text, echoes);
  } catch {
    throw unreadable(
      text.trim() === '' ? 'the answer is empty' : 'the answer is not JSON, or not all of it',
      redact,
    );
  }
}

function protoBytes({ contentType, bytes }: RawAnswer, redact: (text: string) => string): Uint8Array {
  refuseHtml(contentType, bytes.subarray(0, 100).toString(), redact);
  if (/json|text\//i.test(contentType))
    throw unreadable(`the answer is ${contentType} and not protobuf`, redact);
  return bytes;
}

function refuseHtml(contentType: string, text: string, redact: (text: string) => string): void {
  if (!isPage(contentType, text)) return;
  throw unreadablePage(text, redact);
}
