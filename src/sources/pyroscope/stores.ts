import { UpstreamError } from '../../errors.js';
import { sharedWork } from '../../work/shared.js';

/** Time for which knowledge about the storage is kept: data arrives, expires and is compacted. */
const CACHE_MS = 60_000;
/** Time after which a server without v2 storage is checked for it again. */
const ABSENT_FOR_MS = 600_000;

/**
 * A part of a window that a single storage answers: the data in `(start, end]`, and before it as `first`
 * says: nothing (null), the instant `start` alone, or all data of the storage up to `start`.
 */
export interface Piece {
  start: number;
  end: number;
  first: 'instant' | 'all' | null;
  store: 'v1' | 'v2';
}

/** Requests that find out which storage answers. */
export interface StoreProbe {
  /** Whether the v2 storage answers a request whose range starts here. */
  answersFrom(start: number, signal: AbortSignal): Promise<boolean>;
  /** Whether there is a v2 storage at all. */
  exists(signal: AbortSignal): Promise<boolean>;
}

/**
 * Finds where the v2 storage of a server begins.
 *
 * A server in dual mode (the default of an installation that began with v1) cuts each request at the tenant's
 * oldest v2 profile, sends the parts to the two storages and restarts the time grid in the second part. Then
 * it refuses a heatmap, and a series loses the data after the last grid point of either part. So such a
 * window is cut here first, at the same instant, which requests for tiny heatmaps find.
 */
export interface Stores {
  /** Divides `(start, end]` into parts in order; there is a single part unless the server is in dual mode. */
  pieces(start: number, end: number, signal: AbortSignal): Promise<Piece[]>;
  /** Divides `(start, end]` after v2 refused a request from `start` on, so that earlier knowledge is void. */
  piecesOfRefused(start: number, end: number, signal: AbortSignal): Promise<Piece[]>;
  /** Divides `(start, end]` without requests; unknown parts are taken to be in v2. */
  likelyPieces(start: number, end: number): Piece[];
  /** Remembers that the v2 storage answered a request that starts here. */
  noteAnswer(start: number): void;
}

export function createStores(probe: StoreProbe, now: () => number = Date.now): Stores {
  /** Earliest start that v2 is known to answer, and the oldest v2 profile where it was searched. */
  let v2Range: { from: number; oldest: number | null; until: number } | null = null;
  let absentUntil = 0;

  const current = () => {
    if (v2Range !== null && v2Range.until <= now()) v2Range = null;
    return v2Range;
  };

  /** Finds the oldest v2 profile, between a refused and an answered start. */
  const findOldest = async (refusedAt: number, answeredAt: number, signal: AbortSignal): Promise<number> => {
    let [low, high] = [refusedAt, answeredAt];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await probe.answersFrom(middle, signal)) high = middle;
      else low = middle;
    }
    return low;
  };

  const piecesOfRefused = async (start: number, end: number, signal: AbortSignal): Promise<Piece[]> => {
    const v1: Piece = { start, end, first: null, store: 'v1' };
    v2Range = null;
    if (!(await probe.exists(signal))) {
      absentUntil = now() + ABSENT_FOR_MS;
      return [v1];
    }
    if (!(await probe.answersFrom(end + 1, signal))) return [v1];
    const oldest = await findOldest(start, end + 1, signal);
    v2Range = { from: oldest + 1, oldest, until: now() + CACHE_MS };
    return cutAt(start, end, oldest);
  };

  /** Whether it is unknown which storage answers from here on. */
  const isUnknown = (start: number): boolean => {
    const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
    return now() >= absentUntil && start < from && oldest === null;
  };
  let pendingLookup: ((signal: AbortSignal) => Promise<unknown>) | null = null;

  const likelyPieces = (start: number, end: number): Piece[] => {
    if (now() < absentUntil) return [{ start, end, first: null, store: 'v1' }];
    const oldest = current()?.oldest ?? null;
    return oldest === null || start > oldest
      ? [{ start, end, first: null, store: 'v2' }]
      : cutAt(start, end, oldest);
  };

  const noteAnswer = (start: number): void => {
    const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
    if (start < from && now() >= absentUntil) v2Range = { from: start, oldest, until: now() + CACHE_MS };
  };

  return {
    likelyPieces,
    noteAnswer: noteAnswer,

    async pieces(start, end, signal) {
      // Series of several types are requested at once; the first request finds out for all.
      if (isUnknown(start) && pendingLookup !== null) await pendingLookup(signal);
      if (!isUnknown(start)) return likelyPieces(start, end);
      const lookup = sharedWork(async (shared) => {
        if (!(await probe.answersFrom(start, shared))) return piecesOfRefused(start, end, shared);
        noteAnswer(start);
        return null;
      });
      pendingLookup = lookup;
      try {
        return (await lookup(signal)) ?? likelyPieces(start, end);
      } finally {
        if (pendingLookup === lookup) pendingLookup = null;
      }
    },

    piecesOfRefused,
  };
}

/** Whether an error means that the server has no such API. */
export function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found';
}

/**
 * Whether an error means that v2 does not answer from this start on: the chosen storage lacks the API, or the
 * v2 part of a cut request is a single instant.
 */
export function isRefusedByV2(error: unknown): boolean {
  if (isAbsent(error)) return true;
  return (
    error instanceof UpstreamError &&
    error.kind === 'rejected' &&
    error.detail.startsWith('start time must be before')
  );
}

/**
 * Cuts a window at the oldest v2 profile. Only v2 answers a request that starts after that profile, so the v2
 * part starts a millisecond later.
 */
function cutAt(start: number, end: number, oldest: number): Piece[] {
  const before: Piece = { start, end: Math.min(end, oldest - 1), first: null, store: 'v1' };
  const from = Math.max(start, oldest + 1);
  const first = start < oldest ? 'all' : 'instant';
  const after: Piece = { start: from, end: Math.max(end, from + 1), first, store: 'v2' };
  return [...(before.end > start ? [before] : []), ...(end >= oldest ? [after] : [])];
}
