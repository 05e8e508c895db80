import { grewLikeAlikeWaits, type Waits, waitsGrewAlike } from '../../profile/compare/growth/alike.js';
import { type Activity, waitsByDesign } from '../../profile/compare/growth/by-design.js';
import { requestsThatWait, waitsMayHide } from '../../profile/compare/growth/hidden-waits.js';
import { isStarved } from '../../profile/compare/growth/starved.js';
import type { SiteGrowth } from '../../profile/compare/growth.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { arrivalInterval } from '../../profile/compare/since.js';
import { waitGrew, waitRose, withoutWorst } from '../../profile/compare/waits.js';
import { partWindows } from '../../profile/series/parts.js';
import { secondsPerUnit } from '../../text/units.js';
import { MIN_WAIT_PART } from '../thresholds.js';
import type { LensType } from './lens.js';
import { readEnds } from './levels/ends.js';
import { replacement } from './onset/replacement.js';
import { type ProfileTimes, sharedTimes, totalsIn } from './profile-times.js';
import { getResolution, type Since } from './rounds.js';
import type { InvestigationContext } from './shares.js';
import { onsetOfWaiting } from './waits/onset.js';
import { readStall } from './waits/stall.js';

export interface WaitLens {
  lens: LensType;
  /** Waiting time per profile, in seconds. */
  before: number;
  after: number;
  /** Waiting time per profile in the later half of the incident, in which new instances have settled. */
  later: number;
  /** Waiting time per profile in the baseline without its worst part: few long waits make most of a sum. */
  usual: number;
  /** Waiting time per profile without the one round of long waits that made it rise; null where none did. */
  withoutStall: number | null;
  contention: {
    growth: SiteGrowth;
    /** Waiting time per profile that was added, in seconds. */
    added: number;
    since: Since | null;
    /**
     * Whether the goroutines that became more at the place leak or queue there; left out where none did, null
     * where that cannot be told.
     */
    waiters?: 'leak' | 'queue' | null;
  } | null;
  /**
   * Reason why waiting that grew is no contention: waits of all kinds grew alike, the delays are immaterial
   * next to the time served, goroutines wait for a processor, or new code waits on purpose. Null where there
   * is none.
   */
  dismissed: 'alike' | 'immaterial' | 'starved' | 'purpose' | null;
}

/**
 * Requests that must be left to look for waits that others hide: two merges, and the two that tell whether
 * the host is throttled.
 */
const HIDDEN_REQUESTS = 4;
/** Parts of a window whose waiting times are compared. */
const PARTS = 6;

/** Readings of other types, made before a type of waits is read. */
interface KnownBefore {
  main: ProfileTimes;
  /** Value per profile of the main type, after ÷ before. */
  load: number;
  /** Time that it shows in each profile of the incident, in seconds; null where unknown. */
  served?: number | null;
  /** Waits that were read: no profile is asked for what grew like waits of all kinds. */
  others?: readonly WaitLens[];
  /** Code that ran before, by the main type; null where that is no time. */
  activity?: Activity | null;
}

/**
 * Looks for lock contention: waiting per profile that grew by far more than the load did. Profiles without a
 * single wait may be missing, so waits are counted per profile of the main type.
 */
export async function readWaits(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  { main, load, served = null, others = [], activity = null }: KnownBefore,
): Promise<WaitLens> {
  const { plan } = context;
  const seconds = secondsPerUnit(lens.type.unit) ?? 1;
  const levels = (window: typeof plan.baseline) =>
    partWindows(window, sharedTimes(main, window), PARTS).map((part) => ({
      from: part.from,
      to: part.to,
      profiles: Math.max(totalsIn(main, part).profiles, totalsIn(profileTimes, part).profiles),
      value: totalsIn(profileTimes, part).value * seconds,
    }));
  const [before, after] = [levels(plan.baseline), levels(plan.incident)];
  const mean = (parts: readonly (typeof before)[number][]) =>
    parts.reduce((sum, { value }) => sum + value, 0) /
    Math.max(
      1,
      parts.reduce((sum, { profiles }) => sum + profiles, 0),
    );
  const [meanBefore, meanAfter] = [mean(before), mean(after)];
  const stall = waitRose({ before: meanBefore, after: meanAfter })
    ? readStall(profileTimes, main, plan.incident, { before: meanBefore, seconds })
    : null;
  const withoutContention: WaitLens = {
    lens,
    before: meanBefore,
    after: meanAfter,
    later: mean(after.slice(Math.floor(after.length / 2))),
    usual: mean(withoutWorst(before)),
    withoutStall: stall?.usual ?? null,
    contention: null,
    dismissed: null,
  };
  if (stall !== null) return withoutContention;
  const growthStart = waitGrew(before, after, load);
  const levelsOfType = { before: meanBefore, after: meanAfter };
  if (growthStart === null) {
    if (lens.type.alias !== 'block' || !waitsMayHide(levelsOfType) || context.requests.left < HIDDEN_REQUESTS)
      return withoutContention;
    const ends = await readEnds(context, lens, profileTimes, null, 1);
    const growth = requestsThatWait(ends, seconds, load, served);
    if (growth === null) return withoutContention;
    if (activity !== null && waitsByDesign(growth, activity))
      return { ...withoutContention, dismissed: 'purpose' };
    // The totals are those of idle goroutines: only new instances tell when it began.
    const deploy = replacement(context, profileTimes);
    const since = deploy === null ? null : arrivalInterval({ ...deploy, ...getResolution(profileTimes) });
    return { ...withoutContention, contention: { growth, added: growth.site.growth * seconds, since } };
  }
  if (served !== null && meanAfter - meanBefore < MIN_WAIT_PART * served)
    return { ...withoutContention, dismissed: 'immaterial' };
  if (others.some((other) => other.dismissed === 'alike' && grewLikeAlikeWaits(levelsOfType, other)))
    return { ...withoutContention, dismissed: 'alike' };
  const { site, ...sides } = await readEnds(context, lens, profileTimes, null, 1);
  if (site === null) return withoutContention;
  if (waitsGrewAlike(sides)) return { ...withoutContention, dismissed: 'alike' };
  const growth = { ...sides, site };
  if (activity !== null && waitsByDesign(growth, activity))
    return { ...withoutContention, dismissed: 'purpose' };
  const since = onsetOfWaiting(
    context,
    { waits: profileTimes, main },
    after.slice(0, growthStart.firstPart + 2),
  );
  return { ...withoutContention, contention: { growth, added: meanAfter - meanBefore, since } };
}

/** A type of waits as it was read, with its totals over time. */
export interface WaitReading {
  wait: WaitLens;
  profileTimes: ProfileTimes;
}

/** A service that takes this part of its processor time, or less, got less of it. */
const LESS_TIME = 0.85;

/** Whether waiting rose, and neither a lock nor anything else explains it. */
function isUnexplained(wait: WaitLens): boolean {
  return wait.contention === null && wait.dismissed === null && wait.withoutStall === null && waitRose(wait);
}

/**
 * Takes back contention where the host is throttled, or busy: where goroutines wait for a processor, or the
 * waits of another type, for other locks, grew alike. A lock that is nearly all of the waiting of its type
 * has no other witness. Waits that come and go are explained by goroutines that wait for a processor, too.
 * Two merges for each type; not asked where the load rose, which makes everything wait longer.
 *
 * @param main totals of the main type, whose profiles count
 * @param load value per profile of the main type, after ÷ before
 * @param read all types that were read, snapshots of goroutines among them
 */
export async function withoutAlikeWaits(
  context: InvestigationContext,
  readings: readonly WaitReading[],
  main: ProfileTimes,
  load: number,
  read: readonly { lens: LensType; profileTimes: ProfileTimes }[] = [],
): Promise<WaitLens[]> {
  const waits = readings.map(({ wait }) => wait);
  const isContended = waits.some(({ contention }) => contention !== null);
  if ((!isContended && !waits.some(isUnexplained)) || load >= MIN_RISE) return waits;
  const goroutines = read.find(({ lens }) => lens.type.alias === 'goroutines');
  if (goroutines !== undefined && context.requests.left >= 2) {
    const ends = await readEnds(context, goroutines.lens, goroutines.profileTimes, null, 1);
    const time = read.find(({ lens }) => lens.kind === 'time');
    const gotLess = time !== undefined && !time.lens.type.isWallClock && load <= LESS_TIME;
    if (isStarved(ends, gotLess))
      return waits.map((wait) =>
        wait.contention !== null || isUnexplained(wait)
          ? { ...wait, contention: null, dismissed: 'starved' }
          : wait,
      );
  }
  if (!isContended || readings.length < 2) return waits;
  const { plan } = context;
  const [before, after] = [plan.baseline, plan.incident].map((window) => totalsIn(main, window).profiles);
  /** A type without a single wait in some profiles has none of these; they count all the same. */
  const perProfile = ({ joined, ...sides }: Waits): Waits => ({
    joined,
    before: { ...sides.before, profiles: before ?? 0 },
    after: { ...sides.after, profiles: after ?? 0 },
  });
  const sides = await Promise.all(
    readings.map(async ({ wait, profileTimes }) => {
      if (wait.contention !== null) return perProfile(wait.contention.growth);
      return context.requests.left < 2
        ? null
        : perProfile(await readEnds(context, wait.lens, profileTimes, null, 1));
    }),
  );
  return waits.map((wait, at): WaitLens => {
    const grown = sides[at];
    if (wait.contention === null || grown === undefined || grown === null) return wait;
    const others = sides.flatMap((other, index) => {
      const isComparable = index !== at && waits[index]?.lens.type.unit === wait.lens.type.unit;
      return isComparable && other !== null ? [other] : [];
    });
    return others.length > 0 && waitsGrewAlike(grown, others)
      ? { ...wait, contention: null, dismissed: 'alike' }
      : wait;
  });
}
