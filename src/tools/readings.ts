import pMap from 'p-map';
import {
  type Frame,
  frameAt,
  framesOf,
  gapsOf,
  type Reading,
  type Span,
  usualInterval,
  windowsOf,
} from '../profile/timeline.js';
import type { Measurement } from '../report/measurement.js';
import type { ProfileQuery } from '../sources/source.js';
import type { ToolContext } from './define.js';
import { findInstanceLabel } from './measure.js';
import { allMatchers } from './request.js';
import type { Scope } from './scope.js';

/** Requests of one answer that are under way at the same time. */
export const IN_FLIGHT = 4;
/** Parts into which a window is cut where each costs a request. */
export const MOST_PARTS = 12;
/** Profiles are told apart one by one up to this number; a point of a series takes about 100 bytes. */
const MOST_READINGS = 20_000;
/** Seconds between two points: one for windows up to an hour, and always below the interval of a profiler. */
const LONGEST_STEP_S = 5;

/** How a window is cut into parts, and what was read to know it. */
export interface Frames {
  frames: Frame[];
  readings: Reading[];
  gaps: Span[];
  /** Number of profiles per frame; of those with one value of the label where it is given. */
  profilesIn(frame: number, label?: string | null): number;
  /** Number of instances that sent them; where they cannot be told apart, by how often one sends. */
  instancesIn(frame: number, label?: string | null): number;
}

export function profileQuery({ service, matchers, window, type }: Scope): ProfileQuery {
  return { profileTypeId: type.id, matchers: allMatchers(service, matchers), window };
}

/**
 * Finds when the profiles of a scope came, and cuts the window into parts that hold some: one request for a series by
 * instance. Where profiles cannot be told apart in it (no label of instances, too many), one count per part as well: at
 * most 12, 4 at a time.
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
  const many = (measured.profiles ?? 0) > MOST_READINGS;
  const seconds = (window.to - window.from) / 1000;
  const step = many
    ? Math.ceil(seconds / MOST_PARTS)
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
  const single = measured.profiles === null || measured.profiles === readings.length;
  const count = Math.max(
    1,
    single ? Math.min(options.most, mostOfOne(readings)) : Math.min(options.most, MOST_PARTS),
  );
  const frames = framesOf(readings, window, { count, step: step * 1000, gaps });
  const counts = single
    ? countReadings(readings, frames)
    : await countStored(query, frames, label, scope, context);
  const ofFrame = (at: number, of: string | null | undefined) => {
    const inFrame = counts[at] ?? new Map<string | null, Count>();
    return of === undefined ? [...inFrame.values()] : [inFrame.get(of) ?? NOTHING];
  };
  const profilesIn: Frames['profilesIn'] = (at, of) =>
    ofFrame(at, of).reduce((sum, { profiles }) => sum + profiles, 0);
  const sent = (measured.profiles ?? 0) / (measured.instances ?? 1);
  return {
    frames,
    readings,
    gaps,
    profilesIn,
    instancesIn(at, of) {
      const { from, to } = frames[at] ?? window;
      return single
        ? new Set(ofFrame(at, of).flatMap(({ instances }) => [...instances])).size
        : profilesIn(at, of) / (sent * ((to - from) / (window.to - window.from)));
    },
  };
}

/** One thing per frame, made from the closed window that it stands for; null where the frame holds no profile. */
export function inFrames<T>(
  frames: readonly Frame[],
  make: (window: Span, at: number) => T | null,
): (T | null)[] {
  return windowsOf(frames).map((window, at) => (frames[at]?.first == null ? null : make(window, at)));
}

/** The number of readings of the instance that has most. */
function mostOfOne(readings: readonly Reading[]): number {
  const counts = new Map<string | null, number>();
  for (const { instance } of readings) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

interface Count {
  profiles: number;
  /** Empty where they were not told apart. */
  instances: Set<string | null>;
}
type Counts = Map<string | null, Count>;
const NOTHING: Count = { profiles: 0, instances: new Set() };

function countReadings(readings: readonly Reading[], frames: readonly Frame[]): Counts[] {
  const counts = frames.map((): Counts => new Map());
  for (const { time, label, instance } of readings) {
    const inFrame = counts[frameAt(frames, time)];
    const known = inFrame?.get(label) ?? { profiles: 0, instances: new Set() };
    inFrame?.set(label, known);
    known.profiles++;
    known.instances.add(instance);
  }
  return counts;
}

function countStored(
  query: ProfileQuery,
  frames: readonly Frame[],
  label: string | null,
  { source }: Scope,
  { signal }: ToolContext,
): Promise<Counts[]> {
  return pMap(
    windowsOf(frames),
    async (window): Promise<Counts> => {
      const groupBy = label === null ? [] : [label];
      const found = await source.snapshots({ ...query, window }, groupBy, signal);
      return new Map(
        found.map(({ labels, profiles }) => [
          label === null ? null : (labels[label] ?? null),
          { profiles, instances: new Set() },
        ]),
      );
    },
    { concurrency: IN_FLIGHT },
  );
}
