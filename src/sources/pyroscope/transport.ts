import type { Dispatcher } from 'undici';
import { UpstreamError, UserError } from '../../errors.js';
import { giveUp, isGzip, readBody, readStart, tooLarge } from './body.js';
import {
  bytesReadBefore,
  describe,
  failureOfAnswer,
  failureOfConnection,
  isBrokenConnection,
  unreadable,
} from './failure.js';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 256 * 2 ** 20;
const MAX_CONNECT_MS = 10_000;
/** More would only queue in the server, and a v1 server refuses over 100 per tenant. */
const MAX_IN_FLIGHT = 8;
const MAX_ERROR_BYTES = 64 * 2 ** 10;
/** Values of further headers, and words in them, are taken for secrets from this length on. */
const MIN_SECRET_HEADER = 8;
/** Without the parameter the server hides label names with dots or non-ASCII letters. */
const ACCEPT = '*/*;allow-utf8-labelnames=true';

export interface TransportOptions {
  /** Base URL; a path prefix is kept. */
  url: string;
  /** Bearer token; wins over user and password. */
  token?: string | null;
  username?: string | null;
  password?: string | null;
  /** Sent as `X-Scope-OrgID`. */
  tenant?: string | null;
  /** Further headers, sent with every request; they may hold credentials. */
  headers?: Readonly<Record<string, string>>;
  /** Replaces the connection pool; it is then not closed with the transport. */
  dispatcher?: Dispatcher;
  /** Deadline of one request with its answer, milliseconds; default 30,000. */
  timeoutMs?: number;
  /** Largest answer read, raw and inflated, bytes; default 256 MiB. */
  maxResponseBytes?: number;
}

export type Codec = 'json' | 'proto';

export interface RawRequest {
  method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, starting with `/`; may carry a query. */
  path: string;
  body?: string | Uint8Array;
  contentType?: string;
  signal: AbortSignal;
}

export interface RawAnswer {
  status: number;
  contentType: string;
  /** The body, inflated. */
  bytes: Buffer;
}

/** Requests to one server. All methods throw UpstreamError, or the reason of the caller's signal when it aborted. */
export interface Transport {
  /** Posts a value as JSON and returns the parsed answer. */
  post(path: string, body: unknown, options: { codec: 'json'; signal: AbortSignal }): Promise<unknown>;
  /** Posts an encoded protobuf message and returns the encoded answer. */
  post(path: string, body: Uint8Array, options: { codec: 'proto'; signal: AbortSignal }): Promise<Uint8Array>;
  /** Sends a request as it is; only an answer with status 2xx returns. */
  send(request: RawRequest): Promise<RawAnswer>;
  close(): Promise<void>;
}

/**
 * A connection pool to one server: keep-alive, at most 8 requests in flight, one deadline per request (waiting for a
 * free connection included), no redirects. Nothing is retried, except once where a reused connection turned out
 * to be closed before it brought any answer: all requests only read.
 *
 * @throws UserError when the URL is not an http(s) URL
 */
export function createTransport(options: TransportOptions): Transport {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxResponseBytes = DEFAULT_MAX_BYTES } = options;
  const base = parseBase(options.url);
  const prefix = base.pathname.replace(/\/+$/, '');
  const headers = requestHeaders(options);
  const redact = redactor(options);
  let pool: Promise<Dispatcher> | undefined;
  // Loaded with the first request: the HTTP client is a third of a server's start-up.
  const connections = (): Promise<Dispatcher> => {
    pool ??= import('undici').then(
      ({ Pool }) =>
        options.dispatcher ??
        new Pool(base.origin, {
          connections: MAX_IN_FLIGHT,
          pipelining: 1,
          headersTimeout: 0,
          bodyTimeout: 0,
          connect: { timeout: Math.min(MAX_CONNECT_MS, timeoutMs) },
        }),
    );
    return pool;
  };
  let answered = false;

  const exchange = async (request: RawRequest, signal: AbortSignal): Promise<RawAnswer> => {
    const answer = await open(request, signal);
    answered = true;
    const contentType = header(answer, 'content-type');
    const encoding = header(answer, 'content-encoding').toLowerCase();
    const status = answer.statusCode;
    if (status < 200 || status >= 300) {
      const text = String(await readStart(answer.body, encoding, MAX_ERROR_BYTES));
      signal.throwIfAborted();
      throw failureOfAnswer({ status, contentType, location: header(answer, 'location'), text }, redact);
    }
    if (encoding !== '' && encoding !== 'identity' && !isGzip(encoding)) {
      giveUp(answer.body);
      throw unreadable(`the answer is encoded as ${encoding}, which was not asked for`, redact);
    }
    if (Number(header(answer, 'content-length')) > maxResponseBytes) {
      giveUp(answer.body);
      throw tooLarge(maxResponseBytes, 'raw');
    }
    try {
      return { status, contentType, bytes: await readBody(answer.body, encoding, maxResponseBytes) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UpstreamError) throw error;
      throw unreadable(`the answer was cut short or damaged: ${describe(error)}`, redact);
    }
  };

  const open = async (request: RawRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const { method, path, body = null, contentType } = request;
    const dispatcher = await connections();
    const send = () =>
      dispatcher.request({
        origin: base.origin,
        path: `${prefix}${path}`,
        method,
        body,
        headers: contentType === undefined ? headers : { 'content-type': contentType, ...headers },
        signal,
      });
    try {
      return await send();
    } catch (error) {
      signal.throwIfAborted();
      const reused = bytesReadBefore(error) ?? (answered ? 1 : 0);
      if (!isBrokenConnection(error) || reused === 0) throw failureOfConnection(error, redact);
    }
    return send().catch((error: unknown) => {
      signal.throwIfAborted();
      throw failureOfConnection(error, redact);
    });
  };

  const send = async (request: RawRequest): Promise<RawAnswer> => {
    request.signal.throwIfAborted();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    try {
      return await exchange(request, AbortSignal.any([request.signal, deadline.signal]));
    } catch (error) {
      request.signal.throwIfAborted();
      if (deadline.signal.aborted)
        throw new UpstreamError('timeout', `no answer within ${timeoutMs / 1000} s`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

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
    return codec === 'json' ? parseJson(answer, redact) : protoBytes(answer, redact);
  }

  return {
    post,
    send,
    async close() {
      if (options.dispatcher === undefined) await (await pool)?.destroy();
    },
  };
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

function requestHeaders({
  token,
  username,
  password,
  tenant,
  headers,
}: TransportOptions): Record<string, string> {
  const authorization =
    token != null
      ? `Bearer ${token}`
      : username != null
        ? `Basic ${basicCredentials(username, password)}`
        : null;
  return {
    accept: ACCEPT,
    'accept-encoding': 'gzip',
    'user-agent': 'pyroscope-mcp',
    ...(authorization === null ? {} : { authorization }),
    ...(tenant == null ? {} : { 'x-scope-orgid': tenant }),
    ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

function basicCredentials(username: string, password: string | null | undefined): string {
  return Buffer.from(`${username}:${password ?? ''}`).toString('base64');
}

/** Takes our credentials out of text from elsewhere, in every spelling in which a server may echo them. */
function redactor({ token, username, password, headers }: TransportOptions): (text: string) => string {
  const basic = username == null ? null : basicCredentials(username, password);
  const values = Object.values(headers ?? {});
  const long = [...values, ...values.flatMap((value) => value.split(' '))].filter(
    (value) => value.length >= MIN_SECRET_HEADER,
  );
  const secrets = [token, password, basic, ...long]
    .filter((secret): secret is string => secret != null && secret !== '')
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .sort((a, b) => b.length - a.length);
  return (text) => secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '[redacted]'), text);
}

function header(answer: Dispatcher.ResponseData, name: string): string {
  const value = answer.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

function parseJson({ contentType, bytes }: RawAnswer, redact: (text: string) => string): unknown {
  const text = bytes.toString();
  refuseHtml(contentType, text, redact);
  try {
    return JSON.parse(text);
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
  if (!/html/i.test(contentType) && !/^\s*<(?:!doctype|html)/i.test(text)) return;
  throw unreadable(
    'the answer is an HTML page: the URL does not lead to a profile store, or a login page is in between',
    redact,
  );
}
