import type { SeenRequest } from './loopback.js';

export type GrafanaVersion = '9.4' | '12.3';

export interface GrafanaDataSource {
  name: string;
  uid: string;
  /** Base URL of the store, as Grafana reaches it. */
  url: string;
  /** Default `grafana-pyroscope-datasource` (12.3) or `phlare` (9.4). */
  type?: string;
  isDefault?: boolean;
  readOnly?: boolean;
  access?: 'proxy' | 'direct';
  jsonData?: Readonly<Record<string, unknown>>;
  /** Sent to the store instead of whatever the client sends under these names. */
  headers?: Readonly<Record<string, string>>;
  basicAuth?: { user: string; password: string };
  /** Default 1. */
  orgId?: number;
  /** Default: its place in the list, counted from 1. Give one where sources come and go. */
  id?: number;
}

export interface GrafanaDashboard {
  /**
   * The classic model with `uid` and `title`, as stored; `GET /api/dashboards/uid/:uid` gives it unchanged.
   */
  dashboard: Readonly<Record<string, unknown>> & { uid: string; title: string };
  folder?: { uid: string; title: string };
  /** Default 1. */
  version?: number;
  /** RFC 3339. */
  created?: string;
  updated?: string;
  /** Default 1. */
  orgId?: number;
  /** Version and spec of a dashboard that is stored in a v2 model: `v2alpha1`, `v2beta1` or `v2`. */
  stored?: { apiVersion: string; spec: Readonly<Record<string, unknown>> };
}

export interface GrafanaLibraryPanel {
  uid: string;
  name: string;
  /** The panel, with `type`. */
  model: Readonly<Record<string, unknown>>;
  folder?: { uid: string; title: string };
}

export type GrafanaRole = 'Viewer' | 'Editor' | 'Admin' | 'None';

/** Actions with their scopes, as `GET /api/access-control/user/permissions` lists them. */
export type GrafanaPermissions = Readonly<Record<string, readonly string[]>>;

export interface GrafanaToken {
  key: string;
  /** Default Viewer. */
  role?: GrafanaRole;
  /** In place of what the role gives. */
  permissions?: GrafanaPermissions;
  /** Default valid. */
  state?: 'valid' | 'expired' | 'deleted' | 'disabled';
  /** Default 1. */
  orgId?: number;
}

export interface GrafanaUser {
  login: string;
  password: string;
  role?: GrafanaRole;
  permissions?: GrafanaPermissions;
  /** Default `[1]`; the first is the current one. */
  orgIds?: readonly number[];
}

/** Content of a Grafana. The lists may be changed while it runs. */
export interface GrafanaState {
  dataSources: GrafanaDataSource[];
  dashboards: GrafanaDashboard[];
  libraryPanels: GrafanaLibraryPanel[];
  tokens: GrafanaToken[];
  users: GrafanaUser[];
  /** Whether a request without credentials is a Viewer. */
  anonymous: boolean;
  /**
   * Reads the user of a request that an assertion or a proxy names (`auth.jwt`, `auth.proxy`): a login, null
   * for one that does not hold, undefined where there is none.
   */
  signIn?: (headers: SeenRequest['headers']) => string | null | undefined;
  /** Plugins of apps with their versions, as `grafana-pyroscope-app`. */
  apps: Record<string, string>;
}

/** How a Grafana is set up. */
export interface GrafanaSetup {
  version: GrafanaVersion;
  /** `/grafana`, or '' where it serves from the root. */
  subPath: string;
  /** URL for people, with a slash at its end. */
  appUrl: string;
  /** Milliseconds that the proxy waits for a store (`dataproxy.timeout`). */
  proxyTimeoutMs: number;
}

export const PYROSCOPE_TYPE = 'grafana-pyroscope-datasource';
const TYPE_NAMES: Readonly<Record<string, string>> = {
  [PYROSCOPE_TYPE]: 'Grafana Pyroscope',
  phlare: 'Phlare',
};

/** The type that a version stores and lists: 12.3 knows `phlare` as an alias only. */
export function nameType({ type }: GrafanaDataSource, version: GrafanaVersion): string {
  if (version === '9.4') return type ?? 'phlare';
  return type === undefined || type === 'phlare' ? PYROSCOPE_TYPE : type;
}

/** Whether a version has the plugin of a data source: 9.4 knows Pyroscope as `phlare` only. */
export function hasPlugin(source: GrafanaDataSource, version: GrafanaVersion): boolean {
  return version !== '9.4' || source.type !== PYROSCOPE_TYPE;
}

export function numericId({ dataSources }: GrafanaState, source: GrafanaDataSource): number {
  return source.id ?? dataSources.indexOf(source) + 1;
}

/** An item of `GET /api/datasources`. */
export function listedDataSource(state: GrafanaState, source: GrafanaDataSource, version: GrafanaVersion) {
  const type = nameType(source, version);
  return {
    id: numericId(state, source),
    uid: source.uid,
    orgId: source.orgId ?? 1,
    name: source.name,
    type,
    typeName: hasPlugin(source, version) ? (TYPE_NAMES[type] ?? type) : type,
    typeLogoUrl: nameLogo(type, version),
    access: source.access ?? 'proxy',
    url: source.url,
    user: '',
    database: '',
    basicAuth: source.basicAuth !== undefined,
    isDefault: source.isDefault ?? false,
    jsonData: { ...headerNames(source), ...source.jsonData },
    readOnly: source.readOnly ?? false,
  };
}

/** The answer of `GET /api/datasources/uid/:uid`. */
export function oneDataSource(state: GrafanaState, source: GrafanaDataSource, version: GrafanaVersion) {
  const { typeName: _, ...listed } = listedDataSource(state, source, version);
  const secrets = [
    ...(source.basicAuth === undefined ? [] : ['basicAuthPassword']),
    ...Object.keys(headerNames(source)).map((name) => name.replace('Name', 'Value')),
  ];
  return {
    ...listed,
    typeLogoUrl: version === '9.4' ? '' : listed.typeLogoUrl,
    basicAuthUser: source.basicAuth?.user ?? '',
    withCredentials: false,
    secureJsonFields: Object.fromEntries(secrets.map((name) => [name, true])),
    version: 1,
    ...(version === '9.4' ? {} : { apiVersion: '' }),
  };
}

/** An item of `datasources` in `GET /api/frontend/settings`. */
export function settingsDataSource(state: GrafanaState, source: GrafanaDataSource, version: GrafanaVersion) {
  const type = nameType(source, version);
  const id = numericId(state, source);
  const { access = 'proxy', basicAuth, isDefault = false, readOnly = false, jsonData = {} } = source;
  const proxied = version === '9.4' ? String(id) : `uid/${source.uid}`;
  return {
    id,
    uid: source.uid,
    type,
    name: source.name,
    meta: { id: type, type: 'datasource', name: TYPE_NAMES[type] ?? type },
    url: access === 'proxy' ? `/api/datasources/proxy/${proxied}` : source.url,
    isDefault,
    access,
    readOnly,
    jsonData,
    // A browser that talks to the store itself needs the password in clear.
    ...(access === 'direct' && basicAuth !== undefined ? { basicAuth: basicHeader(basicAuth) } : {}),
  };
}

/** Entries that every Grafana has. */
export const BUILT_IN = Object.fromEntries(
  (
    [
      ['-- Dashboard --', 'dashboard'],
      ['-- Grafana --', 'grafana'],
      ['-- Mixed --', 'mixed'],
    ] as const
  ).map(([name, id]) => [
    name,
    {
      type: 'datasource',
      name,
      meta: { id, type: 'datasource', name },
      url: '',
      isDefault: false,
      access: '',
      jsonData: {},
    },
  ]),
);

export function basicHeader({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function headerNames({ headers = {} }: GrafanaDataSource): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name, index) => [`httpHeaderName${index + 1}`, name]));
}

function nameLogo(type: string, version: GrafanaVersion): string {
  if (type === 'phlare') return 'public/app/plugins/datasource/phlare/img/phlare_icon_color.svg';
  if (version === '9.4') return 'public/img/icn-datasource.svg';
  return type === PYROSCOPE_TYPE
    ? `public/plugins/${type}/img/grafana_pyroscope_icon.svg`
    : `public/plugins/${type}/img/logo.svg`;
}
