import type { Labels, ProfileQuery, SnapshotCount } from '../source.js';
import { type ProfileSelection, type SumSeries, selectHeatmap, selectSeries } from './api.js';
import { inAllowedLength, labelsKey, stepSeconds } from './steps.js';
import { isAbsent, type Piece, type Stores } from './stores.js';
import type { Transport } from './transport.js';

const SECOND = 1000;
/** Labels that tell instances apart, so that profiles taken in the same second are not counted as one. */
const INSTANCE_LABELS = ['pod', 'instance', 'hostname', 'host', 'k8s.pod.name', 'service_instance_id'];

/** Everything that a count needs besides its window. */
interface Counting {
  transport: Transport;
  profileTypeId: string;
  labelSelector: string;
  groupBy: readonly string[];
  signal: AbortSignal;
}

/**
 * Number of profiles stamped in the closed window, per combination of the labels; most first.
 *
 * v2 storage counts them itself (a heatmap of one step, 1 request). v1 storage cannot: there it is the sum divided by the
 * average (2 requests). Where a server leaves the average out, the points of a series with steps of one second are
 * counted, which takes profiles of one second for one unless a label tells their instances apart.
 */
export async function countSnapshots(
  query: ProfileQuery,
  counting: Counting,
  stores: Stores,
): Promise<SnapshotCount[]> {
  const [start, end] = [query.window.from - 1, query.window.to];
  const count = async (pieces: readonly Piece[]): Promise<SnapshotCount[]> => {
    const counts = pieces.map((piece) =>
      (piece.store === 'v2' ? heatmapCounts : seriesCounts)(piece, counting),
    );
    return merged((await Promise.all(counts)).flat());
  };
  try {
    const likely = stores.likelyPieces(start, end);
    const counts = await count(likely);
    for (const piece of likely) if (piece.store === 'v2') stores.answered(piece.start);
    return counts;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return count(await stores.piecesOfRefused(start, end, counting.signal));
}

/**
 * The first slot ends at `start` and holds what lies before; the last one ends at `end`. (Where the server moved the
 * start because it looks back only so far, the first slot ends there, still before `end`.)
 */
async function heatmapCounts(
  { start, end, first }: Pick<Piece, 'start' | 'end' | 'first'>,
  counting: Counting,
): Promise<SnapshotCount[]> {
  const { transport, groupBy, signal } = counting;
  return inAllowedLength(start, end, async (from, to) => {
    const step = stepSeconds(to - from);
    const rows = await selectHeatmap(transport, { ...selection(counting, from, to), step, groupBy }, signal);
    return rows.map(({ labels, slots }) => ({
      labels,
      profiles: slots
        .filter(({ time }) => time >= to || (first && from === start))
        .reduce((sum, slot) => sum + slot.profiles, 0),
    }));
  });
}

async function seriesCounts({ start, end }: Piece, counting: Counting): Promise<SnapshotCount[]> {
  const { transport, groupBy, signal } = counting;
  return inAllowedLength(start, end, async (from, to) => {
    const request = { ...selection(counting, from, to), step: stepSeconds(to - from), groupBy };
    const [sums, averages] = await Promise.all([
      selectSeries(transport, { ...request, aggregation: 'sum' }, signal),
      selectSeries(transport, { ...request, aggregation: 'average' }, signal),
    ]);
    const averageOf = new Map(averages.map(({ labels, points }) => [labelsKey(labels), points]));
    const counts = sums.flatMap(({ labels, points }) => {
      const counted = points.filter(({ time }) => time > from);
      const profiles = sumOverAverage(counted, averageOf.get(labelsKey(labels)) ?? []);
      return counted.length === 0 ? [] : [{ labels, profiles }];
    });
    if (counts.length > 0 && counts.every(hasNumber)) return counts;
    const counted = new Map(
      (await pointCounts(from, to, counting)).map((row) => [labelsKey(row.labels), row]),
    );
    for (const { labels, profiles } of counts) {
      if (profiles !== null) counted.set(labelsKey(labels), { labels, profiles });
    }
    return [...counted.values()];
  });
}

/** Counts the seconds in which there is data, the last part of a second as a window of its own. */
async function pointCounts(start: number, end: number, counting: Counting): Promise<SnapshotCount[]> {
  const { transport, signal } = counting;
  const groupBy = [...new Set([...counting.groupBy, ...INSTANCE_LABELS])];
  const whole = start + Math.floor((end - start) / SECOND) * SECOND;
  const ask = (from: number, to: number, stepMs: number) =>
    to > from
      ? selectSeries(
          transport,
          { ...selection(counting, from, to), step: stepSeconds(stepMs), groupBy },
          signal,
        )
      : [];
  const [seconds, rest] = await Promise.all([ask(start, whole, SECOND), ask(whole, end, end - whole)]);
  const rows = [
    ...seconds.map(({ labels, points }) => ({
      labels,
      profiles: points.filter(({ time }) => time > start).length,
    })),
    ...rest.map(({ labels, points }) => ({
      labels,
      profiles: points.filter(({ time }) => time > whole).length,
    })),
  ];
  return merged(rows.map(({ labels, profiles }) => ({ labels: pick(labels, counting.groupBy), profiles })));
}

function selection({ profileTypeId, labelSelector }: Counting, start: number, end: number): ProfileSelection {
  return { profileTypeId, labelSelector, start, end };
}

/** Null where a sum is not above the average: a single profile, or a server that sums whatever is asked. */
function sumOverAverage(sums: SumSeries['points'], averages: SumSeries['points']): number | null {
  const averageAt = new Map(averages.map(({ time, value }) => [time, value]));
  let profiles = 0;
  for (const { time, value } of sums) {
    const ratio = Math.round(value / (averageAt.get(time) ?? 0));
    if (!Number.isFinite(ratio) || ratio <= 1) return null;
    profiles += ratio;
  }
  return profiles;
}

function merged(counts: readonly SnapshotCount[]): SnapshotCount[] {
  const byLabels = new Map<string, SnapshotCount>();
  for (const { labels, profiles } of counts) {
    if (profiles === 0) continue;
    const key = labelsKey(labels);
    byLabels.set(key, { labels, profiles: (byLabels.get(key)?.profiles ?? 0) + profiles });
  }
  return [...byLabels]
    .sort(([keyA, a], [keyB, b]) => b.profiles - a.profiles || (keyA < keyB ? -1 : 1))
    .map(([, count]) => count);
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));
}

function hasNumber(count: { labels: Labels; profiles: number | null }): count is SnapshotCount {
  return count.profiles !== null;
}
