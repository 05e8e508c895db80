import type { Measurement } from '../../profile/measurement.js';
import {
  countProfiles,
  cutIntoFrames,
  estimateInterval,
  type Frame,
  findGaps,
  type Reading,
  type Span,
} from '../../profile/series/timeline.js';
import type { ToolContext } from '../context.js';
import { findInstanceLabel } from '../measure.js';
import { profileQuery, type Scope } from '../scope.js';
import { countReadings, countStored, type FrameCounts } from './frames.js';

/** Maximum number of parts of a window where each costs a request. */
export const MAX_PARTS = 12;
/** Maximum number of profiles that are read one by one; a point of a series takes about 100 bytes. */
const MAX_READINGS = 20_000;
/**
 * Maximum step of a series, in seconds; it stays below the interval of a profiler. Windows up to an hour have
 * steps of one second.
 */
const MAX_STEP_S = 5;

/** A window cut into frames, the readings that show where to cut, and the counts behind each sum. */
export interface Frames extends FrameCounts {
  frames: Frame[];
  readings: Reading[];
  gaps: Span[];
  /** Resolution of the times of profiles, in ms: a profile may be earlier by as much. */
  step: number;
  /** Usual time between two profiles of an instance, in ms. */
  interval: number;
  /** Whether the readings are single profiles; else they are sums of several. */
  isToldApart: boolean;
}

/**
 * Reads the times of the profiles of a scope, with one request for a series by instance, and cuts the window
 * into parts that hold profiles. Where the series does not show single profiles (no instance label, or too
 * many profiles), the store counts them: one request for each part, two with a label, 24 at most, 4 at a
 * time.
 *
 * @param options.label label that splits the series, or null
 * @param options.maxParts number of parts, where the profiles allow as many
 * @throws UpstreamError
 */
export async function readFrames(
  scope: Scope,
  measurement: Measurement,
  options: { label: string | null; maxParts: number },
  context: ToolContext,
): Promise<Frames> {
  const { label } = options;
  const query = profileQuery(scope);
  const { window } = query;
  const isTooMany = (measurement.profiles ?? 0) > MAX_READINGS;
  const seconds = (window.to - window.from) / 1000;
  const step = isTooMany
    ? Math.ceil(seconds / MAX_PARTS)
    : Math.min(MAX_STEP_S, Math.max(1, Math.ceil(seconds / 3600)));
  const instanceLabel = isTooMany ? null : await findInstanceLabel(query, scope, context);
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
  const interval = isTooMany ? null : estimateInterval(readings);
  const gaps = findGaps(readings, window, interval);
  const isToldApart = measurement.profiles === null || measurement.profiles === countProfiles(readings);
  const count = Math.max(
    1,
    isToldApart
      ? Math.min(options.maxParts, maxProfilesOfInstance(readings))
      : Math.min(options.maxParts, MAX_PARTS),
  );
  const frames = cutIntoFrames(readings, window, { count, step: step * 1000, gaps });
  const profilesPerInstance = (measurement.profiles ?? 1) / (measurement.instances ?? 1);
  const knownInterval = interval ?? (window.to - window.from) / profilesPerInstance;
  const counts = isToldApart
    ? countReadings(readings, frames)
    : await countStored(scope.source, query, frames, { label, interval: knownInterval }, context.signal);
  return { frames, readings, gaps, step: step * 1000, interval: knownInterval, isToldApart, ...counts };
}

/** The highest number of profiles that any instance sent. */
function maxProfilesOfInstance(readings: readonly Reading[]): number {
  const times = new Map<string | null, Set<number>>();
  for (const { instance, time } of readings) {
    const instanceTimes = times.get(instance) ?? new Set();
    times.set(instance, instanceTimes.add(time));
  }
  return [...times.values()].reduce((most, { size }) => Math.max(most, size), 0);
}
