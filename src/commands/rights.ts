import type { GrafanaCredential, Rights } from '../access/identity.js';
import type { SeenData } from '../access/restricted-patterns.js';
import type { GrafanaSettings } from '../config/grafana.js';
import type { Config } from '../config/read.js';
import { nameSource, type Store } from '../config/stores.js';
import { LONGEST_QUERY_MS } from '../duration.js';
import { UpstreamError, UsageError, UserError } from '../errors.js';
import type { SourceRegistry } from '../sources/registry.js';
import type { Matcher } from '../sources/source.js';
import type { Schemas } from './schemas.js';

const MINUTE = 60_000;

/** The rights of a caller within those that the configuration gives to all. */
export interface Limits {
  readonly grafana: GrafanaCredential | null;
  /** Lists of names or uids: a source must be in each. */
  readonly sources: readonly (readonly string[])[];
  readonly matchers: readonly Matcher[];
}

export const NO_LIMITS: Limits = { grafana: null, sources: [], matchers: [] };

/**
 * Limits the rights of a caller by those that the configuration gives to all.
 * @throws UsageError for a selector that cannot be read
 */
export async function limitRights({ rights: own }: Config, rights: Rights): Promise<Limits> {
  const matchers = await readMatchers(own.enforcedMatchers);
  return {
    grafana: rights.grafana,
    sources: [own.allowedSources, rights.sources].flatMap((names) => (names === null ? [] : [names])),
    matchers: [...matchers, ...rights.matchers],
  };
}

/** @throws UsageError */
async function readMatchers(selector: string | null): Promise<readonly Matcher[]> {
  if (selector === null) return [];
  const { parseSelector } = await import('../sources/selector.js');
  try {
    const matchers = parseSelector(selector);
    if (matchers.length > 0) return matchers;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UsageError(`--enforced-matchers: ${error.message}`, error.next);
  }
  throw new UsageError('--enforced-matchers has no condition.', 'Example: {namespace="team-a"}');
}

/**
 * The stores that a caller may see, with the credential that asks them. A Pyroscope server and a directory
 * know nothing of a caller's credential for Grafana, so its owner sees them only where the rights name them.
 */
export function selectStores({ stores, rights }: Config, limits: Limits): readonly Store[] {
  const { grafana, sources } = limits;
  if (grafana === null) return stores;
  return stores.flatMap((store) => {
    if (store.kind === 'grafana') {
      return { ...store, settings: replaceCredential(store.settings, grafana, rights.gatewayHeaders) };
    }
    const uid = nameSource(store);
    return sources.length > 0 && sources.every((names) => names.includes(uid)) ? store : [];
  });
}

/** Takes the server's credential out. Of its further headers only those of a gateway in front stay. */
function replaceCredential(
  settings: GrafanaSettings,
  { orgId }: GrafanaCredential,
  gatewayHeaders: readonly string[],
): GrafanaSettings {
  const headers = Object.fromEntries(
    Object.entries(settings.headers).filter(([name]) => gatewayHeaders.includes(name.toLowerCase())),
  );
  return { ...settings, token: null, tokenFile: null, username: null, password: null, orgId, headers };
}

/** Reads the services that a caller sees in each source; a source that does not answer has none. */
export async function readSeenData(
  registry: SourceRegistry,
  { getSchema }: Pick<Schemas, 'getSchema'>,
  signal: AbortSignal,
): Promise<SeenData> {
  const to = Math.ceil(Date.now() / MINUTE) * MINUTE;
  const window = { from: to - LONGEST_QUERY_MS, to };
  try {
    const sources = await registry.all(signal);
    const entries = sources.map(async (source) => {
      const names = await getSchema(source).labelValues('service_name', [], window, signal);
      return [source.uid, new Set(names)] as const;
    });
    const settled = await Promise.allSettled(entries);
    signal.throwIfAborted();
    return {
      services: new Map(settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))),
    };
  } catch (error) {
    if (error instanceof UpstreamError || error instanceof UserError) return { services: new Map() };
    throw error;
  }
}
