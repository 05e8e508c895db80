import type { Level } from '../../../profile/compare/leak.js';
import { partWindows } from '../../../profile/series/parts.js';
import type { Window } from '../../../sources/source.js';
import { computeMean, type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';

/** Levels of a window in time order: the mean snapshot of all instances, or of one of them, at each time. */
export function levelsIn(
  profileTimes: ProfileTimes,
  window: Window,
  label?: string,
  instance?: string,
): Level[] {
  const series =
    label === undefined
      ? profileTimes.series
      : profileTimes.series.filter(({ labels }) => labels[label] === instance);
  const ofInstance = { ...profileTimes, series };
  // Instances send at different moments: a level is the mean over one round of all of them.
  const times = sharedTimes(ofInstance, window);
  const count = series.filter(({ points }) => points.length > 0).length;
  const rounds = Math.round(totalsIn(ofInstance, window).profiles / Math.max(1, count));
  const parts = partWindows(window, times, Math.max(1, rounds));
  return parts.flatMap((part) => {
    const value = computeMean(totalsIn(ofInstance, part));
    const time = sharedTimes(ofInstance, part).at(-1) ?? part.to;
    return value === null ? [] : [{ time, value }];
  });
}
