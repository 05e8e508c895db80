import { pickLabels } from './labels.js';
import type { Labels, SnapshotCount, TimeSeries, Window } from './source.js';

/** Counts profiles per combination of the `groupBy` labels, in the order of first appearance. */
export function countByLabels(profiles: Iterable<Labels>, groupBy: readonly string[]): SnapshotCount[] {
  const counts = new Map<string, SnapshotCount>();
  for (const all of profiles) {
    const labels = pickLabels(all, groupBy);
    const key = JSON.stringify(labels);
    const known = counts.get(key) ?? { labels, profiles: 0 };
    counts.set(key, known);
    known.profiles++;
  }
  return [...counts.values()];
}

/**
 * Sums values per step and combination of the `groupBy` labels, heaviest first, on the grid of a Pyroscope
 * server: points lie at `to − k·step`. A point at `time` covers `(time - step, time]`; the first point also
 * includes `from`.
 *
 * @param step seconds; whole milliseconds are used
 */
export function sumBySteps(
  profiles: Iterable<{ labels: Labels; time: number; value: number }>,
  { from, to }: Window,
  { groupBy, step, limit }: { groupBy: readonly string[]; step: number; limit?: number },
): TimeSeries[] {
  const stepMs = Math.round(step * 1000);
  const first = to - (Math.max(1, Math.ceil((to - from) / stepMs)) - 1) * stepMs;
  const groups = new Map<string, { labels: Labels; sums: Map<number, number>; total: number }>();
  for (const { labels: all, time: at, value } of profiles) {
    const labels = pickLabels(all, groupBy);
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
    groups.set(key, group);
    const time = Math.max(first, to - Math.floor((to - at) / stepMs) * stepMs);
    group.sums.set(time, (group.sums.get(time) ?? 0) + value);
    group.total += value;
  }
  return [...groups]
    .sort(([keyA, a], [keyB, b]) => b.total - a.total || (keyA < keyB ? -1 : 1))
    .slice(0, limit)
    .map(([, { labels, sums }]) => ({
      labels,
      points: [...sums].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value })),
    }));
}

/**
 * Lists the distinct rows of some series by the labels that are asked for, in the order of their text; with
 * `__profile_type__` among them one row for each type.
 */
export function listRows(
  series: readonly { labels: Labels; typeIds: readonly string[] }[],
  labelNames: readonly string[],
): Labels[] {
  const rows = new Map<string, Labels>();
  const isTyped = labelNames.includes('__profile_type__');
  for (const { labels, typeIds } of series) {
    const row = pickLabels(labels, labelNames);
    const key = JSON.stringify(row);
    for (const type of isTyped ? typeIds : ['']) {
      const typed = `${type} ${key}`;
      if (rows.has(typed)) continue;
      rows.set(typed, type === '' ? row : pickLabels({ ...row, __profile_type__: type }, labelNames));
    }
  }
  const texts = new Map([...rows.values()].map((row) => [JSON.stringify(row), row]));
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
