import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { UpstreamError, UserError } from '../../../errors.js';
import { type Meter, NO_METER, type UpstreamEnd, type UpstreamSource } from '../../../telemetry/meter.js';
import { sendInSpan } from '../../../telemetry/spans.js';
import { traceHeaders } from '../../../telemetry/trace.js';
import { type Echo, parseWithoutEchoes } from '../../echoes.js';
import { discard, isGzip, readBody, readStart, tooLarge } from './body.js';
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
import { cutRoute } from './route.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 256 * 2 ** 20;
const MAX_ERROR_BYTES = 64 * 2 ** 10;
const MAX_REDIRECTS = 5;
/** Accept header; without the parameter the server hides label names with dots or non-ASCII letters. */
const ACCEPT = '*/*;allow-utf8-labelnames=true';

export interface TransportOptions extends CredentialOptions, Partial<ConnectionOptions> {
  /** Base URL; a path prefix is kept. Credentials never go anywhere else. */
  url: string;
  /** Dispatcher instead of own connections; it is not closed with the transport. */
  dispatcher?: Dispatcher;
  /** Timeout of a request with its answer, in milliseconds; default 30,000. */
  timeoutMs?: number;
  /** Starts the deadline of a request; a clock of its own lets a test decide when it is over. */
  startDeadline?: (ms: number) => Deadline;
  /** Maximum size of an answer, raw and inflated, in bytes; default 256 MiB. */
  maxResponseBytes?: number;
  /** Interprets an error answer of a proxy such as Grafana; null where it is an answer of the store. */
  failureOf?: (answer: ErrorAnswer, redact: (text: string) => string) => UpstreamError | null;
  /** Counts every request under the name of this kind of source. */
  meter?: Meter | undefined;
  kind?: UpstreamSource;
}

/** A point in time after which a request is given up. */
export interface Deadline {
  /** Aborts at the deadline. */
  signal: AbortSignal;
  /** Milliseconds that are left. */
  left(): number;
  /** Ends the wait for it. */
  stop(): void;
}

export type Codec = 'json' | 'proto';

export interface RawRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Path below the base URL, which begins with `/` and may have a query. */
  path: string;
  body?: string | Uint8Array;
  contentType?: string;
  /** Media type of the answer, where a specific one is needed. */
  accept?: string | undefined;
  /** Maximum size of the answer in bytes, where it is lower than for other requests. */
  maxBytes?: number;
  signal: AbortSignal;
  /** Called before the request is sent again; throws where the data source must not be queried any more. */
  admitRetry?: (() => Promise<void>) | undefined;
}

export interface RawAnswer {
  status: number;
  contentType: string;
  /** The body, inflated. */
  bytes: Buffer;
  /** Server's clock, Unix ms; null where the answer does not tell. */
  date: number | null;
  /** Content-Security-Policy, as in an error answer. */
  policy: string;
}

/**
 * Sends requests to a server. All methods throw UpstreamError, or the reason of the caller's signal when that
 * is aborted.
 */
export interface Transport {
  /** Posts a value as JSON and returns the parsed answer. */
  post(path: string, body: unknown, options: { codec: 'json'; signal: AbortSignal }): Promise<unknown>;
  /** Posts an encoded protobuf message and returns the encoded answer. */
  post(path: string, body: Uint8Array, options: { codec: 'proto'; signal: AbortSignal }): Promise<Uint8Array>;
  /** Sends a request as it is; only an answer with status 2xx returns. */
  send(request: RawRequest): Promise<RawAnswer>;
  /** Removes our credentials from text of others. */
  redact(text: string): string;
  /**
   * Our credentials as names in an answer may echo them. They are removed from parsed answers; a reader of
   * encoded answers must remove them.
   */
  echoes(): readonly Echo[];
  close(): Promise<void>;
}

/**
 * Creates a connection pool to a server: keep-alive, at most 8 parallel requests, a deadline for each request
 * (including the wait for a free connection). All requests only read, so a broken transfer, or a request that
 * the server refuses for some time, is repeated once within the same deadline (`retry.ts` decides). A
 * redirect is followed only to the same path below another prefix of the same server, and never where it
 * would turn a query into a GET.
 *
 * @throws UserError when the URL is not an http(s) URL
 */
export function createTransport(options: TransportOptions): Transport {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxResponseBytes = DEFAULT_MAX_BYTES } = options;
  const { startDeadline = startTimer } = options;
  const { meter = NO_METER, kind = 'pyroscope' } = options;
  const base = parseBaseUrl(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const credentials = createCredentials(options);
  const redact = (text: string) => credentials.redact(text);
  let pool: Promise<Dispatcher> | undefined;
  const openPool = (): Promise<Dispatcher> => {
    if (options.dispatcher !== undefined) return Promise.resolve(options.dispatcher);
    pool ??= openConnections(base.origin, { ...options, timeoutMs }).catch((error: unknown) => {
      pool = undefined;
      throw error;
    });
    return pool;
  };

  const exchange = async (request: RawRequest, signal: AbortSignal): Promise<RawAnswer> => {
    const answer = await followRedirects(request, signal);
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
      discard(answer.body);
      throw unreadable(`the answer is encoded as ${encoding}, which was not asked for`, redact);
    }
    if (Number(header(answer, 'content-length')) > limit) {
      discard(answer.body);
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

  /** Sends a request and follows redirects to the same path below another prefix. */
  const followRedirects = async (
    request: RawRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    let path = `${prefix}${request.path}`;
    for (let hops = 0; ; hops++) {
      const answer = await sendOnce({ ...request, path }, signal);
      const redirectPath =
        hops < MAX_REDIRECTS ? readRedirectPath(answer, request, new URL(path, base)) : null;
      if (redirectPath === null) return answer;
      discard(answer.body);
      path = redirectPath;
    }
  };

  const sendOnce = async (request: RawRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const { method, path, body = null, contentType, accept = ACCEPT } = request;
    const dispatcher = await openPool();
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

  /** Sends a request once, and counts its outcome and duration. */
  const attempt = async (request: RawRequest, deadline: AbortSignal): Promise<RawAnswer> => {
    const started = performance.now();
    const end = (outcome: UpstreamEnd['outcome']) =>
      meter.upstream({
        source: kind,
        route: cutRoute(request.path),
        outcome,
        seconds: (performance.now() - started) / 1000,
      });
    try {
      const answer = await sendInSpan(
        { method: request.method, route: cutRoute(request.path), origin: base },
        () => exchange(request, AbortSignal.any([request.signal, deadline])),
      );
      end('ok');
      return answer;
    } catch (error) {
      const isLate = deadline.aborted && !request.signal.aborted;
      const failure = isLate ? new UpstreamError('timeout', `no answer within ${timeoutMs / 1000} s`) : error;
      end(failure instanceof UpstreamError ? failure.kind : request.signal.aborted ? 'cancelled' : 'failed');
      request.signal.throwIfAborted();
      throw failure;
    }
  };

  const send: Transport['send'] = async (request) => {
    request.signal.throwIfAborted();
    // The deadline begins after our HTTP client is loaded. An error there comes again below, where it is
    // explained.
    await openPool().catch(() => {});
    const deadline = startDeadline(timeoutMs);
    try {
      return await attempt(request, deadline.signal);
    } catch (error) {
      const wait = deadline.signal.aborted ? null : waitBeforeRetry(error, deadline.left());
      if (wait === null || request.signal.aborted) throw error;
      if (wait > 0)
        await sleep(wait, undefined, { signal: request.signal }).catch(() => request.signal.throwIfAborted());
      await request.admitRetry?.();
      return await attempt(request, deadline.signal);
    } finally {
      deadline.stop();
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

/** Starts a deadline in real time. */
function startTimer(ms: number): Deadline {
  const controller = new AbortController();
  const end = performance.now() + ms;
  const timer = setTimeout(() => controller.abort(), ms);
  return {
    signal: controller.signal,
    left: () => end - performance.now(),
    stop: () => clearTimeout(timer),
  };
}

/** Makes the method that posts messages and reads the answers, on top of raw requests. */
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
 * The path of a redirect that may be followed: to the same path below another prefix of the same server, by
 * the same method. Null for any other answer.
 */
function readRedirectPath(
  answer: Dispatcher.ResponseData,
  { method, path }: RawRequest,
  requestUrl: URL,
): string | null {
  const keepsMethod = answer.statusCode === 307 || answer.statusCode === 308;
  if (!keepsMethod && !(method === 'GET' && [301, 302, 303].includes(answer.statusCode))) return null;
  const location = header(answer, 'location');
  if (location === '' || !URL.canParse(location, requestUrl.href)) return null;
  const target = new URL(location, requestUrl);
  const isSameServer = target.origin === requestUrl.origin && target.href !== requestUrl.href;
  return isSameServer && `${target.pathname}${target.search}`.endsWith(path)
    ? `${target.pathname}${target.search}`
    : null;
}

function parseBaseUrl(url: string): URL {
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
