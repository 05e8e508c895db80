import { UpstreamError, UserError } from '../errors.js';
import { PROGRAM } from '../program.js';
import type { PageAddress } from './page-address.js';
import type { ProfileSource } from './source.js';
import { storeNaming } from './store-naming.js';

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

/** A configured store: a single source, or a Grafana whose sources are discovered. */
export type RegistryStore = {
  /** Name in the configuration file, with which its sources begin; null where flags configure it. */
  readonly name: string | null;
} & (
  | { readonly source: ProfileSource; readonly finder?: undefined }
  | { readonly finder: SourceFinder; readonly source?: undefined }
);

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

/** A store of which it is not known which sources it has. */
export interface StoreFailure {
  readonly store: string | null;
  readonly error: UpstreamError | UserError;
}

/** The sources of a store, or why they could not be listed. */
export interface StoreOverview {
  readonly store: string | null;
  readonly sources: readonly ListedSource[];
  /** Null where they were listed, though there may be none. */
  readonly error: UpstreamError | UserError | null;
}

export interface SourceOverview {
  sources: readonly ListedSource[];
  /** Sources by store, in the order in which a call without `source` takes them. */
  stores: readonly StoreOverview[];
  /** The source of a call that names none; null where that is not known, or there is none. */
  defaultSource: ProfileSource | null;
  /** Stores whose sources could not be listed, or that have none. */
  failures: readonly StoreFailure[];
}

/** The sources of all stores, in the order of the stores. */
export interface SourceRegistry {
  /**
   * The sources that can be queried, the default first, of the stores that answer.
   * @throws UpstreamError, UserError where no store gives any and one of them fails
   */
  all(signal: AbortSignal): Promise<readonly ProfileSource[]>;
  /** All sources, disabled and missing ones included. */
  overview(signal: AbortSignal): Promise<SourceOverview>;
  /** Whether a call without `source` means this source; false where that is unknown at the moment. */
  isDefault(source: ProfileSource, signal: AbortSignal): Promise<boolean>;
  /**
   * Picks the source that a caller means: by uid, by name, or by both without the name of their store where
   * only one store has it; the name of a store means its default source.
   * @throws UserError when there is none, it is disabled, or the name fits none; UpstreamError
   */
  pick(nameOrUid: string | undefined, signal: AbortSignal): Promise<ProfileSource>;
  readonly pages: {
    readonly configured: readonly PageAddress[];
    /** All addresses; those of a store that does not answer are the configured ones. */
    discover(
      signal: AbortSignal,
    ): Promise<{ addresses: readonly PageAddress[]; failures: readonly StoreFailure[] }>;
  };
  close(): Promise<void>;
}

/** The sources of a store, or why they cannot be listed. */
type StoreRows = { store: RegistryStore } & (
  | { rows: readonly ListedSource[]; error?: undefined }
  | { rows?: undefined; error: UpstreamError | UserError }
);

export function createRegistry(stores: readonly RegistryStore[]): SourceRegistry {
  const named = stores.flatMap(({ source }) => (source === undefined ? [] : [asListed(source)]));

  /** @throws UpstreamError, UserError, which name the store */
  const listStore = async (
    { name, source, finder }: RegistryStore,
    signal: AbortSignal,
  ): Promise<readonly ListedSource[]> =>
    source !== undefined ? [asListed(source)] : finder.list(signal).catch(nameStore(name));

  const tryStore = async (store: RegistryStore, signal: AbortSignal): Promise<StoreRows> => {
    try {
      return { store, rows: await listStore(store, signal) };
    } catch (error) {
      return { store, error: asFailure(error) };
    }
  };
  const listStores = (some: readonly RegistryStore[], signal: AbortSignal) =>
    Promise.all(some.map((store) => tryStore(store, signal)));

  const all = async (signal: AbortSignal): Promise<readonly ProfileSource[]> => {
    const lists = await listStores(stores, signal);
    const sources = lists.flatMap(({ rows = [] }) => rows.flatMap(({ source }) => source ?? []));
    const failed = lists.find(({ error }) => error !== undefined);
    if (sources.length === 0 && failed?.error !== undefined) throw failed.error;
    return sources;
  };

  /**
   * The source of a call that names none: the default of the first store that has one. A store that does not
   * answer is not passed over, since the call would silently be about another one.
   */
  const pickDefault = async (signal: AbortSignal): Promise<ProfileSource | null> => {
    for (const store of stores) {
      const source = findFirstSource(await listStore(store, signal));
      if (source !== null) return source;
    }
    return null;
  };

  const explainNone = async ({ name, finder }: RegistryStore, signal: AbortSignal): Promise<UserError> => {
    const { message, next } = finder === undefined ? NONE : await finder.explainNone(signal);
    return new UserError(name === null ? message : `Store ${name}: ${message}`, next);
  };

  const noSource = async (signal: AbortSignal): Promise<UserError> => {
    const store = stores.find(({ finder }) => finder !== undefined);
    return store === undefined ? new UserError(NONE.message, NONE.next) : explainNone(store, signal);
  };

  const findIn = (lists: readonly StoreRows[], wanted: string): ListedSource | null => {
    const exact = findListed(
      lists.flatMap(({ rows = [] }) => rows),
      wanted,
    );
    if (exact !== null) return exact;
    const matches = lists.flatMap(({ store: { name }, rows = [] }) => {
      if (name === null) return [];
      const { toPlain } = storeNaming(name);
      if (name === wanted) return rows.find(({ source }) => source !== null) ?? rows[0] ?? [];
      return findListed(rows, wanted, (text) => toPlain(text)) ?? [];
    });
    if (matches.length < 2) return matches[0] ?? null;
    throw new UserError(
      `${JSON.stringify(wanted)} names a data source in several stores.`,
      `Use one of: ${matches.map(({ uid }) => uid).join(', ')}.`,
    );
  };

  /** The stores that a name can be of: one where it begins with the name of a store, else all. */
  const storesFor = (wanted: string): readonly RegistryStore[] => {
    const own = stores.filter(
      ({ name }) => name !== null && (name === wanted || storeNaming(name).isFull(wanted)),
    );
    return own.length > 0 ? own : stores;
  };

  const unknownSource = async (wanted: string, signal: AbortSignal): Promise<UserError> => {
    const names = (await all(signal)).map(({ name }) => name);
    if (names.length === 0) return noSource(signal);
    return new UserError(
      `There is no data source ${JSON.stringify(wanted)}.`,
      `Leave \`source\` out or use one of: ${names.join(', ')}.`,
    );
  };

  /** Finds a source by its name, where need be with another discovery. @throws UserError, UpstreamError */
  const look = async (wanted: string, signal: AbortSignal): Promise<ListedSource> => {
    const candidates = storesFor(wanted);
    const listed = findIn(await listStores(candidates, signal), wanted);
    if (listed !== null) return listed;
    const looks = await Promise.all(
      candidates.map(({ name, finder }) => finder?.lookAgain(signal).catch(nameStore(name)).catch(asFailure)),
    );
    const lists = await listStores(candidates, signal);
    const again = findIn(lists, wanted);
    if (again !== null) return again;
    const failures = [...looks, ...lists.map(({ error }) => error)];
    throw failures.find((failure) => failure !== undefined) ?? (await unknownSource(wanted, signal));
  };

  const ownPages = stores.flatMap(({ name, source }): PageAddress[] =>
    source?.pages === undefined
      ? []
      : [{ url: source.pages, pages: 'pyroscope', store: name, source: source.uid, orgId: null }],
  );
  const finders = stores.flatMap(({ name, finder }) => (finder === undefined ? [] : [{ name, finder }]));

  return {
    all,

    pages: {
      configured: [...ownPages, ...finders.flatMap(({ finder }) => finder.pages?.configured ?? [])],
      async discover(signal) {
        const failures: StoreFailure[] = [];
        const discovered = await Promise.all(
          finders.map(async ({ name, finder }) => {
            try {
              return (await finder.pages?.discover(signal).catch(nameStore(name))) ?? [];
            } catch (error) {
              failures.push({ store: name, error: asFailure(error) });
              return finder.pages?.configured ?? [];
            }
          }),
        );
        return { addresses: [...ownPages, ...discovered.flat()], failures };
      },
    },

    async overview(signal) {
      const lists = await listStores(stores, signal);
      const failures = await Promise.all(
        lists.map(async ({ store, rows, error }): Promise<StoreFailure[]> => {
          if (error !== undefined) return [{ store: store.name, error }];
          if (rows.length > 0) return [];
          // An empty discovery is reported even where other sources are configured.
          const none = await explainNone(store, signal).catch(nameStore(store.name)).catch(asFailure);
          return [{ store: store.name, error: none }];
        }),
      );
      const byStore = lists.map(({ store, rows = [], error = null }) => {
        return { store: store.name, sources: rows, error };
      });
      return {
        sources: byStore.flatMap(({ sources }) => sources),
        stores: byStore,
        defaultSource: findFirstSource(findDefaultStore(byStore)?.sources ?? []),
        failures: stores.length === 0 ? [{ store: null, error: await noSource(signal) }] : failures.flat(),
      };
    },

    async isDefault(source, signal) {
      try {
        return (await pickDefault(signal)) === (source.original ?? source);
      } catch (error) {
        asFailure(error);
        return false;
      }
    },

    async pick(nameOrUid, signal) {
      if (nameOrUid === undefined) {
        const source = await pickDefault(signal);
        if (source === null) throw await noSource(signal);
        return source;
      }
      // A source that the configuration names is found without discovery.
      const listed = findListed(named, nameOrUid) ?? (await look(nameOrUid, signal));
      if (listed.source !== null) return listed.source;
      const { message, next } = listed.obstacle ?? { message: `${listed.name} cannot be queried.`, next: '' };
      throw new UserError(message, next);
    },

    async close() {
      await Promise.all(stores.map(({ source, finder }) => (source ?? finder)?.close()));
    },
  };
}

const NONE = {
  message: 'No data source is configured.',
  next: `An operator starts the server with GRAFANA_URL=…, PYROSCOPE_URL=…, --profiles DIR or --config FILE; \`${PROGRAM} doctor\` checks it.`,
};

/** Finds a source by uid, else by name in any case. */
export function findListed(
  sources: readonly ListedSource[],
  nameOrUid: string,
  shorten: (text: string) => string = (text) => text,
): ListedSource | null {
  const wanted = nameOrUid.toLowerCase();
  return (
    sources.find(({ uid }) => shorten(uid) === nameOrUid) ??
    sources.find(({ name }) => shorten(name).toLowerCase() === wanted) ??
    null
  );
}

/** Finds the store that a call without `source` is about: one that does not answer is not passed over. */
export function findDefaultStore(stores: readonly StoreOverview[]): StoreOverview | undefined {
  return stores.find(({ sources, error }) => error !== null || findFirstSource(sources) !== null);
}

/** Finds the first source that can be queried. */
export function findFirstSource(rows: readonly ListedSource[]): ProfileSource | null {
  return rows.find(({ source }) => source !== null)?.source ?? null;
}

/** Makes a handler of errors that lets a failure of the upstream name the store. */
function nameStore(name: string | null): (error: unknown) => never {
  return (error) => {
    if (name === null || !(error instanceof UpstreamError)) throw error;
    throw error.inStore(name);
  };
}

/** Gives the failure of a store. @throws everything else, such as the end of the call */
export function asFailure(error: unknown): UpstreamError | UserError {
  if (error instanceof UpstreamError || error instanceof UserError) return error;
  throw error;
}

function asListed(source: ProfileSource): ListedSource {
  const { name, uid, kind } = source;
  return { name, uid, kind, enabled: true, source, obstacle: null };
}
