import { pickLabels } from '../../../src/sources/labels.js';
import type { Exemplar, ExemplarKind, Labels, ProfileSource } from '../../../src/sources/source.js';
import { addPrivateLabels } from './labels.js';
import { BUCKETS, type SteppedRequest, type StorageMode, toPairs } from './series.js';
import type { ParsedType } from './types.js';

interface HeatmapOptions {
  kind: ExemplarKind;
  hasExemplars: boolean;
  limit: number;
  type: ParsedType;
  mode: StorageMode;
  split: number;
}

const { signal } = new AbortController();

/**
 * `SelectHeatmap` of spans, or with single profiles: per step and each of 20 ranges of value the number of
 * them, and the heaviest one. Null where the source does not list all profiles.
 */
export async function selectExemplars(
  source: ProfileSource,
  request: SteppedRequest,
  { kind, hasExemplars, limit, type, mode, split }: HeatmapOptions,
): Promise<object | null> {
  const { start, end, groupBy, profileTypeId, matchers } = request;
  const stepMs = Math.trunc(Math.trunc(request.step * 1e9) / 1e6);
  const window = { from: start - stepMs + 1, to: end };
  const listed = await source.exemplars?.({ profileTypeId, matchers, window }, kind, signal);
  if (listed === undefined || (kind === 'profiles' && listed.rows.length < listed.counted)) return null;
  const rows = listed.rows.filter(({ time }) => mode !== 'dual' || time >= split);
  if (rows.length === 0) return {};
  const low = rows.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = rows.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const width = (Math.max(high, low + 1) - low) / BUCKETS;
  const yMin = Array.from({ length: BUCKETS }, (_, bucket) => low + Math.trunc(bucket * width));
  const series = new Map<string, { labels: Labels; points: Map<number, Exemplar[]> }>();
  for (const row of rows) {
    const labels = pickLabels(row.labels, groupBy);
    const key = JSON.stringify(toPairs(labels));
    const group = series.get(key) ?? { labels, points: new Map<number, Exemplar[]>() };
    series.set(key, group);
    const point = Math.max(start, start + Math.ceil((row.time - start) / stepMs) * stepMs);
    group.points.set(point, [...(group.points.get(point) ?? []), row]);
  }
  const findBucket = ({ value }: Exemplar) => yMin.findLastIndex((least) => least <= value);
  const all = [...series.values()].map(({ labels, points }) => ({
    labels: toPairs(labels),
    slots: [...points]
      .sort(([a], [b]) => a - b)
      .map(([time, exemplars]) => {
        const buckets = yMin.map((_, at) => exemplars.filter((row) => findBucket(row) === at));
        const heaviest = buckets.flatMap((bucket) => bucket.toSorted((a, b) => b.value - a.value)[0] ?? []);
        return {
          timestamp: String(time),
          yMin,
          counts: buckets.map(({ length }) => length),
          ...(hasExemplars ? { exemplars: heaviest.map((row) => encodeExemplar(row, groupBy, type)) } : {}),
        };
      }),
  }));
  return { series: limit > 0 ? all.slice(0, limit) : all };
}

/** An exemplar on the wire: the labels of its group are left out. */
function encodeExemplar(row: Exemplar, groupBy: readonly string[], type: ParsedType): object {
  const labels = Object.entries(addPrivateLabels(type, row.labels)).filter(
    ([name]) => !groupBy.includes(name),
  );
  return {
    timestamp: String(row.time),
    value: String(row.value),
    labels: labels.map(([name, value]) => ({ name, value })),
    ...(row.profileId === null ? {} : { profileId: row.profileId }),
    ...(row.spanId === null ? {} : { spanId: row.spanId }),
    ...(row.traceId === null ? {} : { traceId: row.traceId }),
  };
}
