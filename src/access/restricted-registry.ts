import { UserError } from '../errors.js';
import { PROGRAM } from '../program.js';
import type { PageAddress } from '../sources/page-address.js';
import {
  asFailure,
  findDefaultStore,
  findFirstSource,
  findListed,
  type ListedSource,
  type SourceOverview,
  type SourceRegistry,
  type StoreFailure,
} from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';
import { storeNaming } from '../sources/store-naming.js';

/**
 * Restricts a registry to some sources, by name or uid. The others do not exist for its callers: no list, no
 * error and no link names them.
 */
export function restrictRegistry(
  registry: SourceRegistry,
  allowed: readonly string[] | null,
): SourceRegistry {
  if (allowed === null) return registry;
  const isAllowed = ({ name, uid }: Pick<ListedSource, 'name' | 'uid'>) =>
    allowed.includes(uid) || allowed.includes(name);
  /**
   * Whether an allowed source may be in the store. An error about settings may name the sources of others.
   */
  const isShown = ({ store, error }: StoreFailure) =>
    !(error instanceof UserError) &&
    (store === null || allowed.some((name) => name === store || storeNaming(store).isFull(name)));
  // A page that is of one source is that of a configured server, whose uid is its name.
  const isOfAllowed = ({ source }: PageAddress) => source === null || allowed.includes(source);

  const overview = async (signal: AbortSignal): Promise<SourceOverview> => {
    const { stores, failures } = await registry.overview(signal);
    const visible = stores.map(({ store, sources, error }) => ({
      store,
      sources: sources.filter(isAllowed),
      error: error !== null && isShown({ store, error }) ? error : null,
    }));
    const sources = visible.flatMap((each) => each.sources);
    const shown = failures.filter(isShown);
    const isEmpty = sources.every(({ source }) => source === null) && shown.length === 0;
    return {
      sources,
      stores: visible,
      defaultSource: findFirstSource(findDefaultStore(visible)?.sources ?? []),
      failures: isEmpty ? [{ store: null, error: noSource() }] : shown,
    };
  };

  const all = async (signal: AbortSignal): Promise<readonly ProfileSource[]> => {
    const { sources, failures } = await overview(signal);
    const usable = sources.flatMap(({ source }) => source ?? []);
    const [failure] = failures;
    if (usable.length === 0 && failure !== undefined) throw failure.error;
    return usable;
  };

  const pickNamed = async (nameOrUid: string, signal: AbortSignal): Promise<ProfileSource> => {
    const picked = await registry.pick(nameOrUid, signal).catch((error: unknown) => {
      // The error may name the sources of others, and is told only where it is about an allowed one.
      if (error instanceof UserError) return error;
      throw error;
    });
    if (!(picked instanceof UserError) && isAllowed(picked)) return picked;
    const { sources } = await overview(signal);
    const listed = findListed(sources, nameOrUid);
    if (listed?.source != null) return listed.source;
    const { obstacle = null } = listed ?? {};
    if (obstacle !== null) throw new UserError(obstacle.message, obstacle.next);
    throw new UserError(
      `There is no data source ${JSON.stringify(nameOrUid)}.`,
      `Leave \`source\` out or use one of: ${(await all(signal)).map(({ name }) => name).join(', ')}.`,
    );
  };

  return {
    all,
    overview,
    async isDefault(source, signal) {
      try {
        return (await overview(signal)).defaultSource === (source.original ?? source);
      } catch (error) {
        asFailure(error);
        return false;
      }
    },
    async pick(nameOrUid, signal) {
      if (nameOrUid !== undefined) return pickNamed(nameOrUid, signal);
      const store = findDefaultStore((await overview(signal)).stores);
      if (store?.error != null) throw store.error;
      const source = findFirstSource(store?.sources ?? []);
      if (source === null) throw noSource();
      return source;
    },
    pages: {
      configured: registry.pages.configured.filter(isOfAllowed),
      async discover(signal) {
        const { addresses, failures } = await registry.pages.discover(signal);
        return { addresses: addresses.filter(isOfAllowed), failures: failures.filter(isShown) };
      },
    },
    close: () => registry.close(),
  };
}

function noSource(): UserError {
  return new UserError(
    'None of the data sources that this caller may ask is there and enabled.',
    `Only a person can change that: an operator checks the rights of this caller, and \`${PROGRAM} sources\`.`,
  );
}
