import pMap from 'p-map';
import { UpstreamError, UserError } from '../../errors.js';
import { mergeProfiles } from '../../profile/tables/merge.js';
import { formatSpan, formatTime } from '../../text/units.js';
import type { Labels, MergedProfile, ProfileSource, ReducedMerge, SeriesQuery, Window } from '../source.js';
import { createReach } from './reach.js';
import { sumOfCounts } from './snapshots.js';
import { lengthRefusal, MIN_STEP_MS } from './steps.js';
import { sumOfSeries } from './timeline.js';

/** About a month where the server allows a day. */
export const MAX_PIECES = 32;
/** Pieces of one question that are under way at once: half of the connections stay free for others. */
const IN_FLIGHT = 4;
/**
 * A limit that shrinks meanwhile is learned once more; one that shrinks again and again is a server gone
 * wrong.
 */
const MAX_TRIES = 3;

/**
 * A source that also answers about windows longer than its server allows: they are asked in pieces, and the
 * answers added up to what the whole window would have given.
 *
 * The limit (`max_query_length`, 24 h by default, another for some tenants) is learned from the first refusal
 * and remembered for an hour, so that other long windows are cut at once. Windows are closed, so a piece
 * begins one millisecond after the one before it ends. A window that reaches back behind what the server
 * answers about (`max_query_lookback`) is cut off there as soon as that is known; `reachesBack` tells where.
 *
 * Every method throws UserError where a window takes more than 32 pieces.
 */
export function inPieces(source: ProfileSource, now: () => number = Date.now): ProfileSource {
  const reach = createReach(source, now);
  const reduced = source.reduced?.bind(source);

  /** The answers of all pieces, in order of time; one where the window needs no cutting. */
  const ask = async <Query extends SeriesQuery, T>(
    query: Query,
    cut: (window: Window, longest: number) => Window[],
    one: (query: Query) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T[]> => {
    for (let tries = 1; ; tries++) {
      const window = reach.clip(wholeWindow(query));
      const longest = reach.longest();
      const windows = longest === null || lengthOf(window) <= longest ? [window] : cut(window, longest);
      if (windows.length > MAX_PIECES) throw tooLong(window, longest ?? 0);
      try {
        return await eachPiece(windows, (piece) => one({ ...query, window: piece }), signal);
      } catch (error) {
        const refusal = lengthRefusal(error);
        const isNews =
          refusal !== null && refusal.limit < Math.min(longest ?? Number.POSITIVE_INFINITY, lengthOf(window));
        if (!isNews || tries === MAX_TRIES) throw error;
        reach.learn(refusal, windows.length === 1 ? window : null);
      }
    }
  };

  return {
    ...source,
    reachesBack: (signal) => reach.ask(signal),

    requestsFor(asked) {
      const window = reach.clip(asked);
      const longest = reach.longest();
      return longest === null || lengthOf(window) <= longest ? 1 : evenly(window, longest).length;
    },

    async labelNames(query, signal) {
      return union(await ask(query, evenly, (piece) => source.labelNames(piece, signal), signal));
    },

    async labelValues(name, query, signal) {
      return union(await ask(query, evenly, (piece) => source.labelValues(name, piece, signal), signal));
    },

    async series(names, query, signal) {
      const found = await ask(query, evenly, (piece) => source.series(names, piece, signal), signal);
      return found.length === 1 ? found.flat() : distinctRows(found.flat());
    },

    async profile(query, signal) {
      const found = await ask(query, evenly, (piece) => source.profile(piece, signal), signal);
      return merged(found);
    },

    ...(reduced === undefined
      ? {}
      : {
          async reduced(query, soon, signal) {
            return mergedParts(await ask(query, evenly, (piece) => reduced(piece, soon, signal), signal));
          },
        }),

    async snapshots(query, groupBy, signal) {
      const found = await ask(query, evenly, (piece) => source.snapshots(piece, groupBy, signal), signal);
      return found.length === 1 ? found.flat() : sumOfCounts(found.flat());
    },

    async timeSeries(query, { groupBy, step, limit }, signal) {
      const stepMs = Math.max(MIN_STEP_MS, Math.round(step * 1000));
      const asked = wholeWindow(query);
      const cut = (window: Window, longest: number) => alongGrid(window, stepMs, longest);
      const found = await ask(
        query,
        cut,
        // The heaviest of a piece need not be the heaviest of all.
        (piece) => source.timeSeries(piece, { groupBy, step: stepMs / 1000 }, signal),
        signal,
      );
      const placed = found.flat().map(({ labels, points }) => ({
        labels,
        points: points.map(({ time, value }) => ({ time: gridPoint(asked, stepMs, time), value })),
      }));
      return (found.length === 1 ? found.flat() : sumOfSeries(placed)).slice(0, limit);
    },
  };
}

/**
 * Asks about every piece, a few at a time. When time is up it says how far it came, since the caller can only
 * mend it by a shorter window.
 */
async function eachPiece<T>(
  windows: readonly Window[],
  ask: (window: Window) => Promise<T>,
  signal: AbortSignal,
): Promise<T[]> {
  const [only] = windows;
  if (only !== undefined && windows.length === 1) return [await ask(only)];
  let answered = 0;
  try {
    return await pMap(
      windows,
      async (window) => {
        const answer = await ask(window);
        answered++;
        return answer;
      },
      { concurrency: IN_FLIGHT, signal },
    );
  } catch (error) {
    if (signal.aborted || !(error instanceof UpstreamError) || error.kind !== 'timeout') throw error;
    const detail = `${error.detail}; the window was asked for in ${windows.length} pieces, of which ${answered} were answered`;
    throw new UpstreamError('timeout', detail, { code: error.code, cause: error });
  }
}

function tooLong(window: Window, longest: number): UserError {
  const most = MAX_PIECES * longest;
  return new UserError(
    `The window of ${formatSpan(lengthOf(window))} is too long: the server answers about ${formatSpan(longest)} at a time, and at most ${MAX_PIECES} answers are added up.`,
    `Use a window of at most ${formatSpan(most)}, for example {"from":"${formatTime(window.to - most + longest)}","to":"${formatTime(window.to)}"}.`,
  );
}

/** Pieces of about the same length, as few as the server allows. */
export function evenly({ from, to }: Window, longest: number): Window[] {
  const instants = to - from + 1;
  const count = Math.ceil(instants / longest);
  const border = (piece: number) => from + Math.floor((piece * instants) / count);
  // Beyond what is allowed nobody looks at them.
  return Array.from({ length: Math.min(count, MAX_PIECES + 1) }, (_, piece) => ({
    from: border(piece),
    to: border(piece + 1) - 1,
  }));
}

/**
 * Pieces that begin and end with a step of the grid `to − k·step`, so that no step is in two of them; where a
 * single step is too long, it is cut, and its sums meet again in one point.
 */
export function alongGrid({ from, to }: Window, stepMs: number, longest: number): Window[] {
  const first = gridPoint({ from, to }, stepMs, from);
  const windows: Window[] = [];
  for (let start = from; start <= to && windows.length <= MAX_PIECES; ) {
    // The last grid point that a piece may reach, which holds one instant less than the server allows.
    const room = start + longest - 1;
    const steps = Math.floor((room - first) / stepMs);
    const point = steps < 0 ? Number.NEGATIVE_INFINITY : Math.min(to, first + steps * stepMs);
    const end = point >= start ? point : Math.min(room, gridPoint({ from, to }, stepMs, start));
    windows.push({ from: start, to: end });
    start = end + 1;
  }
  return windows;
}

/** The point of the grid `to − k·step` whose step holds a time; the first step holds `from`, too. */
function gridPoint({ from, to }: Window, stepMs: number, time: number): number {
  const first = to - (Math.max(1, Math.ceil((to - from) / stepMs)) - 1) * stepMs;
  return Math.max(first, to - Math.floor((to - time) / stepMs) * stepMs);
}

/** No profile lies between two milliseconds. */
function wholeWindow({ window }: SeriesQuery): Window {
  return { from: Math.ceil(window.from), to: Math.floor(window.to) };
}

function lengthOf({ from, to }: Window): number {
  return to - from;
}

function union(lists: readonly string[][]): string[] {
  return lists.length === 1 ? lists.flat() : [...new Set(lists.flat())].sort();
}

function distinctRows(rows: readonly Labels[]): Labels[] {
  const byText = new Map(rows.map((row) => [JSON.stringify(row), row]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function merged(parts: readonly MergedProfile[]): MergedProfile {
  const seconds = parts.map(({ profiledSeconds }) => profiledSeconds);
  return {
    profile: mergeProfiles(parts.map(({ profile }) => profile)),
    notes: [...new Set(parts.flatMap((part) => part.notes))],
    profiledSeconds: seconds.every((value) => value !== null)
      ? seconds.reduce((sum, value) => sum + value, 0)
      : null,
  };
}

/** The own cost of every function stays exact; of callers and tree there is as much as all pieces have. */
function mergedParts(parts: readonly ReducedMerge[]): ReducedMerge {
  const trees = parts.flatMap(({ tree }) => tree ?? []);
  return {
    leaves: mergeProfiles(parts.map(({ leaves }) => leaves)),
    callSites: Math.min(...parts.map(({ callSites }) => callSites)),
    tree: trees.length === parts.length ? mergeProfiles(trees) : null,
  };
}
