import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CreateDriverResult, L2CacheDriver } from 'bentocache/types';
import writeFileAtomic from 'write-file-atomic';

/** Changes whenever the form of an entry does; what has another is dropped. */
const FORMAT = 1;
const DAY = 86_400_000;
/** Maximum number of kept files: one for each question and window, of 100 bytes to some 100 kB. */
const MAX_FILES = 2_000;
const SUFFIX = '.json';
/** Size of the file that tries a directory: a large entry. */
const TRIAL_BYTES = 256 * 2 ** 10;

interface Entry {
  format: typeof FORMAT;
  /** Unix ms. */
  expires: number;
  /** JSON of the cache library. */
  value: string;
}

/**
 * A directory with one file per entry, for the cache library: written whole or not at all, readable by this
 * user only. A file that is no entry of this format is removed when it is met; old ones go with {@link
 * pruneDisk}. Keys must be fit for file names.
 */
export function diskDriver(directory: string): CreateDriverResult<L2CacheDriver> {
  return { options: {}, factory: () => createDriver(directory) };
}

/**
 * Writes an entry of a usual size as entries are written, has it reach the disk, reads it back and removes
 * it. An empty file could be made on a full disk, too, and beyond a quota of bytes.
 *
 * @throws Error of the file system, or one that says that something else was read
 */
export async function tryDirectory(directory: string): Promise<void> {
  const file = path.join(directory, `tried-${randomBytes(6).toString('hex')}${SUFFIX}`);
  const written = randomBytes(TRIAL_BYTES / 2).toString('hex');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    await writeFileAtomic(file, written, { mode: 0o600, fsync: true });
    const text = await readFile(file, 'utf8');
    if (text !== written) throw new Error(`${written.length} bytes were written and ${text.length} read`);
  } finally {
    await rm(file, { force: true });
  }
}

function createDriver(directory: string): L2CacheDriver {
  const resolveFile = (key: string) => path.join(directory, `${key.replace(/\W/g, '_')}${SUFFIX}`);
  const remove = (key: string) => rm(resolveFile(key), { force: true });
  const driver: L2CacheDriver = {
    type: 'l2',
    namespace: () => driver,
    async get(key) {
      const text = await readFile(resolveFile(key), 'utf8').catch(undefinedIfMissing);
      if (text === undefined) return undefined;
      const entry = readEntry(text);
      if (entry !== null && entry.expires > Date.now()) return entry.value;
      await remove(key);
      return undefined;
    },
    async pull(key) {
      const value = await driver.get(key);
      await remove(key);
      return value;
    },
    async set(key, value, ttl = DAY) {
      const entry: Entry = { format: FORMAT, expires: Date.now() + ttl, value };
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFileAtomic(resolveFile(key), JSON.stringify(entry), { mode: 0o600, fsync: false });
      return true;
    },
    async delete(key) {
      await remove(key);
      return true;
    },
    async deleteMany(keys) {
      await Promise.all(keys.map(remove));
      return true;
    },
    clear: () => rm(directory, { recursive: true, force: true }),
    disconnect: async () => {},
  };
  return driver;
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** Null for what is cut short, of another format or anything else. */
function readEntry(text: string): Entry | null {
  try {
    const entry: unknown = JSON.parse(text);
    if (typeof entry !== 'object' || entry === null) return null;
    if (!('format' in entry) || entry.format !== FORMAT) return null;
    if (!('expires' in entry) || typeof entry.expires !== 'number') return null;
    if (!('value' in entry) || typeof entry.value !== 'string') return null;
    return { format: FORMAT, expires: entry.expires, value: entry.value };
  } catch {
    return null;
  }
}

/** Removes files that have not been written for `olderThanMs`, and the oldest files beyond the size limit. */
export async function pruneDisk(directory: string, olderThanMs: number): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const files: { file: string; written: number }[] = [];
  for (const name of names) {
    const file = path.join(directory, name);
    const written = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    );
    if (written !== null) files.push({ file, written });
  }
  files.sort((a, b) => b.written - a.written);
  const tooOld = Date.now() - olderThanMs;
  const dropped = files.filter(({ written }, index) => index >= MAX_FILES || written < tooOld);
  for (const { file } of dropped) await rm(file, { force: true });
}
