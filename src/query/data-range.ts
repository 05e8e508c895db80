import { LONGEST_QUERY_MS } from '../duration.js';
import { nullIfUpstreamFailed } from '../errors.js';
import { defaultProfileType, orderTypes, resolveProfileType } from '../profile/types/types.js';
import type { ProfileSource, Window } from '../sources/source.js';
import type { ToolContext } from './context.js';
import type { ProfileRequest } from './request.js';
import { allMatchers } from './selection.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Resolution of the search for the newest data, seconds: a day of a server's series is 1,440 points. */
const LAST_SEEN_STEP = 60;

/**
 * The hour that ends with the newest data of the request, or of its service where the other matchers leave
 * nothing; the last hour when nothing is found. Begins and ends on whole minutes, but for a directory: on
 * whole seconds.
 */
export async function lastHourWithData(request: ProfileRequest, context: ToolContext): Promise<Window> {
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const recent = { from: now - HOUR, to: now };
  const asks =
    request.matchers.length === 0 ? [request] : [request, { ...request, matchers: [], profileType: null }];
  for (const ask of asks) {
    if (request.source.isLive) {
      const matchers = allMatchers(ask);
      const present = await context.schemaOf(request.source).typeIds(matchers, recent, context.signal);
      if (present.length > 0) return recent;
    }
    for (const window of await wideWindows(request.source, recent, context)) {
      const newest = await lastSeen(ask, window, context);
      if (newest !== null) return { from: newest - HOUR, to: newest };
    }
  }
  return recent;
}

/**
 * Windows that show what a source holds at all, nearest to the asked one first: of a server less than a day
 * each, a directory is looked at whole.
 */
export async function wideWindows(
  source: ProfileSource,
  around: Window,
  context: ToolContext,
): Promise<Window[]> {
  if (!source.isLive) {
    const range = await source.dataRange(context.signal);
    return range === null ? [] : [{ from: range.oldest, to: range.newest }];
  }
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const middle = Math.round((around.from + around.to) / 2 / MINUTE) * MINUTE;
  const ends = [Math.min(now, middle + LONGEST_QUERY_MS / 2), now];
  const range = await source.dataRange(context.signal).catch(nullIfUpstreamFailed);
  if (range !== null && range.newest < now - LONGEST_QUERY_MS)
    ends.push(Math.ceil(range.newest / MINUTE) * MINUTE);
  return [...new Set(ends)].map((to) => ({ from: to - LONGEST_QUERY_MS, to }));
}

/** When a source last received anything, as far as one day back from now shows; null if nothing. */
export async function newestOf(source: ProfileSource, context: ToolContext): Promise<number | null> {
  const to = Math.ceil(context.now() / MINUTE) * MINUTE;
  const anything = { source, service: null, matchers: [], window: null, profileType: null };
  return lastSeen(anything, { from: to - LONGEST_QUERY_MS, to }, context);
}

/**
 * When the request's service was last seen in a window: the end of the minute (of a directory: the second)
 * that holds its newest profile; null if it was not.
 */
export async function lastSeen(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<number | null> {
  const matchers = allMatchers(request);
  const typeIds = await context.schemaOf(request.source).typeIds(matchers, window, context.signal);
  const type =
    (request.profileType === null ? null : resolveProfileType(request.profileType, typeIds)) ??
    defaultProfileType(typeIds);
  if (type === null) return null;
  // In a directory a type may be there and have no amounts: a counter that was read once.
  const others = request.source.isLive ? [] : orderTypes(typeIds).filter(({ id }) => id !== type.id);
  for (const { id } of [type, ...others]) {
    const series = await request.source.timeSeries(
      { profileTypeId: id, matchers, window },
      { groupBy: [], step: request.source.isLive ? LAST_SEEN_STEP : 1 },
      context.signal,
    );
    const times = series.flatMap(({ points }) => points.map(({ time }) => time));
    if (times.length > 0)
      return Math.min(
        window.to,
        times.reduce((a, b) => Math.max(a, b)),
      );
  }
  return null;
}
