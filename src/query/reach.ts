import { nullIfUpstreamFailed } from '../errors.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { ToolContext } from './context.js';

const MINUTE = 60_000;
/** No store looks back less far than this. */
const ALWAYS_ANSWERED_MS = 24 * 60 * MINUTE;

/**
 * What to say of a window that begins before what the store answers about, which it leaves out without a
 * word; nothing otherwise. Costs a request once an hour and source, of windows that begin more than a day ago
 * only.
 */
export async function reachNotes(
  source: ProfileSource,
  window: Window,
  { now, signal }: Pick<ToolContext, 'now' | 'signal'>,
): Promise<string[]> {
  if (source.reachesBack === undefined || window.from >= now() - ALWAYS_ANSWERED_MS) return [];
  const oldest = await source.reachesBack(signal).catch(nullIfUpstreamFailed);
  if (oldest === null || window.from >= oldest) return [];
  const shown = formatTime(Math.round(oldest / MINUTE) * MINUTE);
  return [
    `The store answers only about what is newer than ${shown} (its lookback limit): older data is missing here.`,
  ];
}
