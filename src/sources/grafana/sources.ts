import { UpstreamError, type UpstreamKind, UserError } from '../../errors.js';
import { PROGRAM } from '../../program.js';
import { safeText } from '../../text/sanitise.js';
import { sharedWork } from '../../work/shared.js';
import type { Breaker } from '../breaker.js';
import type { PageAddress } from '../page-address.js';
import { pyroscopeSourceOver } from '../pyroscope/source.js';
import type { ListedSource, SourceFinder } from '../registry.js';
import type { ProfileSource, SourceOwner } from '../source.js';
import { type StoreNaming, storeNaming } from '../store-naming.js';
import type { GrafanaClient } from './client.js';
import { disableCommand, enabledSetting, enableHint } from './commands.js';
import { createDashboardStore, type DashboardStore } from './dashboards.js';
import { type DataSource, type Discovery, discover, isPyroscope, PYROSCOPE_TYPE } from './discovery.js';
import { type EnabledSource, type EnablementFile, type SourceKey, sourceKeyText } from './enablement.js';
import { readHealth } from './health.js';
import { explainNoneEnabled, explainNoneFound } from './nothing-found.js';
import { readPermissions } from './permissions.js';
import { proxyTransport } from './proxy.js';

const MINUTE = 60_000;
/** Time between two discoveries: data sources change seldom, and a new one is disabled anyway. */
const DISCOVERY_INTERVAL_MS = 10 * MINUTE;
/** Minimum time before another discovery, after a failed one or for an unknown name. */
const MIN_REDISCOVERY_MS = 15_000;
/** Maximum random delay of a discovery, so that replicas that started together spread their requests. */
const JITTER_MS = MINUTE;
/**
 * Failures that may mean that a data source is no Pyroscope any more. A Pyroscope causes them as well, so the
 * discovery that they trigger, which costs two requests, has a minimum interval.
 */
const SUSPECT_FAILURES: readonly UpstreamKind[] = [
  'not_found',
  'unreadable',
  'rejected',
  'unauthorized',
  'failed',
];

/** The Pyroscope data sources of a Grafana, and which of them people enabled. */
export interface GrafanaSources extends SourceFinder {
  readonly client: GrafanaClient;
  readonly dashboards: DashboardStore;
  /** The last discovery, at most some minutes old. */
  discovery(signal: AbortSignal): Promise<Discovery>;
  /** Discovers the data sources now. */
  refresh(signal: AbortSignal): Promise<Discovery>;
  /** Repeats the discovery until `close`, also without calls; the timer does not keep the process alive. */
  keepLooking(): void;
  /**
   * Enables data sources by uid or name, until a person disables them.
   * @throws UserError when there is no such data source, or when the configuration decides
   */
  enable(names: readonly string[], signal: AbortSignal): Promise<readonly DataSource[]>;
  disable(names: readonly string[], signal: AbortSignal): Promise<readonly SourceKey[]>;
  /**
   * Reads the result of Grafana's health check of a data source, which proves address and credentials, not
   * that there is data.
   * @throws UserError when the data source is disabled; UpstreamError
   */
  health(uid: string, signal: AbortSignal): Promise<{ ok: boolean; message: string }>;
}

export interface GrafanaSourcesOptions {
  client: GrafanaClient;
  /** Name of the store in the configuration file, with which its sources begin; null without one. */
  store?: string | null;
  orgId: number | null;
  enablement: EnablementFile;
  /**
   * Uids that the configuration enables; the file is not used then. Null where people enable data sources.
   */
  declared: readonly string[] | null;
  /**
   * Whether enabled data sources that Grafana does not show are listed as missing, which is the default. They
   * may be those of others where callers have a credential of their own.
   */
  listsMissing?: boolean;
  /** Makes the circuit breaker of a data source. */
  getBreaker?: ((uid: string) => Breaker) | undefined;
  /** Identity of a data source's cache entries, by its uid. */
  ownerOf?: ((uid: string) => SourceOwner) | undefined;
  /** Wraps each source before it is returned. */
  wrapSource?: (source: ProfileSource) => ProfileSource;
  now?: () => number;
}

/**
 * Discovers the Pyroscope data sources of a Grafana and makes sources of the enabled ones. Each question, and
 * each request, checks which are enabled, so that a disabled data source is never queried.
 */
export function createGrafanaSources(options: GrafanaSourcesOptions): GrafanaSources {
  const { client, enablement, declared, ownerOf, wrapSource = (source) => source, now = Date.now } = options;
  const { store = null, listsMissing = true } = options;
  const naming = storeNaming(store);
  const { toFull, toPlain } = naming;
  /**
   * Sources by uid. A source stays the same object as long as the text `from`, which describes it, is equal.
   */
  const sourcesByUid = new Map<string, { from: string; source: ProfileSource }>();
  const breakers = new Map<string, Breaker>();
  let discoveredAt = Number.NEGATIVE_INFINITY;
  let isOutdated = false;
  /** Result of the last successful discovery. */
  let latest: Discovery | null = null;
  let timer: NodeJS.Timeout | undefined;

  const startDiscovery = () =>
    sharedWork(async (signal) => {
      const discovered = await discover(client, { orgId: options.orgId, signal });
      discoveredAt = now();
      isOutdated = false;
      latest = discovered;
      await forgetReused(discovered);
      return discovered;
    });
  let current = startDiscovery();
  let pending: ReturnType<typeof startDiscovery> | null = null;

  const refresh = async (signal: AbortSignal): Promise<Discovery> => {
    pending ??= startDiscovery();
    const next = pending;
    try {
      const discovered = await next(signal);
      current = next;
      return discovered;
    } finally {
      if (pending === next) pending = null;
    }
  };

  const discovery = async (signal: AbortSignal): Promise<Discovery> => {
    if (discoveredAt === Number.NEGATIVE_INFINITY) return current(signal);
    if (isOutdated) {
      return refresh(signal).catch(() => {
        signal.throwIfAborted();
        // A failed discovery is not repeated with every request: the next suspect failure triggers another.
        isOutdated = false;
        return current(signal);
      });
    }
    if (now() - discoveredAt > DISCOVERY_INTERVAL_MS) {
      // The old result serves meanwhile; after a failure it serves a little longer.
      discoveredAt = now() - DISCOVERY_INTERVAL_MS + MIN_REDISCOVERY_MS;
      void refresh(AbortSignal.timeout(MINUTE)).catch(() => {});
    }
    return current(signal);
  };

  const buildKey = ({ uid, orgId }: { uid: string; orgId: number | null }): SourceKey => ({
    url: client.base,
    orgId,
    uid,
    type: PYROSCOPE_TYPE,
  });

  /** Entries of the enablement file for this Grafana and organisation. */
  const enabledEntries = async (orgId: number | null): Promise<readonly EnabledSource[]> =>
    (await enablement.read()).filter((entry) => entry.url === client.base && entry.orgId === orgId);

  const isEnabled = async (uid: string, orgId: number | null): Promise<boolean> => {
    if (declared !== null) return declared.includes(uid);
    const key = sourceKeyText(buildKey({ uid, orgId }));
    return (await enablement.read()).some((entry) => sourceKeyText(entry) === key);
  };

  /**
   * Removes entries whose uid has another type now: if the type changes back, a person must enable it again.
   */
  const forgetReused = async ({ orgId, types }: Discovery): Promise<void> => {
    if (declared !== null) return;
    try {
      const reused = (await enabledEntries(orgId)).filter(({ uid }) => {
        const type = types.get(uid);
        return type !== undefined && !isPyroscope(type);
      });
      if (reused.length > 0) await enablement.change([], reused);
    } catch (error) {
      // The state directory cannot be written. The type still keeps the data source from being queried.
      if (!(error instanceof UserError)) throw error;
    }
  };

  /** The circuit breaker of a uid, which survives other changes of its data source. */
  const getBreaker = (uid: string): Breaker | undefined => {
    const breaker = breakers.get(uid) ?? options.getBreaker?.(uid);
    if (breaker !== undefined) breakers.set(uid, breaker);
    return breaker;
  };

  const createSource = (data: DataSource, { publicUrl, orgId, drilldown }: Discovery): ProfileSource => {
    const { uid, name, type } = data;
    const from = JSON.stringify([data, publicUrl, orgId, drilldown]);
    const known = sourcesByUid.get(uid);
    if (known?.from === from) return known.source;
    const transport = proxyTransport(client, data, {
      async admit(signal) {
        if (!(await isEnabled(uid, orgId))) throw refusal(describeDisabled(data));
        // After a suspect failure, or in a source that was made before its data source changed type.
        const known = isOutdated ? await discovery(signal) : latest;
        if (known === null || known.pyroscopeSources.some((other) => other.uid === uid)) return;
        throw refusal(missingSource(toFull(uid), toFull(name), known.types.get(uid) ?? null).obstacle);
      },
      onFailure({ kind }) {
        const isSuspect = SUSPECT_FAILURES.includes(kind) && now() - discoveredAt >= MIN_REDISCOVERY_MS;
        if (kind === 'missing' || isSuspect) isOutdated = true;
      },
      breaker: getBreaker(uid),
    });
    const place = { baseUrl: publicUrl, orgId, uid, type, drilldown };
    const source = wrapSource(
      pyroscopeSourceOver(transport, {
        name: toFull(name),
        uid: toFull(uid),
        ...(store === null ? {} : { store }),
        kind: 'grafana',
        place,
        ...(ownerOf === undefined ? {} : { owner: ownerOf(uid) }),
      }),
    );
    sourcesByUid.set(uid, { from, source });
    return source;
  };

  const describeDisabled = ({ uid, name }: DataSource): { message: string; next: string } => ({
    message: `The data source "${safeText(toFull(name), 100)}" (uid ${safeText(toFull(uid), 100)}) is disabled, so it is not queried.`,
    next: `Only a person can enable it: ${enableHint(uid, store, declared !== null)}`,
  });

  const list = async (signal: AbortSignal): Promise<readonly ListedSource[]> => {
    const discovered = await discovery(signal);
    const entries = declared === null ? await enabledEntries(discovered.orgId) : [];
    const enabled = new Set(declared ?? entries.map(({ uid }) => uid));
    const rows = discovered.pyroscopeSources.map((data): ListedSource => {
      const row = { name: toFull(data.name), uid: toFull(data.uid), kind: 'grafana' as const };
      return enabled.has(data.uid)
        ? { ...row, enabled: true, source: createSource(data, discovered), obstacle: null }
        : { ...row, enabled: false, source: null, obstacle: describeDisabled(data) };
    });
    const present = new Set(discovered.pyroscopeSources.map(({ uid }) => uid));
    const gone = listsMissing ? [...enabled].filter((uid) => !present.has(uid)) : [];
    return [
      ...rows.filter(({ source }) => source !== null),
      ...rows.filter(({ source }) => source === null),
      ...gone.map((uid) =>
        missingSource(
          toFull(uid),
          toFull(entries.find((entry) => entry.uid === uid)?.name ?? uid),
          discovered.types.get(uid) ?? null,
        ),
      ),
    ];
  };

  const requireChangeable = () => {
    if (declared === null) return;
    throw new UserError(
      `${enabledSetting(store)} decides which data sources are enabled.`,
      'Change its list of uids and restart the server, or leave it out to enable by hand.',
    );
  };

  const writePages = (url: string, orgId: number | null): PageAddress => {
    return { url, pages: 'grafana', store, source: null, orgId };
  };

  return {
    client,
    pages: {
      configured: [writePages(client.base, options.orgId)],
      async discover(signal) {
        const { publicUrl, orgId } = await discovery(signal);
        return [...new Set([publicUrl, client.base])].map((url) => writePages(url, orgId));
      },
    },
    dashboards: createDashboardStore(client, discovery),
    discovery,
    refresh,
    list,

    keepLooking() {
      const look = () => void refresh(AbortSignal.timeout(MINUTE)).catch(() => {});
      timer ??= setInterval(look, DISCOVERY_INTERVAL_MS + Math.random() * JITTER_MS).unref();
    },

    async lookAgain(signal) {
      if (now() - discoveredAt >= MIN_REDISCOVERY_MS) await refresh(signal);
    },

    async explainNone(signal) {
      const discovered = await discovery(signal);
      if (discovered.pyroscopeSources.length > 0)
        return explainNoneEnabled(discovered, store, declared !== null);
      const permissions = await readPermissions(client, signal).catch((error: unknown) => {
        if (error instanceof UpstreamError) return null;
        throw error;
      });
      return explainNoneFound(discovered, client.base, permissions);
    },

    async enable(names, signal) {
      requireChangeable();
      const { pyroscopeSources: sources, orgId } = await refresh(signal);
      const wanted = names.map((name) => findDataSource(sources, toPlain(name), naming));
      await enablement.change(
        wanted.map(({ uid, name }) => ({ ...buildKey({ uid, orgId }), name })),
        [],
      );
      return wanted;
    },

    async disable(names, signal) {
      requireChangeable();
      const { pyroscopeSources: sources, orgId } = await refresh(signal);
      const entries = await enabledEntries(orgId);
      const keys = names.map(toPlain).map((name) => {
        const gone = entries.find((entry) => entry.uid === name);
        return buildKey({ uid: gone?.uid ?? findDataSource(sources, name, naming).uid, orgId });
      });
      await enablement.change([], keys);
      return keys;
    },

    async health(name, signal) {
      const uid = toPlain(name);
      const { pyroscopeSources: sources, orgId } = await discovery(signal);
      if (!(await isEnabled(uid, orgId))) {
        throw refusal(describeDisabled(findDataSource(sources, uid, naming)));
      }
      return readHealth(client, uid, signal);
    },

    close() {
      clearInterval(timer);
      return client.close();
    },
  };
}

function refusal(obstacle: ListedSource['obstacle']): UserError {
  const { message, next } = obstacle ?? { message: 'The data source cannot be queried.', next: '' };
  return new UserError(message, next);
}

function findDataSource(
  sources: readonly DataSource[],
  uidOrName: string,
  { toFull }: StoreNaming,
): DataSource {
  const data = sources.find(({ uid }) => uid === uidOrName) ?? sources.find(({ name }) => name === uidOrName);
  if (data !== undefined) return data;
  const available = sources.map(({ uid, name }) => `${safeText(toFull(uid), 60)} (${safeText(name, 60)})`);
  throw new UserError(
    `There is no Pyroscope data source ${JSON.stringify(safeText(toFull(uidOrName), 100))}.`,
    available.length === 0 ? `Run \`${PROGRAM} doctor\`.` : `There is: ${available.join(', ')}.`,
  );
}

function missingSource(uid: string, name: string, type: string | null): ListedSource {
  const now = type === null ? '' : `; its uid belongs to a data source of type ${safeText(type, 60)} now`;
  return {
    name,
    uid,
    kind: 'grafana',
    enabled: true,
    source: null,
    obstacle: {
      message: `The data source "${safeText(name, 100)}" (uid ${safeText(uid, 100)}) is missing: Grafana does not show it any more${now}.`,
      next: `Ask list_data_sources for another. A person who does not miss it runs: ${disableCommand(uid)}`,
    },
  };
}
