import { UpstreamError, UserError } from '../errors.js';
import type { PageAddress } from './page-address.js';
import type { ProfileSource } from './source.js';

/** A source that exists, or existed when it was enabled. */
export interface ListedSource {
  readonly name: string;
  readonly uid: string;
  readonly kind: string;
  readonly enabled: boolean;
  /** Null where the source may not be queried, or does not exist any more. */
  readonly source: ProfileSource | null;
  /** Reason why it cannot be queried, and what a person does about it. */
  readonly obstacle: { message: string; next: string } | null;
}

/** Discovers sources while the server runs; people enable them. */
export interface SourceFinder {
  /**
   * Lists all sources: the default first, then the others that can be queried, then the rest.
   * @throws UpstreamError when discovery fails
   */
  list(signal: AbortSignal): Promise<readonly ListedSource[]>;
  /** Discovers sources again, for a name that is unknown; the rate is limited. */
  lookAgain(signal: AbortSignal): Promise<void>;
  /** Explains why there is no source at all, and what to do about it. */
  explainNone(signal: AbortSignal): Promise<{ message: string; next: string }>;
  /** Addresses of the pages on which people look at its sources; left out where there are none. */
  readonly pages?: KnownPages;
  close(): Promise<void>;
}

/** Addresses whose links name profiles of the sources. */
export interface KnownPages {
  /** Addresses that the configuration names. */
  readonly configured: readonly PageAddress[];
  /**
   * All addresses, with those that a server declares for people.
   * @throws UpstreamError when discovery fails
   */
  discover(signal: AbortSignal): Promise<readonly PageAddress[]>;
}

export interface SourceOverview {
  sources: readonly ListedSource[];
  failure: UpstreamError | UserError | null;
}

/** All sources. Configured servers come first, then discovered sources, then directories. */
export interface SourceRegistry {
  /** The sources that can be queried, the default first. */
  all(signal: AbortSignal): Promise<readonly ProfileSource[]>;
  /** All sources, disabled and missing ones included; `failure` where discovery failed. */
  overview(signal: AbortSignal): Promise<SourceOverview>;
  /** Whether a call without `source` means this source; false where that is unknown at the moment. */
  isDefault(source: ProfileSource, signal: AbortSignal): Promise<boolean>;
  /**
   * Picks the source that a caller means.
   * @throws UserError when there is none, it is disabled, or the name fits none; UpstreamError
   */
  pick(nameOrUid: string | undefined, signal: AbortSignal): Promise<ProfileSource>;
  readonly pages: KnownPages;
  close(): Promise<void>;
}

export function createRegistry(named: readonly ProfileSource[], finder?: SourceFinder): SourceRegistry {
  const servers = named.filter(({ isLive }) => isLive).map(asListed);
  const directories = named.filter(({ isLive }) => !isLive).map(asListed);

  const listAll = async (signal: AbortSignal): Promise<readonly ListedSource[]> => [
    ...servers,
    ...((await finder?.list(signal)) ?? []),
    ...directories,
  ];
  const all = async (signal: AbortSignal) =>
    (await listAll(signal)).flatMap(({ source }) => (source === null ? [] : [source]));

  /** The source of a call that names none; a configured server is taken without discovery. */
  const pickDefault = async (signal: AbortSignal): Promise<ProfileSource | null> =>
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

  const unknownSource = async (wanted: string, signal: AbortSignal): Promise<UserError> => {
    const names = (await all(signal)).map(({ name }) => name);
    if (names.length === 0) return noSource(signal);
    return new UserError(
      `There is no data source ${JSON.stringify(wanted)}.`,
      `Leave \`source\` out or use one of: ${names.join(', ')}.`,
    );
  };

  const ownPages = named.flatMap(({ pages, uid }): PageAddress[] =>
    pages === undefined ? [] : [{ url: pages, pages: 'pyroscope', source: uid, orgId: null }],
  );

  return {
    all,

    pages: {
      configured: [...ownPages, ...(finder?.pages?.configured ?? [])],
      discover: async (signal) => [...ownPages, ...((await finder?.pages?.discover(signal)) ?? [])],
    },

    async overview(signal) {
      try {
        const sources = await listAll(signal);
        // An empty discovery is reported even where other sources are configured.
        const hasFoundSources = sources.length - servers.length - directories.length > 0;
        const isEmpty = sources.length === 0 || (finder !== undefined && !hasFoundSources);
        return { sources, failure: isEmpty ? await noSource(signal) : null };
      } catch (error) {
        if (!(error instanceof UpstreamError) && !(error instanceof UserError)) throw error;
        return { sources: [...servers, ...directories], failure: error };
      }
    },

    async isDefault(source, signal) {
      try {
        return (await pickDefault(signal)) === (source.original ?? source);
      } catch (error) {
        if (error instanceof UpstreamError || error instanceof UserError) return false;
        throw error;
      }
    },

    async pick(nameOrUid, signal) {
      if (nameOrUid === undefined) {
        const source = await pickDefault(signal);
        if (source === null) throw await noSource(signal);
        return source;
      }
      let listed = find([...servers, ...directories], nameOrUid) ?? find(await listAll(signal), nameOrUid);
      if (listed === null && finder !== undefined) {
        await finder.lookAgain(signal);
        listed = find(await listAll(signal), nameOrUid);
      }
      if (listed === null) throw await unknownSource(nameOrUid, signal);
      if (listed.source !== null) return listed.source;
      const { message, next } = listed.obstacle ?? { message: `${listed.name} cannot be queried.`, next: '' };
      throw new UserError(message, next);
    },

    async close() {
      await Promise.all([...named.map((source) => source.close()), finder?.close()]);
    },
  };
}

/** Finds a source by uid, else by name in any case. */
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
