import pMap from 'p-map';
import { offload } from '../../offload.js';
import type { FunctionTarget } from '../../profile/code/find-function.js';
import { type Frame, frameAt, type Reading, type Span, windowsOf } from '../../profile/series/timeline.js';
import type { Cost } from '../../profile/tables/function-cost.js';
import type { ProfileQuery, ProfileSource } from '../../sources/source.js';
import { formatTime } from '../../text/units.js';
import { isHeavy } from '../../work/offload.js';
import type { ToolContext } from '../context.js';
import { notReadBecause, type Unread } from '../not-read.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import type { Frames } from './readings.js';

/** The same for any queries, in their order; null costs nothing and no request. */
export function mergedCosts(
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
      const heavy = isHeavy(profile);
      return offload('cost', [profile, type.wallClock, target?.info ?? null], { heavy, signal });
    },
    { concurrency: IN_FLIGHT },
  );
}

/**
 * What a function (or, with null, all code) cost in each frame: one merge per frame that holds profiles, 4 at
 * a time.
 * @throws UpstreamError
 */
export function partCosts(
  scope: Scope,
  { frames }: Pick<Frames, 'frames'>,
  target: FunctionTarget | null,
  context: ToolContext,
): Promise<Cost[]> {
  const query = profileQuery(scope);
  const queries = inFrames(frames, (window) => ({ ...query, window }));
  return mergedCosts(scope, queries, target, context);
}

/**
 * The same with null for a part that the store failed to answer, and a note that says which these are.
 * @throws UpstreamError where no part could be read
 */
export async function readableCosts(
  scope: Scope,
  { frames }: Pick<Frames, 'frames'>,
  target: FunctionTarget | null,
  context: ToolContext,
): Promise<{ costs: (Cost | null)[]; notes: string[] }> {
  const query = profileQuery(scope);
  const failures: { at: number; error: unknown; unread: Unread }[] = [];
  const costs = await pMap(
    inFrames(frames, (window) => ({ ...query, window })),
    async (part, at): Promise<Cost | null> => {
      try {
        const [cost = null] = await mergedCosts(scope, [part], target, context);
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
 * Of how many profiles and instances the sums of a frame are; of those with one value of the label where it
 * is given.
 */
export interface FrameCounts {
  profilesIn(frame: number, label?: string | null): number;
  instancesIn(frame: number, label?: string | null): number;
}

/** What tells profiles apart: one instance sends one at a time, whose parts may differ in the label. */
export function profileKey({ time, instance }: Reading): string {
  return JSON.stringify([time, instance]);
}

/** Counts where every profile was told apart. */
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
  const setsOf = (at: number, label?: string | null) =>
    label === undefined ? wholes[at] : byLabel[at]?.get(label);
  return {
    profilesIn: (at, label) => setsOf(at, label)?.profiles.size ?? 0,
    instancesIn: (at, label) => setsOf(at, label)?.instances.size ?? 0,
  };
}

/**
 * Counts by the store, one request per frame with data, and as many again where they are split by a label,
 * since a profile may have parts with different values of it. The instances follow from how often one sends.
 *
 * @param interval of two profiles of an instance, ms
 * @throws UpstreamError
 */
export async function countStored(
  source: ProfileSource,
  query: ProfileQuery,
  frames: readonly Frame[],
  { label, interval }: { label: string | null; interval: number },
  signal: AbortSignal,
): Promise<FrameCounts> {
  const ask = (groupBy: readonly string[]) =>
    pMap(
      inFrames(frames, (window: Span) => ({ ...query, window })),
      (asked) => (asked === null ? [] : source.snapshots(asked, groupBy, signal)),
      { concurrency: IN_FLIGHT },
    );
  const wholes = (await ask([])).map((found) => found.reduce((sum, { profiles }) => sum + profiles, 0));
  const byLabel =
    label === null
      ? []
      : (await ask([label])).map(
          (found) => new Map(found.map(({ labels, profiles }) => [labels[label] ?? null, profiles])),
        );
  const profilesIn: FrameCounts['profilesIn'] = (at, of) =>
    (of === undefined || label === null ? wholes[at] : byLabel[at]?.get(of)) ?? 0;
  return {
    profilesIn,
    instancesIn: (at, of) => {
      const { from, to } = frames[at] ?? { from: 0, to: 1 };
      return (profilesIn(at, of) * interval) / (to - from);
    },
  };
}

/** Requests of one answer that are under way at the same time. */
export const IN_FLIGHT = 4;

/**
 * One thing per frame, made from the closed window that it stands for; null where the frame holds no profile.
 */
export function inFrames<T>(
  frames: readonly Frame[],
  make: (window: Span, at: number) => T | null,
): (T | null)[] {
  return windowsOf(frames).map((window, at) => (frames[at]?.first == null ? null : make(window, at)));
}
