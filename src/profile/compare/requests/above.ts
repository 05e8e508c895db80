import { signedRootOfCounts } from '../../contrast/noise.js';
import type { Stratum } from './strata.js';

/** Part of a function's growth, or of its cost, that must be that of entry points for these to explain it. */
export const MAIN_PART = 0.7;
/** A dispatching function grew by itself where its cost outside requests rose by so many standard errors. */
const MIN_REST_Z = 3;

/**
 * Tells whether most of a function's growth is that of entry points below it: what dispatches requests grows
 * with them, however many kinds there are. Its own cost would not pass through any of them. Where it cost no
 * more than before, and gained share only because all else fell, most of its cost must be theirs.
 */
export function isAboveEntries(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
  phi: number,
): boolean {
  let growth = 0;
  let growthBelow = 0;
  let cost = 0;
  let costBelow = 0;
  const rest: [number, number] = [0, 0];
  for (const { all, through, above } of strata.values()) {
    growth += through[1] / profilesAfter - through[0] / profilesBefore;
    cost += through[1];
    const isKnown = all[0] > 0;
    rest[0] += through[0] - (isKnown ? above[0] : 0);
    rest[1] += through[1] - (isKnown ? above[1] : 0);
    // An entry point that was not there before is new code, or an old one under a new name.
    if (!isKnown) continue;
    growthBelow += above[1] / profilesAfter - above[0] / profilesBefore;
    costBelow += above[1];
  }
  if (growth > 0 && growthBelow >= MAIN_PART * growth) return true;
  const hasRestRisen =
    growth > 0 && signedRootOfCounts(rest, [profilesBefore, profilesAfter], phi) >= MIN_REST_Z;
  return !hasRestRisen && costBelow >= MAIN_PART * cost;
}
