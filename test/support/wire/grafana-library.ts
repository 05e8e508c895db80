import type { GrafanaDashboard, GrafanaLibraryPanel, GrafanaSetup, GrafanaState } from './grafana-state.js';

// Dashboards, folders and library panels as Grafana lists and answers them.

const EPOCH = '2026-11-22T22:29:30Z';
const MAX_LIMIT = 5000;

/** `GET /api/search`; null where the limit is too large. A search by uid of 12.3 leaves tags out. */
export function search(
  dashboards: readonly GrafanaDashboard[],
  query: URLSearchParams,
  state: GrafanaState,
  setup: GrafanaSetup,
): object[] | null {
  const limit = Number(query.get('limit') ?? 1000);
  if (limit > MAX_LIMIT) return null;
  const page = Math.max(1, Number(query.get('page') ?? 1));
  const type = query.get('type');
  const words = (query.get('query') ?? '').toLowerCase();
  const [tags, uids, folders] = ['tag', 'dashboardUIDs', 'folderUIDs'].map((name) => query.getAll(name));
  const hits =
    type === 'dash-folder'
      ? []
      : dashboards.filter(
          ({ dashboard, folder }) =>
            dashboard.title.toLowerCase().includes(words) &&
            (tags ?? []).every((tag) => listTags(dashboard).includes(tag)) &&
            (uids?.length ? uids.includes(dashboard.uid) : true) &&
            // 9.4 does not look at it.
            (folders?.length && setup.version !== '9.4' ? folders.includes(folder?.uid ?? 'general') : true),
        );
  const results = [
    ...(type === 'dash-db' ? [] : listFolders(state).map((folder) => folderHit(folder, setup))),
    ...hits
      .toSorted((a, b) => (a.dashboard.title < b.dashboard.title ? -1 : 1))
      .map((hit) => dashboardHit(hit, state, setup, setup.version === '9.4' || !uids?.length)),
  ];
  return results.slice((page - 1) * limit, page * limit);
}

/** `GET /api/dashboards/uid/:uid`. */
export function oneDashboard(entry: GrafanaDashboard, state: GrafanaState, setup: GrafanaSetup): object {
  const { dashboard, folder, version = 1, created = EPOCH, updated = created } = entry;
  const slug = buildSlug(dashboard.title);
  const may = { canAdd: false, canEdit: false, canDelete: false };
  return {
    meta: {
      type: 'db',
      canSave: false,
      canEdit: false,
      canAdmin: false,
      canStar: true,
      canDelete: false,
      slug,
      url: buildUrl(dashboard.uid, slug, setup),
      expires: '0001-01-01T00:00:00Z',
      created,
      updated,
      updatedBy: 'editor',
      createdBy: 'editor',
      version,
      hasAcl: false,
      isFolder: false,
      ...(setup.version === '9.4' ? {} : { apiVersion: 'v0alpha1' }),
      folderId: folderId(folder, state),
      folderUid: folder?.uid ?? '',
      folderTitle: folder?.title ?? 'General',
      folderUrl: folder === undefined ? '' : folderUrl(folder, setup),
      provisioned: false,
      provisionedExternalId: '',
      annotationsPermissions: { dashboard: may, organization: may },
      ...(setup.version === '9.4'
        ? {
            hasPublicDashboard: false,
            publicDashboardAccessToken: '',
            publicDashboardUid: '',
            publicDashboardEnabled: false,
          }
        : {}),
    },
    dashboard: { ...dashboard, id: state.dashboards.indexOf(entry) + 1, version },
  };
}

/**
 * A dashboard of the Kubernetes-like API in one version of its model. A version other than the stored one is
 * a conversion; from a v2 model to v1 it is marked as failed, as it loses what v1 cannot hold.
 */
export function buildResource(entry: GrafanaDashboard, apiVersion: string): object {
  const { dashboard, folder, version = 1, created = EPOCH, stored } = entry;
  const native = stored?.apiVersion ?? 'v1beta1';
  const { uid: _, ...model } = dashboard;
  return {
    kind: 'Dashboard',
    apiVersion: `dashboard.grafana.app/${apiVersion}`,
    metadata: {
      name: dashboard.uid,
      namespace: 'default',
      resourceVersion: String(version),
      generation: version,
      creationTimestamp: created,
      annotations: folder === undefined ? {} : { 'grafana.app/folder': folder.uid },
    },
    spec: stored !== undefined && apiVersion === native ? stored.spec : model,
    status:
      apiVersion === native
        ? {}
        : { conversion: { failed: native.startsWith('v2'), storedVersion: native, error: '' } },
  };
}

/** A page of such dashboards; where it is asked for, their metadata without their models. */
export function resourceList(
  entries: readonly GrafanaDashboard[],
  apiVersion: string,
  query: URLSearchParams,
  metadataOnly: boolean,
): object {
  const from = Number(query.get('continue') ?? 0);
  const to = from + Number(query.get('limit') ?? entries.length);
  const items = entries.slice(from, to).map((entry) => buildResource(entry, apiVersion));
  return {
    kind: metadataOnly ? 'PartialObjectMetadataList' : 'DashboardList',
    apiVersion: metadataOnly ? 'meta.k8s.io/v1' : `dashboard.grafana.app/${apiVersion}`,
    metadata: { resourceVersion: '1', ...(to < entries.length ? { continue: String(to) } : {}) },
    items: metadataOnly
      ? items.map((item) => ({ metadata: 'metadata' in item ? item.metadata : {} }))
      : items,
  };
}

/** `GET /api/library-elements`. */
export function libraryList(state: GrafanaState, query: URLSearchParams): object {
  const perPage = Number(query.get('perPage') ?? 100);
  const page = Number(query.get('page') ?? 1);
  const types = (query.get('typeFilter') ?? '').split(',').filter((type) => type !== '');
  const all = state.libraryPanels.filter(
    ({ model }) => types.length === 0 || types.includes(String(model.type)),
  );
  const elements = all.slice((page - 1) * perPage, page * perPage);
  return {
    result: {
      totalCount: all.length,
      elements: elements.map((panel) => libraryElement(panel, state)),
      page,
      perPage,
    },
  };
}

/** A library panel with its model. */
export function libraryElement(panel: GrafanaLibraryPanel, state: GrafanaState): object {
  const { uid, name, model, folder } = panel;
  const by = { id: 3, name: 'sa-1-editor', avatarUrl: '/public/img/user_profile.png' };
  return {
    id: state.libraryPanels.indexOf(panel) + 1,
    orgId: 1,
    folderId: folderId(folder, state),
    folderUid: folder?.uid ?? '',
    uid,
    name,
    kind: 1,
    type: String(model.type ?? ''),
    description: '',
    model,
    version: 1,
    meta: {
      folderName: folder?.title ?? 'General',
      folderUid: folder?.uid ?? '',
      connectedDashboards: 0,
      created: EPOCH,
      updated: EPOCH,
      createdBy: by,
      updatedBy: by,
    },
  };
}

/** `GET /api/folders`. */
export function folderList(state: GrafanaState, setup: GrafanaSetup): object[] {
  const shared = { id: -1, uid: 'sharedwithme', title: 'Shared with me' };
  return [...(setup.version === '9.4' ? [] : [shared]), ...listFolders(state)];
}

type Folder = NonNullable<GrafanaDashboard['folder']>;

function listFolders({ dashboards, libraryPanels }: GrafanaState): (Folder & { id: number })[] {
  const byUid = new Map<string, Folder>();
  for (const { folder } of [...dashboards, ...libraryPanels]) {
    if (folder !== undefined) byUid.set(folder.uid, folder);
  }
  return [...byUid.values()].map(({ uid, title }, index) => ({ id: index + 1, uid, title }));
}

function folderId(folder: Folder | undefined, state: GrafanaState): number {
  return listFolders(state).find(({ uid }) => uid === folder?.uid)?.id ?? 0;
}

function dashboardHit(
  { dashboard, folder }: GrafanaDashboard,
  state: GrafanaState,
  setup: GrafanaSetup,
  withTags: boolean,
): object {
  const slug = buildSlug(dashboard.title);
  return {
    id: state.dashboards.findIndex((other) => other.dashboard === dashboard) + 1,
    uid: dashboard.uid,
    ...(setup.version === '9.4' ? {} : { orgId: 1 }),
    title: dashboard.title,
    uri: `db/${slug}`,
    url: buildUrl(dashboard.uid, slug, setup),
    slug: '',
    type: 'dash-db',
    tags: withTags ? listTags(dashboard) : [],
    isStarred: false,
    ...(folder === undefined
      ? {}
      : {
          folderId: folderId(folder, state),
          folderUid: folder.uid,
          folderTitle: folder.title,
          folderUrl: folderUrl(folder, setup),
        }),
    sortMeta: 0,
    ...(setup.version === '9.4' ? {} : { isDeleted: false }),
  };
}

function folderHit({ id, uid, title }: Folder & { id: number }, setup: GrafanaSetup): object {
  return {
    id,
    uid,
    ...(setup.version === '9.4' ? {} : { orgId: 1 }),
    title,
    uri: `db/${buildSlug(title)}`,
    url: folderUrl({ uid, title }, setup),
    slug: '',
    type: 'dash-folder',
    tags: [],
    isStarred: false,
    sortMeta: 0,
    ...(setup.version === '9.4' ? {} : { isDeleted: false }),
  };
}

function listTags({ tags }: GrafanaDashboard['dashboard']): string[] {
  return Array.isArray(tags) ? tags.map(String) : [];
}

function buildUrl(uid: string, slug: string, { subPath }: GrafanaSetup): string {
  return `${subPath}/d/${uid}/${slug}`;
}

function folderUrl({ uid, title }: Folder, { subPath }: GrafanaSetup): string {
  return `${subPath}/dashboards/f/${uid}/${buildSlug(title)}`;
}

function buildSlug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
