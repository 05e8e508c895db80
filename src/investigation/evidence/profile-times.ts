import { meanWithoutGaps } from '../../profile/series/timeline.js';
import type {
  Labels,
  ProfileQuery,
  ProfileSource,
  SnapshotCount,
  TimeSeries,
  Window,
} from '../../sources/source.js';
import { countTurns, isSame, type PerStep } from './rollout/merged.js';
import type { TogetherCounts } from './rollout/together.js';
import { gridEnd, isIn, type Plan } from './windows.js';

/** When which instance sent a profile of one type, and its total. */
export interface ProfileTimes {
  series: readonly TimeSeries[];
  stepMs: number;
  /** Number of profiles of each window, if the series are sums over a large fleet. */
  largeFleet?: readonly { window: Window; profiles: number; perStep: number }[];
  /**
   * How many profiles points are of, where they are of more than one. There only where no label tells
   * instances apart.
   */
  together?: readonly PerStep[];
}

/**
 * How many profiles each instance sent before and after, where there are too many instances for a series
 * each.
 */
export interface LargeFleetCounts {
  before: readonly SnapshotCount[];
  after: readonly SnapshotCount[];
}

/** How the series of a fleet are told apart: by labels, or not at all. */
export interface Grouping {
  groupBy: readonly string[];
  largeFleetCounts: LargeFleetCounts | null;
  /** Numbers of profiles where instances are not told apart. */
  togetherCounts?: TogetherCounts | undefined;
}

/**
 * Counts the profiles of a large fleet: two requests. Instances send all types as often, so that one type
 * does for all.
 */
export async function readLargeFleetCounts(
  source: ProfileSource,
  query: Omit<ProfileQuery, 'window'>,
  { baseline, incident }: Plan,
  instanceLabel: string,
  signal: AbortSignal,
): Promise<LargeFleetCounts> {
  const [before = [], after = []] = await Promise.all(
    [baseline, incident].map((window) => source.snapshots({ ...query, window }, [instanceLabel], signal)),
  );
  return { before, after };
}

/**
 * The totals of one type over both windows: one request. The points of a large fleet are sums over all
 * instances; how many profiles each is of follows from the counts, so that a cost per profile does not depend
 * on the number of instances.
 */
export async function readProfileTimes(
  source: ProfileSource,
  query: Omit<ProfileQuery, 'window'>,
  { baseline, incident, stepMs }: Plan,
  { groupBy, largeFleetCounts }: Grouping,
  signal: AbortSignal,
): Promise<ProfileTimes> {
  const window = { from: baseline.from, to: gridEnd(incident, stepMs) };
  const series = await source.timeSeries({ ...query, window }, { groupBy, step: stepMs / 1000 }, signal);
  const times = { series, stepMs };
  if (largeFleetCounts === null) return times;
  const profilesIn = (counts: readonly SnapshotCount[]) => counts.reduce((sum, one) => sum + one.profiles, 0);
  return withProfileCounts(times, [
    { window: baseline, profiles: profilesIn(largeFleetCounts.before) },
    { window: incident, profiles: profilesIn(largeFleetCounts.after) },
  ]);
}

/** Series that are sums over many instances, with the number of profiles that the points of a window hold. */
export function withProfileCounts(
  times: ProfileTimes,
  counts: readonly { window: Window; profiles: number }[],
): ProfileTimes {
  const largeFleet = counts.map(({ window, profiles }) => ({
    window,
    profiles,
    perStep: profiles / Math.max(1, sharedTimes(times, window).length),
  }));
  return { ...times, largeFleet };
}

/** The series with a profile in a window: one for each instance that sent one, where they are told apart. */
export function sendersIn({ series, stepMs }: ProfileTimes, window: Window): TimeSeries[] {
  return series.filter(({ points }) => points.some(({ time }) => isIn(window, time, stepMs)));
}

/** Distinct times with a profile in a window, ascending: right edges of steps. */
export function sharedTimes({ series, stepMs }: ProfileTimes, window: Window): number[] {
  const times = new Set<number>();
  for (const { points } of series)
    for (const { time } of points) if (isIn(window, time, stepMs)) times.add(time);
  return [...times].sort((a, b) => a - b);
}

/** Number of some profiles, and the sum of their values. */
export interface Totals {
  profiles: number;
  value: number;
}

/** Value per profile; null where there is none. */
export function computeMean({ profiles, value }: Totals): number | null {
  return profiles > 0 ? value / profiles : null;
}

/**
 * Number of profiles in a window, one for each instance and step with data, and their sum; of a large fleet,
 * for each step the usual number of its window.
 */
export function totalsIn(
  { series, stepMs, largeFleet = [], together = [] }: ProfileTimes,
  window: Window,
  counts: (labels: Labels) => boolean = () => true,
): Totals {
  let profiles = 0;
  let value = 0;
  for (const { labels, points } of series) {
    if (!counts(labels)) continue;
    const sides = largeFleet.length > 0 ? largeFleet : together.filter((side) => isSame(side.labels, labels));
    for (const { time, value: sent } of points) {
      if (!isIn(window, time, stepMs)) continue;
      profiles += sides.length === 0 ? 1 : countAt(sides, time, stepMs);
      value += sent;
    }
  }
  return { profiles: Math.round(profiles), value };
}

/** How many profiles a point at a time is of. */
function countAt(
  sides: readonly { window: Window; perStep: number }[],
  time: number,
  stepMs: number,
): number {
  return sides.find((side) => isIn(side.window, time, stepMs))?.perStep ?? 1;
}

/** The totals of single profiles in a window; none where the series are sums over a large fleet. */
export function singleTotals({ series, stepMs, largeFleet }: ProfileTimes, window: Window): number[] {
  if (largeFleet !== undefined) return [];
  return series.flatMap(({ points }) =>
    points.filter(({ time }) => isIn(window, time, stepMs)).map(({ value }) => value),
  );
}

/** An interval longer than this many of the usual ones has lost a profile. */
const MISSED = 1.5;

/**
 * The usual time between two profiles of one instance, in milliseconds: a mean, which the steps of the times
 * do not distort.
 */
export function measureGap({ series, stepMs, together }: ProfileTimes): number {
  const gaps = series.flatMap(({ points }) => {
    const times = points.map(({ time }) => time).sort((a, b) => a - b);
    const turns = together === undefined ? 1 : countTurns(times);
    return times.slice(turns).map((time, at) => time - (times[at] ?? time));
  });
  return meanWithoutGaps(gaps, MISSED) ?? stepMs;
}
