/**
 * RPCs that our clients call, as metrics name them. Any other is `other`, so that no path becomes a label.
 */
const RPCS: ReadonlySet<string> = new Set([
  'GetFeatureFlags',
  'GetProfileStats',
  'LabelNames',
  'LabelValues',
  'ProfileTypes',
  'SelectHeatmap',
  'SelectMergeProfile',
  'SelectMergeStacktraces',
  'SelectSeries',
  'Series',
]);

/** Routes of Grafana's own API, the more special ones first. */
const GRAFANA: readonly [RegExp, string][] = [
  [/^\/api\/datasources\/uid\/[^/]+\/health$/, 'data_source_health'],
  [/^\/api\/datasources$/, 'data_sources'],
  [/^\/api\/frontend\/settings$/, 'settings'],
  [/^\/api\/access-control\//, 'permissions'],
  [/^\/api\/(?:org|user)$/, 'identity'],
  [/^\/api\/health$/, 'health'],
  [/^\/api\/search$/, 'search'],
  [/^\/api\/library-elements\//, 'library_panel'],
  [/^\/api\/dashboards\/|^\/apis\/dashboard\./, 'dashboard'],
];

/** The name of a request in metrics: its RPC, directly or through Grafana, or the route of Grafana's API. */
export function cutRoute(pathAndQuery: string): string {
  const path = pathAndQuery.replace(/[?#].*$/s, '');
  const rpc = /\/[a-z]+\.v\d+\.[A-Za-z]+\/([A-Za-z]+)$/.exec(path)?.[1];
  if (rpc !== undefined) return RPCS.has(rpc) ? rpc : 'other';
  return GRAFANA.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}
