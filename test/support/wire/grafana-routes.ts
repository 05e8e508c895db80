import { accessDenied, authenticate, errorReply, type Identity, isAllowed } from './grafana-auth.js';
import {
  buildResource,
  folderList,
  libraryElement,
  libraryList,
  oneDashboard,
  resourceList,
  search,
} from './grafana-library.js';
import { page, readHealth } from './grafana-pages.js';
import { proxy } from './grafana-proxy.js';
import { callResource, checkHealth } from './grafana-resources.js';
import {
  BUILT_IN,
  type GrafanaDataSource,
  type GrafanaSetup,
  type GrafanaState,
  hasPlugin,
  listedDataSource,
  numericId,
  oneDataSource,
  settingsDataSource,
} from './grafana-state.js';
import type { Passing, Reply, SeenRequest } from './loopback.js';

/** A request below the sub-path, from somebody who is known. */
interface Call {
  seen: SeenRequest;
  path: string;
  query: URLSearchParams;
  who: Identity;
  state: GrafanaState;
  setup: GrafanaSetup;
}

type Handler = (call: Call, ...parts: string[]) => Reply | Passing | Promise<Reply | Passing>;

/** Routes for those who are signed in; groups of the pattern are arguments. */
const ROUTES: readonly [method: string, pattern: RegExp, handler: Handler][] = [
  ['GET', /^\/api\/user$/, whoAmI],
  ['GET', /^\/api\/user\/orgs$/, ({ setup }) => (setup.version === '9.4' ? ok([]) : empty(304))],
  ['GET', /^\/api\/org$/, organisation],
  ['GET', /^\/api\/access-control\/user\/permissions$/, ({ who }) => ok(who.permissions)],
  ['GET', /^\/api\/frontend\/settings$/, settings],
  ['GET', /^\/api\/datasources\/?$/, dataSources],
  ['GET', /^\/api\/datasources\/id\/([^/]+)$/, dataSourceId],
  ['GET', /^\/api\/datasources\/(uid|name)\/([^/]+)$/, dataSource],
  ['GET', /^\/api\/datasources\/uid\/([^/]+)\/health$/, health],
  ['GET', /^\/api\/datasources\/uid\/([^/]+)\/resources\/([A-Za-z]+)$/, resource],
  ['GET', /^\/api\/datasources\/(\d+)$/, (call, id) => dataSource(call, 'numeric', id)],
  ['*', /^\/api\/datasources\/proxy\/(?:uid\/([^/]*)|([^/]+))(?:\/.*)?$/s, throughProxy],
  ['GET', /^\/api\/search$/, searchDashboards],
  ['GET', /^\/api\/dashboards\/uid\/([^/]+)$/, dashboard],
  ['GET', /^\/api\/library-elements\/?$/, ({ state, query }) => ok(libraryList(state, query))],
  ['GET', /^\/api\/library-elements\/([^/]+)$/, libraryPanel],
  ['GET', /^\/api\/folders$/, ({ state, setup }) => ok(folderList(state, setup))],
  ['GET', /^\/apis\/dashboard\.grafana\.app\/?$/, dashboardVersions],
  [
    'GET',
    /^\/apis\/dashboard\.grafana\.app\/(v\w+)\/namespaces\/default\/dashboards(?:\/([^/]+))?$/,
    dashboardResource,
  ],
];

const DASHBOARD_VERSIONS = ['v1beta1', 'v0alpha1', 'v2alpha1', 'v2beta1'];

/** The answer to any request. */
export async function answerGrafana(
  seen: SeenRequest,
  state: GrafanaState,
  setup: GrafanaSetup,
): Promise<Reply | Passing> {
  const { path: full, search: queryText } = splitPath(seen.path);
  const below = setup.subPath !== '' && `${full}/`.startsWith(`${setup.subPath}/`);
  const path = below ? full.slice(setup.subPath.length) || '/' : full;
  const reads = seen.method === 'GET' || seen.method === 'HEAD';
  if (path === '/api/health' && reads) return asGrafana(readHealth(setup), setup);
  if (!/^\/apis?\//.test(path)) return asGrafana(page(seen, path, below, state, setup), setup);

  const isProxy = path.startsWith('/api/datasources/proxy/');
  const who = authenticate(seen.headers, state, setup);
  if ('status' in who) return isProxy ? who : asGrafana(who, setup);
  const dashboards = state.dashboards.filter(({ orgId = 1 }) => orgId === who.orgId);
  const ofOrg = { ...state, dashboards };
  const call: Call = { seen, path, query: new URLSearchParams(queryText), who, state: ofOrg, setup };
  for (const [method, pattern, handler] of ROUTES) {
    const parts = pattern.exec(path)?.slice(1);
    if (parts === undefined || (method !== '*' && method !== seen.method)) continue;
    if (path.startsWith('/apis/') && setup.version === '9.4') continue;
    const answer = await handler(call, ...parts.map((part) => decoded(part)));
    return isProxy || typeof answer === 'function' ? answer : asGrafana(answer, setup);
  }
  return asGrafana(errorReply(404, { message: 'Not found' }), setup);
}

/**
 * The route of a request, for counts and faults: ids are left out, proxied requests are named after their
 * RPC.
 */
export function routeName(method: string, full: string, subPath: string): string {
  const { path: whole } = splitPath(full);
  const path = subPath !== '' && whole.startsWith(`${subPath}/`) ? whole.slice(subPath.length) : whole;
  const proxied = /^\/api\/datasources\/proxy\/(?:uid\/)?[^/]*\/?(.*)$/s.exec(path)?.[1];
  if (proxied !== undefined) return `proxy ${proxied.split('/').at(-1)}`;
  const short = path
    .replace(
      /^(\/api\/(?:datasources\/uid|datasources\/name|dashboards\/uid|library-elements))\/[^/]+/,
      '$1/:uid',
    )
    .replace(/(\/dashboards)\/[^/]+$/, (all, head: string) =>
      path.startsWith('/apis/') ? `${head}/:uid` : all,
    );
  return `${method} ${short}`;
}

function whoAmI({ who, setup }: Call): Reply {
  if (who.kind === 'anonymous') return errorReply(401, { message: 'Unauthorized' });
  if (who.kind === 'token' && setup.version === '9.4') return ok({ message: 'user not found' }, 404);
  const token = who.kind === 'token';
  const isOld = setup.version === '9.4';
  return ok({
    id: token ? 0 : 1,
    ...(isOld ? {} : { uid: token ? 'service-account:2' : 'user1' }),
    email: token ? who.login : `${who.login}@localhost`,
    name: token ? who.login.replace(/^sa-\d+-/, '') : '',
    login: who.login,
    theme: '',
    orgId: who.orgId,
    isGrafanaAdmin: false,
    isDisabled: false,
    isExternal: false,
    ...(isOld
      ? {}
      : { isExternallySynced: false, isGrafanaAdminExternallySynced: false, isProvisioned: false }),
    authLabels: token ? null : [],
    updatedAt: '2026-11-22T22:29:24Z',
    createdAt: '2026-11-22T22:29:24Z',
    avatarUrl: '/public/img/user_profile.png',
  });
}

function organisation({ who }: Call): Reply {
  const address = { address1: '', address2: '', city: '', zipCode: '', state: '', country: '' };
  return ok({ id: who.orgId, name: who.orgId === 1 ? 'Main Org.' : `Org ${who.orgId}`, address });
}

function settings({ who, state, setup }: Call): Reply {
  const visible = state.dataSources.filter(
    (source) =>
      (source.orgId ?? 1) === who.orgId &&
      hasPlugin(source, setup.version) &&
      isAllowed(who, 'datasources:query', `datasources:uid:${source.uid}`),
  );
  const old = setup.version === '9.4';
  const version = old ? '9.4.0-pre' : '12.3.3';
  const body = {
    defaultDatasource: state.dataSources.find(({ isDefault }) => isDefault)?.name ?? '-- Grafana --',
    datasources: {
      ...BUILT_IN,
      ...Object.fromEntries(
        visible.map((source) => [source.name, settingsDataSource(state, source, setup.version)]),
      ),
    },
    appUrl: setup.appUrl,
    appSubUrl: setup.subPath,
    buildInfo: {
      version,
      commit: old ? '8f3e923057' : '4bbdef05',
      edition: 'Open Source',
      env: 'production',
    },
    featureToggles: {},
    ...(old
      ? {}
      : { namespace: who.orgId === 1 ? 'default' : `org-${who.orgId}`, anonymousEnabled: state.anonymous }),
    apps: Object.fromEntries(
      Object.entries(state.apps).map(([id, app]) => [
        id,
        { id, path: `/a/${id}`, version: app, preload: false },
      ]),
    ),
  };
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  return { status: 200, headers, body: JSON.stringify(body) };
}

function dataSources({ who, state, setup }: Call): Reply {
  if (!isAllowed(who, 'datasources:read')) return accessDenied('datasources:read');
  const visible = state.dataSources.filter((source) => mayRead(who, source));
  const byName = visible.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return ok(byName.map((source) => listedDataSource(state, source, setup.version)));
}

function dataSource({ who, state, setup }: Call, by = '', value = ''): Reply {
  const known = inOrg(state, who).find((source) =>
    by === 'numeric'
      ? String(numericId(state, source)) === value
      : source[by === 'uid' ? 'uid' : 'name'] === value,
  );
  if (known === undefined) return ok({ message: 'Data source not found' }, 404);
  return mayRead(who, known)
    ? ok(oneDataSource(state, known, setup.version))
    : accessDenied('datasources:read');
}

function dataSourceId({ who, state }: Call, name = ''): Reply {
  const known = inOrg(state, who).find((source) => source.name === name);
  return known === undefined
    ? ok({ message: 'Data source not found' }, 404)
    : ok({ id: numericId(state, known) });
}

async function health({ who, state, setup }: Call, uid = ''): Promise<Reply> {
  const known = inOrg(state, who).find((source) => source.uid === uid);
  if (known === undefined) return ok({ message: 'Data source not found' }, 404);
  if (!mayQuery(who, known)) return accessDenied('datasources:query');
  if (!hasPlugin(known, setup.version)) return ok({ message: 'Unable to find datasource plugin' }, 500);
  const { status, body } = await checkHealth(known, setup);
  return ok(body, status);
}

async function resource({ who, state, setup, query }: Call, uid = '', name = ''): Promise<Reply> {
  const known = inOrg(state, who).find((source) => source.uid === uid);
  if (known === undefined) return ok({ message: 'Data source not found' }, 404);
  if (!mayQuery(who, known)) return accessDenied('datasources:query');
  const answer = await callResource(known, name, query, setup);
  if (answer !== null) return ok(answer);
  if (setup.version === '9.4') return errorReply(500, { message: 'Failed to call resource', traceID: '' });
  const message = 'An error occurred within the plugin';
  return ok({ statusCode: 500, messageId: 'plugin.requestFailureError', message }, 500);
}

async function throughProxy(
  { seen, path, who, state, setup }: Call,
  uid = '',
  id = '',
): Promise<Reply | Passing> {
  if (id !== '' && !/^\d+$/.test(id)) return errorReply(400, { message: 'id is invalid', traceID: '' });
  if (id === '' && !/^[\w-]+$/.test(uid)) return errorReply(400, { message: 'UID is invalid' });
  const known = inOrg(state, who).find((source) =>
    id === '' ? source.uid === uid : String(numericId(state, source)) === id,
  );
  if (known === undefined) return errorReply(404, { message: 'Unable to find datasource', traceID: '' });
  if (!mayQuery(who, known)) return accessDenied('datasources:query');
  if (!hasPlugin(known, setup.version))
    return errorReply(404, { message: 'Unable to find datasource plugin' });
  // 9.4 cuts a uid at its first hyphen and sends the rest on as a part of the path.
  const prefix =
    setup.version === '9.4'
      ? /^\/api\/datasources\/proxy\/(?:uid\/\w+|\d+)\/?/
      : /^\/api\/datasources\/proxy\/(?:uid\/[\w-]+|\d+)\/?/;
  const query = /\?.*$/s.exec(seen.path)?.[0] ?? '';
  return proxy(seen, known, `${path.replace(prefix, '')}${query}`, setup);
}

function searchDashboards({ who, state, setup, query }: Call): Reply {
  const visible = state.dashboards.filter((entry) => maySee(who, entry));
  const hits = search(visible, query, state, setup);
  if (hits !== null) return ok(hits);
  const message = 'Limit is above maximum allowed (5000), use page parameter to access hits beyond limit';
  return ok({ message }, 422);
}

function dashboard({ who, state, setup }: Call, uid = ''): Reply {
  const saved = state.dashboards.find((entry) => entry.dashboard.uid === uid);
  if (saved === undefined) {
    return setup.version === '9.4'
      ? ok({ message: 'Dashboard not found', traceID: '' }, 404)
      : errorReply(404, { message: 'Dashboard not found', title: 'Not found' });
  }
  return maySee(who, saved) ? ok(oneDashboard(saved, state, setup)) : accessDenied('dashboards:read');
}

function libraryPanel({ state, setup }: Call, uid = ''): Reply {
  const storedPanel = state.libraryPanels.find((panel) => panel.uid === uid);
  return storedPanel === undefined
    ? ok({ message: 'library element could not be found', ...createTrace(setup) }, 404)
    : ok({ result: libraryElement(storedPanel, state) });
}

/** Fields that 9.4 adds to the errors of its handlers. */
function createTrace({ version }: GrafanaSetup): { traceID?: string } {
  return version === '9.4' ? { traceID: '' } : {};
}

function dashboardVersions(): Reply {
  const versions = DASHBOARD_VERSIONS.map((version) => ({
    groupVersion: `dashboard.grafana.app/${version}`,
    version,
  }));
  return ok({
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'dashboard.grafana.app',
    versions,
    preferredVersion: versions[0],
  });
}

function dashboardResource({ who, state, seen, query }: Call, version = '', uid = ''): Reply {
  const visible = state.dashboards.filter((entry) => maySee(who, entry));
  if (uid === '') {
    const metadataOnly = String(seen.headers.accept).includes('as=PartialObjectMetadataList');
    return ok(resourceList(visible, version, query, metadataOnly));
  }
  const saved = visible.find((entry) => entry.dashboard.uid === uid);
  if (saved !== undefined) return ok(buildResource(saved, version));
  const message = `dashboards.dashboard.grafana.app "${uid}" not found`;
  return ok(
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason: 'NotFound', code: 404 },
    404,
  );
}

function inOrg({ dataSources }: GrafanaState, { orgId }: Identity): GrafanaDataSource[] {
  return dataSources.filter((source) => (source.orgId ?? 1) === orgId);
}

function mayRead(who: Identity, source: GrafanaDataSource): boolean {
  return (
    (source.orgId ?? 1) === who.orgId && isAllowed(who, 'datasources:read', `datasources:uid:${source.uid}`)
  );
}

function mayQuery(who: Identity, { uid }: GrafanaDataSource): boolean {
  return isAllowed(who, 'datasources:query', `datasources:uid:${uid}`);
}

function maySee(who: Identity, { dashboard, folder }: GrafanaState['dashboards'][number]): boolean {
  const scopes = [`dashboards:uid:${dashboard.uid}`, `folders:uid:${folder?.uid ?? 'general'}`];
  return scopes.some((scope) => isAllowed(who, 'dashboards:read', scope));
}

function ok(body: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function empty(status: number): Reply {
  return { status, headers: {}, body: '' };
}

/** The headers of all that Grafana itself answers; answers of the proxy have none of them. */
function asGrafana(reply: Reply, { version }: GrafanaSetup): Reply {
  return {
    ...reply,
    headers: {
      'cache-control': version === '9.4' ? 'no-cache' : 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'deny',
      ...reply.headers,
    },
  };
}

function splitPath(full: string): { path: string; search: string } {
  const at = full.indexOf('?');
  return at < 0 ? { path: full, search: '' } : { path: full.slice(0, at), search: full.slice(at + 1) };
}

function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return part ?? '';
  }
}
