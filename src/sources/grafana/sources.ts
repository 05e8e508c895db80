import { UpstreamError, type UpstreamKind, UserError } from '../../errors.js';
import { safeText } from '../../text/sanitise.js';
import { sharedWork } from '../../work/shared.js';
import type { Breaker } from '../breaker.js';
import { pyroscopeSourceOver } from '../pyroscope/source.js';
import type { ListedSource, SourceFinder } from '../registry.js';
import type { ProfileSource, SourceOwner } from '../source.js';
import type { GrafanaClient } from './client.js';
import { disableCommand, enableHint } from './commands.js';
import { createDashboardStore, type DashboardStore } from './dashboards.js';
import { type DataSource, type Discovery, discover, isPyroscope, PYROSCOPE_TYPE } from './discovery.js';
import { type EnabledSource, type EnablementFile, type SourceKey, sourceKeyText } from './enablement.js';
import { readHealth } from './health.js';
import { explainNoneEnabled, explainNoneFound } from './nothing-found.js';
import { readPermissions } from './permissions.js';
import { proxyTransport } from './proxy.js';

const MINUTE = 60_000;
/** Data sources come and go seldom; a new one is disabled anyway. */
const LOOK_EVERY_MS = 10 * MINUTE;
/** After a failed look, and for a name that nobody knows. */
const LOOK_AGAIN_MS = 15_000;
/** Replicas that were started together do not look at the same moment: each waits up to so much longer. */
const JITTER_MS = MINUTE;
/**
 * How something may answer that is no Pyroscope (any more). A Pyroscope answers so, too, now and then: a look
 * costs two requests, and is made once in a while only.
 */
const STRANGE: readonly UpstreamKind[] = ['not_found', 'unreadable', 'rejected', 'unauthorized', 'failed'];

/** The Pyroscope data sources behind one Grafana, and which of them people have enabled. */
export interface GrafanaSources extends SourceFinder {
  readonly client: GrafanaClient;
  readonly dashboards: DashboardStore;
  /** What Grafana shows, at most some minutes old. */
  discovery(signal: AbortSignal): Promise<Discovery>;
  /** Looks which there are, now. */
  refresh(signal: AbortSignal): Promise<Discovery>;
  /** Looks again and again until it is closed, whether anybody asks or not; keeps no process alive. */
  keepLooking(): void;
  /**
   * Enables or disables data sources by uid or name, until a person says otherwise.
   * @returns the data sources
   * @throws UserError when one is not there, or the configuration decides
   */
  enable(names: readonly string[], signal: AbortSignal): Promise<readonly DataSource[]>;
  disable(names: readonly string[], signal: AbortSignal): Promise<readonly SourceKey[]>;
  /**
   * What Grafana finds when it asks a data source itself. It proves address and credentials, not that there
   * is data.
   * @throws UserError when the data source is disabled; UpstreamError
   */
  health(uid: string, signal: AbortSignal): Promise<{ ok: boolean; message: string }>;
}

export interface GrafanaSourcesOptions {
  client: GrafanaClient;
  orgId: number | null;
  enablement: EnablementFile;
  /** Uids that the configuration enables; then only these are, and nobody changes it by hand. */
  declared: readonly string[] | null;
  /** Makes what keeps requests from a data source that does not answer. */
  breakerOf?: ((uid: string) => Breaker) | undefined;
  /** Whose view of a data source the server has, by its uid. */
  ownerOf?: ((uid: string) => SourceOwner) | undefined;
  /** Wraps each source that is handed out. */
  remembering?: (source: ProfileSource) => ProfileSource;
  now?: () => number;
}

/**
 * Finds the Pyroscope data sources behind a Grafana and hands out those that are enabled. Which are is looked
 * up with every question and again before every request, so that a disabled one is never queried by anybody.
 */
export function createGrafanaSources(options: GrafanaSourcesOptions): GrafanaSources {
  const { client, enablement, declared, ownerOf, remembering = (source) => source, now = Date.now } = options;
  /**
   * By uid, with what it was made from: a source stays the same object as long as nothing about it changes.
   */
  const made = new Map<string, { from: string; source: ProfileSource }>();
  const breakers = new Map<string, Breaker>();
  let looked = Number.NEGATIVE_INFINITY;
  let outdated = false;
  /** What the last look that worked found. */
  let latest: Discovery | null = null;
  let timer: NodeJS.Timeout | undefined;

  const look = () =>
    sharedWork(async (signal) => {
      const found = await discover(client, { orgId: options.orgId, signal });
      looked = now();
      outdated = false;
      latest = found;
      await forgetReused(found);
      return found;
    });
  let current = look();
  let coming: ReturnType<typeof look> | null = null;

  const refresh = async (signal: AbortSignal): Promise<Discovery> => {
    coming ??= look();
    const next = coming;
    try {
      const found = await next(signal);
      current = next;
      return found;
    } finally {
      if (coming === next) coming = null;
    }
  };

  const discovery = async (signal: AbortSignal): Promise<Discovery> => {
    if (looked === Number.NEGATIVE_INFINITY) return current(signal);
    if (outdated) {
      return refresh(signal).catch(() => {
        signal.throwIfAborted();
        // Not with every request: the next strange answer has it looked at again.
        outdated = false;
        return current(signal);
      });
    }
    if (now() - looked > LOOK_EVERY_MS) {
      // The old answer serves meanwhile; after a failure it does for a while longer.
      looked = now() - LOOK_EVERY_MS + LOOK_AGAIN_MS;
      void refresh(AbortSignal.timeout(MINUTE)).catch(() => {});
    }
    return current(signal);
  };

  const keyOf = ({ uid, orgId }: { uid: string; orgId: number | null }): SourceKey => ({
    url: client.base,
    orgId,
    uid,
    type: PYROSCOPE_TYPE,
  });

  /** Remembered entries of this Grafana and organisation. */
  const remembered = async (orgId: number | null): Promise<readonly EnabledSource[]> =>
    (await enablement.read()).filter((entry) => entry.url === client.base && entry.orgId === orgId);

  const isEnabled = async (uid: string, orgId: number | null): Promise<boolean> => {
    if (declared !== null) return declared.includes(uid);
    const key = sourceKeyText(keyOf({ uid, orgId }));
    return (await enablement.read()).some((entry) => sourceKeyText(entry) === key);
  };

  /** A uid that another kind of data source has now must be enabled anew, should it come back. */
  const forgetReused = async ({ orgId, types }: Discovery): Promise<void> => {
    if (declared !== null) return;
    try {
      const reused = (await remembered(orgId)).filter(({ uid }) => {
        const type = types.get(uid);
        return type !== undefined && !isPyroscope(type);
      });
      if (reused.length > 0) await enablement.change([], reused);
    } catch (error) {
      // A state directory that cannot be written: the type still keeps it from being queried.
      if (!(error instanceof UserError)) throw error;
    }
  };

  /** One for each uid, whatever else of its data source changes. */
  const breakerOf = (uid: string): Breaker | undefined => {
    const breaker = breakers.get(uid) ?? options.breakerOf?.(uid);
    if (breaker !== undefined) breakers.set(uid, breaker);
    return breaker;
  };

  const sourceOf = (data: DataSource, { publicUrl, orgId, drilldown }: Discovery): ProfileSource => {
    const { uid, name, type } = data;
    const from = JSON.stringify([data, publicUrl, orgId, drilldown]);
    const known = made.get(uid);
    if (known?.from === from) return known.source;
    const transport = proxyTransport(client, data, {
      async admit(signal) {
        if (!(await isEnabled(uid, orgId))) throw refusal(disabled(data, declared !== null));
        // Somebody saw something strange, or has held this source since before it became something else.
        const known = outdated ? await discovery(signal) : latest;
        if (known === null || known.found.some((other) => other.uid === uid)) return;
        throw refusal(missing(uid, name, known.types.get(uid) ?? null).obstacle);
      },
      onFailure({ kind }) {
        const strange = STRANGE.includes(kind) && now() - looked >= LOOK_AGAIN_MS;
        if (kind === 'missing' || strange) outdated = true;
      },
      breaker: breakerOf(uid),
    });
    const place = { baseUrl: publicUrl, orgId, uid, type, drilldown };
    const source = remembering(
      pyroscopeSourceOver(transport, {
        name,
        uid,
        kind: 'grafana',
        place,
        ...(ownerOf === undefined ? {} : { owner: ownerOf(uid) }),
      }),
    );
    made.set(uid, { from, source });
    return source;
  };

  const list = async (signal: AbortSignal): Promise<readonly ListedSource[]> => {
    const found = await discovery(signal);
    const entries = declared === null ? await remembered(found.orgId) : [];
    const enabled = new Set(declared ?? entries.map(({ uid }) => uid));
    const rows = found.found.map((data): ListedSource => {
      const row = { name: data.name, uid: data.uid, kind: 'grafana' as const };
      return enabled.has(data.uid)
        ? { ...row, enabled: true, source: sourceOf(data, found), obstacle: null }
        : { ...row, enabled: false, source: null, obstacle: disabled(data, declared !== null) };
    });
    const present = new Set(found.found.map(({ uid }) => uid));
    const gone = [...enabled].filter((uid) => !present.has(uid));
    return [
      ...rows.filter(({ source }) => source !== null),
      ...rows.filter(({ source }) => source === null),
      ...gone.map((uid) =>
        missing(uid, entries.find((entry) => entry.uid === uid)?.name ?? uid, found.types.get(uid) ?? null),
      ),
    ];
  };

  const changeable = () => {
    if (declared === null) return;
    throw new UserError(
      'PYROSCOPE_MCP_ENABLED_SOURCES decides which data sources are enabled.',
      'Change its list of uids and start the server anew, or leave it out to enable by hand.',
    );
  };

  return {
    client,
    dashboards: createDashboardStore(client, discovery),
    discovery,
    refresh,
    list,

    keepLooking() {
      const look = () => void refresh(AbortSignal.timeout(MINUTE)).catch(() => {});
      timer ??= setInterval(look, LOOK_EVERY_MS + Math.random() * JITTER_MS).unref();
    },

    async lookAgain(signal) {
      if (now() - looked >= LOOK_AGAIN_MS) await refresh(signal);
    },

    async explainNone(signal) {
      const found = await discovery(signal);
      if (found.found.length > 0) return explainNoneEnabled(found, declared !== null);
      const permissions = await readPermissions(client, signal).catch((error: unknown) => {
        if (error instanceof UpstreamError) return null;
        throw error;
      });
      return explainNoneFound(found, client.base, permissions);
    },

    async enable(names, signal) {
      changeable();
      const { found, orgId } = await refresh(signal);
      const wanted = names.map((name) => named(found, name));
      await enablement.change(
        wanted.map(({ uid, name }) => ({ ...keyOf({ uid, orgId }), name })),
        [],
      );
      return wanted;
    },

    async disable(names, signal) {
      changeable();
      const { found, orgId } = await refresh(signal);
      const entries = await remembered(orgId);
      const keys = names.map((name) => {
        const gone = entries.find((entry) => entry.uid === name);
        return keyOf({ uid: gone?.uid ?? named(found, name).uid, orgId });
      });
      await enablement.change([], keys);
      return keys;
    },

    async health(uid, signal) {
      const { found, orgId } = await discovery(signal);
      if (!(await isEnabled(uid, orgId))) {
        throw refusal(disabled(named(found, uid), declared !== null));
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

function named(found: readonly DataSource[], uidOrName: string): DataSource {
  const data = found.find(({ uid }) => uid === uidOrName) ?? found.find(({ name }) => name === uidOrName);
  if (data !== undefined) return data;
  const there = found.map(({ uid, name }) => `${safeText(uid, 60)} (${safeText(name, 60)})`);
  throw new UserError(
    `There is no Pyroscope data source ${JSON.stringify(safeText(uidOrName, 100))}.`,
    there.length === 0 ? 'Run `pyroscope-mcp doctor`.' : `There is: ${there.join(', ')}.`,
  );
}

function missing(uid: string, name: string, type: string | null): ListedSource {
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

function disabled({ uid, name }: DataSource, byConfiguration: boolean): { message: string; next: string } {
  return {
    message: `The data source "${safeText(name, 100)}" (uid ${safeText(uid, 100)}) is disabled, so it is not queried.`,
    next: `Only a person can enable it: ${enableHint(uid, byConfiguration)}`,
  };
}
