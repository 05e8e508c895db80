import type { Measurement } from '../../profile/measurement.js';
import { isDifference, totalValue } from '../../profile/model.js';
import { analyseSeries, type Series, type SeriesPart } from '../../profile/series/series.js';
import { type Frame, frameAt, type Reading, sumFrames } from '../../profile/series/timeline.js';
import { chooseScale } from '../../report/answers/series.js';
import type { Matcher } from '../../sources/source.js';
import { formatShare } from '../../text/units.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import { fetchCosts, fetchFrameCosts, mapFrames, readFrameCosts } from './frames.js';
import { onsetOfReadings, onsetsOfCosts } from './onset.js';
import { type Frames, MAX_PARTS, readFrames } from './readings.js';
import { countedVariance, seriesPart } from './series-part.js';

/** Maximum number of parts of a total, where they cost no requests. */
const MAX_FREE_PARTS = 24;
/** Maximum number of parts of a label's values, where each costs a request. */
const MAX_MERGED_PARTS = 6;
/** Maximum number of values of a label; fewer for a wall-clock type, whose parts cost requests. */
const MAX_VALUES = 12;
const MAX_MERGED_VALUES = 4;

export interface TotalSeries extends Pick<Frames, 'frames' | 'gaps' | 'step'> {
  whole: Series;
  /** Notes about parts that could not be read. */
  notes: string[];
}

/**
 * Reads the total over time with one request for a series. A wall-clock type, whose idle stacks only a
 * profile shows, costs one merge for each part, at most 12.
 * @throws UpstreamError
 */
export async function totalSeries(
  measurement: Measurement,
  scope: Scope,
  context: ToolContext,
): Promise<TotalSeries> {
  const isWallClock = scope.type.isWallClock;
  const maxParts = isWallClock ? MAX_PARTS : MAX_FREE_PARTS;
  const timeline = await readFrames(scope, measurement, { label: null, maxParts }, context);
  const merged = isWallClock ? await readFrameCosts(scope, timeline, null, context) : null;
  const sums = merged?.costs.map((cost) => cost?.value ?? 0) ?? sumFrames(timeline.readings, timeline.frames);
  const { frames, gaps, step } = timeline;
  // The value of a part that could not be read is unknown, like that of a part without profiles.
  const profilesIn: Frames['profilesIn'] = (at, label) =>
    merged !== null && merged.costs[at] === null ? 0 : timeline.profilesIn(at, label);
  const counted = { ...timeline, profilesIn };
  const series = valueSeries(measurement, counted, sums);
  const isFromReadings = merged === null && timeline.isToldApart;
  const costs = merged?.costs ?? sums.map((value) => ({ value, active: value }));
  const told = {
    timeline: counted,
    measurement,
    scope,
    context,
    isNarrowed: merged !== null && timeline.isToldApart,
  };
  const onset = isFromReadings
    ? onsetOfReadings(series, timeline.readings, told)
    : (await onsetsOfCosts({ share: null, values: series }, costs, told)).values;
  const whole = { ...series, onset };
  return { frames, gaps, step, whole, notes: merged?.notes ?? unstackedNotes(measurement, timeline) };
}

/** Smallest part of a value without a stack that is said. */
const MIN_UNSTACKED = 0.01;

/**
 * Says which part of the value has no stack: a Pyroscope server counts such samples in its series and leaves
 * them out of its merges.
 */
function unstackedNotes(
  { active, reduced, isSinceStart }: Measurement,
  { readings }: Pick<Frames, 'readings'>,
): string[] {
  const sum = readings.reduce((total, { value }) => total + value, 0);
  const part = sum > 0 ? 1 - totalValue(active) / sum : 0;
  if (part < MIN_UNSTACKED || reduced !== null || isSinceStart || isDifference(active)) return [];
  return [
    `${formatShare(part)} of the value over time has no stack: the store leaves it out of profiles, so it is in no function and not in the total above.`,
  ];
}

/**
 * Reads the total and the values of a label that changed most over time, with one request for a series. A
 * wall-clock type, whose idle stacks only a profile shows, costs one merge for each of at most 4 values in at
 * most 6 parts (24); where there are more values, 12 to rank them by their active time and 6 for the total.
 * @throws UpstreamError
 */
export async function labelSeries(
  label: string,
  measurement: Measurement,
  scope: Scope,
  context: ToolContext,
): Promise<TotalSeries & { series: Series[]; others: number }> {
  const { isWallClock } = scope.type;
  const maxParts = isWallClock ? MAX_MERGED_PARTS : MAX_PARTS;
  const timeline = await readFrames(scope, measurement, { label, maxParts }, context);
  const { frames, gaps, step, readings } = timeline;
  const all = isWallClock ? byWeight(readings) : byChange(timeline);
  const values = isWallClock
    ? await mostActive(label, all.slice(0, MAX_VALUES), scope, context)
    : all.slice(0, MAX_VALUES);
  const sums = isWallClock
    ? await mergedSums(label, values, timeline, scope, context)
    : values.map((name) =>
        sumFrames(
          readings.filter((reading) => reading.label === name),
          frames,
        ),
      );
  const hasMore = all.length > values.length;
  const wholeSums =
    isWallClock && hasMore
      ? (await fetchFrameCosts(scope, timeline, null, context)).map(({ value }) => value)
      : hasMore
        ? sumFrames(readings, frames)
        : frames.map((_, at) => sums.reduce((sum, valueSums) => sum + (valueSums[at] ?? 0), 0));
  const told = { timeline, measurement, scope, context, isNarrowed: false };
  /** Adds the onset of the total, or of a value of the label. */
  const withOnset = async (series: Series, ownSums: readonly number[], name?: string | null) => {
    const isOwn = ({ label: value }: Reading) => name === undefined || value === name;
    const own = readings.filter(isOwn);
    if (!isWallClock && timeline.isToldApart) return { ...series, onset: onsetOfReadings(series, own, told) };
    const profilesIn: Frames['profilesIn'] = (at) => timeline.profilesIn(at, name);
    const costs = ownSums.map((value) => ({ value, active: value }));
    const ofName = { ...told, timeline: { ...timeline, readings: own, profilesIn } };
    const { values: onset } = await onsetsOfCosts({ share: null, values: series }, costs, ofName);
    return { ...series, onset };
  };
  const whole = await withOnset(valueSeries(measurement, timeline, wholeSums), wholeSums);
  const { begins } = whole;
  return {
    frames,
    gaps,
    step,
    notes: isWallClock ? [] : unstackedNotes(measurement, timeline),
    whole,
    series: await Promise.all(
      values.map(async (name, at) => {
        const valueSums = sums[at] ?? [];
        const labelValue = { name, wholeSums, suspect: begins ?? undefined };
        const ofValue = valueSeries(measurement, timeline, valueSums, labelValue);
        const series = await withOnset(ofValue, valueSums, name);
        const carries =
          begins === null ? null : riseAt(begins, valueSums, frames) / riseAt(begins, wholeSums, frames);
        return { ...series, carries };
      }),
    ),
    others: all.length - values.length,
  };
}

/** Values of the label that splits the readings, heaviest first; null stands for readings without it. */
function byWeight(readings: readonly Reading[]): (string | null)[] {
  const totals = new Map<string | null, number>();
  for (const { label, value } of readings) totals.set(label, (totals.get(label) ?? 0) + value);
  return [...totals]
    .sort(([a, x], [b, y]) => y - x || ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([label]) => label);
}

/**
 * Picks the values with most active time: one that only waits may weigh most in the series. Few values are
 * all taken.
 */
async function mostActive(
  label: string,
  values: readonly (string | null)[],
  scope: Scope,
  context: ToolContext,
): Promise<(string | null)[]> {
  if (values.length <= MAX_MERGED_VALUES) return [...values];
  const query = profileQuery(scope);
  const queries = values.map((name) => ({
    ...query,
    matchers: [...query.matchers, valueMatcher(label, name)],
  }));
  const costs = await fetchCosts(scope, queries, null, context);
  return values
    .map((name, at) => ({ name, active: costs[at]?.active ?? 0 }))
    .sort((a, b) => b.active - a.active)
    .slice(0, MAX_MERGED_VALUES)
    .map(({ name }) => name);
}

/** The matcher of a value of a label; null stands for profiles without it. */
function valueMatcher(name: string, value: string | null): Matcher {
  return { name, op: '=', value: value ?? '' };
}

/**
 * Values of the label that splits the readings, those first whose sums changed most: by the largest
 * difference between the means after a cut and before it, over all cuts, since the change of one value need
 * not come when the whole changes. Roots of the sums are compared, on whose scale counts vary alike whatever
 * their size (Anscombe 1948): else the noise of heavy values would hide the doubling of a light one. Equal
 * ones by weight.
 */
function byChange({ readings, frames, profilesIn, instancesIn }: Frames): (string | null)[] {
  const heaviest = byWeight(readings);
  const present = frames.flatMap(({ first }, at) => (first === null ? [] : [at]));
  // A frame at the end may hold one round of profiles fewer: that is no change.
  const rounds = frames.map((_, at) => profilesIn(at) / Math.max(1, instancesIn(at)));
  const sums = new Map(heaviest.map((label) => [label, new Float64Array(frames.length)]));
  for (const { label, time, value } of readings) {
    const own = sums.get(label);
    const at = frameAt(frames, time);
    if (own !== undefined && at >= 0) own[at] = (own[at] ?? 0) + value;
  }
  const changes = new Map(
    [...sums].map(([label, own]) => [
      label,
      largestStep(present.map((at) => Math.sqrt(Math.max(0, own[at] ?? 0) / Math.max(1, rounds[at] ?? 1)))),
    ]),
  );
  return heaviest.toSorted((a, b) => (changes.get(b) ?? 0) - (changes.get(a) ?? 0));
}

/** Largest difference of the means after and before a cut, weighted as a test of the difference weighs it. */
function largestStep(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  let before = 0;
  let largest = 0;
  for (let cut = 1; cut < values.length; cut++) {
    before += values[cut - 1] ?? 0;
    const rest = values.length - cut;
    const difference = Math.abs((total - before) / rest - before / cut);
    largest = Math.max(largest, difference * Math.sqrt((cut * rest) / values.length));
  }
  return largest;
}

/** Rise of the mean sum of a frame, from the frame with which a change begins on. */
function riseAt({ from: time }: Frame, sums: readonly number[], frames: readonly Frame[]): number {
  const computeMean = (isIncluded: (frame: Frame) => boolean) => {
    const included = sums.filter((_, at) => {
      const frame = frames[at];
      return frame !== undefined && frame.first !== null && isIncluded(frame);
    });
    return included.reduce((sum, value) => sum + value, 0) / (included.length || 1);
  };
  return computeMean(({ from }) => from >= time) - computeMean(({ from }) => from < time);
}

/** Sums per value of a label and frame, from one merge for each. */
async function mergedSums(
  label: string,
  values: readonly (string | null)[],
  timeline: Frames,
  scope: Scope,
  context: ToolContext,
): Promise<number[][]> {
  const { frames } = timeline;
  const query = profileQuery(scope);
  const queries = values.flatMap((name) => {
    const matchers = [...query.matchers, valueMatcher(label, name)];
    return mapFrames(frames, (window, at) =>
      timeline.profilesIn(at, name) === 0 ? null : { ...query, matchers, window },
    );
  });
  const costs = await fetchCosts(scope, queries, null, context);
  return values.map((_, at) =>
    costs.slice(at * frames.length, (at + 1) * frames.length).map(({ value }) => value),
  );
}

/** A value of the label that splits a total. */
interface LabelValue {
  /** Null for profiles without the label. */
  name: string | null;
  /** Sums of the total per frame. */
  wholeSums: readonly number[];
  /** First frame with a change of the total. */
  suspect: Frame | undefined;
}

/**
 * Makes a series of values per profile or second from sums per frame.
 * @param labelValue the value whose sums these are; left out for the total
 */
function valueSeries(
  measurement: Measurement,
  timeline: Frames,
  sums: readonly number[],
  labelValue?: LabelValue,
): Series {
  const { frames, interval } = timeline;
  const name = labelValue?.name;
  const readings =
    labelValue === undefined ? timeline.readings : timeline.readings.filter(({ label }) => label === name);
  const scale = chooseScale(measurement);
  const parts = frames.map((frame, at) => {
    const profiles = timeline.profilesIn(at, name);
    const instances = timeline.instancesIn(at, name);
    const whole = labelValue?.wholeSums[at] ?? 0;
    return seriesPart(frame, { profiles, instances, sum: sums[at] ?? 0, whole }, scale, interval);
  });
  const add = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0);
  const whole = add(labelValue?.wholeSums ?? []);
  const series = analyseSeries(name ?? null, parts, {
    by: 'value',
    share: whole > 0 ? add(sums) / whole : null,
    variance: countedVariance(measurement, parts, interval),
    // The load moves a value, too.
    isPureCount: false,
    suspect: labelValue?.suspect,
  });
  if (labelValue === undefined || readings.length === 0) return series;
  const isKnown = ({ value }: SeriesPart) => value !== null;
  const holdsProfiles = frames.map(({ first }) => first !== null);
  const times = readings.map(({ time }) => time).sort((a, b) => a - b);
  return {
    ...series,
    since: parts.findIndex(isKnown) > holdsProfiles.indexOf(true) ? (times[0] ?? null) : null,
    until: parts.findLastIndex(isKnown) < holdsProfiles.lastIndexOf(true) ? (times.at(-1) ?? null) : null,
  };
}
