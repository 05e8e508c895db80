import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { redisDriver } from 'bentocache/drivers/redis';
import type { CreateDriverResult, L2CacheDriver } from 'bentocache/types';
import { Redis } from 'ioredis';
import { KEPT_FORM } from './cache.js';

/**
 * A server that is not there, or hangs, must not hold up an answer for longer: once, since after a failure
 * the cache library leaves it in peace for a while. In the same network a server answers within a few
 * milliseconds, but a process that has something else to do may see that late.
 */
export const COMMAND_MS = 500;
/**
 * So long the first question waits for the connection; it is made in the background, which may take longer.
 */
export const FIRST_WAIT_MS = 400;
const CONNECT_MS = 1_000;
/**
 * Longest time until a connection that works again is used, and the pause between attempts of the library.
 */
export const RETRY_MS = 2_000;

/** Timeout of a trial, milliseconds. */
const TRIAL_MS = 3_000;
/** Size of the value that tries a server: a large entry. */
const TRIAL_BYTES = 256 * 2 ** 10;
const PREFIX = `pyroscope-mcp:${KEPT_FORM}`;
/** Options of every connection: a command fails at once where the server does not answer. */
export const REDIS_OPTIONS = {
  lazyConnect: true,
  connectTimeout: CONNECT_MS,
  commandTimeout: COMMAND_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
} as const;

/**
 * Writes an entry of a usual size that ends soon and reads it back: whether the server answers, has room and
 * lets us.
 * @throws Error with what it said
 */
export async function tryRedis(url: string): Promise<void> {
  const connection = new Redis(url, { ...REDIS_OPTIONS, retryStrategy: () => null });
  let reason: Error | null = null;
  // The reason of a failed connection is an event; the promise says only that it is closed.
  connection.on('error', (error: Error) => {
    reason ??= error;
  });
  // The server may accept the connection and then say nothing.
  const patience = setTimeout(() => {
    reason ??= new Error(`no answer within ${TRIAL_MS / 1000} s`);
    connection.disconnect();
  }, TRIAL_MS);
  try {
    await connection.connect();
    const key = `${PREFIX}:tried-${randomBytes(6).toString('hex')}`;
    const written = randomBytes(TRIAL_BYTES / 2).toString('hex');
    await connection.set(key, written, 'PX', TRIAL_MS);
    const text = await connection.get(key);
    if (text !== written)
      throw new Error(`${written.length} bytes were written and ${text?.length ?? 'none'} read`);
    await connection.del(key);
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearTimeout(patience);
    connection.disconnect();
  }
}

/**
 * The layer of the cache library over a Redis or Valkey server. A server that is down is tried again in the
 * background; until then every command fails at once.
 *
 * @param warn is told once when the server does not answer, without its address
 */
export async function openRedis(
  url: string,
  warn: (message: string) => void,
): Promise<{ driver: CreateDriverResult<L2CacheDriver>; close(): Promise<void> }> {
  const connection = new Redis(url, { ...REDIS_OPTIONS, retryStrategy: () => RETRY_MS });
  let hasWarned = false;
  connection.on('error', (error: Error) => {
    if (!hasWarned)
      warn(`the shared cache does not answer, the server works on without it: ${error.message}`);
    hasWarned = true;
  });
  connection.on('ready', () => {
    hasWarned = false;
  });
  // A server that accepts connections and says nothing is not used until it answers.
  const connected = connection.connect().catch(() => {});
  await Promise.race([connected, sleep(FIRST_WAIT_MS, undefined, { ref: false })]);
  return {
    driver: redisDriver({ connection, prefix: PREFIX }),
    async close() {
      connection.disconnect();
    },
  };
}
