import { UpstreamError, UserError } from '../errors.js';
import type { ProfileSource } from './source.js';

/** A source that exists, or did when it was enabled. */
export interface ListedSource {
  readonly name: string;
  readonly uid: string;
  readonly kind: string;
  readonly enabled: boolean;
  /** Null where it may not be queried, or is not there. */
  readonly source: ProfileSource | null;
  /** Why not, and what a person does about it. */
  readonly obstacle: { message: string; next: string } | null;
}

/** Sources that are found while the server runs, and that people enable. */
export interface SourceFinder {
  /**
   * Those that can be queried first, the default first of all.
   * @throws UpstreamError when they cannot be looked for
   */
  list(signal: AbortSignal): Promise<readonly ListedSource[]>;
  /** Looks again for one that nobody knows; not more often than makes sense. */
  lookAgain(signal: AbortSignal): Promise<void>;
  /** Why there is none at all, and what to do about it. */
  explainNone(signal: AbortSignal): Promise<{ message: string; next: string }>;
  close(): Promise<void>;
}

export interface SourceOverview {
  sources: readonly ListedSource[];
  failure: UpstreamError | UserError | null;
}

/** Which sources there are. Servers that were named come first, then what was found, directories last. */
export interface SourceRegistry {
  /** Those that can be queried, the default first. */
  all(signal: AbortSignal): Promise<readonly ProfileSource[]>;
  /** Those and the ones that are disabled or gone; `failure` where some could not be looked for. */
  overview(signal: AbortSignal): Promise<SourceOverview>;
  /** Whether a caller may leave this one out; not, where it cannot be known at the moment. */
  isDefault(source: ProfileSource, signal: AbortSignal): Promise<boolean>;
  /**
   * The source a caller means.
   * @throws UserError when there is none, it is disabled, or the name fits none; UpstreamError
   */
  pick(nameOrUid: string | undefined, signal: AbortSignal): Promise<ProfileSource>;
  close(): Promise<void>;
}

export function createRegistry(named: readonly ProfileSource[], finder?: SourceFinder): SourceRegistry {
  const servers = named.filter(({ isLive }) => isLive).map(asListed);
  const directories = named.filter(({ isLive }) => !isLive).map(asListed);

  const listed = async (signal: AbortSignal): Promise<readonly ListedSource[]> => [
    ...servers,
    ...((await finder?.list(signal)) ?? []),
    ...directories,
  ];
  const all = async (signal: AbortSignal) =>
    (await listed(signal)).flatMap(({ source }) => (source === null ? [] : [source]));

  /** The one that is meant where none is named; nothing is looked for where a server was named. */
  const first = async (signal: AbortSignal): Promise<ProfileSource | null> =>
    servers[0]?.source ?? (await all(signal))[0] ?? null;

  const noSource = async (signal: AbortSignal): Promise<UserError> => {
    if (finder === undefined) {
      return new UserError(
        'No data source is configured.',
        'An operator starts the server with GRAFANA_URL=…, PYROSCOPE_URL=… or --profiles DIR; `pyroscope-mcp doctor` checks it.',
      );
    }
    const { message, next } = await finder.explainNone(signal);
    return new UserError(message, next);
  };

  const unknown = async (wanted: string, signal: AbortSignal): Promise<UserError> => {
    const names = (await all(signal)).map(({ name }) => name);
    if (names.length === 0) return noSource(signal);
    return new UserError(
      `There is no data source ${JSON.stringify(wanted)}.`,
      `Leave \`source\` out or use one of: ${names.join(', ')}.`,
    );
  };

  return {
    all,

    async overview(signal) {
      try {
        const sources = await listed(signal);
        // That nothing was found is worth saying even where other sources are named.
        const found = sources.length - servers.length - directories.length > 0;
        const nothing = sources.length === 0 || (finder !== undefined && !found);
        return { sources, failure: nothing ? await noSource(signal) : null };
      } catch (error) {
        if (!(error instanceof UpstreamError) && !(error instanceof UserError)) throw error;
        return { sources: [...servers, ...directories], failure: error };
      }
    },

    async isDefault(source, signal) {
      try {
        return (await first(signal)) === source;
      } catch (error) {
        if (error instanceof UpstreamError || error instanceof UserError) return false;
        throw error;
      }
    },

    async pick(nameOrUid, signal) {
      if (nameOrUid === undefined) {
        const source = await first(signal);
        if (source === null) throw await noSource(signal);
        return source;
      }
      let found = find([...servers, ...directories], nameOrUid) ?? find(await listed(signal), nameOrUid);
      if (found === null && finder !== undefined) {
        await finder.lookAgain(signal);
        found = find(await listed(signal), nameOrUid);
      }
      if (found === null) throw await unknown(nameOrUid, signal);
      if (found.source !== null) return found.source;
      const { message, next } = found.obstacle ?? { message: `${found.name} cannot be queried.`, next: '' };
      throw new UserError(message, next);
    },

    async close() {
      await Promise.all([...named.map((source) => source.close()), finder?.close()]);
    },
  };
}

/** By uid, else by name whatever the case. */
function find(sources: readonly ListedSource[], nameOrUid: string): ListedSource | null {
  const wanted = nameOrUid.toLowerCase();
  return (
    sources.find(({ uid }) => uid === nameOrUid) ??
    sources.find(({ name }) => name.toLowerCase() === wanted) ??
    null
  );
}

function asListed(source: ProfileSource): ListedSource {
  const { name, uid, kind } = source;
  return { name, uid, kind, enabled: true, source, obstacle: null };
}
