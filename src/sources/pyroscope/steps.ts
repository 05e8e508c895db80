import { parseDuration } from '../../duration.js';
import { UpstreamError } from '../../errors.js';
import type { Labels } from '../source.js';

/** Minimum step of a request: a v1 server cuts a request with a shorter step and restarts the grid there. */
export const MIN_STEP_MS = 1000;

/**
 * Converts a step for the server, which multiplies it by 1e9 and truncates it to whole milliseconds: 1.001 s
 * could become 1.000 s where the product falls just short, and the last point would be lost.
 *
 * @param milliseconds whole milliseconds
 * @returns seconds
 */
export function stepSeconds(milliseconds: number): number {
  const seconds = milliseconds / 1000;
  return Math.trunc(seconds * 1e9) >= milliseconds * 1e6 ? seconds : seconds + 1e-9;
}

/**
 * Queries `(start, end]`. A window of exactly the longest length that the server allows is a millisecond too
 * long once its first instant is included, and is then queried in two halves. A longer one stays refused
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

/** The numbers in a server's refusal of a window that is too long, in milliseconds. */
export interface LengthRefusal {
  limit: number;
  /** Length of the window after the server clipped it to its lookback limit. */
  actual: number;
}

/** Reads a refusal such as `(max_query_length, actual: 25h0m0s, limit: 1d)`; null for any other error. */
export function lengthRefusal(error: unknown): LengthRefusal | null {
  if (!(error instanceof UpstreamError) || error.kind !== 'rejected') return null;
  const match = /max_query_length, actual: ([\da-z.]+), limit: ([\da-z.]+)/.exec(error.detail);
  const [actual, limit] = [parseDuration(match?.[1] ?? ''), parseDuration(match?.[2] ?? '')];
  return actual === null || limit === null ? null : { actual, limit };
}

/** The key of a label set, which does not depend on the order of the labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
