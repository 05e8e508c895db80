import { UNIT_MS } from '../../duration.js';
import { UpstreamError } from '../../errors.js';
import type { Labels } from '../source.js';

/**
 * A v1 server cuts a request whose step is shorter at an arbitrary point and starts the grid anew there, so it is never
 * given one.
 */
export const MIN_STEP_MS = 1000;

/**
 * A step for the server, which multiplies it by 1e9 and cuts it to whole milliseconds: 1.001 s would become 1.000 s
 * where the product falls just short, and the last point be lost.
 *
 * @param milliseconds whole milliseconds
 * @returns seconds
 */
export function stepSeconds(milliseconds: number): number {
  const seconds = milliseconds / 1000;
  return Math.trunc(seconds * 1e9) >= milliseconds * 1e6 ? seconds : seconds + 1e-9;
}

/**
 * Asks about `(start, end]`. A window of exactly the longest that the server allows is one millisecond too long once
 * its first instant is included; it is then asked in two halves. A longer one stays refused.
 */
export async function inAllowedLength<Row>(
  start: number,
  end: number,
  ask: (start: number, end: number) => Promise<Row[]>,
): Promise<Row[]> {
  try {
    return await ask(start, end);
  } catch (error) {
    if (end - start - 1 !== refusedOver(error)) throw error;
    const middle = Math.floor((start + end) / 2);
    return (await Promise.all([ask(start, middle), ask(middle, end)])).flat();
  }
}

/** The longest window, in milliseconds, that a refusal names (`limit: 1d`); null for any other error. */
function refusedOver(error: unknown): number | null {
  if (!(error instanceof UpstreamError) || error.kind !== 'rejected') return null;
  const limit = /max_query_length.* limit: ([\da-z.]+)/.exec(error.detail)?.[1];
  if (limit === undefined) return null;
  const parts = [...limit.matchAll(/([\d.]+)(ms|[wdhms])/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

/** One text per label set, whatever the order of the labels. */
export function labelsKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
