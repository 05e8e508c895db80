import { LRUCache } from 'lru-cache';
import type { Labels, Matcher, ProfileSource, SeriesQuery, Window } from '../sources/source.js';

const MINUTE = 60_000;
/** What exists changes slowly; a new service is seen within this time. */
const TTL_MS = MINUTE;
const MAX_ANSWERS = 1_000;

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

/**
 * Windows are widened to whole minutes, so that `now-1h` asked twice in a minute is one question: what exists is
 * learned a little too generously, and an answer about values must not be drawn from it.
 */
export function createSchema(source: ProfileSource): Schema {
  const answers = new LRUCache<string, string[] | Labels[]>({ max: MAX_ANSWERS, ttl: TTL_MS });
  const asked = new Map<string, Promise<string[] | Labels[]>>();

  async function remember<T extends string[] | Labels[]>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = (answers.get(key) ?? asked.get(key)) as T | Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = ask();
    asked.set(key, answer);
    try {
      const found = await answer;
      answers.set(key, found);
      return found;
    } finally {
      asked.delete(key);
    }
  }

  const widened = (matchers: readonly Matcher[], window: Window): SeriesQuery => ({
    matchers,
    window: {
      from: Math.floor(window.from / MINUTE) * MINUTE,
      to: Math.ceil(window.to / MINUTE) * MINUTE,
    },
  });
  const labelValues = (name: string, matchers: readonly Matcher[], window: Window, signal: AbortSignal) => {
    const query = widened(matchers, window);
    return remember(JSON.stringify(['values', name, query]), () => source.labelValues(name, query, signal));
  };

  return {
    labelValues,
    typeIds: (matchers, window, signal) => labelValues('__profile_type__', matchers, window, signal),
    labelNames(matchers, window, signal) {
      const query = widened(matchers, window);
      return remember(JSON.stringify(['names', query]), () => source.labelNames(query, signal));
    },
    servicesAndTypes(matchers, window, signal) {
      const query = widened(matchers, window);
      return remember(JSON.stringify(['services', query]), () =>
        source.series(['service_name', '__profile_type__'], query, signal),
      );
    },
  };
}
