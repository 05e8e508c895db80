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
  found: InvestigationContext,
  lens: LensType,
  rounds: ProfileTimes,
  main: ProfileTimes,
  load: number,
): Promise<WaitLens> {
  const { plan } = found;
  const seconds = secondsPerUnit(lens.type.unit) ?? 1;
  const levels = (window: typeof plan.baseline) =>
    partWindows(window, sharedTimes(main, window), PARTS).map((part) => ({
      from: part.from,
      to: part.to,
      profiles: Math.max(totalsIn(main, part).profiles, totalsIn(rounds, part).profiles),
      value: totalsIn(rounds, part).value * seconds,
    }));
  const [before, after] = [levels(plan.baseline), levels(plan.incident)];
  const mean = (parts: typeof before) =>
    parts.reduce((sum, { value }) => sum + value, 0) /
    Math.max(
      1,
      parts.reduce((sum, { profiles }) => sum + profiles, 0),
    );
  const [was, is] = [mean(before), mean(after)];
  const plain: WaitLens = { lens, before: was, after: is, contention: null };
  const grew = waitGrew(before, after, load);
  if (grew === null) return plain;
  const growth = await readGrowth(found, lens, rounds, null, 1);
  if (growth === null) return plain;
  const first = after[grew.firstPart];
  const earlier = grew.firstPart === 0 ? before.at(-1) : after[grew.firstPart - 1];
  const since =
    first === undefined || earlier === undefined
      ? null
      : {
          after: (sharedTimes(main, earlier).at(-1) ?? earlier.to) - main.stepMs,
          before: sharedTimes(main, first)[0] ?? first.to,
        };
  return { ...plain, contention: { growth, added: is - was, since } };
}
