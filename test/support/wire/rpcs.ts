import type { ProfileSource, SeriesQuery } from '../../../src/sources/source.js';
import { invalid, type Rpc } from './connect.js';
import { createContext, type Headers, type PyroscopeBehaviour } from './context.js';
import { labelNames, labelValues, matchersForSource, profileTypes, series } from './labels.js';
import { mergeProfile, mergeSpans, mergeStacktraces } from './merges.js';
import { heatmap, seriesOverTime } from './points.js';
import { type RangeRequest, rangeRequest, readMatchers, readRange } from './queries.js';
import { messageType } from './schema.js';

const { signal } = new AbortController();
const HOUR = 3_600_000;

/** All methods of a server by path. */
export async function createRpcs(
  source: ProfileSource,
  options: Partial<PyroscopeBehaviour>,
): Promise<ReadonlyMap<string, Rpc>> {
  const context = await createContext(source, options);
  const { mode, limits, createSource, readTenants } = context;

  const rpc = (request: string, response: string, handle: Rpc['handle']): Rpc => ({
    request: messageType(request),
    response: messageType(response),
    async handle(message, headers) {
      readTenants(headers);
      return handle(message, headers);
    },
  });

  /** Answers that all questions about labels have in common. */
  const aboutLabels = async (
    message: unknown,
    headers: Headers,
    answer: (source: ProfileSource, query: SeriesQuery, request: RangeRequest) => Promise<object>,
  ): Promise<object> => {
    const request = rangeRequest.parse(message);
    if (mode === 'v1' && request.start === 0 && request.end === 0) return {};
    const window = readRange(request, limits);
    const matchers = matchersForSource(readMatchers(request.matchers));
    const source = createSource(headers);
    return source === null || window === null ? {} : answer(source, { matchers, window }, request);
  };

  const querier: Record<string, Rpc> = {
    ProfileTypes: rpc(
      'querier.v1.ProfileTypesRequest',
      'querier.v1.ProfileTypesResponse',
      (message, headers) => {
        const { start, end } = rangeRequest.parse(message);
        const now = limits.now();
        const lastHour = { start: String(now - HOUR), end: String(now) };
        return aboutLabels(start === 0 && end === 0 ? lastHour : message, headers, profileTypes);
      },
    ),
    LabelNames: rpc('types.v1.LabelNamesRequest', 'types.v1.NamesResponse', (message, headers) =>
      aboutLabels(message, headers, (source, query) => labelNames(source, query, readsUtf8(headers))),
    ),
    LabelValues: rpc('types.v1.LabelValuesRequest', 'types.v1.NamesResponse', async (message, headers) => {
      if (rangeRequest.parse(message).name === '') throw invalid('name is required');
      return aboutLabels(message, headers, (source, query, { name }) => labelValues(source, name, query));
    }),
    Series: rpc('querier.v1.SeriesRequest', 'querier.v1.SeriesResponse', (message, headers) =>
      aboutLabels(message, headers, (source, query, request) =>
        series(source, request.labelNames, query, readsUtf8(headers)),
      ),
    ),
    SelectMergeStacktraces: rpc(
      'querier.v1.SelectMergeStacktracesRequest',
      'querier.v1.SelectMergeStacktracesResponse',
      (message, headers) => mergeStacktraces(context, message, headers),
    ),
    SelectMergeSpanProfile: rpc(
      'querier.v1.SelectMergeSpanProfileRequest',
      'querier.v1.SelectMergeSpanProfileResponse',
      (message, headers) => mergeSpans(context, message, headers),
    ),
    SelectMergeProfile: rpc('querier.v1.SelectMergeProfileRequest', 'google.v1.Profile', (message, headers) =>
      mergeProfile(context, message, headers),
    ),
    SelectSeries: rpc(
      'querier.v1.SelectSeriesRequest',
      'querier.v1.SelectSeriesResponse',
      (message, headers) => seriesOverTime(context, message, headers),
    ),
    SelectHeatmap: rpc(
      'querier.v1.SelectHeatmapRequest',
      'querier.v1.SelectHeatmapResponse',
      (message, headers) => heatmap(context, message, headers),
    ),
    GetProfileStats: rpc(
      'types.v1.GetProfileStatsRequest',
      'types.v1.GetProfileStatsResponse',
      async (_, headers) => {
        const tenants = readTenants(headers).length;
        if (tenants > 1) throw invalid(`expected 1 tenant, got ${tenants}`);
        const range =
          context.statsLag === true ? null : ((await createSource(headers)?.dataRange(signal)) ?? null);
        if (range === null) return {};
        return {
          dataIngested: true,
          ...(context.statsLag === 'oldest' ? {} : { oldestProfileTime: String(range.oldest) }),
          newestProfileTime: String(range.newest),
        };
      },
    ),
    AnalyzeQuery: rpc('querier.v1.AnalyzeQueryRequest', 'querier.v1.AnalyzeQueryResponse', async () =>
      mode === 'v1' ? ANALYSIS : {},
    ),
  };
  return new Map([
    ...Object.entries(querier).map(([name, method]): [string, Rpc] => [
      `/querier.v1.QuerierService/${name}`,
      method,
    ]),
    [
      '/capabilities.v1.FeatureFlagsService/GetFeatureFlags',
      rpc('capabilities.v1.GetFeatureFlagsRequest', 'capabilities.v1.GetFeatureFlagsResponse', async () => ({
        featureFlags: FEATURES.map((feature) => ({
          ...feature,
          enabled: feature.name === 'v2StorageLayer' && mode !== 'v1',
        })),
      })),
    ],
    [
      '/version.v1.Version/Version',
      rpc('version.v1.VersionRequest', 'version.v1.VersionResponse', async () => ({ QuerierAPI: '1' })),
    ],
  ]);
}

/** Whether a client declares that it can read label names that are not classic. */
function readsUtf8(headers: Headers): boolean {
  return /;\s*allow-utf8-labelnames=true/.test(headers.accept ?? '');
}

const FEATURES = [
  { name: 'pyroscopeRuler', description: 'The ruler, which exports metrics.' },
  { name: 'pyroscopeRulerFunctions', description: 'The ruler on the level of functions.' },
  { name: 'utf8LabelNames', description: 'Label names in UTF-8.' },
  { name: 'v2StorageLayer', description: 'v2 storage layer', documentationUrl: 'https://example.com/v2' },
] as const;

/** Analysis of the blocks as a v1 server answers it; the numbers are made up. */
const ANALYSIS = {
  queryScopes: [
    {
      componentType: 'Short term storage',
      componentCount: '1',
      blockCount: '2',
      seriesCount: '3',
      profileCount: '4',
      sampleCount: '5',
      indexBytes: '6',
      profileBytes: '7',
      symbolBytes: '8',
    },
    { componentType: 'Long term storage', componentCount: '1', blockCount: '2' },
  ],
  queryImpact: { totalBytesInTimeRange: '1024', deduplicationNeeded: true },
};
