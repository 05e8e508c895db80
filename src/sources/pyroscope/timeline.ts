import type { Labels, ProfileQuery, TimeSeries } from '../source.js';
import { type SumSeries, selectSeries } from './api.js';
import type { Transport } from './http/transport.js';
import { inAllowedLength, labelsKey, MIN_STEP_MS, stepSeconds } from './steps.js';
import type { Piece, Stores } from './stores.js';

/**
 * The points of a series in milliseconds: they are `step` apart, from `first`, which ends the step with the
 * begin of the window, to `end`.
 */
interface Grid {
  first: number;
  end: number;
  step: number;
}

/** A request for the sums of `(start, end]` per `step` milliseconds, and the grid points of its results. */
interface PartRequest {
  start: number;
  end: number;
  step: number;
  store: Piece['store'];
  /** Whether only the point at `start` is used, which holds the data before it. */
  takesStart: boolean;
  /** Moves a point to the grid point whose step holds its data. */
  place: (time: number) => number;
}

/**
 * Reads sums over time in the closed window, heaviest first. The points lie at `to − k·step`, and each covers
 * `(time − step, time]`; the first one covers only the part in the window, including `from`. No data outside
 * the window counts, so the points sum up to the merge of the same window. Steps are whole milliseconds, at
 * least a second.
 *
 * Usually this sends two parallel requests, for the first step and for the others as a series. The limit is
 * applied here, since the heaviest series of either need not be the heaviest of both.
 */
export async function sumOverTime(
  query: ProfileQuery,
  options: { labelSelector: string; groupBy: readonly string[]; step: number; limit?: number | undefined },
  { transport, stores, signal }: { transport: Transport; stores: Stores; signal: AbortSignal },
): Promise<TimeSeries[]> {
  const { from, to } = query.window;
  const { labelSelector, groupBy, limit } = options;
  const step = Math.max(MIN_STEP_MS, Math.round(options.step * 1000));
  const grid = { first: to - (Math.max(1, Math.ceil((to - from) / step)) - 1) * step, end: to, step };
  const pieces = await stores.pieces(from - 1, to, signal);
  const parts = pieces.flatMap((piece) => listParts(piece, grid));

  const ask = async (start: number, end: number, stepMs: number): Promise<SumSeries[]> => {
    const { profileTypeId } = query;
    const request = { profileTypeId, labelSelector, start, end, step: stepSeconds(stepMs), groupBy };
    return selectSeries(transport, request, signal);
  };
  const askOneStep = (start: number, end: number): Promise<SumSeries[]> =>
    inAllowedLength(start, end, async (from, to) => pointsAfter(await ask(from, to, to - from), from));

  const askPart = async ({
    start,
    end,
    step: stepMs,
    store,
    takesStart,
  }: PartRequest): Promise<SumSeries[]> => {
    if (takesStart) return pointsUpTo(await ask(start, end, stepMs), start);
    if (stepMs < end - start) return pointsAfter(await ask(start, end, stepMs), start);
    if (store === 'v2' || stepMs >= MIN_STEP_MS) return askOneStep(start, end);
    const earlier = start - MIN_STEP_MS;
    return difference(...(await Promise.all([askOneStep(earlier, end), askOneStep(earlier, start)])));
  };
  const answers = parts.map(async (part) =>
    (await askPart(part)).map(({ labels, points }) => ({
      labels,
      points: points.map(({ time, value }) => ({ time: part.place(time), value })),
    })),
  );
  return sumOfSeries((await Promise.all(answers)).flat()).slice(0, limit);
}

/**
 * The requests for a storage's part of the window: the step in which it starts, whole steps, and the step in
 * which it ends.
 */
function listParts({ start, end, first, store }: Piece, grid: Grid): PartRequest[] {
  const { step } = grid;
  const gridPoint = (time: number) =>
    Math.max(grid.first, grid.end - Math.floor((grid.end - time) / step) * step);
  const parts: PartRequest[] = [];
  const add = (from: number, to: number, stepMs: number, place: PartRequest['place']): void => {
    if (to > from) parts.push({ start: from, end: to, step: stepMs, store, takesStart: false, place });
  };
  if (first !== null) {
    const oldest = gridPoint(first === 'all' ? start - 1 : start);
    // The point at `start` holds one step.
    const width = first === 'all' ? MIN_STEP_MS : 1;
    parts.push({ start, end: start + 1, step: width, store, takesStart: true, place: () => oldest });
  }
  const head = gridPoint(start + 1);
  const tail = grid.end - Math.ceil((grid.end - end) / step) * step;
  if (head >= end) {
    add(start, end, end - start, () => head);
    return parts;
  }
  const wholeFrom = head - start === step ? start : head;
  add(start, wholeFrom, wholeFrom - start, () => head);
  add(wholeFrom, tail, step, (time) => time);
  add(tail, end, end - tail, () => tail + step);
  return parts;
}

function pointsAfter(rows: readonly SumSeries[], start: number): SumSeries[] {
  return rows.map(({ labels, points }) => ({ labels, points: points.filter(({ time }) => time > start) }));
}

function pointsUpTo(rows: readonly SumSeries[], start: number): SumSeries[] {
  return rows.map(({ labels, points }) => ({ labels, points: points.filter(({ time }) => time <= start) }));
}

/** Subtracts the beginning of a step from the whole step. */
function difference(whole: readonly SumSeries[], beginning: readonly SumSeries[]): SumSeries[] {
  const startTotals = new Map(beginning.map((row) => [labelsKey(row.labels), sumPoints(row)]));
  return whole.flatMap((row) => {
    const value = sumPoints(row) - (startTotals.get(labelsKey(row.labels)) ?? 0);
    return value === 0
      ? []
      : [{ labels: row.labels, points: row.points.slice(0, 1).map(({ time }) => ({ time, value })) }];
  });
}

function sumPoints({ points }: SumSeries): number {
  return points.reduce((sum, { value }) => sum + value, 0);
}

/** Adds up the points of equal label sets at equal times; heaviest first. */
export function sumOfSeries(rows: readonly SumSeries[]): TimeSeries[] {
  const groups = new Map<string, { labels: Labels; sums: Map<number, number>; total: number }>();
  for (const { labels, points } of rows) {
    if (points.length === 0) continue;
    const key = labelsKey(labels);
    const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
    groups.set(key, group);
    for (const { time, value } of points) {
      group.sums.set(time, (group.sums.get(time) ?? 0) + value);
      group.total += value;
    }
  }
  return [...groups]
    .sort(([keyA, a], [keyB, b]) => b.total - a.total || (keyA < keyB ? -1 : 1))
    .map(([, { labels, sums }]) => ({
      labels,
      points: [...sums].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value })),
    }));
}
