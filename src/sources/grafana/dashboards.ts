import { UpstreamError, type UpstreamKind } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import type { Discovery } from './discovery.js';
import { isObject, listIn, numberIn, objectIn, textIn } from './json.js';

export interface DashboardRef {
  uid: string;
  title: string;
  url: string | null;
  folder: string | null;
  /** Version in the list of versions, to be compared with a later one; null where the list has none. */
  version: string | null;
  updated: number | null /* Unix ms */;
}

/** A page of the list of versions. */
export interface VersionPage {
  versions: ReadonlyMap<string, { version: string; updated: number | null }>;
  /** Token of the next page; null after the last one. */
  next: string | null;
}

/** The dashboards of a Grafana that the credentials may see. All methods throw UpstreamError. */
export interface DashboardStore {
  /**
   * Lists a page (counted from 1) of the dashboards; fewer than `limit` rows mean the last page.
   */
  search(page: number, limit: number, signal: AbortSignal): Promise<DashboardRef[]>;
  /**
   * Lists the versions of dashboards, page by page, without the dashboards themselves: of thousands, only
   * those that changed need to be read. Null where this Grafana has no such list (before version 12, or
   * without the permission), which is tried once.
   *
   * @param page token of the page; null for the first
   */
  versions?(page: string | null, signal: AbortSignal): Promise<VersionPage | null>;
  /**
   * Reads a dashboard as Grafana stores it (`dashboard` of /api/dashboards/uid/:uid, or the spec of the v2
   * resource), whose shape is not checked.
   */
  dashboard(
    uid: string,
    signal: AbortSignal,
  ): Promise<{ model: unknown; version: number | null; updated: number | null }>;
  libraryPanel(uid: string, signal: AbortSignal): Promise<unknown>;
  /** Lists every data source that the credentials may see, with jsonData (for tracesToProfiles). */
  dataSources(signal: AbortSignal): Promise<{ uid: string; name: string; type: string; jsonData: unknown }[]>;
}

const RESOURCES = '/apis/dashboard.grafana.app';
/** Version of the API that lists every dashboard, whatever the version in which it is stored. */
const LISTED_AS = 'v1beta1';
/** Media type of a list of metadata only, with some hundred bytes for each dashboard. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const METADATA_PAGE = 500;
/** Failures of a Grafana that is busy or down: the next scan tries the list again. */
const TRANSIENT: readonly UpstreamKind[] = ['unreachable', 'timeout', 'overloaded', 'failed', 'paused'];

/** @param discoveryOf gives Grafana's public address and its namespace */
export function createDashboardStore(
  client: GrafanaClient,
  discoveryOf: (signal: AbortSignal) => Promise<Discovery>,
): DashboardStore {
  let listsVersions = true;
  const resourcesPath = async (version: string, signal: AbortSignal) => {
    const { namespace } = await discoveryOf(signal);
    return `${RESOURCES}/${version}/namespaces/${encodeURIComponent(namespace ?? 'default')}/dashboards`;
  };
  /** Reads a v2 dashboard in its own form: the old route converts it, and loses a part of it. */
  const getResource = async (uid: string, storedVersion: string, signal: AbortSignal) => {
    return client.get(`${await resourcesPath(storedVersion, signal)}/${encodeURIComponent(uid)}`, signal);
  };

  return {
    async search(page, limit, signal) {
      const [{ publicUrl }, hits] = await Promise.all([
        discoveryOf(signal),
        client.get(`/api/search?type=dash-db&limit=${limit}&page=${page}`, signal),
      ]);
      const rows: unknown[] = Array.isArray(hits) ? hits : [];
      return rows.map((hit) => {
        const uid = textIn(hit, 'uid') ?? '';
        return {
          uid,
          title: textIn(hit, 'title') ?? '',
          url: uid === '' ? null : `${publicUrl}/d/${encodeURIComponent(uid)}`,
          folder: textIn(hit, 'folderTitle'),
          version: null,
          updated: null,
        };
      });
    },

    async versions(page, signal) {
      // A Grafana without a namespace is older than this API.
      if (!listsVersions || (await discoveryOf(signal)).namespace === null) return null;
      const rest = page === null ? '' : `&continue=${encodeURIComponent(page)}`;
      const path = `${await resourcesPath(LISTED_AS, signal)}?limit=${METADATA_PAGE}${rest}`;
      const answer = await client.get(path, signal, METADATA_ONLY).catch((error: unknown) => {
        if (!(error instanceof UpstreamError)) throw error;
        listsVersions = TRANSIENT.includes(error.kind);
        return null;
      });
      if (answer === null) return null;
      const items = listIn(answer, 'items');
      // A Grafana that sends whole dashboards here makes the list as expensive as reading them.
      if (items.some((item) => objectIn(item, 'spec') !== null)) listsVersions = false;
      const rows = items.flatMap((item) => {
        const metadata = objectIn(item, 'metadata');
        const [uid, version] = [textIn(metadata, 'name'), textIn(metadata, 'resourceVersion')];
        return uid === null || !version ? [] : [[uid, { version, updated: changedAt(metadata) }] as const];
      });
      return { versions: new Map(rows), next: textIn(objectIn(answer, 'metadata'), 'continue') || null };
    },

    async dashboard(uid, signal) {
      const answer = await client
        .get(`/api/dashboards/uid/${encodeURIComponent(uid)}`, signal)
        .catch((error) => {
          if (error instanceof UpstreamError && error.status === 406) return null;
          throw error;
        });
      const meta = objectIn(answer, 'meta');
      const apiVersion = (textIn(meta, 'apiVersion') ?? '').split('/').at(-1) ?? '';
      const classic = {
        model: objectIn(answer, 'dashboard'),
        version: numberIn(meta, 'version'),
        updated: parseTime(textIn(meta, 'updated')),
      };
      const storedVersion = answer === null ? 'v2' : apiVersion;
      if (!/^v2(?:(?:alpha|beta)\d+)?$/.test(storedVersion)) return classic;
      const resource = await getResource(uid, storedVersion, signal).catch((error: unknown) => {
        if (error instanceof UpstreamError && answer !== null) return null;
        throw error;
      });
      const metadata = objectIn(resource, 'metadata');
      return {
        model: objectIn(resource, 'spec') ?? classic.model,
        version: numberIn(metadata, 'generation') ?? classic.version,
        updated: changedAt(metadata) ?? classic.updated,
      };
    },

    async libraryPanel(uid, signal) {
      const answer = await client.get(`/api/library-elements/${encodeURIComponent(uid)}`, signal);
      return objectIn(objectIn(answer, 'result'), 'model');
    },

    async dataSources(signal) {
      const list = await client.get('/api/datasources', signal).catch(async (error: unknown) => {
        if (!(error instanceof UpstreamError) || error.status !== 403) throw error;
        const settings = await client.get('/api/frontend/settings', signal);
        return Object.values(objectIn(settings, 'datasources') ?? {});
      });
      const rows = Array.isArray(list) ? list : listIn(list, 'datasources');
      return rows.flatMap((row: unknown) => {
        const [uid, name, type] = [textIn(row, 'uid'), textIn(row, 'name'), textIn(row, 'type')];
        if (uid === null || name === null || type === null || !isObject(row)) return [];
        return [{ uid, name, type, jsonData: row.jsonData }];
      });
    },
  };
}

/** Time of the last change of a resource, Unix ms; null where the metadata does not tell. */
function changedAt(metadata: unknown): number | null {
  return parseTime(textIn(objectIn(metadata, 'annotations'), 'grafana.app/updatedTimestamp'));
}

function parseTime(text: string | null): number | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
