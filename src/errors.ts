/**
 * The families of failure. Everything that leaves a tool as an error is one of these two; anything else is a
 * bug of ours, which the call boundary hides behind an id.
 */

/**
 * The caller can mend it: bad argument, ambiguous name, disabled source. `next` says how, in our own words.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.next = next;
  }
}

/** Why a request to a profile store failed, as far as the caller's next step depends on it. */
export type UpstreamKind =
  | 'unreachable' // refused, reset, DNS, TLS
  | 'timeout' // our deadline or the server's
  | 'unauthorized' // 401, 403: the server's credentials, not the caller's
  | 'rejected' // 400: the server did not accept the request
  | 'not_found' // 404, 405, 501: no such API in this version or mode
  | 'missing' // the data source is not there (any more): discover data sources again
  | 'overloaded' // 429, 503
  | 'failed' // other 5xx
  | 'too_large' // over the response cap
  | 'paused' // not asked: it failed again and again a moment ago
  | 'unreadable'; // an answer that is not what the API promises (HTML, cut short)

/**
 * Text about a failure and what an operator does about it, where more is known than its kind.
 */
export interface Advice {
  what: string;
  fix: string;
}

/** A profile store did not answer as asked. `detail` is upstream text: untrusted, capped when shown. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly kind: UpstreamKind;
  readonly status: number | null;
  /** Connect error code (`invalid_argument`, …) or null. */
  readonly code: string | null;
  readonly detail: string;
  readonly advice: Advice | null;
  /** How long the server wants to be left alone (Retry-After), milliseconds; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** Bytes of the answer that had come, as sent, when it was cut off; null for every other failure. */
  readonly cutOffAfter: number | null;
  /**
   * Whether the connection or the body broke on the way, so that the same request may succeed when it is sent
   * again.
   */
  readonly isBrokenTransfer: boolean;
  /** Whether a page for people came instead of an answer. */
  readonly isPage: boolean;

  constructor(
    kind: UpstreamKind,
    detail: string,
    more: {
      status?: number;
      code?: string | null;
      advice?: Advice;
      retryAfterMs?: number | null;
      cutOffAfter?: number | null;
      isBrokenTransfer?: boolean;
      isPage?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(`${kind}: ${detail}`, { cause: more.cause });
    this.kind = kind;
    this.detail = detail;
    this.status = more.status ?? null;
    this.code = more.code ?? null;
    this.advice = more.advice ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.cutOffAfter = more.cutOffAfter ?? null;
    this.isBrokenTransfer = more.isBrokenTransfer ?? false;
    this.isPage = more.isPage ?? false;
  }

  /** Gives this failure with the name of its store, for a server with several stores. */
  inStore(store: string): UpstreamError {
    const { kind, detail, advice, ...more } = this;
    return new UpstreamError(kind, `store ${store}: ${detail}`, {
      ...more,
      ...(more.status === null ? {} : { status: more.status }),
      ...(advice === null ? {} : { advice }),
      cause: this,
    });
  }
}

/** Why a part of an answer was not read: the failure of the store, or a limit of our own. */
export type NotReadReason = UpstreamKind | 'no_time' | 'no_request_left';

const NO_ANSWER: ReadonlySet<UpstreamKind> = new Set([
  'unreachable',
  'timeout',
  'overloaded',
  'failed',
  'paused',
]);

/**
 * Whether a store could not answer at all: that says nothing about the question, and what is remembered still
 * holds.
 */
export function gaveNoAnswer(error: unknown): boolean {
  return error instanceof UpstreamError && NO_ANSWER.has(error.kind);
}

/** A mistake on the command line or in the environment: exit code 2. */
export class UsageError extends UserError {}

/** Turns a failed side question into null: a store that is really down fails the main question, too. */
export function nullIfUpstreamFailed(error: unknown): null {
  if (error instanceof UpstreamError) return null;
  throw error;
}

/** A regular expression that cannot be used. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  readonly pattern: string;
  /**
   * `syntax`: RE2 does not accept it (lookarounds and back references need backtracking); `size`: it is too
   * large.
   */
  readonly kind: 'syntax' | 'size';

  constructor(pattern: string, reason: string, kind: PatternError['kind'] = 'syntax') {
    super(reason);
    this.pattern = pattern;
    this.kind = kind;
  }
}
