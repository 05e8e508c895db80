import { LRUCache } from 'lru-cache';
import { sharedWork } from '../shared-work.js';
import type { Labels, Matcher, ProfileSource, Window } from '../sources/source.js';

const MINUTE = 60_000;
/** What exists changes slowly; a new service is seen within this time. */
const TTL_MS = MINUTE;
const MAX_ANSWERS = 1_000;
/** Of a window this long a minute at either end is a margin. */
const LONG_WINDOW_MS = 30 * MINUTE;

/** A time-limited memory of which labels, services and types a source has; one upstream request for many askers. */
export interface Schema {
  /** Type ids present in the window, narrowed by the matchers. */
  typeIds(matchers: readonly Matcher[], window: Window, signal: AbortSignal): Promise<string[]>;
  labelNames(matchers: readonly Matcher[], window: Window, signal: AbortSignal): Promise<string[]>;
  labelValues(
    name: string,
    matchers: readonly Matcher[],
    window: Window,
    signal: AbortSignal,
  ): Promise<string[]>;
  /** Distinct pairs of service and profile type. */
  servicesAndTypes(matchers: readonly Matcher[], window: Window, signal: AbortSignal): Promise<Labels[]>;
}

/** Answers to one kind of question, each asked once for all who wait for it. */
class Memory<T extends readonly unknown[]> {
  readonly #answers = new LRUCache<string, { value: T }>({ max: MAX_ANSWERS, ttl: TTL_MS });
  readonly #asked = new Map<string, (signal: AbortSignal) => Promise<T>>();

  async recall(key: string, ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined) return known.value;
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      asked = sharedWork(async (shared) => {
        try {
          const value = await ask(shared);
          // Nothing today may be something in a moment; and "nothing" is what answers are explained by.
          if (value.length > 0) this.#answers.set(key, { value });
          return value;
        } finally {
          this.#asked.delete(key);
        }
      });
      this.#asked.set(key, asked);
    }
    return asked(signal);
  }
}

/**
 * Long windows that begin and end in the same minutes are one question, so that `now-1h` asked twice is asked once: what
 * exists may be known for a window up to a minute off, and an answer about values must not be drawn from it.
 */
export function createSchema(source: ProfileSource): Schema {
  const texts = new Memory<string[]>();
  const rows = new Memory<Labels[]>();
  const keyOf = (what: string, matchers: readonly Matcher[], { from, to }: Window) => {
    const grain = to - from >= LONG_WINDOW_MS ? MINUTE : 1;
    return JSON.stringify([what, matchers, grain, Math.floor(from / grain), Math.floor(to / grain)]);
  };

  const schema: Schema = {
    typeIds: (matchers, window, signal) => schema.labelValues('__profile_type__', matchers, window, signal),
    labelNames: (matchers, window, signal) =>
      texts.recall(
        keyOf('label names', matchers, window),
        (shared) => source.labelNames({ matchers, window }, shared),
        signal,
      ),
    labelValues: (name, matchers, window, signal) =>
      texts.recall(
        keyOf(`values of ${name}`, matchers, window),
        (shared) => source.labelValues(name, { matchers, window }, shared),
        signal,
      ),
    servicesAndTypes: (matchers, window, signal) =>
      rows.recall(
        keyOf('services', matchers, window),
        (shared) => source.series(['service_name', '__profile_type__'], { matchers, window }, shared),
        signal,
      ),
  };
  return schema;
}
