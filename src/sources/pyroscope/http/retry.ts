import { UpstreamError } from '../../../errors.js';

/** Statuses of a proxy that got no answer from the server behind it. */
const NO_ANSWER_FROM_BEHIND: ReadonlySet<number> = new Set([502, 504]);
/** Statuses of a server that refuses requests for some time, which Retry-After tells. */
const REFUSED_FOR_NOW: ReadonlySet<number> = new Set([429, 503]);
/** Maximum share of the remaining time for the wait: the second attempt needs time as well. */
const MAX_WAIT_SHARE = 0.5;

/**
 * Decides whether a failed request is sent once more (all requests only read), and after which wait.
 *
 * After a cut connection, a cut or damaged body, or an answer 502 or 504 the request is repeated at once.
 * After 429 or 503 it is repeated after the wait of Retry-After, if that leaves enough of the deadline.
 * Everything else (400, 401, 404, a page, a refused connection, our own timeout) would fail again in the same
 * way.
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
