import { INSTANCE_LABELS, pickLabels } from '../labels.js';
import type { Labels, ProfileQuery, SnapshotCount } from '../source.js';
import { type SumSeries, selectHeatmap, selectSeries } from './api.js';
import type { Transport } from './http/transport.js';
import { inAllowedLength, labelsKey, MIN_STEP_MS, stepSeconds } from './steps.js';
import { isRefusedByV2, type Piece, type Stores } from './stores.js';

/** Everything that a count needs, except its window. */
interface CountRequest {
  transport: Transport;
  profileTypeId: string;
  labelSelector: string;
  groupBy: readonly string[];
  signal: AbortSignal;
}

/**
 * Counts the profiles with a time in the closed window, per combination of the labels; most first.
 *
 * v2 storage counts them itself (a heatmap of a single step, 1 request). v1 storage cannot: there the count
 * is the sum divided by the average (2 requests). Where a server leaves the average out, the points of a
 * series with steps of a second are counted; profiles in the same second then count as one, unless a label
 * distinguishes their instances.
 */
export async function countSnapshots(
  query: ProfileQuery,
  countRequest: CountRequest,
  stores: Stores,
): Promise<SnapshotCount[]> {
  const [start, end] = [query.window.from - 1, query.window.to];
  const count = async (pieces: readonly Piece[]): Promise<SnapshotCount[]> => {
    const counts = pieces.map((piece) =>
      (piece.store === 'v2' ? readHeatmapCounts : readSeriesCounts)(piece, countRequest),
    );
    return sumOfCounts((await Promise.all(counts)).flat());
  };
  try {
    const likely = stores.likelyPieces(start, end);
    const counts = await count(likely);
    for (const piece of likely) if (piece.store === 'v2') stores.noteAnswer(piece.start);
    return counts;
  } catch (error) {
    if (!isRefusedByV2(error)) throw error;
  }
  return count(await stores.piecesOfRefused(start, end, countRequest.signal));
}

/**
 * Counts profiles in the slots of a heatmap. The first slot ends at `start` and holds the time before it; the
 * last slot ends at `end`. (Where the lookback limit moved the start, the first slot ends there, still before
 * `end`.) A slot is as wide as the step: a slot of a millisecond holds the instant `start` alone.
 */
async function readHeatmapCounts(
  { start, end, first }: Pick<Piece, 'start' | 'end' | 'first'>,
  countRequest: CountRequest,
): Promise<SnapshotCount[]> {
  const { transport, profileTypeId, labelSelector, groupBy, signal } = countRequest;
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
  const slotCounts = await Promise.all([
    inAllowedLength(start, end, (from, to) =>
      ask(from, to, (time) => time >= to || (first === 'all' && from === start)),
    ),
    first === 'instant' ? ask(start, start + 1, (time) => time <= start) : [],
  ]);
  return slotCounts.flat();
}

async function readSeriesCounts(
  { start, end }: Pick<Piece, 'start' | 'end'>,
  countRequest: CountRequest,
): Promise<SnapshotCount[]> {
  if (end - start < MIN_STEP_MS) {
    const earlier = start - MIN_STEP_MS;
    const [both, before] = await Promise.all([
      readSeriesCounts({ start: earlier, end }, countRequest),
      readSeriesCounts({ start: earlier, end: start }, countRequest),
    ]);
    return sumOfCounts([...both, ...before.map(({ labels, profiles }) => ({ labels, profiles: -profiles }))]);
  }
  return inAllowedLength(start, end, async (from, to) => {
    const [sums, averages] = await Promise.all([
      readSeries(countRequest, from, to, to - from, { aggregation: 'sum' }),
      readSeries(countRequest, from, to, to - from, { aggregation: 'average' }),
    ]);
    const averageOf = new Map(averages.map(({ labels, points }) => [labelsKey(labels), points]));
    const counts = sums.map(({ labels, points }) => {
      const profiles = sumOverAverage(points, averageOf.get(labelsKey(labels)) ?? []);
      return { labels, profiles };
    });
    if (counts.length > 0 && counts.every(hasNumber)) return counts;
    const pointTotals = await readPointCounts(from, to, countRequest);
    const byLabels = new Map(
      [...pointTotals, ...counts.filter(hasNumber)].map((row) => [labelsKey(row.labels), row]),
    );
    return [...byLabels.values()];
  });
}

/** Counts the seconds that hold data; the first step is up to two seconds long. */
async function readPointCounts(
  start: number,
  end: number,
  countRequest: CountRequest,
): Promise<SnapshotCount[]> {
  const second = end - (Math.floor((end - start) / MIN_STEP_MS) - 1) * MIN_STEP_MS;
  const groupBy = [...new Set([...countRequest.groupBy, ...INSTANCE_LABELS])];
  const answers = await Promise.all([
    readSeries({ ...countRequest, groupBy }, start, second, second - start),
    second < end ? readSeries({ ...countRequest, groupBy }, second, end, MIN_STEP_MS) : [],
  ]);
  return sumOfCounts(
    answers.flat().map(({ labels, points }) => ({
      labels: pickLabels(labels, countRequest.groupBy),
      profiles: points.length,
    })),
  );
}

/** Reads sums over `(start, end]` per step; series without a point there are left out. */
async function readSeries(
  { transport, profileTypeId, labelSelector, groupBy, signal }: CountRequest,
  start: number,
  end: number,
  stepMs: number,
  options: { aggregation?: 'sum' | 'average' } = {},
): Promise<SumSeries[]> {
  const request = {
    profileTypeId,
    labelSelector,
    start,
    end,
    step: stepSeconds(stepMs),
    groupBy,
    ...options,
  };
  const rows = await selectSeries(transport, request, signal);
  return rows
    .map(({ labels, points }) => ({ labels, points: points.filter(({ time }) => time > start) }))
    .filter(({ points }) => points.length > 0);
}

/**
 * Divides sums by averages; null where a sum is not above its average, since some servers ignore `average`.
 */
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
