import pMap from 'p-map';
import { UpstreamError, UserError } from '../../errors.js';
import { mergeProfiles } from '../../profile/tables/merge.js';
import { formatSpan, formatTime } from '../../text/units.js';
import type { Labels, MergedProfile, ProfileSource, ReducedMerge, SeriesQuery, Window } from '../source.js';
import { createQueryLimits } from './query-limits.js';
import { sumOfCounts } from './snapshots.js';
import { lengthRefusal, MIN_STEP_MS } from './steps.js';
import { sumOfSeries } from './timeline.js';

/** Maximum number of pieces of a window: about a month where the server allows a day. */
export const MAX_PIECES = 32;
/** Maximum number of parallel pieces of a question: half of the connections stay free for others. */
const IN_FLIGHT = 4;
/**
 * Maximum number of attempts: a limit may shrink meanwhile, but a limit that shrinks every time is a fault of
 * the server.
 */
const MAX_TRIES = 3;

/**
 * Wraps a source so that it also answers about windows longer than its server allows: these are queried in
 * pieces, and the answers are added up to that of the whole window.
 *
 * The limit (`max_query_length`, 24 h by default, another for some tenants) is learned from the first refusal
 * and kept for an hour, so that other long windows are cut at once. Windows are closed, so a piece begins a
 * millisecond after the one before it ends. A window that begins before the lookback limit of the server
 * (`max_query_lookback`) begins there as soon as the limit is known.
 *
 * Every method throws UserError where a window takes more than 32 pieces.
 */
export function inPieces(source: ProfileSource, now: () => number = Date.now): ProfileSource {
  const limits = createQueryLimits(source, now);
  const reduced = source.reduced?.bind(source);
  const exemplars = source.exemplars?.bind(source);

  /** Reads the answers of all pieces in order of time; a window within the limit is a single piece. */
  const askPieces = async <Query extends SeriesQuery, T>(
    query: Query,
    cut: (window: Window, longest: number) => Window[],
    askPiece: (query: Query) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T[]> => {
    for (let tries = 1; ; tries++) {
      const window = limits.clip(wholeWindow(query));
      const longest = limits.longest();
      const windows = longest === null || measureLength(window) <= longest ? [window] : cut(window, longest);
      if (windows.length > MAX_PIECES) throw tooLongError(window, longest ?? 0);
      try {
        return await eachPiece(windows, (piece) => askPiece({ ...query, window: piece }), signal);
      } catch (error) {
        const refusal = lengthRefusal(error);
        const isNewLimit =
          refusal !== null &&
          refusal.limit < Math.min(longest ?? Number.POSITIVE_INFINITY, measureLength(window));
        if (!isNewLimit || tries === MAX_TRIES) throw error;
        limits.learn(refusal, windows.length === 1 ? window : null);
      }
    }
  };

  return {
    ...source,
    lookbackLimit: (signal) => limits.ask(signal),

    requestsFor(requested) {
      const window = limits.clip(requested);
      const longest = limits.longest();
      return longest === null || measureLength(window) <= longest ? 1 : cutEvenly(window, longest).length;
    },

    async labelNames(query, signal) {
      return union(await askPieces(query, cutEvenly, (piece) => source.labelNames(piece, signal), signal));
    },

    async labelValues(name, query, signal) {
      return union(
        await askPieces(query, cutEvenly, (piece) => source.labelValues(name, piece, signal), signal),
      );
    },

    async series(names, query, signal) {
      const answers = await askPieces(
        query,
        cutEvenly,
        (piece) => source.series(names, piece, signal),
        signal,
      );
      return answers.length === 1 ? answers.flat() : distinctRows(answers.flat());
    },

    async profile(query, signal) {
      const answers = await askPieces(query, cutEvenly, (piece) => source.profile(piece, signal), signal);
      return mergeAnswers(answers, query.isApart);
    },

    ...(reduced === undefined
      ? {}
      : {
          async reduced(query, soon, signal) {
            return mergeReduced(
              await askPieces(query, cutEvenly, (piece) => reduced(piece, soon, signal), signal),
            );
          },
        }),

    async snapshots(query, groupBy, signal) {
      const answers = await askPieces(
        query,
        cutEvenly,
        (piece) => source.snapshots(piece, groupBy, signal),
        signal,
      );
      return answers.length === 1 ? answers.flat() : sumOfCounts(answers.flat());
    },

    ...(exemplars === undefined
      ? {}
      : {
          async exemplars(query, kind, signal) {
            const answers = await askPieces(
              query,
              cutEvenly,
              (piece) => exemplars(piece, kind, signal),
              signal,
            );
            return {
              rows: answers.flatMap(({ rows }) => rows).sort((a, b) => b.value - a.value),
              counted: answers.reduce((sum, { counted }) => sum + counted, 0),
              notes: [...new Set(answers.flatMap(({ notes }) => notes))],
            };
          },
        }),

    async timeSeries(query, { groupBy, step, limit }, signal) {
      const stepMs = Math.max(MIN_STEP_MS, Math.round(step * 1000));
      const requested = wholeWindow(query);
      const cut = (window: Window, longest: number) => cutAlongGrid(window, stepMs, longest);
      const answers = await askPieces(
        query,
        cut,
        // The heaviest series of a piece need not be the heaviest of all, so pieces have no limit.
        (piece) => source.timeSeries(piece, { groupBy, step: stepMs / 1000 }, signal),
        signal,
      );
      const aligned = answers.flat().map(({ labels, points }) => ({
        labels,
        points: points.map(({ time, value }) => ({ time: gridPoint(requested, stepMs, time), value })),
      }));
      return (answers.length === 1 ? answers.flat() : sumOfSeries(aligned)).slice(0, limit);
    },
  };
}

/**
 * Queries the pieces, a few at a time. A timeout tells how many were answered, since only a shorter window
 * helps the caller.
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

function tooLongError(window: Window, longest: number): UserError {
  const maxSpan = MAX_PIECES * longest;
  return new UserError(
    `The window of ${formatSpan(measureLength(window))} is too long: the server answers about ${formatSpan(longest)} at a time, and at most ${MAX_PIECES} answers are added up.`,
    `Use a window of at most ${formatSpan(maxSpan)}, for example {"from":"${formatTime(window.to - maxSpan + longest)}","to":"${formatTime(window.to)}"}.`,
  );
}

/** Cuts a window into pieces of about the same length, as few as the server allows. */
export function cutEvenly({ from, to }: Window, longest: number): Window[] {
  const instants = to - from + 1;
  const count = Math.ceil(instants / longest);
  const computeBorder = (piece: number) => from + Math.floor((piece * instants) / count);
  // A single piece over the maximum is enough to refuse the window.
  return Array.from({ length: Math.min(count, MAX_PIECES + 1) }, (_, piece) => ({
    from: computeBorder(piece),
    to: computeBorder(piece + 1) - 1,
  }));
}

/**
 * Cuts a window into pieces that begin and end with a step of the grid `to − k·step`, so that no step is in
 * two of them. A single step that is too long is cut, and its sums are added up in the same point.
 */
export function cutAlongGrid({ from, to }: Window, stepMs: number, longest: number): Window[] {
  const first = gridPoint({ from, to }, stepMs, from);
  const windows: Window[] = [];
  for (let start = from; start <= to && windows.length <= MAX_PIECES; ) {
    // A piece ends at the last grid point within this bound, a millisecond less than the server allows.
    const maxEnd = start + longest - 1;
    const steps = Math.floor((maxEnd - first) / stepMs);
    const point = steps < 0 ? Number.NEGATIVE_INFINITY : Math.min(to, first + steps * stepMs);
    const end = point >= start ? point : Math.min(maxEnd, gridPoint({ from, to }, stepMs, start));
    windows.push({ from: start, to: end });
    start = end + 1;
  }
  return windows;
}

/** The point of the grid `to − k·step` whose step holds a time; the first step also holds `from`. */
function gridPoint({ from, to }: Window, stepMs: number, time: number): number {
  const first = to - (Math.max(1, Math.ceil((to - from) / stepMs)) - 1) * stepMs;
  return Math.max(first, to - Math.floor((to - time) / stepMs) * stepMs);
}

/** The window in whole milliseconds, since no profile lies between two. */
function wholeWindow({ window }: SeriesQuery): Window {
  return { from: Math.ceil(window.from), to: Math.floor(window.to) };
}

function measureLength({ from, to }: Window): number {
  return to - from;
}

function union(lists: readonly string[][]): string[] {
  return lists.length === 1 ? lists.flat() : [...new Set(lists.flat())].sort();
}

function distinctRows(rows: readonly Labels[]): Labels[] {
  const byText = new Map(rows.map((row) => [JSON.stringify(row), row]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function mergeAnswers(parts: readonly MergedProfile[], isApart?: boolean): MergedProfile {
  const seconds = parts.map(({ profiledSeconds }) => profiledSeconds);
  return {
    profile: mergeProfiles(
      parts.map(({ profile }) => profile),
      { isApart },
    ),
    notes: [...new Set(parts.flatMap((part) => part.notes))],
    profiledSeconds: seconds.every((value) => value !== null)
      ? seconds.reduce((sum, value) => sum + value, 0)
      : null,
    ...(parts.some(({ isNamesOnly }) => isNamesOnly === true) ? { isNamesOnly: true } : {}),
  };
}

/**
 * Merges reduced profiles. Own costs stay exact; callers and tree are kept as far as all pieces have them.
 */
function mergeReduced(parts: readonly ReducedMerge[]): ReducedMerge {
  const trees = parts.flatMap(({ tree }) => tree ?? []);
  return {
    leaves: mergeProfiles(parts.map(({ leaves }) => leaves)),
    callSites: Math.min(...parts.map(({ callSites }) => callSites)),
    tree: trees.length === parts.length ? mergeProfiles(trees) : null,
  };
}
