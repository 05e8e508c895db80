import { LRUCache } from 'lru-cache';
import type { Profile } from '../profile/model.js';
import { type Meter, NO_METER } from '../telemetry/meter.js';
import { sharedWork } from '../work/shared.js';
import type { ProfileSource, Window } from './source.js';

/**
 * Time for which an answer is kept, in milliseconds: long enough for the next calls of an agent, and of other
 * agents on the same incident.
 */
const KEPT_MS = 60_000;
/** Age after which a window is taken to be complete, in milliseconds: profiles may arrive late. */
const SETTLED_MS = 5 * 60_000;
/** Maximum size of all kept answers of all sources, in bytes. */
const MAX_BYTES = 16 * 2 ** 20;
/** Maximum size of a kept answer, in bytes: a larger one would evict many small ones. */
const MAX_ENTRY_BYTES = 2 ** 21;
/** Memory of a function of a profile without the characters of its names, and of a character, at most. */
const BYTES_PER_FUNCTION = 64;
const BYTES_PER_CHARACTER = 2;

export interface RecentOptions {
  /** Unix ms. */
  now?: () => number;
  /** Maximum size of all kept answers, about. */
  maxBytes?: number;
  /** Counts hits, misses and joined requests. */
  meter?: Pick<Meter, 'recent'> | undefined;
}

/** Answers that the sources of a process gave lately. */
export interface RecentAnswers {
  /**
   * Wraps a source so that it keeps its answers. No two sources share answers, not even of the same server.
   */
  wrap(source: ProfileSource): ProfileSource;
  /** Size of all kept answers, about. */
  bytes(): number;
}

interface RecentAnswer {
  value: unknown;
  /** Time of the request, Unix ms. */
  askedAt: number;
}

/**
 * Creates a small cache of recent answers: agents on the same incident ask the same questions, and the calls
 * of an agent follow each other over the same window. The key is the whole question, and callers that ask it
 * while its request runs share that request. An answer is kept for a minute at most, and only for a window
 * that ended at least five minutes ago, so that it is the answer which the store would give. Failures and
 * reduced profiles are not kept.
 *
 * Several callers share an answer, so they must not change it.
 */
export function createRecentAnswers({
  now = Date.now,
  maxBytes: mostBytes = MAX_BYTES,
  meter = NO_METER,
}: RecentOptions = {}): RecentAnswers {
  const answers = new LRUCache<string, RecentAnswer>({
    maxSize: mostBytes,
    maxEntrySize: Math.min(MAX_ENTRY_BYTES, mostBytes),
    sizeCalculation: ({ value }, key) => estimateSize(value) + key.length * BYTES_PER_CHARACTER,
  });
  const underWay = new Map<string, (signal: AbortSignal) => Promise<unknown>>();
  let sources = 0;

  const forgetOld = () => {
    for (const [key, { askedAt: at }] of answers.entries()) if (now() - at >= KEPT_MS) answers.delete(key);
  };

  const createRecall = (owner: number) => {
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
      const recent = answers.get(key);
      // The key holds the method, so the value has the type of its answer.
      if (recent !== undefined && now() - recent.askedAt < KEPT_MS) {
        meter.recent('hit');
        return recent.value as T;
      }
      let shared = underWay.get(key);
      meter.recent(shared === undefined ? 'miss' : 'joined');
      if (shared === undefined) {
        shared = sharedWork(async (sharedSignal) => {
          const at = now();
          try {
            const value = await ask(sharedSignal);
            forgetOld();
            answers.set(key, { value, askedAt: at });
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
    bytes: () => answers.calculatedSize,
    wrap(source) {
      const recall = createRecall(sources++);
      return {
        ...source,
        labelNames: (query, signal) =>
          recall(
            ['labelNames', query],
            query.window,
            (sharedSignal) => source.labelNames(query, sharedSignal),
            signal,
          ),
        labelValues: (name, query, signal) =>
          recall(
            ['labelValues', name, query],
            query.window,
            (sharedSignal) => source.labelValues(name, query, sharedSignal),
            signal,
          ),
        series: (names, query, signal) =>
          recall(
            ['series', names, query],
            query.window,
            (sharedSignal) => source.series(names, query, sharedSignal),
            signal,
          ),
        profile: (query, signal) =>
          recall(
            ['profile', query],
            query.window,
            (sharedSignal) => source.profile(query, sharedSignal),
            signal,
          ),
        snapshots: (query, groupBy, signal) =>
          recall(
            ['snapshots', query, groupBy],
            query.window,
            (sharedSignal) => source.snapshots(query, groupBy, sharedSignal),
            signal,
          ),
        timeSeries: (query, options, signal) =>
          recall(
            ['timeSeries', query, options],
            query.window,
            (sharedSignal) => source.timeSeries(query, options, sharedSignal),
            signal,
          ),
      };
    },
  };
}

/** Size of an answer in bytes, about. */
function estimateSize(value: unknown): number {
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
