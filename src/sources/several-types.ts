import { mergeProfiles } from '../profile/tables/merge.js';
import { escapePattern } from '../text/pattern.js';
import type {
  Exemplars,
  Labels,
  Matcher,
  MergedProfile,
  MergeQuery,
  ProfileSource,
  SnapshotCount,
  TimeSeries,
} from './source.js';

/** A profile type and the services that send their profiles under it. */
export interface TypeOfServices {
  typeId: string;
  services: readonly string[];
}

/** More names make a pattern that a store may refuse; the type then stands for all that send it. */
const MAX_NAMES = 200;

/**
 * A source in which one profile type stands for several of one kind and unit: services in different languages
 * send CPU time under different ids. A question about the type is asked of each, and the answers are added
 * up.
 */
export function withTypes(
  source: ProfileSource,
  typeId: string,
  types: readonly TypeOfServices[],
): ProfileSource {
  const { reduced: _whole, exemplars, ...rest } = source;
  const splitQuery = (query: MergeQuery): MergeQuery[] =>
    query.profileTypeId !== typeId
      ? [query]
      : types.map((type) => ({
          ...query,
          profileTypeId: type.typeId,
          matchers: [...query.matchers, ...buildMatcher(type)],
        }));
  return {
    ...rest,
    original: source.original ?? source,
    requestsFor: (window) => types.length * (source.requestsFor?.(window) ?? 1),
    ...(exemplars === undefined
      ? {}
      : {
          exemplars: async (query, kind, signal) =>
            addExemplars(await Promise.all(splitQuery(query).map((part) => exemplars(part, kind, signal)))),
        }),
    profile: async (query, signal) =>
      addMerges(
        await Promise.all(splitQuery(query).map((part) => source.profile(part, signal))),
        query.isApart,
      ),
    snapshots: async (query, groupBy, signal) =>
      addCounts(await Promise.all(splitQuery(query).map((part) => source.snapshots(part, groupBy, signal)))),
    timeSeries: async (query, options, signal) =>
      addSeries(await Promise.all(splitQuery(query).map((part) => source.timeSeries(part, options, signal)))),
  };
}

function buildMatcher({ services }: TypeOfServices): Matcher[] {
  if (services.length === 0 || services.length > MAX_NAMES) return [];
  const value = services.map(escapePattern).join('|');
  return [{ name: 'service_name', op: '=~', value }];
}

function addMerges(parts: readonly MergedProfile[], isApart?: boolean): MergedProfile {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const seconds = parts.map(({ profiledSeconds }) => profiledSeconds);
  return {
    profile: mergeProfiles(
      parts.map(({ profile }) => profile),
      { isApart },
    ),
    notes: [...new Set(parts.flatMap(({ notes }) => notes))],
    profiledSeconds: seconds.every((value) => value !== null)
      ? seconds.reduce((sum, value) => sum + value, 0)
      : null,
    ...(parts.some(({ isSinceStart }) => isSinceStart === true) ? { isSinceStart: true } : {}),
    ...(parts.some(({ isNamesOnly }) => isNamesOnly === true) ? { isNamesOnly: true } : {}),
  };
}

function addExemplars(parts: readonly Exemplars[]): Exemplars {
  return {
    rows: parts.flatMap(({ rows }) => rows).sort((a, b) => b.value - a.value),
    counted: parts.reduce((sum, { counted }) => sum + counted, 0),
    notes: [...new Set(parts.flatMap(({ notes }) => notes))],
  };
}

function addCounts(parts: readonly (readonly SnapshotCount[])[]): SnapshotCount[] {
  const sums = new Map<string, SnapshotCount>();
  for (const { labels, profiles } of parts.flat()) {
    const key = buildKey(labels);
    sums.set(key, { labels, profiles: profiles + (sums.get(key)?.profiles ?? 0) });
  }
  return [...sums.values()];
}

function addSeries(parts: readonly (readonly TimeSeries[])[]): TimeSeries[] {
  const sums = new Map<string, { labels: Labels; values: Map<number, number>; total: number }>();
  for (const { labels, points } of parts.flat()) {
    const sum = sums.get(buildKey(labels)) ?? { labels, values: new Map<number, number>(), total: 0 };
    sums.set(buildKey(labels), sum);
    for (const { time, value } of points) {
      sum.values.set(time, (sum.values.get(time) ?? 0) + value);
      sum.total += value;
    }
  }
  return [...sums.values()]
    .sort((a, b) => b.total - a.total || (buildKey(a.labels) < buildKey(b.labels) ? -1 : 1))
    .map(({ labels, values }) => ({
      labels,
      points: [...values].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value })),
    }));
}

function buildKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
