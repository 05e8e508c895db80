/** A Pyroscope data source as people see it in their Grafana. */
export interface GrafanaPlace {
  /** Grafana's public address, without a slash at its end. */
  readonly baseUrl: string;
  /** Null where it is not known: the reader's own organisation is taken. */
  readonly orgId: number | null;
  readonly uid: string;
  readonly type: string;
  /** Whether the app Profiles Drilldown is there. */
  readonly drilldown: boolean;
}
