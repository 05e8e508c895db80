import { nullIfUpstreamFailed, UpstreamError } from '../../errors.js';
import { isOwnMachine, publicAddress } from './address.js';
import type { GrafanaClient } from './client.js';
import { entries, isObject, numberIn, objectIn, textIn } from './json.js';

/** Plugin id of the Pyroscope data source; its name before Grafana 10 is an alias. */
export const PYROSCOPE_TYPE = 'grafana-pyroscope-datasource';
const ALIASES: ReadonlySet<string> = new Set([PYROSCOPE_TYPE, 'phlare']);
const DRILLDOWN_APP = 'grafana-pyroscope-app';

/** A Pyroscope data source of Grafana. Its internal address and user are left out. */
export interface DataSource {
  uid: string;
  /** Number of the data source for old routes; 0 where it is unknown. */
  id: number;
  name: string;
  /** Plugin id, or its alias, as Grafana writes it. */
  type: string;
  isDefault: boolean;
  /** Whether the administrator marked it as the default of all Pyroscope data sources. */
  overridesDefault: boolean;
}

/** The data sources and settings that a Grafana shows to the credentials. */
export interface Discovery {
  /** Pyroscope data sources, the default first, then by name. */
  pyroscopeSources: readonly DataSource[];
  /** Types of all data sources by uid, so that a deleted one differs from one whose type changed. */
  types: ReadonlyMap<string, string>;
  orgId: number | null;
  /** Grafana's public address: its `root_url` where that names a host, else the configured address. */
  publicUrl: string;
  /** The address that Grafana gives itself, as far as it can be used; null where it gives none. */
  rootUrl: string | null;
  version: string | null;
  /** Namespace of the resource API (`default`, `org-2`, `stacks-5`); null where Grafana does not tell. */
  namespace: string | null;
  /** Whether the app Profiles Drilldown is installed. */
  drilldown: boolean;
  /** Whether the list of data sources is not allowed; the settings of Grafana's pages were read instead. */
  restricted: boolean;
}

/** The used fields of the settings; the others may hold secrets and are dropped. */
interface Settings {
  sources: readonly DataSource[];
  rootUrl: string | null;
  version: string | null;
  namespace: string | null;
  drilldown: boolean;
}

/**
 * Discovers the data sources with two requests, and a third where the answers do not tell the organisation.
 *
 * @throws UpstreamError when neither list can be read
 */
export async function discover(
  client: GrafanaClient,
  { orgId: configured, signal }: { orgId: number | null; signal: AbortSignal },
): Promise<Discovery> {
  const [list, settings] = await Promise.all([
    readList(client, signal),
    client.get('/api/frontend/settings', signal).then(readSettings, nullIfUpstreamFailed),
  ]);
  if ('error' in list && settings === null) throw list.error;
  const all = 'error' in list ? (settings?.sources ?? []) : list.sources;
  const orgId =
    ('error' in list ? null : list.orgId) ??
    orgOfNamespace(settings?.namespace ?? null) ??
    configured ??
    (await client.get('/api/org', signal).then((org) => numberIn(org, 'id'), nullIfUpstreamFailed));
  const rootUrl = settings?.rootUrl ?? null;
  const pyroscopeSources = all.filter(({ type }) => isPyroscope(type)).sort(byDefault);
  return {
    pyroscopeSources,
    // The newest versions allow the same uid for data sources of several types.
    types: new Map([...all, ...pyroscopeSources].map(({ uid, type }) => [uid, type])),
    orgId,
    publicUrl: rootUrl === null || isOwnMachine(rootUrl) ? client.base : rootUrl,
    rootUrl,
    version: settings?.version ?? null,
    namespace: settings?.namespace ?? null,
    drilldown: settings?.drilldown ?? false,
    restricted: 'error' in list,
  };
}

/** Whether a data source of this type answers as Pyroscope does. */
export function isPyroscope(type: string): boolean {
  return ALIASES.has(type);
}

async function readList(
  client: GrafanaClient,
  signal: AbortSignal,
): Promise<{ sources: DataSource[]; orgId: number | null } | { error: UpstreamError }> {
  try {
    const list = await client.get('/api/datasources', signal);
    const rows: unknown[] = Array.isArray(list) ? list : [];
    return { sources: rows.flatMap(readDataSource), orgId: numberIn(rows[0], 'orgId') };
  } catch (error) {
    if (error instanceof UpstreamError && isNotAllowed(error)) return { error };
    throw error;
  }
}

/**
 * Whether the list of data sources is not allowed or, before version 9, missing or broken. Wrong credentials
 * (401) fail the discovery.
 */
function isNotAllowed({ status }: UpstreamError): boolean {
  return status === 403 || status === 404 || status === 400 || status === 500;
}

function readSettings(settings: unknown): Settings {
  const info = objectIn(settings, 'buildInfo');
  return {
    sources: entries(objectIn(settings, 'datasources')).flatMap(([name, source]) => {
      const row = readDataSource(
        isObject(source) ? { ...source, name: textIn(source, 'name') ?? name } : source,
      );
      return row.filter(({ id, uid }) => id > 0 && !uid.startsWith('-- '));
    }),
    rootUrl: publicAddress(textIn(settings, 'appUrl')),
    version: textIn(info, 'version') || null,
    namespace: textIn(settings, 'namespace') || null,
    drilldown: objectIn(objectIn(settings, 'apps'), DRILLDOWN_APP) !== null,
  };
}

function readDataSource(row: unknown): DataSource[] {
  const [uid, name, type] = [textIn(row, 'uid'), textIn(row, 'name'), textIn(row, 'type')];
  if (uid === null || uid === '' || name === null || type === null || !isObject(row)) return [];
  return [
    {
      uid,
      id: numberIn(row, 'id') ?? 0,
      name,
      type,
      isDefault: row.isDefault === true,
      overridesDefault: objectIn(row, 'jsonData')?.overridesDefault === true,
    },
  ];
}

function byDefault(a: DataSource, b: DataSource): number {
  return (
    Number(b.overridesDefault) - Number(a.overridesDefault) ||
    Number(b.isDefault) - Number(a.isDefault) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : a.uid < b.uid ? -1 : 1)
  );
}

function orgOfNamespace(namespace: string | null): number | null {
  if (namespace === null) return null;
  if (namespace === 'default' || namespace.startsWith('stacks-')) return 1;
  const number = /^org-(\d+)$/.exec(namespace)?.[1];
  return number === undefined ? null : Number(number);
}
