import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type GrafanaCredential, type Rights, SERVER_RIGHTS } from '../access/identity.js';
import { restrictPatterns } from '../access/restricted-patterns.js';
import { restrictRegistry } from '../access/restricted-registry.js';
import { restrictSource } from '../access/restricted-source.js';
import type { Config } from '../config/read.js';
import {
  type FilesStore,
  type GrafanaStore,
  hasServers,
  nameSource,
  type PyroscopeStore,
  type Store,
} from '../config/stores.js';
import type { CallEnvironment } from '../mcp/call.js';
import type { AskedBook } from '../patterns/asked/book.js';
import type { PatternBook } from '../patterns/book.js';
import type { Breaker } from '../sources/breaker.js';
import type { GrafanaSources } from '../sources/grafana/sources.js';
import type { TransportOptions } from '../sources/pyroscope/http/transport.js';
import type { RecentAnswers } from '../sources/recent.js';
import { createRegistry, type SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';
import { storeNaming } from '../sources/store-naming.js';
import type { Log } from '../telemetry/log.js';
import { type Meter, NO_METER, nameStoreIn, type UpstreamSource } from '../telemetry/meter.js';
import { PACKAGE } from '../version.js';
import { grafanaOwner, pyroscopeOwner } from './owners.js';
import { type Limits, limitRights, NO_LIMITS, readSeenData, selectStores } from './rights.js';
import { createKeptPlaces, createSchemas, type KeptPlaces, type Schemas } from './schemas.js';

/** Output of a command: answers go to `out`, everything else to `err`. */
export interface Io {
  out(text: string): void;
  /** Shows the text of an answer on a terminal; without one it goes to `out` as it is. */
  answer?: (text: string) => Promise<void>;
  err(text: string): void;
  /** Shows how far a long call is, on a terminal; null clears the line. */
  progress?: (text: string | null) => void;
  /** Log with a line for each call, whatever the level of the log is; left out where none is wanted. */
  audit?: Log;
}

/** A configured store with its source, or with the Grafana that finds its sources. */
export type OpenStore =
  | { readonly kind: 'grafana'; readonly store: GrafanaStore; readonly grafana: GrafanaSources }
  | { readonly kind: 'single'; readonly store: PyroscopeStore | FilesStore; readonly source: ProfileSource };

/** The sources that the configuration names. */
export interface ConfiguredSources {
  registry: SourceRegistry;
  stores: readonly OpenStore[];
}

/** Listeners for requests to the sources, and for pauses of sources that do not answer. */
export interface Watch {
  log: Log;
  meter: Meter;
  /** Remembers for a moment what servers answered. */
  recent?: RecentAnswers | undefined;
}

/**
 * Makes the sources that the configuration names. It loads only the code that they need, which keeps the
 * start short.
 * @param watch with it, sources that do not answer get no requests for a while; without it, every request is
 *   sent
 */
export async function createSources(
  config: Config,
  watch?: Watch,
  limits: Limits = NO_LIMITS,
): Promise<ConfiguredSources> {
  const mark = await createOwnCodeMarker(config);
  const isRemote = hasServers(config.stores);
  const createBreakers = watch === undefined || !isRemote ? undefined : await breakerMaker(watch.log);
  // The restriction is innermost, so that nothing else can reach around it.
  const restrict = (source: ProfileSource) => restrictSource(source, limits.matchers);
  const markFiles = (source: ProfileSource) => mark(restrict(source));
  const wrapSource = (source: ProfileSource) => {
    const restricted = restrict(source);
    return mark(watch?.recent?.wrap(restricted) ?? restricted);
  };
  const stores = await Promise.all(
    selectStores(config, limits).map((store) => {
      const meter = watch === undefined ? undefined : nameStoreIn(watch.meter, store.name);
      const getBreaker = meter === undefined ? undefined : createBreakers?.(meter);
      const parts = { mark: markFiles, getBreaker, wrapSource, meter, caller: limits.grafana };
      return openStore(store, config, parts);
    }),
  );
  const registry = createRegistry(
    stores.map((open) =>
      open.kind === 'grafana'
        ? { name: open.store.name, finder: open.grafana }
        : { name: open.store.name, source: open.source },
    ),
  );
  return { registry: limits.sources.reduce(restrictRegistry, registry), stores };
}

interface StoreParts {
  mark: WrapSource;
  getBreaker: BreakerOf | undefined;
  /** Wrapper for a server's source: it keeps its answers for a moment, and knows the team's own code. */
  wrapSource: WrapSource;
  meter: Meter | undefined;
  /** Credential that replaces the server's own towards Grafana; null for the server's own. */
  caller: GrafanaCredential | null;
}

async function openStore(
  store: Store,
  config: Config,
  { mark, getBreaker, wrapSource, meter, caller }: StoreParts,
): Promise<OpenStore> {
  if (store.kind === 'files') {
    const { createFilesSource } = await import('../sources/files/source.js');
    const name = store.name === null ? {} : { name: store.name };
    const source = mark(createFilesSource({ directory: store.directory, uid: nameSource(store), ...name }));
    return { kind: 'single', store, source };
  }
  const limits = {
    timeoutMs: config.requestTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    proxy: config.proxy,
    meter,
  };
  if (store.kind === 'grafana') {
    const grafana = await openGrafana(store, config, limits, { getBreaker, wrapSource, caller });
    return { kind: 'grafana', store, grafana };
  }
  const { createPyroscopeSource } = await import('../sources/pyroscope/source.js');
  const name = nameSource(store);
  const source = createPyroscopeSource({
    name,
    uid: name,
    ...(store.name === null ? {} : { store: store.name }),
    owner: pyroscopeOwner(store.settings, 'pyroscope'),
    ...store.settings,
    ...limits,
    breaker: getBreaker?.('pyroscope', name),
  });
  return { kind: 'single', store, source: wrapSource(source) };
}

type WrapSource = (source: ProfileSource) => ProfileSource;

/**
 * Lets the profiles of a source carry what the team said about its own code.
 * @throws UserError where a pattern is not valid
 */
async function createOwnCodeMarker({ ownCode }: Config): Promise<WrapSource> {
  if (ownCode.length === 0) return (source) => source;
  const { readOwnCode, withOwnCode } = await import('../sources/own-code.js');
  const codePatterns = readOwnCode(ownCode);
  return (source) => withOwnCode(source, codePatterns);
}

type BreakerOf = (kind: UpstreamSource, uid: string) => Breaker;

/** Gives what makes the circuit breakers of a store, which its meter counts. */
async function breakerMaker(log: Log): Promise<(meter: Meter) => BreakerOf> {
  const { createBreaker } = await import('../sources/breaker.js');
  return (meter) => (kind, uid) =>
    createBreaker((failure) => {
      meter.breaker(kind, failure !== null);
      if (failure === null) log.info('source answers again', { source: uid });
      else
        log.warn('source fails and gets no requests for a while', {
          source: uid,
          kind: failure.kind,
          detail: failure.detail,
        });
    });
}

async function openGrafana(
  { name, settings, enabledSources }: GrafanaStore,
  { stateDirectory }: Config,
  limits: Pick<TransportOptions, 'timeoutMs' | 'maxResponseBytes' | 'proxy' | 'meter'>,
  { getBreaker, wrapSource, caller }: Pick<StoreParts, 'getBreaker' | 'wrapSource' | 'caller'>,
): Promise<GrafanaSources> {
  const [{ createGrafanaClient }, { createEnablementFile }, { createGrafanaSources }, { xdgState }] =
    await Promise.all([
      import('../sources/grafana/client.js'),
      import('../sources/grafana/enablement.js'),
      import('../sources/grafana/sources.js'),
      import('xdg-basedir'),
    ]);
  const directory = stateDirectory ?? path.join(xdgState ?? '.', PACKAGE.name);
  const { toFull } = storeNaming(name);
  return createGrafanaSources({
    client: createGrafanaClient({
      ...settings,
      ...limits,
      provided: caller === null ? null : () => caller.headers(),
      breaker: getBreaker?.('grafana', name ?? 'grafana'),
    }),
    store: name,
    orgId: settings.orgId,
    enablement: createEnablementFile(path.join(directory, 'sources.json')),
    declared: enabledSources,
    listsMissing: caller === null,
    ownerOf: (uid) => grafanaOwner(settings, uid, caller),
    getBreaker: getBreaker === undefined ? undefined : (uid) => getBreaker('grafana', toFull(uid)),
    wrapSource,
  });
}

export interface Environment extends CallEnvironment {
  /**
   * Begins to read the dashboards and to look for data sources, in the background: worth it where many calls
   * will come.
   */
  learn(): void;
}

export interface EnvironmentOptions {
  meter?: Meter | undefined;
  /** Remembers for a moment what servers answered: worth it where many calls will come. */
  recent?: RecentAnswers | undefined;
  /** Places that several environments share; left out, the environment has its own and closes them. */
  places?: KeptPlaces;
  /** Rights of the callers whose environment it is; by default those of the server. */
  rights?: Rights;
}

/** Makes everything that a tool call needs, once for each set of rights. */
export async function createEnvironment(
  config: Config,
  log: Log,
  { meter = NO_METER, recent, places, rights = SERVER_RIGHTS }: EnvironmentOptions = {},
): Promise<Environment> {
  const limits = await limitRights(config, rights);
  const { registry, stores } = await createSources(config, { log, meter, recent }, limits);
  const kept = places ?? createKeptPlaces(config, log);
  const schemas = createSchemas(config, kept, meter);
  const grafanas = stores.flatMap((open) => (open.kind === 'grafana' ? [open] : []));
  const books = new Map(
    await Promise.all(
      grafanas.map(
        async (open) => [open.store.name, await openBook(open, registry, schemas, limits)] as const,
      ),
    ),
  );
  const asked = config.remembersQueries ? await openAskedBook(registry, schemas, log) : null;
  return {
    context: {
      sources: {
        ...registry,
        async close() {
          for (const book of books.values()) book.close();
          await settledSoon(asked);
          await Promise.all([registry.close(), places === undefined ? kept.close() : undefined]);
        },
      },
      getSchema: schemas.getSchema,
      getPatterns: ({ place, store = null }) => (place === undefined ? null : (books.get(store) ?? null)),
      asked,
      now: Date.now,
    },
    log,
    meter,
    deadlineMs: config.callTimeoutMs,
    learn() {
      for (const { grafana } of grafanas) grafana.keepLooking();
      for (const book of books.values()) void book.read(new AbortController().signal, 0);
    },
  };
}

/** Time that the end of the process waits for what is still to be remembered, milliseconds. */
const LAST_WRITE_MS = 1_000;

/** Waits a little until what was asked is kept. */
async function settledSoon(asked: AskedBook | null): Promise<void> {
  if (asked === null) return;
  const patience = new AbortController();
  const waiting = setTimeout(LAST_WRITE_MS, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([asked.settled(), waiting]);
  patience.abort();
}

/** Opens the memory of queries that worked, in the place of the schema cache. */
async function openAskedBook(registry: SourceRegistry, schemas: Schemas, log: Log): Promise<AskedBook> {
  const { createAskedBook } = await import('../patterns/asked/book.js');
  let hasFailed = false;
  return createAskedBook({
    now: Date.now,
    async findSource(name) {
      const all = await registry.all(AbortSignal.timeout(LAST_WRITE_MS)).catch(() => []);
      const [source = null, ...others] = all.filter((each) => each.name === name);
      return others.length === 0 ? source : null;
    },
    getRows: ({ owner }) => (owner === undefined ? undefined : schemas.getRows(owner)),
    onFailure(error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!hasFailed) log.warn('queries that worked cannot be kept, the server works on', { detail });
      hasFailed = true;
    },
  });
}

/** Opens the book of patterns from the dashboards. Its code is loaded only where there is a Grafana. */
async function openBook(
  { store, grafana }: Extract<OpenStore, { kind: 'grafana' }>,
  registry: SourceRegistry,
  schemas: Schemas,
  { grafana: caller, sources, matchers }: Limits,
): Promise<PatternBook> {
  const { createPatternBook } = await import('../patterns/book.js');
  const cache = schemas.openCache(grafanaOwner(store.settings, '', caller));
  const book = createPatternBook(grafana.dashboards, {
    now: Date.now,
    toSourceUid: storeNaming(store.name).toFull,
    ...(cache === undefined ? {} : { cache }),
  });
  if (sources.length === 0 && matchers.length === 0) return book;
  return restrictPatterns(book, matchers, (signal) => readSeenData(registry, schemas, signal));
}
