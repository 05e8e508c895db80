import { LONGEST_QUERY_MS } from '../duration.js';
import { nullIfUpstreamFailed } from '../errors.js';
import { defaultProfileType, orderTypes, resolveProfileType } from '../profile/types/types.js';
import type { ProfileSource, Window } from '../sources/source.js';
import type { ToolContext } from './context.js';
import type { ProfileRequest } from './request.js';
import { allMatchers } from './selection.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Resolution of the search for the newest data, in seconds: a day is 1,440 points of a series. */
const LAST_SEEN_STEP = 60;

/**
 * Finds the hour that ends with the newest data of the request. Where its matchers exclude everything, the
 * newest data of its service counts; where there is none either, the answer is the last hour. The hour begins
 * and ends on whole minutes (in a directory on whole seconds).
 */
export async function findLastHourWithData(request: ProfileRequest, context: ToolContext): Promise<Window> {
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const recent = { from: now - HOUR, to: now };
  const requests =
    request.matchers.length === 0
      ? [request]
      : [request, { ...request, matchers: [], profileType: null, only: null }];
  for (const candidate of requests) {
    if (request.source.isLive) {
      const matchers = allMatchers(candidate);
      const present = await context.getSchema(request.source).typeIds(matchers, recent, context.signal);
      if (present.length > 0) return recent;
    }
    for (const window of await findWideWindows(request.source, recent, context)) {
      const newest = await findLastSeen(candidate, window, context);
      if (newest !== null) return { from: newest - HOUR, to: newest };
    }
  }
  return recent;
}

/**
 * Windows that show what a source holds at all, the nearest to the requested one first. A server is searched
 * in windows of less than a day, a directory in one that covers all of its files.
 */
export async function findWideWindows(
  source: ProfileSource,
  window: Window,
  context: ToolContext,
): Promise<Window[]> {
  if (!source.isLive) {
    const range = await source.dataRange(context.signal);
    return range === null ? [] : [{ from: range.oldest, to: range.newest }];
  }
  const now = Math.ceil(context.now() / MINUTE) * MINUTE;
  const middle = Math.round((window.from + window.to) / 2 / MINUTE) * MINUTE;
  const ends = [Math.min(now, middle + LONGEST_QUERY_MS / 2), now];
  const range = await source.dataRange(context.signal).catch(nullIfUpstreamFailed);
  if (range !== null && range.newest < now - LONGEST_QUERY_MS)
    ends.push(Math.ceil(range.newest / MINUTE) * MINUTE);
  return [...new Set(ends)].map((to) => ({ from: to - LONGEST_QUERY_MS, to }));
}

/** Time of the newest profile that a source received during the last day; null if there is none. */
export async function readNewest(source: ProfileSource, context: ToolContext): Promise<number | null> {
  const to = Math.ceil(context.now() / MINUTE) * MINUTE;
  const request = { source, service: null, matchers: [], window: null, profileType: null, only: null };
  return findLastSeen(request, { from: to - LONGEST_QUERY_MS, to }, context);
}

/**
 * Finds the newest profile of the request's service in a window.
 * @returns the end of the minute (in a directory of the second) that holds it; null where there is none
 */
export async function findLastSeen(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<number | null> {
  const matchers = allMatchers(request);
  const typeIds = await context.getSchema(request.source).typeIds(matchers, window, context.signal);
  const type =
    (request.profileType === null ? null : resolveProfileType(request.profileType, typeIds)) ??
    defaultProfileType(typeIds);
  if (type === null) return null;
  // A directory may hold a type that has no amounts: a counter that was read only once.
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
