import { findStall, type Stall } from '../../../profile/compare/growth/stalled-round.js';
import type { Window } from '../../../sources/source.js';
import { type ProfileTimes, sendersIn, totalsIn } from '../profile-times.js';
import { splitIntoRounds } from '../rounds.js';

/**
 * The one round of a window in which all of the additional waiting lies.
 *
 * @param main totals of the main type, whose profiles count: of waits there are none where nothing waited
 * @param before waiting time per profile of the baseline, in seconds
 */
export function readStall(
  profileTimes: ProfileTimes,
  main: ProfileTimes,
  window: Window,
  { before, seconds }: { before: number; seconds: number },
): Stall | null {
  const rounds = splitIntoRounds(main, window).map((round) => {
    const { profiles, value } = totalsIn(profileTimes, round);
    return { value: value * seconds, profiles: Math.max(profiles, totalsIn(main, round).profiles) };
  });
  return findStall(rounds, before, sendersIn(main, window).length);
}
