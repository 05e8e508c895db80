import { type NotReadReason, UpstreamError } from '../errors.js';
import type { ToolContext } from './context.js';

/** A failure to read a part of an answer: a class for log and metrics, and words for the reader. */
export interface Unread {
  reason: NotReadReason;
  /** Half a sentence: `the store was overloaded (HTTP 429)`. */
  why: string;
}

const WORDS: Readonly<Record<NotReadReason, string>> = {
  unreachable: 'the connection to the store broke',
  timeout: 'the store did not answer in time',
  unauthorized: 'the store refused our credentials',
  rejected: 'the store refused the request',
  not_found: 'the store did not find it',
  missing: 'the data source is not there any more',
  overloaded: 'the store was overloaded',
  failed: 'the store failed',
  too_large: 'the answer was over the size limit',
  paused: 'the store is not asked for a while, because it failed again and again',
  unreadable: 'the answer was cut short, damaged or no profile',
  no_time: 'no time was left to read it',
  no_request_left: 'no request was left to read it',
};

/** Describes a part that was never requested, so that no failure of the store stands behind it. */
export function notRead(reason: NotReadReason): Unread {
  return { reason, why: WORDS[reason] };
}

/** Describes a failure of the store; null for any other error. */
export function notReadBecause(error: unknown): Unread | null {
  if (!(error instanceof UpstreamError)) return null;
  const { kind, status } = error;
  const code = status === null || status < 300 ? '' : ` (HTTP ${status})`;
  return { reason: kind, why: `${WORDS[kind]}${code}` };
}

/**
 * Reads a part that the main answer can do without. Where the store fails, a note says why the part is
 * missing.
 *
 * @param what the part in the singular, with which the note begins: `The timeline`
 * @throws any error that is no failure of the store
 */
export async function askSideQuestion<T>(
  what: string,
  ask: () => Promise<T>,
  context: Pick<ToolContext, 'signal' | 'notRead'>,
): Promise<{ value: T | null; notes: string[] }> {
  try {
    return { value: await ask(), notes: [] };
  } catch (error) {
    context.signal.throwIfAborted();
    const unread = notReadBecause(error);
    if (unread === null) throw error;
    context.notRead?.(what, unread.reason);
    return { value: null, notes: [`${what} could not be read: ${unread.why}. Ask again for it.`] };
  }
}
