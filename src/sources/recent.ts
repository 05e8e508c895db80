import { LRUCache } from 'lru-cache';
import type { Profile } from '../profile/model.js';
import { type Meter, NO_METER } from '../telemetry/meter.js';
import { sharedWork } from '../work/shared.js';
import type { ProfileSource, Window } from './source.js';

/**
 * How long an answer is remembered, milliseconds: the next calls of an agent, and others on the same
 * incident, come within it.
 */
const KEPT_MS = 60_000;
/** Profiles may arrive late: only a window that ended so long ago is taken to be complete, milliseconds. */
const SETTLED_MS = 5 * 60_000;
/** Of all sources together. */
const MAX_BYTES = 16 * 2 ** 20;
/** A larger answer would push out many small ones. */
const MAX_ENTRY_BYTES = 2 ** 21;
/** A function of a profile beside the characters of its names, and a character in memory, at most. */
const BYTES_PER_FUNCTION = 64;
const BYTES_PER_CHARACTER = 2;

export interface RecentOptions {
  /** Unix ms. */
  now?: () => number;
  /** Of all remembered answers together, about. */
  mostBytes?: number;
  /** Told where answers come from. */
  meter?: Pick<Meter, 'recent'> | undefined;
}

/** What was asked lately, of all sources of a process. */
export interface RecentAnswers {
  /** The same source, which remembers. Each has answers of its own, two of the same server included. */
  over(source: ProfileSource): ProfileSource;
  /** About how much is remembered. */
  bytes(): number;
}

interface Kept {
  value: unknown;
  /** When it was asked for, Unix ms. */
  at: number;
}

/**
 * A small memory of what was just fetched: agents on one incident ask the same, and the calls of one agent
 * follow each other over the same window. The whole question is the key. A question that is under way is
 * joined by all who ask it meanwhile. Only windows that ended five minutes ago or earlier are remembered, for
 * a minute at most, and never a failure: the answer is the one that the store would give. What is too large
 * to be read whole is always asked anew.
 *
 * Answers are handed out to several callers, so nobody may change them.
 */
export function createRecentAnswers({
  now = Date.now,
  mostBytes = MAX_BYTES,
  meter = NO_METER,
}: RecentOptions = {}): RecentAnswers {
  const kept = new LRUCache<string, Kept>({
    maxSize: mostBytes,
    maxEntrySize: Math.min(MAX_ENTRY_BYTES, mostBytes),
    sizeCalculation: ({ value }, key) => sizeOf(value) + key.length * BYTES_PER_CHARACTER,
  });
  const underWay = new Map<string, (signal: AbortSignal) => Promise<unknown>>();
  let sources = 0;

  const forget = () => {
    for (const [key, { at }] of kept.entries()) if (now() - at >= KEPT_MS) kept.delete(key);
  };

  const remembering = (owner: number) => {
    return async <T>(
      question: readonly [method: string, ...rest: unknown[]],
      window: Window,
      ask: (signal: AbortSignal) => Promise<T>,
      signal: AbortSignal,
    ): Promise<T> => {
      if (window.to > now() - SETTLED_MS) {
        meter.recent('unsettled');
        return ask(signal);
      }
      const key = JSON.stringify([owner, ...question]);
      const known = kept.get(key);
      // The key holds the method, so the value is of its type.
      if (known !== undefined && now() - known.at < KEPT_MS) {
        meter.recent('hit');
        return known.value as T;
      }
      let shared = underWay.get(key);
      meter.recent(shared === undefined ? 'miss' : 'joined');
      if (shared === undefined) {
        shared = sharedWork(async (ownSignal) => {
          const at = now();
          try {
            const value = await ask(ownSignal);
            forget();
            kept.set(key, { value, at });
            return value;
          } finally {
            underWay.delete(key);
          }
        });
        underWay.set(key, shared);
      }
      return (await shared(signal)) as T;
    };
  };

  return {
    bytes: () => kept.calculatedSize,
    over(source) {
      const recall = remembering(sources++);
      return {
        ...source,
        labelNames: (query, signal) =>
          recall(['labelNames', query], query.window, (own) => source.labelNames(query, own), signal),
        labelValues: (name, query, signal) =>
          recall(
            ['labelValues', name, query],
            query.window,
            (own) => source.labelValues(name, query, own),
            signal,
          ),
        series: (names, query, signal) =>
          recall(['series', names, query], query.window, (own) => source.series(names, query, own), signal),
        profile: (query, signal) =>
          recall(['profile', query], query.window, (own) => source.profile(query, own), signal),
        snapshots: (query, groupBy, signal) =>
          recall(
            ['snapshots', query, groupBy],
            query.window,
            (own) => source.snapshots(query, groupBy, own),
            signal,
          ),
        timeSeries: (query, options, signal) =>
          recall(
            ['timeSeries', query, options],
            query.window,
            (own) => source.timeSeries(query, options, own),
            signal,
          ),
      };
    },
  };
}

/** About the bytes that an answer takes. */
function sizeOf(value: unknown): number {
  return isMerge(value) ? profileSize(value.profile) : JSON.stringify(value).length * BYTES_PER_CHARACTER + 1;
}

function isMerge(value: unknown): value is { profile: Profile } {
  return typeof value === 'object' && value !== null && 'profile' in value;
}

function profileSize(profile: Profile): number {
  const { functions, frameFunction, frameLine, frameKin, stackStart, stackFrames, values } = profile;
  const columns = [frameFunction, frameLine, frameKin, stackStart, stackFrames, values];
  return functions.reduce(
    (sum, { name, file }) => sum + BYTES_PER_FUNCTION + (name.length + file.length) * BYTES_PER_CHARACTER,
    columns.reduce((sum, { buffer }) => sum + buffer.byteLength, 1),
  );
}
