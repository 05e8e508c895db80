import { UpstreamError } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import type { Discovery } from './discovery.js';
import { isObject, listIn, numberIn, objectIn, textIn } from './json.js';

export interface DashboardRef {
  uid: string;
  title: string;
  url: string | null;
  folder: string | null;
  version: number | null;
  updated: number | null /* Unix ms */;
}

/** The dashboards of a Grafana, as far as the credentials may see them. All methods throw UpstreamError. */
export interface DashboardStore {
  /** One page (1-based) of the dashboards the credentials may see; fewer than `limit` rows mean the last page. */
  search(page: number, limit: number, signal: AbortSignal): Promise<DashboardRef[]>;
  /** The dashboard as Grafana stores it (`dashboard` of /api/dashboards/uid/:uid, or the v2 resource's spec); unknown shape. */
  dashboard(
    uid: string,
    signal: AbortSignal,
  ): Promise<{ model: unknown; version: number | null; updated: number | null }>;
  libraryPanel(uid: string, signal: AbortSignal): Promise<unknown>;
  /** Every data source that the credentials may see, with jsonData (for tracesToProfiles). */
  dataSources(signal: AbortSignal): Promise<{ uid: string; name: string; type: string; jsonData: unknown }[]>;
}

const RESOURCES = '/apis/dashboard.grafana.app';

/** @param discoveryOf where Grafana's address for people and its namespace are known from */
export function createDashboardStore(
  client: GrafanaClient,
  discoveryOf: (signal: AbortSignal) => Promise<Discovery>,
): DashboardStore {
  /** A dashboard of the new kind in its own form: the old route converts it, and loses some of it. */
  const resource = async (uid: string, stored: string, signal: AbortSignal) => {
    const { namespace } = await discoveryOf(signal);
    const path = `namespaces/${encodeURIComponent(namespace ?? 'default')}/dashboards/${encodeURIComponent(uid)}`;
    return client.get(`${RESOURCES}/${stored}/${path}`, signal);
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
        updated:
          timeOf(textIn(objectIn(metadata, 'annotations'), 'grafana.app/updatedTimestamp')) ??
          classic.updated,
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

function timeOf(text: string | null): number | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
