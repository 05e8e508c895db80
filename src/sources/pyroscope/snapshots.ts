import { INSTANCE_LABELS, pickLabels } from '../labels.js';
import type { Labels, ProfileQuery, SnapshotCount } from '../source.js';
import { type SumSeries, selectHeatmap, selectSeries } from './api.js';
import { inAllowedLength, labelsKey, MIN_STEP_MS, stepSeconds } from './steps.js';
import { isRefusedByV2, type Piece, type Stores } from './stores.js';
import type { Transport } from './transport.js';

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
 * v2 storage counts them itself (a heatmap of one step, 1 request). v1 storage cannot: there it is the sum
 * divided by the average (2 requests). Where a server leaves the average out, the points of a series with
 * steps of one second are counted, which takes profiles of one second for one unless a label tells their
 * instances apart.
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
    return sumOfCounts((await Promise.all(counts)).flat());
  };
  try {
    const likely = stores.likelyPieces(start, end);
    const counts = await count(likely);
    for (const piece of likely) if (piece.store === 'v2') stores.answered(piece.start);
    return counts;
  } catch (error) {
    if (!isRefusedByV2(error)) throw error;
  }
  return count(await stores.piecesOfRefused(start, end, counting.signal));
}

/**
 * The first slot ends at `start` and holds what lies before; the last one ends at `end`. (Where the server
 * moved the start because it looks back only so far, the first slot ends there, still before `end`.) A slot
 * is as wide as the step: one of a millisecond holds the instant `start` alone.
 */
async function heatmapCounts(
  { start, end, first }: Pick<Piece, 'start' | 'end' | 'first'>,
  counting: Counting,
): Promise<SnapshotCount[]> {
  const { transport, profileTypeId, labelSelector, groupBy, signal } = counting;
  const ask = async (
    from: number,
    to: number,
    counts: (time: number) => boolean,
  ): Promise<SnapshotCount[]> => {
    const step = stepSeconds(to - from);
    const request = { profileTypeId, labelSelector, start: from, end: to, step, groupBy };
    const rows = await selectHeatmap(transport, request, signal);
    return rows.map(({ labels, slots }) => ({
      labels,
      profiles: slots.filter(({ time }) => counts(time)).reduce((sum, slot) => sum + slot.profiles, 0),
    }));
  };
  const found = await Promise.all([
    inAllowedLength(start, end, (from, to) =>
      ask(from, to, (time) => time >= to || (first === 'all' && from === start)),
    ),
    first === 'instant' ? ask(start, start + 1, (time) => time <= start) : [],
  ]);
  return found.flat();
}

async function seriesCounts(
  { start, end }: Pick<Piece, 'start' | 'end'>,
  counting: Counting,
): Promise<SnapshotCount[]> {
  if (end - start < MIN_STEP_MS) {
    const earlier = start - MIN_STEP_MS;
    const [both, before] = await Promise.all([
      seriesCounts({ start: earlier, end }, counting),
      seriesCounts({ start: earlier, end: start }, counting),
    ]);
    return sumOfCounts([...both, ...before.map(({ labels, profiles }) => ({ labels, profiles: -profiles }))]);
  }
  return inAllowedLength(start, end, async (from, to) => {
    const [sums, averages] = await Promise.all([
      seriesOf(counting, from, to, to - from, { aggregation: 'sum' }),
      seriesOf(counting, from, to, to - from, { aggregation: 'average' }),
    ]);
    const averageOf = new Map(averages.map(({ labels, points }) => [labelsKey(labels), points]));
    const counts = sums.map(({ labels, points }) => {
      const profiles = sumOverAverage(points, averageOf.get(labelsKey(labels)) ?? []);
      return { labels, profiles };
    });
    if (counts.length > 0 && counts.every(hasNumber)) return counts;
    const counted = await pointCounts(from, to, counting);
    const byLabels = new Map(
      [...counted, ...counts.filter(hasNumber)].map((row) => [labelsKey(row.labels), row]),
    );
    return [...byLabels.values()];
  });
}

/** Counts the seconds in which there is data; the first of them lasts up to two. */
async function pointCounts(start: number, end: number, counting: Counting): Promise<SnapshotCount[]> {
  const second = end - (Math.floor((end - start) / MIN_STEP_MS) - 1) * MIN_STEP_MS;
  const groupBy = [...new Set([...counting.groupBy, ...INSTANCE_LABELS])];
  const answers = await Promise.all([
    seriesOf({ ...counting, groupBy }, start, second, second - start),
    second < end ? seriesOf({ ...counting, groupBy }, second, end, MIN_STEP_MS) : [],
  ]);
  return sumOfCounts(
    answers.flat().map(({ labels, points }) => ({
      labels: pickLabels(labels, counting.groupBy),
      profiles: points.length,
    })),
  );
}

/** Sums over `(start, end]` per step; series without a point there are left out. */
async function seriesOf(
  { transport, profileTypeId, labelSelector, groupBy, signal }: Counting,
  start: number,
  end: number,
  stepMs: number,
  more: { aggregation?: 'sum' | 'average' } = {},
): Promise<SumSeries[]> {
  const request = { profileTypeId, labelSelector, start, end, step: stepSeconds(stepMs), groupBy, ...more };
  const rows = await selectSeries(transport, request, signal);
  return rows
    .map(({ labels, points }) => ({ labels, points: points.filter(({ time }) => time > start) }))
    .filter(({ points }) => points.length > 0);
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

/** Adds up the counts of equal label sets; most first. */
export function sumOfCounts(counts: readonly SnapshotCount[]): SnapshotCount[] {
  const byLabels = new Map<string, SnapshotCount>();
  for (const { labels, profiles } of counts) {
    const key = labelsKey(labels);
    byLabels.set(key, { labels, profiles: (byLabels.get(key)?.profiles ?? 0) + profiles });
  }
  return [...byLabels]
    .filter(([, { profiles }]) => profiles > 0)
    .sort(([keyA, a], [keyB, b]) => b.profiles - a.profiles || (keyA < keyB ? -1 : 1))
    .map(([, count]) => count);
}

function hasNumber(count: { labels: Labels; profiles: number | null }): count is SnapshotCount {
  return count.profiles !== null;
}
