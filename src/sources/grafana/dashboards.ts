import { UpstreamError, type UpstreamKind } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import type { Discovery } from './discovery.js';
import { isObject, listIn, numberIn, objectIn, textIn } from './json.js';

export interface DashboardRef {
  uid: string;
  title: string;
  url: string | null;
  folder: string | null;
  /** As the list of versions tells it, to be compared with what it told before; null where it does not. */
  version: string | null;
  updated: number | null /* Unix ms */;
}

/** Versions of dashboards by uid, of one page of the list. */
export interface VersionPage {
  versions: ReadonlyMap<string, { version: string; updated: number | null }>;
  /** Names the next page; null after the last one. */
  next: string | null;
}

/** The dashboards of a Grafana, as far as the credentials may see them. All methods throw UpstreamError. */
export interface DashboardStore {
  /**
   * One page (1-based) of the dashboards the credentials may see; fewer than `limit` rows mean the last page.
   */
  search(page: number, limit: number, signal: AbortSignal): Promise<DashboardRef[]>;
  /**
   * The versions of dashboards, page by page, without the dashboards: where there are thousands, only those
   * are read that have changed. Null where this Grafana does not tell them so (before version 12, or without
   * the permission), which is asked once.
   *
   * @param page null for the first
   */
  versions?(page: string | null, signal: AbortSignal): Promise<VersionPage | null>;
  /**
   * The dashboard as Grafana stores it (`dashboard` of /api/dashboards/uid/:uid, or the v2 resource's spec);
   * unknown shape.
   */
  dashboard(
    uid: string,
    signal: AbortSignal,
  ): Promise<{ model: unknown; version: number | null; updated: number | null }>;
  libraryPanel(uid: string, signal: AbortSignal): Promise<unknown>;
  /** Every data source that the credentials may see, with jsonData (for tracesToProfiles). */
  dataSources(signal: AbortSignal): Promise<{ uid: string; name: string; type: string; jsonData: unknown }[]>;
}

const RESOURCES = '/apis/dashboard.grafana.app';
/** A version of the API that lists every dashboard, however it is stored. */
const LISTED_AS = 'v1beta1';
/** Metadata only: some hundred bytes a dashboard. */
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const METADATA_PAGE = 500;
/** Answers of one that is busy, or down: the next scan asks again. */
const PASSING: readonly UpstreamKind[] = ['unreachable', 'timeout', 'overloaded', 'failed', 'paused'];

/** @param discoveryOf where Grafana's address for people and its namespace are known from */
export function createDashboardStore(
  client: GrafanaClient,
  discoveryOf: (signal: AbortSignal) => Promise<Discovery>,
): DashboardStore {
  let listsVersions = true;
  const resourcesOf = async (version: string, signal: AbortSignal) => {
    const { namespace } = await discoveryOf(signal);
    return `${RESOURCES}/${version}/namespaces/${encodeURIComponent(namespace ?? 'default')}/dashboards`;
  };
  /** A dashboard of the new kind in its own form: the old route converts it, and loses some of it. */
  const resource = async (uid: string, stored: string, signal: AbortSignal) => {
    return client.get(`${await resourcesOf(stored, signal)}/${encodeURIComponent(uid)}`, signal);
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
      // Those that name no namespace are older than the API.
      if (!listsVersions || (await discoveryOf(signal)).namespace === null) return null;
      const rest = page === null ? '' : `&continue=${encodeURIComponent(page)}`;
      const path = `${await resourcesOf(LISTED_AS, signal)}?limit=${METADATA_PAGE}${rest}`;
      const answer = await client.get(path, signal, METADATA).catch((error: unknown) => {
        if (!(error instanceof UpstreamError)) throw error;
        listsVersions = PASSING.includes(error.kind);
        return null;
      });
      if (answer === null) return null;
      const items = listIn(answer, 'items');
      // One that sends whole dashboards all the same makes the list as dear as reading them.
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
        updated: timeOf(textIn(meta, 'updated')),
      };
      const stored = answer === null ? 'v2' : apiVersion;
      if (!/^v2(?:(?:alpha|beta)\d+)?$/.test(stored)) return classic;
      const native = await resource(uid, stored, signal).catch((error: unknown) => {
        if (error instanceof UpstreamError && answer !== null) return null;
        throw error;
      });
      const metadata = objectIn(native, 'metadata');
      return {
        model: objectIn(native, 'spec') ?? classic.model,
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

/** When a resource was last changed, Unix ms; null where it does not say. */
function changedAt(metadata: unknown): number | null {
  return timeOf(textIn(objectIn(metadata, 'annotations'), 'grafana.app/updatedTimestamp'));
}

function timeOf(text: string | null): number | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
