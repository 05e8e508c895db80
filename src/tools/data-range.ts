import { defaultProfileType, resolveProfileType } from '../profile/types.js';
import type { ProfileSource, Window } from '../sources/source.js';
import type { ToolContext } from './define.js';
import { allMatchers, type ProfileRequest } from './request.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Resolution of the search for the newest data, seconds: a day of a server's series is 1,440 points. */
const LAST_SEEN_STEP = 60;

/**
 * The hour that ends with the newest data of the request, or of its service where the other matchers leave nothing;
 * the last hour when nothing is found.
 */
export async function lastHourWithData(request: ProfileRequest, context: ToolContext): Promise<Window> {
  const now = context.now();
  const recent = { from: now - HOUR, to: now };
  const wide = await wideWindows(request.source, recent, context);
  const asks =
    request.matchers.length === 0 ? [request] : [request, { ...request, matchers: [], profileType: null }];
  for (const ask of asks) {
    const matchers = allMatchers(ask.service, ask.matchers);
    if (request.source.kind !== 'files') {
      const present = await context.schemaOf(request.source).typeIds(matchers, recent, context.signal);
      if (present.length > 0) return recent;
    }
    for (const window of wide) {
      const newest = await lastSeen(ask, window, context);
      if (newest !== null) return { from: newest - HOUR, to: newest };
    }
  }
  return recent;
}

/**
 * Windows that show what a source holds at all, nearest to the asked one first. A server refuses more than its
 * `max_query_length` (24 h by default), so each is at most a day long; a directory is looked at whole.
 */
export async function wideWindows(
  source: ProfileSource,
  around: Window,
  context: ToolContext,
): Promise<Window[]> {
  const range = await source.dataRange(context.signal).catch(() => null);
  if (source.kind === 'files') return range === null ? [] : [{ from: range.oldest, to: range.newest }];
  const now = context.now();
  const middle = Math.min(now, (around.from + around.to) / 2 + DAY / 2);
  const windows = [
    { from: middle - DAY, to: middle },
    { from: now - DAY, to: now },
  ];
  if (range !== null && range.newest < now - DAY)
    windows.push({ from: range.newest - DAY + 1, to: range.newest });
  return windows;
}

/** When the request's service was last seen in a window, to a minute, never before the truth (a directory: to a second); null if not. */
export async function lastSeen(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<number | null> {
  const matchers = allMatchers(request.service, request.matchers);
  const typeIds = await context.schemaOf(request.source).typeIds(matchers, window, context.signal);
  const type =
    (request.profileType === null ? null : resolveProfileType(request.profileType, typeIds)) ??
    defaultProfileType(typeIds);
  if (type === null) return null;
  const series = await request.source.timeSeries(
    { profileTypeId: type.id, matchers, window },
    { groupBy: [], step: request.source.kind === 'files' ? 1 : LAST_SEEN_STEP },
    context.signal,
  );
  const times = series.flatMap(({ points }) => points.map(({ time }) => time));
  return times.length === 0
    ? null
    : Math.min(
        Math.max(...times),
        request.source.kind === 'files' ? Number.POSITIVE_INFINITY : context.now(),
      );
}
