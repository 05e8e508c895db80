import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { FIRST_WAIT_MS, REDIS_OPTIONS, RETRY_MS } from './redis.js';
import { ROWS_FORM, ROWS_KEPT_MS, type RowStore } from './rows.js';

/** Most rows that are read: more were not written here. */
const MAX_ROWS = 1_000;

/**
 * Rows in a Redis or Valkey, one hash for each owner: a field is written without the others, so that replicas
 * which write at once lose none. A server that does not answer fails each command within half a second.
 */
export async function openRedisRows(url: string): Promise<RowStore> {
  const connection = new Redis(url, { ...REDIS_OPTIONS, retryStrategy: () => RETRY_MS });
  // The command that fails says why.
  connection.on('error', () => {});
  let first: Promise<unknown> | undefined;
  /** Waits for the first connection, a moment; later ones are made in the background. */
  const connected = () => {
    first ??= Promise.race([
      connection.connect().catch(() => {}),
      sleep(FIRST_WAIT_MS, undefined, { ref: false }),
    ]);
    return first;
  };
  return {
    rowsFor(identity) {
      const key = `pyroscope-mcp:${ROWS_FORM}:${identity}`;
      /** Null for what was not written here: too many rows, or a value of another kind. */
      const readOwn = async (): Promise<ReadonlyMap<string, string> | null> => {
        await connected();
        try {
          if ((await connection.hlen(key)) > MAX_ROWS) return null;
          return new Map(Object.entries(await connection.hgetall(key)));
        } catch (error) {
          if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return null;
          throw error;
        }
      };
      return {
        read: async () => (await readOwn()) ?? new Map(),
        async change(changeOf) {
          const rows = await readOwn();
          if (rows === null) await connection.del(key);
          const { put, drop } = changeOf(rows ?? new Map());
          if (drop.length > 0) await connection.hdel(key, ...drop);
          if (put.size > 0) await connection.hset(key, put);
          await connection.pexpire(key, ROWS_KEPT_MS);
        },
      };
    },
    close: async () => connection.disconnect(),
  };
}
