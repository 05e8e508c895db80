export interface DashboardRef {
  uid: string;
  title: string;
  url: string | null;
  folder: string | null;
  version: number | null;
  updated: number | null /* Unix ms */;
}
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
