import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { hash } from './identity.js';
import type { CachePlace } from './kept-answers.js';
import { type KeptRows, ROWS_FORM, ROWS_KEPT_MS, type RowStore } from './rows.js';

/** Largest file that is read: what is longer was not written here. */
const MAX_BYTES = 2 ** 20;
/** Age after which a lock counts as left behind by a dead writer, and is taken over. */
const STALE_LOCK_MS = 5_000;
/** Waits for the lock: 20, 40, … 500 ms, about 12 s in all, longer than a dead writer's lock lasts. */
const LOCK_RETRIES = { retries: 28, minTimeout: 20, maxTimeout: 500, factor: 2 };

/** Opens the place where rows are kept, next to the answers of the schema. */
export async function openKeptRows(place: CachePlace): Promise<RowStore> {
  if (place.kind === 'redis') {
    const { openRedisRows } = await import('./redis-rows.js');
    return openRedisRows(place.url);
  }
  const directory = path.join(path.dirname(place.directory), ROWS_FORM);
  return {
    rowsFor: (identity) => rowsInFile(path.join(directory, `${hash(identity)}.json`)),
    close: async () => {},
  };
}

/** Rows in a file that only this user can read, written whole or not at all. */
function rowsInFile(file: string): KeptRows {
  const read = async (): Promise<ReadonlyMap<string, string>> => {
    const { size } = (await stat(file).catch(undefinedIfMissing)) ?? { size: 0 };
    if (size === 0 || size > MAX_BYTES) return new Map();
    return readRows((await readFile(file, 'utf8').catch(undefinedIfMissing)) ?? '');
  };
  return {
    read,
    async change(changeOf) {
      const [{ default: lockfile }, { default: writeFileAtomic }] = await Promise.all([
        import('proper-lockfile'),
        import('write-file-atomic'),
      ]);
      const directory = path.dirname(file);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const release = await lockfile.lock(file, {
        realpath: false,
        stale: STALE_LOCK_MS,
        retries: LOCK_RETRIES,
        // The write is atomic without the lock as well; at worst another process overwrites this change.
        onCompromised: () => {},
      });
      try {
        const rows = new Map(await read());
        const { put, drop } = changeOf(rows);
        for (const name of drop) rows.delete(name);
        for (const [name, text] of put) rows.set(name, text);
        await writeFileAtomic(file, JSON.stringify([...rows]), { mode: 0o600, fsync: false });
        await removeOld(directory);
      } finally {
        await release().catch(() => {});
      }
    },
  };
}

/** The rows of a file; none where it was cut short or is anything else. */
function readRows(text: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const rows = new Map<string, string>();
  for (const row of Array.isArray(value) ? value : []) {
    const [name, content]: unknown[] = Array.isArray(row) ? row : [];
    if (typeof name === 'string' && typeof content === 'string') rows.set(name, content);
  }
  return rows;
}

/** Removes the files of owners who have not changed theirs for long: a rotated token is another owner. */
async function removeOld(directory: string): Promise<void> {
  const tooOld = Date.now() - ROWS_KEPT_MS;
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    const { mtimeMs } = (await stat(file).catch(undefinedIfMissing)) ?? { mtimeMs: tooOld };
    if (mtimeMs < tooOld) await rm(file, { force: true, recursive: true });
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
