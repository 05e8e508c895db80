import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import type { CreateDriverResult, L2CacheDriver } from 'bentocache/types';
import type { AnswerCache, IsAnswer } from './cache.js';
import { diskDriver, pruneDisk } from './disk.js';
import { hash } from './identity.js';

/**
 * Time for which an old answer may be given while the source is asked again: over night, a restart included.
 */
const KEPT_MS = 24 * 3_600_000;
const MAX_IN_MEMORY = 1_000;
/** Pause after a failure of the disk or the cache server, milliseconds. */
const BREAK_MS = 10_000;
/**
 * Characters of an entry: lists of 100,000 values have some millions. What is longer was not written here.
 */
const MAX_ENTRY = 32 * 2 ** 20;

/** Place where answers are kept. */
export type CachePlace =
  | { kind: 'disk'; directory: string }
  /** `redis:` or `rediss:`, with credentials in it where the server wants some. */
  | { kind: 'redis'; url: string };

/** An open cache, shared by all schemas of a process. */
export interface KeptAnswers {
  /** Answers of an owner, which no other owner sees. */
  cacheFor(identity: string): AnswerCache;
  close(): Promise<void>;
}

/**
 * Opens the cache behind the memory of this process: bentocache gives kept answers at once and refreshes them
 * in the background, asks once for many, and works on without its disk or server.
 *
 * @param warn is told what does not work
 */
export async function openKeptAnswers(
  place: CachePlace,
  warn: (message: string) => void,
): Promise<KeptAnswers> {
  const layer = await openLayer(place, warn);
  const cache = new BentoCache({
    default: 'schema',
    serializer: { serialize: JSON.stringify, deserialize: readEntry },
    stores: {
      schema: bentostore({
        grace: KEPT_MS,
        // A kept answer is given without waiting for the new one.
        timeout: 0,
        suppressL2Errors: true,
        l2CircuitBreakerDuration: BREAK_MS,
      })
        .useL1Layer(memoryDriver({ maxItems: MAX_IN_MEMORY }))
        .useL2Layer(layer.driver),
    },
  });
  return {
    cacheFor: (identity) => createAnswerCache(cache, identity),
    close: () => layer.close(),
  };
}

/**
 * An entry of the library, of which nothing is believed that others may have written: none counts longer than
 * the library would keep it, and none names tags, after which the library would look. What is no entry counts
 * as one that ended long ago: a failure would shut the whole layer for a while.
 */
function readEntry(text: string): unknown {
  const none = { value: null, createdAt: 0, logicalExpiration: 0, tags: [] };
  if (text.length > MAX_ENTRY) return none;
  try {
    const entry: unknown = JSON.parse(text);
    if (typeof entry !== 'object' || entry === null) return none;
    if (!('value' in entry) || !('logicalExpiration' in entry)) return none;
    const { value, logicalExpiration: expiresAt } = entry;
    if (typeof expiresAt !== 'number') return none;
    const createdAt = 'createdAt' in entry && typeof entry.createdAt === 'number' ? entry.createdAt : 0;
    return { value, createdAt, logicalExpiration: Math.min(expiresAt, Date.now() + KEPT_MS), tags: [] };
  } catch {
    return none;
  }
}

type Cache = Pick<BentoCache<never>, 'delete'> & {
  getOrSet(options: {
    key: string;
    ttl: number;
    factory: (context: { skip(): undefined }) => Promise<Kept<readonly unknown[]> | undefined>;
  }): Promise<unknown>;
  set(options: { key: string; value: Kept<readonly unknown[]>; ttl: number }): Promise<boolean>;
};

/** Value of an entry as the library keeps it. */
interface Kept<T> {
  answer: T;
  /** When the source gave it. Unix ms. */
  learned: number;
}

function isKept<T>(value: unknown, isAnswer: IsAnswer<T>): value is Kept<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'learned' in value &&
    typeof value.learned === 'number' &&
    'answer' in value &&
    isAnswer(value.answer)
  );
}

function createAnswerCache(cache: Cache, identity: string): AnswerCache {
  const buildId = (key: string) => hash(`${identity} ${key}`);
  const keep = async (key: string, answer: readonly unknown[], ttl: number) => {
    const id = buildId(key);
    if (answer.length === 0) await cache.delete({ key: id });
    else await cache.set({ key: id, value: { answer, learned: Date.now() }, ttl });
  };
  return {
    keep: (key, answer, ttl) => keep(key, answer, ttl).catch(() => {}),
    async recall<T extends readonly unknown[]>(
      key: string,
      isAnswer: IsAnswer<T>,
      ask: () => Promise<T>,
      ttlMs: number,
      whenOld?: (learnedAt: number) => void,
    ) {
      const id = buildId(key);
      // The library wraps failures of the source and its own alike, so the question is kept apart from it.
      // It may still be open when the library gives an old entry that turns out to be unreadable.
      const requests: Promise<T>[] = [];
      const factory = async ({ skip }: { skip(): undefined }) => {
        const question = ask();
        requests.push(question);
        const answer = await question;
        if (answer.length > 0) return { answer, learned: Date.now() };
        await cache.delete({ key: id }).catch(() => {});
        return skip();
      };
      const entry = await cache.getOrSet({ key: id, ttl: ttlMs, factory }).catch(() => undefined);
      if (isKept(entry, isAnswer)) {
        if (Date.now() - entry.learned > ttlMs) whenOld?.(entry.learned);
        return entry.answer;
      }
      const answer = await (requests[0] ?? ask());
      await keep(key, answer, ttlMs).catch(() => {});
      return answer;
    },
  };
}

interface Layer {
  driver: CreateDriverResult<L2CacheDriver>;
  close(): Promise<void>;
}

async function openLayer(place: CachePlace, warn: (message: string) => void): Promise<Layer> {
  if (place.kind === 'disk') {
    void pruneDisk(place.directory, KEPT_MS).catch(() => {});
    return { driver: diskDriver(place.directory), close: async () => {} };
  }
  const { openRedis } = await import('./redis.js');
  return openRedis(place.url, warn);
}
