import { pickLabels } from '../../../src/sources/labels.js';
import type { Labels, Matcher, ProfileSource, Window } from '../../../src/sources/source.js';

// Rules of a time series: the place of its points and the time that they cover, how dual mode cuts a request,
// and which requests each storage refuses.

export type StorageMode = 'v1' | 'v2' | 'dual';

/** Stored profiles of one label set at one instant. */
export interface StoredProfiles {
  time: number;
  value: number;
  profiles: number;
  labels: Labels;
}

/** A request for points as it is meant; `step` in seconds. */
export interface SteppedRequest {
  profileTypeId: string;
  matchers: readonly Matcher[];
  start: number;
  end: number;
  step: number;
  groupBy: readonly string[];
}

/** The part of a request that one storage answers. */
interface Half {
  store: 'v1' | 'v2';
  start: number;
  end: number;
}

interface Storage {
  mode: StorageMode;
  /** Dual mode: time stamp of the oldest profile in the v2 storage. */
  split: number;
}

type LabelPairs = { name: string; value: string }[];

export const BUCKETS = 20;
const { signal } = new AbortController();

/** Every stored profile of a type in a closed window, with all its labels. */
async function storedProfiles(
  source: ProfileSource,
  { profileTypeId, matchers }: Pick<SteppedRequest, 'profileTypeId' | 'matchers'>,
  window: Window,
): Promise<StoredProfiles[]> {
  const names = await source.labelNames({ matchers, window }, signal);
  // Steps of a millisecond tell instants apart; only the first two of a window share a point.
  const wider = { profileTypeId, matchers, window: { from: window.from - 2, to: window.to } };
  const [rows, counts] = await Promise.all([
    source.timeSeries(wider, { groupBy: names, step: 0.001 }, signal),
    source.snapshots({ profileTypeId, matchers, window }, names, signal),
  ]);
  const countOf = new Map(counts.map(({ labels, profiles }) => [buildKey(labels), profiles]));
  const stored: StoredProfiles[] = [];
  for (const { labels, points } of rows) {
    const inside = points.filter(({ time }) => time >= window.from);
    const single = countOf.get(buildKey(labels)) === inside.length;
    for (const { time, value } of inside) {
      const profiles = single ? 1 : await countAt(source, { profileTypeId, matchers }, names, labels, time);
      stored.push({ time, value, profiles, labels });
    }
  }
  return stored;
}

async function countAt(
  source: ProfileSource,
  query: Pick<SteppedRequest, 'profileTypeId' | 'matchers'>,
  names: readonly string[],
  labels: Labels,
  time: number,
): Promise<number> {
  const rows = await source.snapshots({ ...query, window: { from: time, to: time } }, names, signal);
  return rows.find((row) => buildKey(row.labels) === buildKey(labels))?.profiles ?? 0;
}

/**
 * `SelectSeries`: sums per step, heaviest first; the average of the profiles where v1 storage is asked for
 * it. A point at the start holds data from before the start.
 */
export async function selectSeries(
  source: ProfileSource,
  request: SteppedRequest,
  options: { average: boolean; limit: number },
  storage: Storage,
): Promise<object> {
  const rows = new Map<string, { labels: Labels; total: number; points: Map<number, number> }>();
  for (const half of listHalves(request, storage)) {
    const cells = await computeCells(source, request, half, storage);
    for (const { labels, points } of cells) {
      const row = rows.get(buildKey(labels)) ?? { labels, total: 0, points: new Map<number, number>() };
      rows.set(buildKey(labels), row);
      for (const [time, stored] of points) {
        const sum = stored.reduce((total, { value }) => total + value, 0);
        const profiles = stored.reduce((total, profile) => total + profile.profiles, 0);
        const value = options.average && half.store === 'v1' ? sum / profiles : sum;
        row.points.set(time, (row.points.get(time) ?? 0) + value);
        row.total += value;
      }
    }
  }
  const sorted = [...rows.values()].sort((a, b) => b.total - a.total);
  const series = sorted.slice(0, options.limit > 0 ? options.limit : undefined).map(({ labels, points }) => ({
    labels: toPairs(labels),
    points: inOrder(points).map(([time, value]) => ({ value, timestamp: String(time) })),
  }));
  return { series };
}

/**
 * `SelectHeatmap` of single profiles (v2 storage): how many of them lie in each of 20 ranges of value, per
 * step.
 */
export async function selectHeatmap(
  source: ProfileSource,
  request: SteppedRequest,
  { limit }: { limit: number },
  storage: Storage,
): Promise<object> {
  const { start, end } = request;
  const cells = await computeCells(source, request, { store: 'v2', start, end, hasLast: true }, storage);
  const values = cells.flatMap(({ points }) => [...points.values()].flat()).map(meanValue);
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const yMin = Array.from({ length: BUCKETS }, (_, bucket) => low + (bucket * (high - low)) / BUCKETS);
  const series = cells
    .toSorted((a, b) => countProfiles(b.points) - countProfiles(a.points))
    .slice(0, limit > 0 ? limit : undefined)
    .map(({ labels, points }) => ({
      labels: toPairs(labels),
      slots: inOrder(points).map(([time, stored]) => ({
        timestamp: String(time),
        yMin,
        counts: countsPerBucket(stored, yMin),
      })),
    }));
  return { series };
}

function countsPerBucket(stored: readonly StoredProfiles[], yMin: readonly number[]): number[] {
  const counts = yMin.map(() => 0);
  for (const profile of stored) {
    const bucket = yMin.findLastIndex((least) => least <= meanValue(profile));
    counts[bucket] = (counts[bucket] ?? 0) + profile.profiles;
  }
  return counts;
}

function meanValue({ value, profiles }: StoredProfiles): number {
  return value / Math.max(1, profiles);
}

function countProfiles(points: ReadonlyMap<number, readonly StoredProfiles[]>): number {
  return [...points.values()].flat().reduce((sum, { profiles }) => sum + profiles, 0);
}

/**
 * The profiles of one storage's part, per combination of labels and point. A series has no point behind the
 * end; a heatmap has one for what a last step of its own holds.
 */
async function computeCells(
  source: ProfileSource,
  request: SteppedRequest,
  { store, start, end, hasLast = false }: Half & { hasLast?: boolean },
  { mode, split }: Storage,
): Promise<{ labels: Labels; points: Map<number, StoredProfiles[]> }[]> {
  // Go multiplies seconds by 1e9 and cuts to whole milliseconds.
  const stepMs = Math.trunc(Math.trunc(request.step * 1e9) / 1e6);
  const rows = new Map<string, { labels: Labels; points: Map<number, StoredProfiles[]> }>();
  for (const profile of await storedProfiles(source, request, { from: start - stepMs + 1, to: end })) {
    if (mode === 'dual' && (store === 'v2') !== profile.time >= split) continue;
    const point = Math.max(start, start + Math.ceil((profile.time - start) / stepMs) * stepMs);
    if (point > end && !hasLast) continue;
    const labels = pickLabels(profile.labels, request.groupBy);
    const row = rows.get(buildKey(labels)) ?? { labels, points: new Map<number, StoredProfiles[]>() };
    rows.set(buildKey(labels), row);
    row.points.set(point, [...(row.points.get(point) ?? []), profile]);
  }
  return [...rows.values()];
}

/**
 * Splits a request at the oldest v2 profile, as dual mode does; v1 starts its grid again where the step is
 * below a second.
 */
function listHalves({ start, end, step }: SteppedRequest, { mode, split }: Storage): Half[] {
  if (mode === 'v2' || (mode === 'dual' && split < start)) return [{ store: 'v2', start, end }];
  const v1End = mode === 'dual' && split <= end ? split - 1 : end;
  const interval = 2 * (v1End - start);
  const next = start + interval - ((start + interval) % interval);
  const v1: Half = { store: 'v1', start, end: v1End };
  const v1Parts: Half[] =
    step >= 1 || next >= v1End
      ? [v1]
      : [
          { ...v1, end: next - 1 },
          { ...v1, start: next },
        ];
  return v1End === end ? v1Parts : [...v1Parts, { store: 'v2', start: split, end }];
}

/** Labels on the wire, by name. */
export function toPairs(labels: Labels): LabelPairs {
  return Object.entries(labels)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function buildKey(labels: Labels): string {
  return JSON.stringify(toPairs(labels));
}

function inOrder<T>(points: ReadonlyMap<number, T>): [number, T][] {
  return [...points].sort(([a], [b]) => a - b);
}
