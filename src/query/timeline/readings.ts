import type { Measurement } from '../../profile/measurement.js';
import {
  type Frame,
  framesOf,
  gapsOf,
  type Reading,
  type Span,
  usualInterval,
} from '../../profile/series/timeline.js';
import type { ToolContext } from '../context.js';
import { findInstanceLabel } from '../measure.js';
import { profileQuery, type Scope } from '../scope.js';
import { countReadings, countStored, type FrameCounts, profileKey } from './frames.js';

/** Parts into which a window is cut where each costs a request. */
export const MAX_PARTS = 12;
/** Profiles are told apart one by one up to this number; a point of a series takes about 100 bytes. */
const MAX_READINGS = 20_000;
/** Seconds between two points: one for windows up to an hour, and always below the interval of a profiler. */
const LONGEST_STEP_S = 5;

/** How a window is cut into parts, what was read to know it, and what it is the sum of. */
export interface Frames extends FrameCounts {
  frames: Frame[];
  readings: Reading[];
  gaps: Span[];
  /** What the times of profiles are known to, ms: they may be as much earlier. */
  step: number;
  /** The usual time between two profiles of an instance, ms. */
  interval: number;
}

/**
 * Finds when the profiles of a scope came, and cuts the window into parts that hold some: one request for a
 * series by instance. Where profiles cannot be told apart in it (no label of instances, too many), one count
 * per part as well, two by label: at most 24, 4 at a time.
 *
 * @param label that series are told apart by, or null
 * @param most parts wanted, where the profiles allow as many
 * @throws UpstreamError
 */
export async function readFrames(
  scope: Scope,
  measured: Measurement,
  options: { label: string | null; most: number },
  context: ToolContext,
): Promise<Frames> {
  const { label } = options;
  const query = profileQuery(scope);
  const { window } = query;
  const many = (measured.profiles ?? 0) > MAX_READINGS;
  const seconds = (window.to - window.from) / 1000;
  const step = many
    ? Math.ceil(seconds / MAX_PARTS)
    : Math.min(LONGEST_STEP_S, Math.max(1, Math.ceil(seconds / 3600)));
  const instanceLabel = many ? null : await findInstanceLabel(query, scope, context);
  const groupBy = [...new Set([label, instanceLabel].filter((name) => name !== null))];
  const series = await scope.source.timeSeries(query, { groupBy, step }, context.signal);
  const readings = series.flatMap(({ labels, points }) =>
    points.map(({ time, value }) => ({
      time: Math.min(time, window.to),
      value,
      instance: instanceLabel === null ? null : (labels[instanceLabel] ?? null),
      label: label === null ? null : (labels[label] ?? null),
    })),
  );
  const interval = many ? null : usualInterval(readings);
  const gaps = gapsOf(readings, window, interval);
  const single = measured.profiles === null || measured.profiles === new Set(readings.map(profileKey)).size;
  const count = Math.max(
    1,
    single ? Math.min(options.most, mostOfOne(readings)) : Math.min(options.most, MAX_PARTS),
  );
  const frames = framesOf(readings, window, { count, step: step * 1000, gaps });
  const each = (measured.profiles ?? 1) / (measured.instances ?? 1);
  const usual = interval ?? (window.to - window.from) / each;
  const counts = single
    ? countReadings(readings, frames)
    : await countStored(scope.source, query, frames, { label, interval: usual }, context.signal);
  return { frames, readings, gaps, step: step * 1000, interval: usual, ...counts };
}

/** The number of profiles of the instance that sent most. */
function mostOfOne(readings: readonly Reading[]): number {
  const times = new Map<string | null, Set<number>>();
  for (const { instance, time } of readings) {
    const own = times.get(instance) ?? new Set();
    times.set(instance, own.add(time));
  }
  return [...times.values()].reduce((most, { size }) => Math.max(most, size), 0);
}
