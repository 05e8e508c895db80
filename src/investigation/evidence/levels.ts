import type { InstanceRise } from '../../profile/compare/finding.js';
import { exceedsHeapSampling } from '../../profile/compare/growth/heap-sampling.js';
import { computeMinAdded, levelRose } from '../../profile/compare/growth/rise.js';
import type { SiteGrowth } from '../../profile/compare/growth.js';
import {
  findHiddenLeak,
  findLeak,
  type Leak,
  type Level,
  smallestHiddenLeak,
} from '../../profile/compare/leak.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { rampOrReplacement } from '../../profile/compare/onset/replacement.js';
import { arrivalInterval, rampInterval, stepPoint } from '../../profile/compare/since.js';
import { share, totalPerProfile } from '../../profile/contrast/contrast.js';
import { isCode } from '../../profile/contrast/joined-names.js';
import type { Window } from '../../sources/source.js';
import { bytesPerUnit } from '../../text/units.js';
import type { LensType } from './lens.js';
import { levelsIn } from './levels/course.js';
import { readGrowth } from './levels/ends.js';
import { findPlaceLeak } from './levels/place-leak.js';
import { instancesThatLeak, isOfFewInstances, startOfLeak } from './levels/spread.js';
import { replacement } from './onset/replacement.js';
import { measureGap, type ProfileTimes, sendersIn } from './profile-times.js';
import { getResolution } from './rounds.js';
import type { InvestigationContext } from './shares.js';

export interface LevelLens {
  lens: LensType;
  /** Mean snapshot of one instance, at the end of each window; null without data. */
  before: number | null;
  after: number | null;
  /**
   * The leak, and the instance in which it was seen where it was not seen in all of them together. A hidden
   * one grows beneath a level that is large without it.
   */
  leak:
    | (Leak & {
        growth: SiteGrowth;
        instance: { name: string; value: string } | null;
        isHidden: boolean;
        /** Instances in which the level grows; left out where they are not told apart. */
        instances?: InstanceRise | null;
      })
    | null;
  /** A level that rose far above the baseline without leaking. */
  rise: LevelRise | null;
  /** Smallest growth of a leak beneath the level that would have been seen; null where none would. */
  smallestHidden: number | null;
}

export interface LevelRise {
  /** Last time before and first time after the level rose. */
  since: { after: number; before: number } | null;
  /**
   * Site of the rise, if one function holds the growth and the rest did not grow; null where all rose alike.
   */
  growth: SiteGrowth | null;
}

/**
 * Looks for a leak in the totals over time; only where they leak does it ask for profiles, two merges.
 *
 * @param explained factor by which the load may raise the level: no profile is asked for a smaller rise
 * @param looksAtPlaces whether requests may be spent on a leak that only the place itself shows
 */
export async function readLevels(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  explained = 0,
  looksAtPlaces = true,
): Promise<LevelLens> {
  const { plan, fleet } = context;
  const deploy = replacement(context, profileTimes);
  const onset = (foot: Leak['since'], instances: InstanceRise | null = null) => {
    const start = instances === null ? null : startOfLeak(profileTimes, plan, instances);
    const resolution = getResolution(profileTimes);
    const { after, before } =
      start !== null && foot.before >= start.first
        ? arrivalInterval({ ...start, ...resolution })
        : rampOrReplacement(foot, deploy, resolution);
    return { after: Math.max(after, plan.baseline.from), before: Math.min(before, plan.incident.to) };
  };
  const baseline = levelsIn(profileTimes, plan.baseline);
  const incident = levelsIn(profileTimes, plan.incident);
  const ends = {
    before: baseline.at(-1)?.value ?? null,
    after: incident.at(-1)?.value ?? null,
  };
  const candidates: { leak: Leak; instance: string | null }[] = [];
  const unitBytes = bytesPerUnit(lens.type.unit);
  // A few objects or kilobytes more are no leak, whatever their ratio.
  const matters = (ends: { before: number; after: number }, instances: number) =>
    ends.after - ends.before >= computeMinAdded(unitBytes) &&
    exceedsHeapSampling({ ...ends, instances, unitBytes });
  const leakIn = (past: readonly Level[], levels: readonly Level[], instances: number) => {
    const leak = findLeak(past, levels, deploy !== null);
    return leak !== null && matters(leak, instances) ? leak : null;
  };
  // The instances of a large fleet count as one.
  const running = sendersIn(profileTimes, plan.incident).length;
  const smallestHidden = smallestHiddenLeak(baseline, incident, computeMinAdded(unitBytes));
  const whole = leakIn(baseline, incident, running);
  if (whole !== null) candidates.push({ leak: whole, instance: null });
  const label = fleet.instanceLabel;
  if (whole === null && label !== null && profileTimes.largeFleet === undefined && fleet.instances.size > 1) {
    for (const instance of fleet.instances.keys()) {
      const instanceLevels = (window: Window) => levelsIn(profileTimes, window, label, instance);
      const past = instanceLevels(plan.baseline);
      // A new instance is compared with the others' past.
      const leak = leakIn(past.length > 0 ? past : baseline, instanceLevels(plan.incident), 1);
      if (leak !== null) candidates.push({ leak, instance });
    }
  }
  const [first] = candidates.sort((a, b) => b.leak.after - a.leak.after);
  const spread = (since: Leak['since']) => instancesThatLeak(profileTimes, plan, label, since);
  const shown = first === undefined ? null : await readShown(first.instance, spread(first.leak.since));
  if (first === undefined || shown === null) {
    const hidden = findHiddenLeak(baseline, incident, computeMinAdded(unitBytes));
    const site =
      hidden === null || !matters(hidden, running) ? null : await readGrowth(context, lens, profileTimes);
    if (hidden !== null && site !== null && isHolder(site)) {
      const since = onset(hidden.since);
      const instances = spread(hidden.since);
      const leak = { ...hidden, since, growth: site, instance: null, isHidden: true, instances };
      return { lens, before: hidden.before, after: hidden.after, leak, rise: null, smallestHidden };
    }
    const atPlace = looksAtPlaces
      ? await findPlaceLeak(context, lens, profileTimes, { baseline, incident, running })
      : null;
    if (atPlace !== null) {
      const instances = spread(atPlace.since);
      const leak = { ...atPlace, instance: null, isHidden: true, instances };
      return { lens, before: leak.before, after: leak.after, leak, rise: null, smallestHidden };
    }
    const hasRisen =
      levelRose(baseline, incident, unitBytes) &&
      matters({ before: ends.before ?? 0, after: ends.after ?? 0 }, running);
    const isOfLoad = (ends.after ?? 0) < explained * (ends.before ?? 0);
    const rise = hasRisen ? await readRise(context, lens, profileTimes, isOfLoad) : null;
    return { lens, ...ends, leak: null, rise, smallestHidden };
  }
  const { growth, instance, instances } = shown;
  const isOfAll = instance === null && first.instance !== null;
  const levels = isOfAll ? { before: ends.before ?? 0, after: ends.after ?? 0 } : first.leak;
  return {
    lens,
    before: levels.before,
    after: levels.after,
    leak: {
      before: levels.before,
      after: levels.after,
      since: onset(first.leak.since, instances),
      growth,
      instance: instance === null || label === null ? null : { name: label, value: instance },
      isHidden: false,
      instances,
    },
    rise: null,
    smallestHidden,
  };

  /**
   * Reads the growth of a leak in the instance in which it was seen, where few leak, else in all of them:
   * there one that is older, or gets more requests, is only ahead of the others. /
   */
  async function readShown(seenIn: string | null, instances: InstanceRise | null) {
    const read = async (instance: string | null) => {
      const growth = await readGrowth(context, lens, profileTimes, instance);
      return growth === null ? null : { growth, instance, instances };
    };
    const readIfLeft = (instance: string | null) => (context.requests.left < 2 ? null : read(instance));
    if (seenIn === null || isOfFewInstances(instances)) return read(seenIn);
    if ((instances?.risen.length ?? 0) > 1) return (await read(null)) ?? readIfLeft(seenIn);
    // The instance itself must have a place that grew where nothing tells of the others.
    const ofOne = await read(seenIn);
    return ofOne === null ? null : ((await readIfLeft(null)) ?? ofOne);
  }
}

/** Part of the growth that the place of a hidden leak holds, and the factor by which it grew itself. */
const HOLDER = { part: 0.8, ratio: 2 } as const;

function isHolder({ before, after, site }: SiteGrowth): boolean {
  const hasGrown = totalPerProfile(after, site.fn) >= HOLDER.ratio * totalPerProfile(before, site.fn);
  return hasGrown && site.part >= HOLDER.part;
}

/**
 * The rest of a level that rose for the sake of one function: it was there before, and it did not rise with
 * it.
 */
const REST = { minPart: 0.1, maxRise: MIN_RISE } as const;

async function readRise(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  isOfLoad: boolean,
): Promise<LevelRise> {
  const growth = isOfLoad ? null : await readGrowth(context, lens, profileTimes);
  const levels = [
    ...levelsIn(profileTimes, context.plan.baseline),
    ...levelsIn(profileTimes, context.plan.incident),
  ];
  const cut =
    levels.length < 2 ? 0 : stepPoint(levels.map(({ value }) => Math.log(Math.max(value, Number.MIN_VALUE))));
  const [last, first] = [levels[cut - 1], levels[cut]];
  const since =
    last === undefined || first === undefined
      ? null
      : rampInterval({ last: last.time, first: first.time, gapMs: measureGap(profileTimes) });
  // A server's connections, which the runtime or the standard library holds, come with its requests.
  const isOfCode = growth !== null && isCode(growth.joined, growth.site.fn);
  return { since, growth: isOfCode && isAlone(growth) ? growth : null };
}

function isAlone({ before, after, site }: SiteGrowth): boolean {
  const rest = ({ costs, profiles }: SiteGrowth['before']) =>
    share(costs.total - (costs.totals[site.fn] ?? 0), profiles);
  const [was, is] = [rest(before), rest(after)];
  const whole = share(before.costs.total, before.profiles);
  return was >= REST.minPart * whole && was > 0 && is < REST.maxRise * was;
}
