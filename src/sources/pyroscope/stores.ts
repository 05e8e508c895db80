import { UpstreamError } from '../../errors.js';

/** How long it holds what was learned about the server's storage: data comes, ages out and is compacted. */
const KNOWN_FOR_MS = 60_000;
/** How long a server without v2 storage is not asked again whether it has become one with. */
const ABSENT_FOR_MS = 600_000;

/**
 * A part of a window that one storage answers: the data stamped in `(start, end]`. With `first`, what that storage
 * holds up to `start` belongs to it too: it is the oldest that there is.
 */
export interface Piece {
  start: number;
  end: number;
  first: boolean;
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
 * A server in dual mode (the default of an installation that was v1 once) cuts each request at the tenant's oldest v2
 * profile, sends the halves to the two storages and starts the time grid anew in the second one. A heatmap is
 * then refused, and a series loses what lies after the last grid point of either half. So such a window is cut here
 * first, at the same instant, found by asking for tiny heatmaps.
 */
export interface Stores {
  /** The parts of `(start, end]`, in order; one part unless the server is in dual mode. */
  pieces(start: number, end: number, signal: AbortSignal): Promise<Piece[]>;
  /** Whether a request from `start` on is worth sending to v2 as it is: not known to be refused. */
  mayAnswer(start: number): boolean;
  /** Notes that the v2 storage answered a request that starts here. */
  answered(start: number): void;
  /** Notes that it refused one; what was known is void. */
  refused(): void;
}

export function createStores(probe: StoreProbe, now: () => number = Date.now): Stores {
  /** The earliest start known to be answered, and the oldest v2 profile where it was looked for. */
  let known: { from: number; oldest: number | null; until: number } | null = null;
  let absentUntil = 0;

  const current = () => {
    if (known !== null && known.until <= now()) known = null;
    return known;
  };

  const learn = (from: number, oldest: number | null): void => {
    known = { from, oldest, until: now() + KNOWN_FOR_MS };
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

  return {
    mayAnswer(start) {
      const oldest = current()?.oldest ?? null;
      return now() >= absentUntil && (oldest === null || start > oldest);
    },

    answered(start) {
      const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
      if (start < from) learn(start, oldest);
    },

    refused() {
      known = null;
    },

    async pieces(start, end, signal) {
      const v1: Piece = { start, end, first: false, store: 'v1' };
      const v2: Piece = { start, end, first: false, store: 'v2' };
      if (now() < absentUntil) return [v1];
      const { from = Number.POSITIVE_INFINITY, oldest = null } = current() ?? {};
      if (start >= from) return [v2];
      if (oldest !== null) return cut(start, end, oldest);
      if (await probe.answersFrom(start, signal)) {
        learn(start, null);
        return [v2];
      }
      if (!(await probe.exists(signal))) {
        absentUntil = now() + ABSENT_FOR_MS;
        return [v1];
      }
      if (!(await probe.answersFrom(end, signal))) return [v1];
      const found = await findOldest(start, end, signal);
      learn(found + 1, found);
      return cut(start, end, found);
    },
  };
}

/** Whether an error says that the server, or the storage that it chose, has no such API. */
export function isAbsent(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found';
}

/** The v2 storage answers alone what starts after its oldest profile, so it is asked from the next millisecond on. */
function cut(start: number, end: number, oldest: number): Piece[] {
  const before: Piece = { start, end: Math.min(end, oldest - 1), first: false, store: 'v1' };
  const from = Math.max(start, oldest + 1);
  const after: Piece = { start: from, end: Math.max(end, from + 1), first: start <= oldest, store: 'v2' };
  return [...(before.end > start ? [before] : []), ...(end > oldest ? [after] : [])];
}
