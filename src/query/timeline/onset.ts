import { shareLikelihoods } from '../../profile/compare/onset/share.js';
import type { StepLikelihoods } from '../../profile/compare/onset/step.js';
import { likelihood } from '../../profile/compare/since.js';
import type { Measurement } from '../../profile/measurement.js';
import {
  estimateWorth,
  findInterval,
  findRampOnset,
  levelLikelihoods,
  listStarts,
  measureLevel,
  type Onset,
  onsetBesideValues,
  readingsIn,
  roundLevels,
  timeAround,
  USUAL_PHI,
} from '../../profile/series/levels-onset.js';
import type { Change } from '../../profile/series/onset.js';
import { partWindows } from '../../profile/series/parts.js';
import { isLasting, type Series } from '../../profile/series/series.js';
import {
  countProfiles,
  distinctTimes,
  listWindows,
  type Reading,
  type Span,
} from '../../profile/series/timeline.js';
import type { Cost } from '../../profile/tables/function-cost.js';
import type { ToolContext } from '../context.js';
import { notReadBecause } from '../not-read.js';
import { profileQuery, type Scope } from '../scope.js';
import { fetchCosts } from './frames.js';
import { narrow, openStretches, type Stretch } from './narrow.js';
import type { Frames } from './readings.js';

/** Requests of one look at the time around a change, and looks. */
const MAX_FINE_PARTS = 6;
const MAX_LOOKS = 2;

/** A stretch of time with what was read of it. */
interface CostStretch extends Stretch {
  cost: Cost;
  profiles: number;
}

/** A timeline with its question, and how more of it is read. */
export interface Told {
  timeline: Frames;
  measurement: Measurement;
  scope: Scope;
  context: ToolContext;
  /** Whether the time about a change of a total is read once more, for up to 12 requests. */
  isNarrowed: boolean;
}

/**
 * When a total changed for good, by the rule by which `investigate` tells it: by single rounds of profiles,
 * each of which covers the time up to the next one; a level may have risen in a ramp.
 *
 * @param readings those of the series, every single profile
 */
export function onsetOfReadings(
  series: Series,
  readings: readonly Reading[],
  { timeline, measurement }: Pick<Told, 'timeline' | 'measurement'>,
): Onset | null {
  const { change } = series;
  if (change === null || !isLasting(series)) return null;
  const resolution = { gapMs: timeline.interval, stepMs: timeline.step };
  const levels = roundLevels(readings, { ...resolution, worth: estimateWorth(measurement) });
  if (measurement.type.nature === 'level') {
    const known = series.parts.filter(({ value }) => value !== null);
    const ramp = findRampOnset(levels, readings, timeAround(known, change), resolution);
    if (ramp !== null) return clipped(ramp, measurement);
  }
  const likelihoods = levelLikelihoods(levels, {
    ...resolution,
    instances: countInstances(readings),
  });
  return likelihoods === null ? null : clipped(findInterval(likelihoods, readings, resolution), measurement);
}

/**
 * When costs that were read in parts changed for good: a function's by its share, and by its value; a total
 * by its value alone, for which the time about the change may be read once more, in rounds as single as 12
 * requests allow. A function is not read in finer parts, where its share scatters more than its counts say,
 * and the interval would claim too much.
 *
 * @param series.share null for a total
 * @param costs one for each frame of the timeline
 */
export async function onsetsOfCosts(
  { share, values }: { share: Series | null; values: Series },
  costs: readonly (Cost | null)[],
  told: Told,
): Promise<{ share: Onset | null; values: Onset | null }> {
  const { timeline, measurement, isNarrowed } = told;
  const resolution = { gapMs: timeline.interval, stepMs: timeline.step };
  const worth = estimateWorth(measurement);
  const windows = listWindows(timeline.frames);
  const coarse = windows.flatMap((window, at): CostStretch[] => {
    const cost = costs[at] ?? null;
    const profiles = timeline.profilesIn(at);
    if (cost === null || profiles === 0 || (share !== null && cost.active <= 0)) return [];
    return [
      { window, cost, profiles, starts: listStarts(readingsIn(timeline.readings, window), resolution) },
    ];
  });
  const instances = countInstances(timeline.readings);
  const listLevels = (stretches: readonly CostStretch[]) =>
    stretches.map(({ cost: { value: sum }, profiles, starts }) =>
      measureLevel({ sum, profiles, starts }, worth, Math.max(...stretches.map(({ cost }) => cost.value))),
    );
  const byValue = (stretches: readonly CostStretch[]) =>
    levelLikelihoods(listLevels(stretches), { ...resolution, instances });
  const around = (change: Change) =>
    timeAround(
      coarse.map(({ window }) => ({ frame: window })),
      change,
    );
  const [p1, p2] = sharesBeside(coarse);
  const byShare = (stretches: readonly CostStretch[]) =>
    shareLikelihoods(
      stretches.map(({ cost, starts }) => ({
        x: cost.value / (worth ?? 1),
        n: cost.active / (worth ?? 1),
        starts,
      })),
      { p1, p2, phi: USUAL_PHI },
      { ...resolution, from: Number.NEGATIVE_INFINITY },
    );
  const tell = async (change: Change, find: (some: readonly CostStretch[]) => StepLikelihoods | null) => {
    const { stretches, likelihoods } = await narrow(coarse, {
      gapMs: resolution.gapMs,
      looks: isNarrowed ? MAX_LOOKS : 0,
      findLikelihoods: find,
      countTimes: (window) => distinctTimes(readingsIn(timeline.readings, window)).length,
      read: (window) => readStretches(window, told),
    });
    if (measurement.type.nature === 'level') {
      const ramp = findRampOnset(listLevels(stretches), timeline.readings, around(change), {
        ...resolution,
        gapMs: Math.max(
          resolution.gapMs,
          ...widths(stretches.filter(({ window }) => isAbout(window, around(change)))),
        ),
      });
      if (ramp !== null) return clipped(ramp, measurement);
    }
    if (likelihoods === null) return null;
    const longest = Math.max(...widths(openStretches(stretches, likelihoods, resolution.gapMs)));
    return clipped(findInterval(likelihoods, timeline.readings, resolution, longest), measurement);
  };
  const ofShare =
    share?.change == null || !isLasting(share)
      ? null
      : await tell(share.change, worth === null ? byValue : byShare);
  const ofValues = values.change === null || !isLasting(values) ? null : await tell(values.change, byValue);
  const onsets = { share: ofShare, values: ofValues };
  return { ...onsets, share: onsetBesideValues(onsets, timeline.readings, resolution) };
}

function widths(stretches: readonly Stretch[]): number[] {
  return stretches.map(({ starts }) => (starts.at(-1) ?? 0) - (starts[0] ?? 0));
}

/**
 * Shares on both sides of the cut that parts them best, without the stretch after it, which may hold both.
 */
function sharesBeside(stretches: readonly CostStretch[]): [number, number] {
  const add = (some: readonly CostStretch[]) => ({
    x: some.reduce((sum, { cost }) => sum + cost.value, 0),
    n: some.reduce((sum, { cost }) => sum + cost.active, 0),
  });
  const computeShare = ({ x, n }: { x: number; n: number }) => (n > 0 ? x / n : 0);
  let best = { fit: Number.NEGATIVE_INFINITY, shares: [0, 0] as [number, number] };
  for (let cut = 1; cut < stretches.length; cut++) {
    const sides = [add(stretches.slice(0, cut)), add(stretches.slice(cut))];
    const fit = sides.reduce((sum, side) => sum + likelihood(side, computeShare(side)), 0);
    const clear = add(stretches.slice(Math.min(stretches.length - 1, cut + 1)));
    if (fit > best.fit)
      best = { fit, shares: [computeShare(add(stretches.slice(0, cut))), computeShare(clear)] };
  }
  return best.shares;
}

/** Reads the totals of a window in at most six stretches; none where the store fails. */
async function readStretches(around: Span, { timeline, scope, context }: Told): Promise<CostStretch[]> {
  const readings = readingsIn(timeline.readings, around);
  const windows = partWindows(around, distinctTimes(readings), MAX_FINE_PARTS);
  if (windows.length < 2) return [];
  const query = profileQuery(scope);
  try {
    const costs = await fetchCosts(
      scope,
      windows.map((window) => ({ ...query, window })),
      null,
      context,
    );
    return windows.flatMap((window, at): CostStretch[] => {
      const cost = costs[at];
      const inside = readingsIn(readings, window);
      const profiles = countProfiles(inside);
      if (cost === undefined || profiles === 0) return [];
      return [{ window, cost, profiles, starts: listStarts(inside, { stepMs: timeline.step }) }];
    });
  } catch (error) {
    context.signal.throwIfAborted();
    if (notReadBecause(error) === null) throw error;
    return [];
  }
}

function isAbout(window: Span, around: Span): boolean {
  return window.to >= around.from && window.from <= around.to;
}

function countInstances(readings: readonly Reading[]): number {
  return new Set(readings.map(({ instance }) => instance)).size;
}

/** The interval in whole seconds, inside the window: its last profile covers time after its end. */
function clipped({ after, before }: Onset, { window }: Pick<Measurement, 'window'>): Onset {
  const inside = (time: number) => Math.min(window.to, Math.max(window.from, time));
  return {
    after: inside(1000 * Math.floor(after / 1000)),
    before: inside(1000 * Math.ceil(before / 1000)),
  };
}
