import { LRUCache } from 'lru-cache';
import { gaveNoAnswer } from '../errors.js';
import type { Labels, Matcher, ProfileSource, SeriesQuery, Window } from '../sources/source.js';
import { type Meter, NO_METER, type SchemaResult } from '../telemetry/meter.js';
import { sharedWork } from '../work/shared.js';
import { type AnswerCache, type IsAnswer, isRows, isTexts } from './cache.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Lifetime of an answer: services and labels change slowly, and a new one is seen within this time. */
const TTL_MS = MINUTE;
/**
 * Largest part of that time by which an answer expires early, at random. Replicas that learned something at
 * the same moment then ask for it again one after another, and find each other's answers in the shared cache.
 */
const SPREAD = 0.25;

/**
 * How long a process takes an answer from its own memory, milliseconds.
 *
 * @param random from 0 to 1
 */
export function rememberedMs(random: number): number {
  return TTL_MS * (1 - SPREAD * random);
}

/** So long ago profiles no longer arrive late: what there was in a window stays. */
const SETTLED_MS = HOUR;
/** An answer no older than that counts as asked just now. */
const JUST_NOW_MS = 5_000;
const MAX_ANSWERS = 1_000;
/** Rows of all of them: an answer may hold 100,000 values of a label. */
const MAX_ROWS = 2_000_000;
/** An answer counts as so many rows at least, so that their number has a bound without room made for all. */
const MIN_ROWS = MAX_ROWS / MAX_ANSWERS;
/** How long an answer is good for when the source does not answer any more. */
const LAST_RESORT_MS = 24 * HOUR;
/** Length from which on a window has a margin of a minute at either end. */
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
  /** Schema that asks the source again; to be used before an answer says that something does not exist. */
  readonly fresh: Schema;
  /**
   * Returns a schema that reports old answers: they are given while the source is asked again or does not
   * answer.
   * @param whenOld called with the age of such an answer, milliseconds
   */
  reporting(whenOld: (ageMs: number) => void): Schema;
  /** Whether the source answered when it was last asked. */
  answers(): boolean;
}

interface Remembered<T> {
  value: T;
  /** When the source gave it, Unix ms. */
  learnedAt: number;
  /** Time of the question by the clock that only goes forward; null for an answer kept from earlier. */
  askedAt: number | null;
  /** Until then it is good without a further look, by that clock. */
  expiresAt: number;
  /** Whether it was too old already when it was taken out of the cache. */
  old: boolean;
}

/** Answer with its origin. */
interface Recalled<T> {
  value: T;
  /** Unix ms; null for one that is not too old. */
  learnedAt: number | null;
  from: SchemaResult;
}

/** Whether a source answers; shared by all questions about it. */
interface Health {
  answers: boolean;
}

/** Answers to one kind of question, each asked once for all who wait for it. */
class Memory<T extends readonly unknown[]> {
  readonly #answers = new LRUCache<string, Remembered<T>>({
    maxSize: MAX_ROWS,
    sizeCalculation: ({ value }) => Math.max(MIN_ROWS, value.length),
  });
  readonly #running = new Map<string, (signal: AbortSignal) => Promise<Recalled<T>>>();
  readonly #isAnswer: IsAnswer<T>;
  readonly #cache: AnswerCache | undefined;
  readonly #now: () => number;
  readonly #health: Health;

  constructor(isAnswer: IsAnswer<T>, cache: AnswerCache | undefined, now: () => number, health: Health) {
    this.#isAnswer = isAnswer;
    this.#cache = cache;
    this.#now = now;
    this.#health = health;
  }

  /** @param fresh whether only an answer will do that the source gave just now */
  async recall(
    key: string,
    ask: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    { fresh, ttlMs }: { fresh: boolean; ttlMs: number },
  ): Promise<Recalled<T>> {
    const known = this.#answers.get(key);
    if (known !== undefined && (fresh ? isJustNow(known.askedAt) : performance.now() <= known.expiresAt)) {
      return {
        value: known.value,
        learnedAt: known.old ? known.learnedAt : null,
        from: known.old ? 'stale' : 'hit',
      };
    }
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

  /** @param learnedAt Unix ms of an answer that was too old already; null for a good one */
  #remember(key: string, value: T, learnedAt: number | null, askedAt: number | null): void {
    this.#answers.set(key, {
      value,
      learnedAt: learnedAt ?? this.#now(),
      askedAt: askedAt,
      expiresAt: performance.now() + rememberedMs(Math.random()),
      old: learnedAt !== null,
    });
  }

  async #answer(key: string, ask: () => Promise<T>, fresh: boolean, ttlMs: number): Promise<Recalled<T>> {
    let hasAsked = false;
    const askSource = async () => {
      const value = await this.#asking(ask);
      hasAsked = true;
      // Nothing today may be something in a moment; and "nothing" is what answers are explained by.
      if (value.length > 0) this.#remember(key, value, null, performance.now());
      else this.#answers.delete(key);
      return value;
    };
    if (fresh) {
      const value = await askSource();
      await this.#cache?.keep(key, value, ttlMs);
      return { value, learnedAt: null, from: 'miss' };
    }
    try {
      if (this.#cache === undefined) return { value: await askSource(), learnedAt: null, from: 'miss' };
      let learnedAt: number | null = null;
      const value = await this.#cache.recall(key, this.#isAnswer, askSource, ttlMs, (time) => {
        learnedAt = time;
      });
      if (!hasAsked) this.#remember(key, value, learnedAt, null);
      return { value, learnedAt: learnedAt, from: learnedAt !== null ? 'stale' : hasAsked ? 'miss' : 'hit' };
    } catch (error) {
      const last = this.#answers.get(key);
      if (last === undefined || !gaveNoAnswer(error) || this.#now() - last.learnedAt > LAST_RESORT_MS)
        throw error;
      return { value: last.value, learnedAt: last.learnedAt, from: 'stale' };
    }
  }

  async #asking(ask: () => Promise<T>): Promise<T> {
    try {
      const value = await ask();
      this.#health.answers = true;
      return value;
    } catch (error) {
      if (gaveNoAnswer(error)) this.#health.answers = false;
      throw error;
    }
  }
}

function isJustNow(askedAt: number | null): boolean {
  return askedAt !== null && performance.now() - askedAt <= JUST_NOW_MS;
}

/**
 * Creates the schema of a source. Long windows that begin and end in the same minutes are one question, and
 * so are windows of equal length that end about now: `now-1h` asked twice is asked once. The names that exist
 * may therefore be known for a window some minutes off, so no answer about values may be drawn from them.
 *
 * @param options.cache keeps answers longer than this process, and gives them while the source is asked again
 */
export function createSchema(
  source: ProfileSource,
  options: { cache?: AnswerCache | undefined; now?: () => number; meter?: Meter } = {},
): Schema {
  const { cache, now = Date.now, meter = NO_METER } = options;
  const health: Health = { answers: true };
  const texts = new Memory<string[]>(isTexts, cache, now, health);
  const rows = new Memory<Labels[]>(isRows, cache, now, health);
  const buildKey = (method: string, matchers: readonly Matcher[], { from, to }: Window) => {
    const long = to - from >= LONG_WINDOW_MS;
    if (long && Math.abs(now() - to) <= RECENT_MS) {
      return JSON.stringify([method, matchers, 'recent', Math.round((to - from) / MINUTE)]);
    }
    const roundTo = long ? MINUTE : 1;
    return JSON.stringify([method, matchers, roundTo, Math.floor(from / roundTo), Math.floor(to / roundTo)]);
  };
  const chooseTtl = ({ to }: Window) => (now() - to > SETTLED_MS ? HOUR : TTL_MS);

  const view = (fresh: boolean, whenOld: (ageMs: number) => void): Schema => {
    const recall = async <T extends readonly unknown[]>(
      memory: Memory<T>,
      method: string,
      query: SeriesQuery,
      ask: (signal: AbortSignal) => Promise<T>,
      signal: AbortSignal,
    ): Promise<T> => {
      const key = buildKey(method, query.matchers, query.window);
      const answer = memory.recall(key, ask, signal, { fresh, ttlMs: chooseTtl(query.window) });
      const recalled = await answer.catch((error: unknown) => {
        meter.schema('miss');
        throw error;
      });
      meter.schema(recalled.from);
      if (recalled.learnedAt !== null) whenOld(Math.max(0, now() - recalled.learnedAt));
      return recalled.value;
    };
    const schema: Schema = {
      typeIds: (matchers, window, signal) => schema.labelValues('__profile_type__', matchers, window, signal),
      labelNames: (matchers, window, signal) => {
        const query = { matchers, window };
        return recall(texts, 'label names', query, (shared) => source.labelNames(query, shared), signal);
      },
      labelValues: (name, matchers, window, signal) => {
        const query = { matchers, window };
        const ask = (shared: AbortSignal) => source.labelValues(name, query, shared);
        return recall(texts, `values of ${name}`, query, ask, signal);
      },
      servicesAndTypes: (matchers, window, signal) => {
        const query = { matchers, window };
        const ask = (shared: AbortSignal) =>
          source.series(['service_name', '__profile_type__'], query, shared);
        return recall(rows, 'services', query, ask, signal);
      },
      get fresh() {
        return fresh ? schema : view(true, whenOld);
      },
      reporting: (onAge) => view(fresh, onAge),
      answers: () => health.answers,
    };
    return schema;
  };
  return view(false, () => {});
}
