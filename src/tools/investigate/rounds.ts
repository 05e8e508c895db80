import type { Labels, ProfileQuery, ProfileSource, TimeSeries, Window } from '../../sources/source.js';
import { gridEnd, isIn, type Plan } from './windows.js';

/** When which instance sent a profile of one type, and its total. */
export interface Rounds {
  series: readonly TimeSeries[];
  stepMs: number;
}

/** The totals of one type over both windows: one request. */
export async function readRounds(
  source: ProfileSource,
  query: Omit<ProfileQuery, 'window'>,
  { baseline, incident, stepMs }: Plan,
  groupBy: readonly string[],
  signal: AbortSignal,
): Promise<Rounds> {
  const window = { from: baseline.from, to: gridEnd(incident, stepMs) };
  const series = await source.timeSeries({ ...query, window }, { groupBy, step: stepMs / 1000 }, signal);
  return { series, stepMs };
}

/** Distinct times with a profile in a window, ascending: right edges of steps. */
export function roundTimes({ series, stepMs }: Rounds, window: Window): number[] {
  const times = new Set<number>();
  for (const { points } of series)
    for (const { time } of points) if (isIn(window, time, stepMs)) times.add(time);
  return [...times].sort((a, b) => a - b);
}

/** Number of profiles in a window, one for each instance and step with data, and their sum. */
export function totalsIn(
  { series, stepMs }: Rounds,
  window: Window,
  counts: (labels: Labels) => boolean = () => true,
): { profiles: number; value: number } {
  let profiles = 0;
  let value = 0;
  for (const { labels, points } of series) {
    if (!counts(labels)) continue;
    for (const point of points) {
      if (!isIn(window, point.time, stepMs)) continue;
      profiles++;
      value += point.value;
    }
  }
  return { profiles, value };
}
