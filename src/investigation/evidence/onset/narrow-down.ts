import { massesIn, type StepLikelihoods } from '../../../profile/compare/onset/step.js';
import type { Window } from '../../../sources/source.js';
import { type ProfileTimes, sharedTimes } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';

/** Requests that divide the time about an onset: each look divides one part or two. */
export const MAX_DIVISIONS = 6;
/** A part is divided where the onset lies in it with this probability … */
const MIN_PROBABILITY = 0.02;
/** … the most likely ones first, so many at once. */
const MAX_AT_ONCE = 2;

/** Both sides of a part of the time: the shorter one is read. */
export interface Division {
  read: Window;
  rest: Window;
}

/** Divides a part at a time, one round of profiles from its ends at least; null where it holds but one. */
export function divisionAt(profileTimes: ProfileTimes, { from, to }: Window, time: number): Division | null {
  const times = sharedTimes(profileTimes, { from, to });
  const earlier = times.filter((end) => end - profileTimes.stepMs / 2 < time).length;
  const cut = times[Math.min(times.length - 1, Math.max(1, earlier)) - 1];
  if (cut === undefined || times.length < 2) return null;
  const [early, late] = [
    { from, to: cut },
    { from: cut + 1, to },
  ] as const;
  return 2 * (times.indexOf(cut) + 1) <= times.length
    ? { read: early, rest: late }
    : { read: late, rest: early };
}

/**
 * Divides the parts about the likely times of an onset, until they are single rounds of profiles or no
 * request is left for it.
 *
 * @returns the parts, and the likely times by them
 * @param search.judge tells the likely times by some parts; null where they tell nothing
 * @param search.divide reads one side of a part, or both
 * @param search.cost requests of that
 */
export async function narrowDown<Part extends { window: Window }>(
  { requests }: Pick<InvestigationContext, 'requests'>,
  profileTimes: ProfileTimes,
  coarse: readonly Part[],
  search: {
    judge: (parts: readonly Part[]) => StepLikelihoods | null;
    divide: (part: Part, windows: Division) => Promise<readonly Part[]>;
    cost: number;
  },
  maxRequests = MAX_DIVISIONS,
): Promise<{ parts: readonly Part[]; likelihoods: StepLikelihoods | null }> {
  let parts = coarse;
  let left = maxRequests;
  for (;;) {
    const likelihoods = search.judge(parts);
    if (likelihoods === null) return { parts, likelihoods };
    const divisions = new Map(
      massesIn(likelihoods, parts)
        .filter(({ probability }) => probability >= MIN_PROBABILITY)
        .sort((a, b) => b.probability - a.probability)
        .flatMap(({ part, median }) => {
          const division = divisionAt(profileTimes, part.window, median);
          return division === null ? [] : [[part, division] as const];
        })
        .slice(0, Math.min(MAX_AT_ONCE, Math.floor(Math.min(left, requests.left) / search.cost))),
    );
    if (divisions.size === 0) return { parts, likelihoods };
    left -= search.cost * divisions.size;
    const divided = parts.map(async (part) => {
      const windows = divisions.get(part);
      if (windows === undefined) return [part];
      return [...(await search.divide(part, windows))].sort((a, b) => a.window.from - b.window.from);
    });
    parts = (await Promise.all(divided)).flat();
  }
}
