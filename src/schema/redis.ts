import { setTimeout } from 'node:timers/promises';
import { redisDriver } from 'bentocache/drivers/redis';
import type { CreateDriverResult, L2CacheDriver } from 'bentocache/types';
import { Redis } from 'ioredis';

/**
 * A server that is not there, or hangs, must not hold up an answer for longer: once, since after a failure the cache
 * library leaves it in peace for a while. In the same network a server answers within a few milliseconds, but a process
 * that has something else to do may see that late.
 */
export const COMMAND_MS = 500;
/** So long the first question waits for the connection; it is made in the background, which may take longer. */
export const FIRST_WAIT_MS = 400;
const CONNECT_MS = 1_000;
/** One that is back is used again after so long at most, and the pause of the library. */
const RETRY_MS = 2_000;

/**
 * The layer of the cache library over a Redis or Valkey server. A server that is down is tried again in the background;
 * until then every command fails at once.
 *
 * @param warn is told once when the server does not answer, without its address
 */
export async function openRedis(
  url: string,
  warn: (message: string) => void,
): Promise<{ driver: CreateDriverResult<L2CacheDriver>; close(): Promise<void> }> {
  const connection = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => RETRY_MS,
  });
  let warned = false;
  connection.on('error', (error: Error) => {
    if (!warned) warn(`the shared cache does not answer, the server works on without it: ${error.message}`);
    warned = true;
  });
  connection.on('ready', () => {
    warned = false;
  });
  // One that accepts connections and says nothing is done without until it speaks.
  const connected = connection.connect().catch(() => {});
  await Promise.race([connected, setTimeout(FIRST_WAIT_MS, undefined, { ref: false })]);
  return {
    driver: redisDriver({ connection, prefix: 'pyroscope-mcp:schema-1' }),
    async close() {
      connection.disconnect();
    },
  };
}
