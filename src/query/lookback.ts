import { nullIfUpstreamFailed } from '../errors.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { ToolContext } from './context.js';

const MINUTE = 60_000;
/** Every store answers about the last day at least, so that shorter windows need no request. */
const ALWAYS_ANSWERED_MS = 24 * 60 * MINUTE;

/**
 * Notes that a window begins before the store's lookback limit: the store leaves older data out without an
 * error. The limit is read once an hour and source, and only for windows that begin more than a day ago.
 */
export async function lookbackNotes(
  source: ProfileSource,
  window: Window,
  { now, signal }: Pick<ToolContext, 'now' | 'signal'>,
): Promise<string[]> {
  if (source.lookbackLimit === undefined || window.from >= now() - ALWAYS_ANSWERED_MS) return [];
  const oldest = await source.lookbackLimit(signal).catch(nullIfUpstreamFailed);
  if (oldest === null || window.from >= oldest) return [];
  const shown = formatTime(Math.round(oldest / MINUTE) * MINUTE);
  return [
    `The store answers only about what is newer than ${shown} (its lookback limit): older data is missing here.`,
  ];
}
