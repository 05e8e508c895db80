import { pickLabels } from './labels.js';
import type { Labels, SnapshotCount, TimeSeries } from './source.js';

/** Number of profiles per combination of the `groupBy` labels, in the order in which they first come. */
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
 * Sums per step and combination of the `groupBy` labels, heaviest first, as a Pyroscope server forms them: a point at
 * `time` covers `(time - step, time]`, the first one its left edge, too.
 *
 * @param from start of the first step, Unix ms; `step` in seconds
 */
export function sumBySteps(
  profiles: Iterable<{ labels: Labels; time: number; value: number }>,
  from: number,
  { groupBy, step, limit }: { groupBy: readonly string[]; step: number; limit?: number },
): TimeSeries[] {
  const stepMs = step * 1000;
  const groups = new Map<string, { labels: Labels; sums: Map<number, number>; total: number }>();
  for (const { labels: all, time: at, value } of profiles) {
    const labels = pickLabels(all, groupBy);
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
    groups.set(key, group);
    const time = from + Math.max(1, Math.ceil((at - from) / stepMs)) * stepMs;
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
