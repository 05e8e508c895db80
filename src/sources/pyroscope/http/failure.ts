import { type Advice, UpstreamError, type UpstreamKind } from '../../../errors.js';

const DETAIL_LENGTH = 300;

/** Connect codes that are more precise than the HTTP status of their answer. */
const KIND_OF_CODE: ReadonlyMap<string, UpstreamKind> = new Map([
  ['deadline_exceeded', 'timeout'],
  ['resource_exhausted', 'overloaded'],
  ['unavailable', 'overloaded'],
  ['unimplemented', 'not_found'],
  ['unauthenticated', 'unauthorized'],
  ['permission_denied', 'unauthorized'],
]);

/** Codes of a broken connection; before an answer the store counts as unreachable. */
const BROKEN_CONNECTION = new Set([
  'UND_ERR_SOCKET',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** Error texts of refused requests that the server answers with 500 `unknown`. */
const REFUSED_AS_500 =
  /parsing label selector|parse error:|invalid (?:span|trace) id|invalid UUID|exemplars only available for|heatmap query type/;

/** An answer with an error status, as far as it could be read. */
export interface ErrorAnswer {
  status: number;
  contentType: string;
  /** Target of a redirect. */
  location: string;
  text: string;
  /** Retry-After as sent: seconds or a date. */
  retryAfter?: string;
  /** Content-Security-Policy: Grafana marks answers of a data source with `sandbox`. */
  policy?: string;
}

/**
 * The failure that an error answer means. Its body may be empty, text, HTML, JSON, or JSON whose message is
 * JSON again (v1).
 */
export function failureOfAnswer(answer: ErrorAnswer, redact: (text: string) => string): UpstreamError {
  const { status } = answer;
  const { code, message } = readErrorBody(answer);
  const detail = shorten(redact(message.trim() === '' ? `HTTP ${status} without a message` : message.trim()));
  const kind = isLogin(answer) ? 'unauthorized' : classifyFailure(status, code, message);
  return new UpstreamError(kind, detail, {
    status,
    code: code === null ? null : shorten(redact(code)),
    retryAfterMs: retryAfterMs(answer),
  });
}

/** Time until the server accepts requests again, in milliseconds; null where it does not tell. */
export function retryAfterMs({ retryAfter = '' }: Pick<ErrorAnswer, 'retryAfter'>): number | null {
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = /GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** Advice where the request could not be written, since a setting goes into a header and cannot. */
const UNSENDABLE: Advice = {
  what: "This server's own credentials cannot be sent",
  fix: 'A token, password or tenant holds a character that no header can carry: set it whole, without the "…" of an example.',
};

/** The failure that an exception of the HTTP client means. */
export function failureOfConnection(error: unknown, redact: (text: string) => string): UpstreamError {
  if (errorCode(error) === 'UND_ERR_INVALID_ARG' && /^invalid \S+ header$/.test(describe(error))) {
    return new UpstreamError('unauthorized', redact(describe(error)), { advice: UNSENDABLE });
  }
  return new UpstreamError('unreachable', shorten(redact(describe(error))), {
    cause: safeCause(error, redact),
    isBrokenTransfer: isBrokenConnection(error),
  });
}

/** The failure of an answer with status 200 whose content is not that of the API. */
export function unreadable(detail: string, redact: (text: string) => string = (text) => text): UpstreamError {
  return new UpstreamError('unreadable', shorten(redact(detail)), { status: 200 });
}

/**
 * The failure that an exception while reading an answer means. `cutOffAfter` marks an answer that was cut
 * off: a smaller request may still succeed where the answer was large.
 *
 * @param received number of raw bytes of the answer that had arrived
 */
export function failureOfReading(
  error: unknown,
  received: number,
  redact: (text: string) => string,
): UpstreamError {
  const isCutOff = isBrokenConnection(error) || errorCode(error) === 'Z_BUF_ERROR';
  const detail = shorten(redact(`the answer was cut short or damaged: ${describe(error)}`));
  return new UpstreamError('unreadable', detail, {
    status: 200,
    cutOffAfter: isCutOff ? received : null,
    isBrokenTransfer: true,
  });
}

/** The failure of an answer with status 200 that is an HTML page: a login form, or the wrong server. */
export function unreadablePage(text: string, redact: (text: string) => string): UpstreamError {
  const hasLogin =
    /type\s*=\s*["']?password|action\s*=\s*["'][^"']{0,200}(?:login|signin|oauth)|sign[ -]?in|log[ -]?in/i;
  const detail = hasLogin.test(text)
    ? 'the answer is an HTML page that asks for a login: a proxy in front of the profile store wants one'
    : 'the answer is an HTML page: the URL does not lead to a profile store, or a proxy answers in its place';
  return new UpstreamError('unreadable', shorten(redact(detail)), { status: 200, isPage: true });
}

/** Whether an answer is an HTML page. The body decides first, since some proxies send JSON as HTML. */
export function isPage(contentType: string, text: string): boolean {
  return /^\s*</.test(text) || (/html/i.test(contentType) && !/^\s*[[{]/.test(text));
}

/** Whether an established connection was cut. */
export function isBrokenConnection(error: unknown): boolean {
  return BROKEN_CONNECTION.has(errorCode(error));
}

/** The message of an exception; where all addresses of a host failed, that of the first. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? errorCode(error) || error.name : error.message;
}

function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** A copy of an exception with its type and redacted text only, since it may quote the request. */
function safeCause(error: unknown, redact: (text: string) => string): Error {
  const cause = new Error(redact(describe(error)));
  cause.name = error instanceof Error ? error.name : 'Error';
  return cause;
}

function classifyFailure(status: number, code: string | null, message: string): UpstreamKind {
  // Diff answers 400 for everything, with the real code before the message.
  const prefix = /^([a-z_]+): /.exec(message)?.[1] ?? '';
  const codeKind = KIND_OF_CODE.get(prefix) ?? KIND_OF_CODE.get(code ?? '');
  if (codeKind !== undefined) return codeKind;
  if (status >= 300 && status < 400) return 'unreadable';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404 || status === 405 || status === 501) return 'not_found';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429 || status === 503) return 'overloaded';
  if (status < 500) return 'rejected';
  if (/code = Unimplemented/.test(message)) return 'not_found';
  return REFUSED_AS_500.test(message) ? 'rejected' : 'failed';
}

/** Whether a proxy in front of the store redirects to its login page. */
function isLogin({ status, location }: ErrorAnswer): boolean {
  return status >= 300 && status < 400 && /login|signin|oauth/i.test(location);
}

function readErrorBody({ status, contentType, location, text }: ErrorAnswer): {
  code: string | null;
  message: string;
} {
  if (status >= 300 && status < 400)
    return { code: null, message: `HTTP ${status}, redirected to ${location || 'nowhere'}` };
  if (isPage(contentType, text)) {
    const title = /<title[^>]{0,200}>([^<]*)/i.exec(text)?.[1]?.trim() ?? '';
    return { code: null, message: `HTTP ${status} with an HTML page${title === '' ? '' : `: ${title}`}` };
  }
  return readJsonError(text) ?? { code: null, message: text };
}

function readJsonError(text: string): { code: string | null; message: string } | null {
  if (!/^\s*\{/.test(text)) return null;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null) return null;
  const message = stringMember(body, 'message') ?? stringMember(body, 'error');
  if (message === null) return null;
  const inner = readJsonError(message);
  return { code: inner?.code ?? stringMember(body, 'code'), message: inner?.message ?? message };
}

function stringMember(body: object, name: string): string | null {
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : null;
}

function shorten(text: string): string {
  return text.length > DETAIL_LENGTH ? `${text.slice(0, DETAIL_LENGTH - 1)}…` : text;
}
