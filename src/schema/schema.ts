import { LRUCache } from 'lru-cache';
import { sharedWork } from '../shared-work.js';
import type { Labels, Matcher, ProfileSource, Window } from '../sources/source.js';
import { type AnswerCache, type IsAnswer, isRows, isTexts } from './cache.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What exists changes slowly; a new service is seen within this time. */
const TTL_MS = MINUTE;
/**
 * Part of that time by which an answer may go earlier, at random: replicas that learned something at the same moment ask
 * for it anew one after another, and the others find what the first one learned in the shared cache.
 */
const SPREAD = 0.25;
/** So long ago profiles no longer arrive late: what there was in a window stays. */
const SETTLED_MS = HOUR;
/** An answer no older than that counts as asked just now. */
const JUST_NOW_MS = 5_000;
const MAX_ANSWERS = 1_000;
/** Rows of all of them: an answer may hold 100,000 values of a label. */
const MAX_ROWS = 2_000_000;
/** Of a window this long a minute at either end is a margin. */
const LONG_WINDOW_MS = 30 * MINUTE;
/** A long window that ends so near to now is one that moves with it. */
const RECENT_MS = 5 * MINUTE;

/** A memory of which labels, services and types a source has; one upstream request for many askers. */
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
  /** The same, asked just now: to be used before saying that something does not exist. */
  readonly fresh: Schema;
}

/** Answers to one kind of question, each asked once for all who wait for it. */
class Memory<T extends readonly unknown[]> {
  readonly #answers = new LRUCache<string, { value: T; asked: number | null }>({
    max: MAX_ANSWERS,
    maxSize: MAX_ROWS,
    sizeCalculation: ({ value }) => Math.max(1, value.length),
  });
  readonly #running = new Map<string, (signal: AbortSignal) => Promise<T>>();
  readonly #isAnswer: IsAnswer<T>;
  readonly #cache: AnswerCache | undefined;

  constructor(isAnswer: IsAnswer<T>, cache: AnswerCache | undefined) {
    this.#isAnswer = isAnswer;
    this.#cache = cache;
  }

  /** @param fresh whether only an answer will do that the source gave just now */
  async recall(
    key: string,
    ask: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    { fresh, ttlMs }: { fresh: boolean; ttlMs: number },
  ): Promise<T> {
    const known = this.#answers.get(key);
    if (known !== undefined && (!fresh || isJustNow(known.asked))) return known.value;
    const work = `${fresh ? 'fresh' : 'any'} ${key}`;
    let running = this.#running.get(work);
    if (running === undefined) {
      running = sharedWork(async (shared) => {
        try {
          return await this.#answer(key, () => ask(shared), fresh, ttlMs);
        } finally {
          this.#running.delete(work);
        }
      });
      this.#running.set(work, running);
    }
    return running(signal);
  }

  #remember(key: string, value: T, asked: number | null): void {
    this.#answers.set(key, { value, asked }, { ttl: TTL_MS * (1 - SPREAD * Math.random()) });
  }

  async #answer(key: string, ask: () => Promise<T>, fresh: boolean, ttlMs: number): Promise<T> {
    let asked = false;
    const askSource = async () => {
      const value = await ask();
      asked = true;
      // Nothing today may be something in a moment; and "nothing" is what answers are explained by.
      if (value.length > 0) this.#remember(key, value, performance.now());
      else this.#answers.delete(key);
      return value;
    };
    if (this.#cache === undefined) return askSource();
    if (fresh) {
      const value = await askSource();
      await this.#cache.keep(key, value, ttlMs);
      return value;
    }
    const value = await this.#cache.recall(key, this.#isAnswer, askSource, ttlMs);
    if (!asked) this.#remember(key, value, null);
    return value;
  }
}

function isJustNow(asked: number | null): boolean {
  return asked !== null && performance.now() - asked <= JUST_NOW_MS;
}

/**
 * Long windows that begin and end in the same minutes are one question, and so are those of the same length that end
 * about now, so that `now-1h` asked twice is asked once: what exists may be known for a window some minutes off, and an
 * answer about values must not be drawn from it.
 *
 * @param options.cache keeps answers longer than this process, and gives them while they are asked for anew
 */
export function createSchema(
  source: ProfileSource,
  options: { cache?: AnswerCache | undefined; now?: () => number } = {},
): Schema {
  const { cache, now = Date.now } = options;
  const texts = new Memory<string[]>(isTexts, cache);
  const rows = new Memory<Labels[]>(isRows, cache);
  const keyOf = (what: string, matchers: readonly Matcher[], { from, to }: Window) => {
    const long = to - from >= LONG_WINDOW_MS;
    if (long && Math.abs(now() - to) <= RECENT_MS) {
      return JSON.stringify([what, matchers, 'recent', Math.round((to - from) / MINUTE)]);
    }
    const grain = long ? MINUTE : 1;
    return JSON.stringify([what, matchers, grain, Math.floor(from / grain), Math.floor(to / grain)]);
  };
  const ttlOf = ({ to }: Window) => (now() - to > SETTLED_MS ? HOUR : TTL_MS);

  const view = (fresh: boolean): Omit<Schema, 'fresh'> => {
    const own: Omit<Schema, 'fresh'> = {
      typeIds: (matchers, window, signal) => own.labelValues('__profile_type__', matchers, window, signal),
      labelNames: (matchers, window, signal) =>
        texts.recall(
          keyOf('label names', matchers, window),
          (shared) => source.labelNames({ matchers, window }, shared),
          signal,
          { fresh, ttlMs: ttlOf(window) },
        ),
      labelValues: (name, matchers, window, signal) =>
        texts.recall(
          keyOf(`values of ${name}`, matchers, window),
          (shared) => source.labelValues(name, { matchers, window }, shared),
          signal,
          { fresh, ttlMs: ttlOf(window) },
        ),
      servicesAndTypes: (matchers, window, signal) =>
        rows.recall(
          keyOf('services', matchers, window),
          (shared) => source.series(['service_name', '__profile_type__'], { matchers, window }, shared),
          signal,
          { fresh, ttlMs: ttlOf(window) },
        ),
    };
    return own;
  };
  const fresh: Schema = {
    ...view(true),
    get fresh() {
      return fresh;
    },
  };
  return { ...view(false), fresh };
}
