import type { SiteGrowth } from '../../profile/compare/growth.js';
import { waitGrew } from '../../profile/compare/waits.js';
import { secondsPerUnit } from '../../text/units.js';
import type { LensType } from './lens.js';
import { readGrowth } from './levels.js';
import { type ProfileTimes, sharedTimes, totalsIn } from './profile-times.js';
import type { InvestigationContext } from './shares.js';
import { partWindows } from './windows.js';

export interface WaitLens {
  lens: LensType;
  /** Waiting time per profile, in seconds. */
  before: number;
  after: number;
  contention: {
    growth: SiteGrowth;
    /** Waiting time per profile that was added, in seconds. */
    added: number;
    since: { after: number; before: number } | null;
  } | null;
}

/** Parts of a window whose waiting times are compared. */
const PARTS = 6;

/**
 * Looks for lock contention: waiting per profile that grew by far more than the load did. Profiles without a
 * single wait may be missing, so waits are counted per profile of the main type.
 *
 * @param load value per profile of the main type, after ÷ before
 */
export async function readWaits(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  main: ProfileTimes,
  load: number,
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
  const mean = (parts: typeof before) =>
    parts.reduce((sum, { value }) => sum + value, 0) /
    Math.max(
      1,
      parts.reduce((sum, { profiles }) => sum + profiles, 0),
    );
  const [meanBefore, meanAfter] = [mean(before), mean(after)];
  const withoutContention: WaitLens = { lens, before: meanBefore, after: meanAfter, contention: null };
  const growthStart = waitGrew(before, after, load);
  if (growthStart === null) return withoutContention;
  const growth = await readGrowth(context, lens, profileTimes, null, 1);
  if (growth === null) return withoutContention;
  const first = after[growthStart.firstPart];
  const earlier = growthStart.firstPart === 0 ? before.at(-1) : after[growthStart.firstPart - 1];
  const since =
    first === undefined || earlier === undefined
      ? null
      : {
          after: (sharedTimes(main, earlier).at(-1) ?? earlier.to) - main.stepMs,
          before: sharedTimes(main, first)[0] ?? first.to,
        };
  return { ...withoutContention, contention: { growth, added: meanAfter - meanBefore, since } };
}
