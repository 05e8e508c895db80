import type { Measurement } from '../../profile/measurement.js';
import { type Series, type SeriesPart, sampleWorth, seriesOf } from '../../profile/series/series.js';
import { type Frame, sumsOf } from '../../profile/series/timeline.js';
import { scaleOf } from '../../report/answers/series.js';
import type { Matcher } from '../../sources/source.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import { inFrames, mergedCosts, partCosts, readableCosts } from './frames.js';
import { type Frames, MAX_PARTS, readFrames } from './readings.js';

/** Parts of a total that cost no requests of their own. */
const MAX_FREE_PARTS = 24;
/** Parts of a label's values: where each costs a request, and where only its place in the answer. */
const MAX_MERGED_PARTS = 6;
/** Values of a label that are looked at, and of those of a wall-clock type, whose parts cost requests. */
const MAX_VALUES = 12;
const MAX_MERGED_VALUES = 4;

export interface TotalSeries extends Pick<Frames, 'frames' | 'gaps' | 'step'> {
  whole: Series;
  /** What could not be read. */
  notes: string[];
}

/**
 * The total over time: one request for a series, and for a wall-clock type, whose idle stacks only a profile
 * shows, one merge per part, at most 12.
 * @throws UpstreamError
 */
export async function totalSeries(
  measured: Measurement,
  scope: Scope,
  context: ToolContext,
): Promise<TotalSeries> {
  const wallClock = scope.type.wallClock;
  const read = await readFrames(
    scope,
    measured,
    { label: null, most: wallClock ? MAX_PARTS : MAX_FREE_PARTS },
    context,
  );
  const merged = wallClock ? await readableCosts(scope, read, null, context) : null;
  const sums = merged?.costs.map((cost) => cost?.value ?? 0) ?? sumsOf(read.readings, read.frames);
  const { frames, gaps, step } = read;
  // A part that could not be read is as unknown as one without profiles, and the notes say which it is.
  const profilesIn: Frames['profilesIn'] = (at, label) =>
    merged !== null && merged.costs[at] === null ? 0 : read.profilesIn(at, label);
  const whole = valueSeries(measured, { ...read, profilesIn }, sums);
  return { frames, gaps, step, whole, notes: merged?.notes ?? [] };
}

/**
 * The total over time and the heaviest values of a label: one request for a series; for a wall-clock type one
 * merge for each of at most 4 values in at most 6 parts (24), and 6 more for the total where there are more
 * values.
 * @throws UpstreamError
 */
export async function labelSeries(
  label: string,
  measured: Measurement,
  scope: Scope,
  context: ToolContext,
): Promise<TotalSeries & { series: Series[]; others: number }> {
  const { wallClock } = scope.type;
  const most = wallClock ? MAX_MERGED_PARTS : MAX_PARTS;
  const read = await readFrames(scope, measured, { label, most }, context);
  const totals = new Map<string | null, number>();
  for (const { label: of, value } of read.readings) totals.set(of, (totals.get(of) ?? 0) + value);
  const heaviest = [...totals]
    .sort(([a, x], [b, y]) => y - x || ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([of]) => of);
  const values = heaviest.slice(0, wallClock ? MAX_MERGED_VALUES : MAX_VALUES);
  const sums = wallClock
    ? await mergedSums(label, values, read, scope, context)
    : values.map((of) =>
        sumsOf(
          read.readings.filter((reading) => reading.label === of),
          read.frames,
        ),
      );
  const rest = heaviest.length > values.length;
  const wholeSums =
    wallClock && rest
      ? (await partCosts(scope, read, null, context)).map(({ value }) => value)
      : rest
        ? sumsOf(read.readings, read.frames)
        : read.frames.map((_, at) => sums.reduce((sum, own) => sum + (own[at] ?? 0), 0));
  const whole = valueSeries(measured, read, wholeSums);
  const rise = (some: readonly number[]) => riseAt(read, some, whole.begins);
  return {
    frames: read.frames,
    gaps: read.gaps,
    step: read.step,
    notes: [],
    whole,
    series: values.map((of, at) => {
      const own = sums[at] ?? [];
      const series = valueSeries(measured, read, own, { of, wholeSums, suspect: whole.begins ?? undefined });
      return { ...series, carries: whole.begins === null ? null : rise(own) / rise(wholeSums) };
    }),
    others: heaviest.length - values.length,
  };
}

/** By how much the mean sum of a frame is higher from one frame on than before. */
function riseAt({ frames }: Pick<Frames, 'frames'>, sums: readonly number[], begins: Frame | null): number {
  const meanOf = (keep: (frame: Frame) => boolean) => {
    const kept = sums.filter((_, at) => {
      const frame = frames[at];
      return frame !== undefined && frame.first !== null && keep(frame);
    });
    return kept.reduce((sum, value) => sum + value, 0) / (kept.length || 1);
  };
  const time = begins?.from ?? 0;
  return meanOf(({ from }) => from >= time) - meanOf(({ from }) => from < time);
}

async function mergedSums(
  label: string,
  values: readonly (string | null)[],
  read: Frames,
  scope: Scope,
  context: ToolContext,
): Promise<number[][]> {
  const query = profileQuery(scope);
  const queries = values.flatMap((of) => {
    const matcher: Matcher = { name: label, op: '=', value: of ?? '' };
    const matchers = [...query.matchers, matcher];
    return inFrames(read.frames, (window, at) =>
      read.profilesIn(at, of) === 0 ? null : { ...query, matchers, window },
    );
  });
  const costs = await mergedCosts(scope, queries, null, context);
  return values.map((_, at) =>
    costs.slice(at * read.frames.length, (at + 1) * read.frames.length).map(({ value }) => value),
  );
}

/**
 * Sums per frame as a series of values per profile or second.
 *
 * @param one the value of the label that it is of, with the sums of the whole and where that changes; left
 *   out for the whole
 */
function valueSeries(
  measured: Measurement,
  read: Frames,
  sums: readonly number[],
  one?: { of: string | null; wholeSums: readonly number[]; suspect: Frame | undefined },
): Series {
  const scale = scaleOf(measured);
  const own = one === undefined ? read.readings : read.readings.filter(({ label }) => label === one.of);
  const parts = read.frames.map((frame, at): SeriesPart => {
    const profiles = read.profilesIn(at, one?.of);
    const instances = read.instancesIn(at, one?.of);
    const sum = sums[at] ?? 0;
    const whole = one?.wholeSums[at] ?? 0;
    return {
      frame,
      profiles,
      instances,
      value: profiles === 0 ? null : scale.convert(sum / profiles, instances, read.interval),
      share: whole > 0 ? sum / whole : null,
    };
  });
  const add = (some: readonly number[]) => some.reduce((sum, value) => sum + value, 0);
  const whole = add(one?.wholeSums ?? []);
  const series = seriesOf(one?.of ?? null, parts, {
    by: 'value',
    share: whole > 0 ? add(sums) / whole : null,
    variance: countedVariance(measured, parts, read.interval),
    // The load moves it, too.
    onlyCounts: false,
    suspect: one?.suspect,
  });
  if (one === undefined || own.length === 0) return series;
  const isKnown = ({ value }: SeriesPart) => value !== null;
  const everywhere = read.frames.map(({ first }) => first !== null);
  const times = own.map(({ time }) => time).sort((a, b) => a - b);
  return {
    ...series,
    since: parts.findIndex(isKnown) > everywhere.indexOf(true) ? (times[0] ?? null) : null,
    until: parts.findLastIndex(isKnown) < everywhere.lastIndexOf(true) ? (times.at(-1) ?? null) : null,
  };
}

/**
 * Variance of the value of one profile as the counts of its samples tell it (Poisson); null where they are
 * not known.
 */
function countedVariance(
  measured: Measurement,
  parts: readonly SeriesPart[],
  interval: number,
): number | null {
  const worth = sampleWorth(measured);
  const known = parts.filter(({ value }) => value !== null);
  if (worth === null || known.length === 0) return null;
  const meanOf = (figure: (part: SeriesPart) => number) =>
    known.reduce((sum, part) => sum + figure(part), 0) / known.length;
  const worthAsShown = scaleOf(measured).convert(
    worth,
    meanOf(({ instances }) => instances),
    interval,
  );
  return worthAsShown * meanOf(({ value }) => value ?? 0);
}
