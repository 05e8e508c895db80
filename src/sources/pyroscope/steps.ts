import { parseDuration } from '../../duration.js';
import { UpstreamError } from '../../errors.js';
import type { Labels } from '../source.js';

/**
 * A v1 server cuts a request whose step is shorter at an arbitrary point and starts the grid anew there, so
 * it is never given one.
 */
export const MIN_STEP_MS = 1000;

/**
 * A step for the server, which multiplies it by 1e9 and cuts it to whole milliseconds: 1.001 s would become
 * 1.000 s where the product falls just short, and the last point be lost.
 *
 * @param milliseconds whole milliseconds
 * @returns seconds
 */
export function stepSeconds(milliseconds: number): number {
  const seconds = milliseconds / 1000;
  return Math.trunc(seconds * 1e9) >= milliseconds * 1e6 ? seconds : seconds + 1e-9;
}

/**
 * Asks about `(start, end]`. A window of exactly the longest that the server allows is one millisecond too
 * long once its first instant is included; it is then asked in two halves. A longer one stays refused
 * (pieces.ts).
 */
export async function inAllowedLength<Row>(
  start: number,
  end: number,
  ask: (start: number, end: number) => Promise<Row[]>,
): Promise<Row[]> {
  try {
    return await ask(start, end);
  } catch (error) {
    if (end - start - 1 !== lengthRefusal(error)?.limit) throw error;
    const middle = Math.floor((start + end) / 2);
    return (await Promise.all([ask(start, middle), ask(middle, end)])).flat();
  }
}

/** What a server says when a window is longer than it allows. Milliseconds. */
export interface LengthRefusal {
  limit: number;
  /** How long the window was after what lies before the server's lookback was cut off. */
  actual: number;
}

/** Reads a refusal such as `(max_query_length, actual: 25h0m0s, limit: 1d)`; null for any other error. */
export function lengthRefusal(error: unknown): LengthRefusal | null {
  if (!(error instanceof UpstreamError) || error.kind !== 'rejected') return null;
  const found = /max_query_length, actual: ([\da-z.]+), limit: ([\da-z.]+)/.exec(error.detail);
  const [actual, limit] = [parseDuration(found?.[1] ?? ''), parseDuration(found?.[2] ?? '')];
  return actual === null || limit === null ? null : { actual, limit };
}

/** One text per label set, whatever the order of the labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
