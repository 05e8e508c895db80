import { UpstreamError } from '../../errors.js';
import { sharedWork } from '../../work/shared.js';

/** How long it holds what was learned about the server's storage: data comes, ages out and is compacted. */
const KNOWN_FOR_MS = 60_000;
/** How long a server without v2 storage is not asked again whether it has become one with. */
const ABSENT_FOR_MS = 600_000;

/**
 * A part of a window that one storage answers: the data stamped in `(start, end]`, and of what lies up to
 * `start` as much as `first` says: nothing (null), the instant `start` alone, or all that the storage holds
 * up to there, which is the oldest that there is.
 */
export interface Piece {
  start: number;
  end: number;
  first: 'instant' | 'all' | null;
  store: 'v1' | 'v2';
}

/** What the server is asked to learn which storage answers. */
export interface StoreProbe {
  /** Whether the v2 storage answers a request whose range starts here. */
  answersFrom(start: number, signal: AbortSignal): Promise<boolean>;
  /** Whether there is a v2 storage at all. */
  exists(signal: AbortSignal): Promise<boolean>;
}

/**
 * Knows where the v2 storage of a server begins.
 *
 * A server in dual mode (the default of an installation that was v1 once) cuts each request at the tenant's
 * oldest v2 profile, sends the halves to the two storages and starts the time grid anew in the second one. A
 * heatmap is then refused, and a series loses what lies after the last grid point of either half. So such a
 * window is cut here first, at the same instant, found by asking for tiny heatmaps.
 */
export interface Stores {
  /** The parts of `(start, end]`, in order; one part unless the server is in dual mode. */
  pieces(start: number, end: number, signal: AbortSignal): Promise<Piece[]>;
  /** The same where v2 has just refused a request from `start` on: what was known is void. */
  piecesOfRefused(start: number, end: number, signal: AbortSignal): Promise<Piece[]>;
  /** The same without asking anything: what is not known is taken to be in v2. */
  likelyPieces(start: number, end: number): Piece[];
  /** Notes that the v2 storage answered a request that starts here. */
  answered(start: number): void;
}

export function createStores(probe: StoreProbe, now: () => number = Date.now): Stores {
  /** The earliest start known to be answered, and the oldest v2 profile where it was looked for. */
  let known: { from: number; oldest: number | null; until: number } | null = null;
  let absentUntil = 0;

  const current = () => {
    if (known !== null && known.until <= now()) known = null;
    return known;
  };

  /** The oldest v2 profile, between a refused and an answered start. */
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
    known = null;
    if (!(await probe.exists(signal))) {
      absentUntil = now() + ABSENT_FOR_MS;
      return [v1];
    }
    if (!(await probe.answersFrom(end + 1, signal))) return [v1];
    const oldest = await findOldest(start, end + 1, signal);
    known = { from: oldest + 1, oldest, until: now() + KNOWN_FOR_MS };
    return cut(start, end, oldest);
  };

  /** Whether nobody knows which storage answers from here on. */
  const isUnknown = (start: number): boolean => {
    const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
    return now() >= absentUntil && start < from && oldest === null;
  };
  let learning: ((signal: AbortSignal) => Promise<unknown>) | null = null;

  const likelyPieces = (start: number, end: number): Piece[] => {
    if (now() < absentUntil) return [{ start, end, first: null, store: 'v1' }];
    const oldest = current()?.oldest ?? null;
    return oldest === null || start > oldest
      ? [{ start, end, first: null, store: 'v2' }]
      : cut(start, end, oldest);
  };

  const answered = (start: number): void => {
    const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
    if (start < from && now() >= absentUntil) known = { from: start, oldest, until: now() + KNOWN_FOR_MS };
  };

  return {
    likelyPieces,
    answered,

    async pieces(start, end, signal) {
      // Series of several types are asked for at once; one of them finds out for all.
      if (isUnknown(start) && learning !== null) await learning(signal);
      if (!isUnknown(start)) return likelyPieces(start, end);
      const own = sharedWork(async (shared) => {
        if (!(await probe.answersFrom(start, shared))) return piecesOfRefused(start, end, shared);
        answered(start);
        return null;
      });
      learning = own;
      try {
        return (await own(signal)) ?? likelyPieces(start, end);
      } finally {
        if (learning === own) learning = null;
      }
    },

    piecesOfRefused,
  };
}

/** Whether an error says that the server has no such API. */
export function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found';
}

/**
 * Whether an error says that v2 does not answer from this start on: the API is absent from the storage that
 * was chosen, or the v2 half of a request that was cut is a single instant.
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
 * The v2 storage answers alone what starts after its oldest profile, so it is asked from the next millisecond
 * on.
 */
function cut(start: number, end: number, oldest: number): Piece[] {
  const before: Piece = { start, end: Math.min(end, oldest - 1), first: null, store: 'v1' };
  const from = Math.max(start, oldest + 1);
  const first = start < oldest ? 'all' : 'instant';
  const after: Piece = { start: from, end: Math.max(end, from + 1), first, store: 'v2' };
  return [...(before.end > start ? [before] : []), ...(end >= oldest ? [after] : [])];
}
