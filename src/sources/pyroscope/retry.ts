import { UpstreamError } from '../../errors.js';

/** Statuses with which a proxy says that it did not get an answer from the server behind it. */
const NO_ANSWER_FROM_BEHIND: ReadonlySet<number> = new Set([502, 504]);
/** Statuses with which a server refuses a request for now; it says with Retry-After until when. */
const REFUSED_FOR_NOW: ReadonlySet<number> = new Set([429, 503]);
/** Share of the remaining time that may be spent waiting: the second answer needs time, too. */
const MAX_WAIT_SHARE = 0.5;

/**
 * Says whether a failed request, which only read, is worth sending once more, and after how long.
 *
 * A connection that was cut, a body that was cut or damaged, and the answers 502 and 504 are tried again at
 * once. The answers 429 and 503 are tried again after the time that Retry-After asks for, where that leaves
 * enough of the deadline. Everything else (400, 401, 404, a page, a refused connection, our own deadline)
 * would fail in the same way again.
 *
 * @param remainingMs time until the deadline of the request, milliseconds
 * @returns milliseconds to wait; null where the request is not sent again
 */
export function waitBeforeRetry(error: unknown, remainingMs: number): number | null {
  if (!(error instanceof UpstreamError) || remainingMs <= 0) return null;
  const { status, retryAfterMs, isBrokenTransfer } = error;
  if (isBrokenTransfer) return 0;
  if (status !== null && NO_ANSWER_FROM_BEHIND.has(status)) return 0;
  if (status === null || retryAfterMs === null || !REFUSED_FOR_NOW.has(status)) return null;
  return retryAfterMs <= MAX_WAIT_SHARE * remainingMs ? retryAfterMs : null;
}
