import pMap from 'p-map';
import { offload } from '../../offload.js';
import type { FunctionTarget } from '../../profile/code/find-function.js';
import {
  type Frame,
  frameAt,
  listWindows,
  profileKey,
  type Reading,
  type Span,
} from '../../profile/series/timeline.js';
import type { Cost } from '../../profile/tables/function-cost.js';
import type { ProfileQuery, ProfileSource } from '../../sources/source.js';
import { formatTime } from '../../text/units.js';
import { isHeavyWork } from '../../work/offload.js';
import type { ToolContext } from '../context.js';
import { notReadBecause, type Unread } from '../not-read.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import type { Frames } from './readings.js';

/**
 * Costs of a function (or, with null, of all code) for some queries, in their order; a null query costs 0.
 */
export function fetchCosts(
  { source, type }: Scope,
  queries: readonly (ProfileQuery | null)[],
  target: FunctionTarget | null,
  { signal }: ToolContext,
): Promise<Cost[]> {
  return pMap(
    queries,
    async (query) => {
      if (query === null) return { active: 0, value: 0 };
      const { profile } = await source.profile(query, signal);
      const isHeavy = isHeavyWork(profile);
      return offload('cost', [profile, type.isWallClock, target?.info ?? null], { isHeavy, signal });
    },
    { concurrency: IN_FLIGHT },
  );
}

/**
 * Costs of a function (or, with null, of all code) in each frame: one merge for each frame that holds
 * profiles, 4 at a time.
 * @throws UpstreamError
 */
export function fetchFrameCosts(
  scope: Scope,
  { frames }: Pick<Frames, 'frames'>,
  target: FunctionTarget | null,
  context: ToolContext,
): Promise<Cost[]> {
  const query = profileQuery(scope);
  const queries = mapFrames(frames, (window) => ({ ...query, window }));
  return fetchCosts(scope, queries, target, context);
}

/**
 * Reads the costs of each frame as {@link fetchFrameCosts} does. A frame that the store failed to answer is
 * null, and a note names these frames.
 * @throws UpstreamError where no frame could be read
 */
export async function readFrameCosts(
  scope: Scope,
  { frames }: Pick<Frames, 'frames'>,
  target: FunctionTarget | null,
  context: ToolContext,
): Promise<{ costs: (Cost | null)[]; notes: string[] }> {
  const query = profileQuery(scope);
  const failures: { at: number; error: unknown; unread: Unread }[] = [];
  const costs = await pMap(
    mapFrames(frames, (window) => ({ ...query, window })),
    async (frameQuery, at): Promise<Cost | null> => {
      try {
        const [cost = null] = await fetchCosts(scope, [frameQuery], target, context);
        return cost;
      } catch (error) {
        context.signal.throwIfAborted();
        const unread = notReadBecause(error);
        if (unread === null) throw error;
        failures.push({ at, error, unread });
        return null;
      }
    },
    { concurrency: IN_FLIGHT },
  );
  const [first] = failures.sort((a, b) => a.at - b.at);
  if (first === undefined) return { costs, notes: [] };
  const withProfiles = frames.filter((frame) => frame.first !== null).length;
  if (failures.length === withProfiles) throw first.error;
  for (const { unread } of failures) context.notRead?.('part of a timeline', unread.reason);
  const time = formatTime(frames[first.at]?.from ?? 0);
  return {
    costs,
    notes: [
      `${failures.length} of ${withProfiles} parts could not be read (the first from ${time}: ${first.unread.why}): a change there is not seen. Ask again.`,
    ],
  };
}

/**
 * Numbers of profiles and instances behind the sums of a frame; with `label`, of those with this value of the
 * label.
 */
export interface FrameCounts {
  profilesIn(frame: number, label?: string | null): number;
  instancesIn(frame: number, label?: string | null): number;
}

/** Counts profiles and instances from readings that hold every single profile. */
export function countReadings(readings: readonly Reading[], frames: readonly Frame[]): FrameCounts {
  const makeSets = () => ({ profiles: new Set<string>(), instances: new Set<string | null>() });
  const wholes = frames.map(makeSets);
  const byLabel = frames.map(() => new Map<string | null, ReturnType<typeof makeSets>>());
  for (const reading of readings) {
    const at = frameAt(frames, reading.time);
    const labelled = byLabel[at]?.get(reading.label) ?? makeSets();
    byLabel[at]?.set(reading.label, labelled);
    for (const sets of [wholes[at], labelled]) {
      sets?.profiles.add(profileKey(reading));
      sets?.instances.add(reading.instance);
    }
  }
  const listSets = (at: number, label?: string | null) =>
    label === undefined ? wholes[at] : byLabel[at]?.get(label);
  return {
    profilesIn: (at, label) => listSets(at, label)?.profiles.size ?? 0,
    instancesIn: (at, label) => listSets(at, label)?.instances.size ?? 0,
  };
}

/**
 * Lets the store count the profiles, with one request for each frame with data; a label doubles the requests,
 * since a profile may have parts with different values of it. The number of instances is estimated from the
 * interval.
 *
 * @param interval time between two profiles of an instance, in ms
 * @throws UpstreamError
 */
export async function countStored(
  source: ProfileSource,
  query: ProfileQuery,
  frames: readonly Frame[],
  { label, interval }: { label: string | null; interval: number },
  signal: AbortSignal,
): Promise<FrameCounts> {
  const countPerFrame = (groupBy: readonly string[]) =>
    pMap(
      mapFrames(frames, (window: Span) => ({ ...query, window })),
      (frameQuery) => (frameQuery === null ? [] : source.snapshots(frameQuery, groupBy, signal)),
      { concurrency: IN_FLIGHT },
    );
  const wholes = (await countPerFrame([])).map((counts) =>
    counts.reduce((sum, { profiles }) => sum + profiles, 0),
  );
  const byLabel =
    label === null
      ? []
      : (await countPerFrame([label])).map(
          (counts) => new Map(counts.map(({ labels, profiles }) => [labels[label] ?? null, profiles])),
        );
  const profilesIn: FrameCounts['profilesIn'] = (at, labelValue) =>
    (labelValue === undefined || label === null ? wholes[at] : byLabel[at]?.get(labelValue)) ?? 0;
  return {
    profilesIn,
    instancesIn: (at, labelValue) => {
      const { from, to } = frames[at] ?? { from: 0, to: 1 };
      return (profilesIn(at, labelValue) * interval) / (to - from);
    },
  };
}

/** Maximum number of parallel requests of an answer. */
export const IN_FLIGHT = 4;

/**
 * Maps each frame by its closed window; the result is null for a frame without profiles.
 */
export function mapFrames<T>(
  frames: readonly Frame[],
  make: (window: Span, at: number) => T | null,
): (T | null)[] {
  return listWindows(frames).map((window, at) => (frames[at]?.first == null ? null : make(window, at)));
}
