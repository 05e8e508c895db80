import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';

/** Age after which a lock counts as left behind by a dead writer, and is taken over. */
const STALE_LOCK_MS = 5_000;
/** Waits for the lock: 20, 40, … 500 ms, about 12 s in all, longer than a dead writer's lock lasts. */
const LOCK_RETRIES = { retries: 28, minTimeout: 20, maxTimeout: 500, factor: 2 };

/** Key of a data source in the file. */
export interface SourceKey {
  /** Configured address of the Grafana. */
  url: string;
  orgId: number | null;
  uid: string;
  /** Type of the data source without aliases: a uid with another type is another data source. */
  type: string;
}

/** A data source that a person enabled. */
export interface EnabledSource extends SourceKey {
  /** Name at that time, for messages when the data source is gone. */
  name: string;
}

/** The data sources that people enabled, kept in a file; all processes see every change. */
export interface EnablementFile {
  /** @throws UserError when the file cannot be read */
  read(): Promise<readonly EnabledSource[]>;
  /**
   * Adds and removes entries in a single step, also when several processes change the file at once.
   * @throws UserError when the file cannot be written
   */
  change(enable: readonly EnabledSource[], disable: readonly SourceKey[]): Promise<void>;
}

const schema = z.object({
  version: z.literal(1),
  enabled: z.array(
    z.object({
      url: z.string(),
      orgId: z.number().nullable(),
      uid: z.string(),
      type: z.string(),
      name: z.string(),
    }),
  ),
});

/** @param file need not exist yet, nor its directory */
export function createEnablementFile(file: string): EnablementFile {
  const read = async (): Promise<EnabledSource[]> => {
    let text: string;
    try {
      text = await readSettingFile(file);
    } catch (error) {
      if (reasonOfSettingFile(error) === 'ENOENT') return [];
      throw fileError('cannot be read', error);
    }
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data.enabled;
    throw new UserError(
      'The file that says which data sources are enabled is damaged, so none is.',
      'An operator deletes sources.json in the state directory of pyroscope-mcp and enables the data sources again.',
    );
  };

  const update = async (enable: readonly EnabledSource[], disable: readonly SourceKey[]) => {
    const changed = new Set([...enable, ...disable].map(sourceKeyText));
    const unchanged = (await read()).filter((entry) => !changed.has(sourceKeyText(entry)));
    const enabled = [...unchanged, ...enable].sort((a, b) => (sourceKeyText(a) < sourceKeyText(b) ? -1 : 1));
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(file, `${JSON.stringify({ version: 1, enabled }, null, 2)}\n`, { mode: 0o600 });
  };

  return {
    read,
    async change(enable, disable) {
      // The package is loaded when it is needed, since few processes ever write.
      const { default: lockfile } = await import('proper-lockfile');
      let release: () => Promise<void>;
      try {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        release = await lockfile.lock(file, {
          realpath: false,
          stale: STALE_LOCK_MS,
          retries: LOCK_RETRIES,
          // The write is atomic without the lock as well; at worst another process overwrites this change.
          onCompromised: () => {},
        });
      } catch (error) {
        throw fileError('cannot be locked for writing', error);
      }
      try {
        await removeLeftovers(file);
        await update(enable, disable);
      } catch (error) {
        throw error instanceof UserError ? error : fileError('cannot be written', error);
      } finally {
        await release().catch(() => {});
      }
    },
  };
}

/**
 * Removes the temporary files of killed writers: `sources.json.` and a number. Only the holder of the lock
 * may call this: there is no other writer then, and a writer whose lock was taken over fails without harm.
 */
async function removeLeftovers(file: string): Promise<void> {
  const [directory, start] = [path.dirname(file), `${path.basename(file)}.`];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const isLeftover = entry.name.startsWith(start) && /^\d+$/.test(entry.name.slice(start.length));
    if (isLeftover && entry.isFile()) await rm(path.join(directory, entry.name), { force: true });
  }
}

/** The key of a data source as text, to compare keys. */
export function sourceKeyText({ url, orgId, uid, type }: SourceKey): string {
  return JSON.stringify([url, orgId, uid, type]);
}

function fileError(what: string, cause: unknown): UserError {
  return new UserError(
    `The file that says which data sources are enabled ${what} (${reasonOfSettingFile(cause)}).`,
    'An operator checks the state directory of pyroscope-mcp (PYROSCOPE_MCP_STATE_DIR), or names the data sources in PYROSCOPE_MCP_ENABLED_SOURCES.',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
