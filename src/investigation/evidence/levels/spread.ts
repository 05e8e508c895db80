import type { InstanceRise } from '../../../profile/compare/finding.js';
import { growsFromStart, spreadOfLeak } from '../../../profile/compare/growth/leak-spread.js';
import type { Leak } from '../../../profile/compare/leak.js';
import { measureGap, type ProfileTimes, sharedTimes } from '../profile-times.js';
import type { Plan } from '../windows.js';
import { levelsIn } from './course.js';

/** An instance that sent nothing in so many gaps between profiles before the end had left. */
const LEFT_GAPS = 2.5;

/**
 * The instances in which a level grows, of those that ran long enough to tell.
 *
 * @param label label that tells instances apart
 * @returns none of them where only one may be told to grow and nothing tells of the others; null where
 *   instances are not told apart
 */
export function instancesThatLeak(
  profileTimes: ProfileTimes,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  label: string | null,
  since: Leak['since'],
): InstanceRise | null {
  if (label === null || profileTimes.largeFleet !== undefined) return null;
  const end = sharedTimes(profileTimes, incident).at(-1) ?? incident.to;
  const latest = end - LEFT_GAPS * measureGap(profileTimes);
  const names = new Set(profileTimes.series.flatMap(({ labels }) => labels[label] ?? []));
  const courses = [...names].sort().flatMap((instance) => {
    const from = Math.max(incident.from, since.after);
    const levels = levelsIn(profileTimes, { from, to: incident.to }, label, instance);
    const last = levels.at(-1);
    if (last === undefined) return [];
    const past = levelsIn(profileTimes, baseline, label, instance);
    return [{ instance, past, levels, hasLeft: last.time < latest }];
  });
  const { growing, still, unclear } = spreadOfLeak(courses);
  const told = growing.length + still.length;
  if (told + unclear.length === 0) return null;
  // An instance that grows next to others that cannot be told may be one of many.
  return growing.length === 0 || (growing.length === 1 && told === 1 && unclear.length > 0)
    ? { label, risen: [], all: told + unclear.length }
    : { label, risen: growing, all: told, ...(unclear.length > 0 ? { unclear: unclear.length } : {}) };
}

/**
 * Whether a leak is shown in the instance in which it was seen: fewer than half of those that tell leak, so
 * that the others would hide it. Else it is one of all of them.
 */
export function isOfFewInstances(instances: InstanceRise | null): boolean {
  return instances !== null && instances.risen.length > 0 && 2 * instances.risen.length < instances.all;
}

/**
 * The last profile before the first instance that leaks since it started, and the first one of it, where all
 * that leak are new: a deploy that takes its time hides in the mean of all instances when the leak began.
 *
 * @returns null where one was there before, or most of them began to grow later
 */
export function startOfLeak(
  profileTimes: ProfileTimes,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  { label, risen }: InstanceRise,
): { last: number; first: number } | null {
  const courses = risen.map((instance) => ({
    isNew: levelsIn(profileTimes, baseline, label, instance).length === 0,
    levels: levelsIn(profileTimes, incident, label, instance),
  }));
  const first = Math.min(...courses.map(({ levels }) => levels[0]?.time ?? Number.POSITIVE_INFINITY));
  const fromStart = courses.filter(({ levels }) => growsFromStart(levels)).length;
  if (courses.length === 0 || courses.some(({ isNew }) => !isNew) || 2 * fromStart <= courses.length)
    return null;
  const last = sharedTimes(profileTimes, { from: baseline.from, to: incident.to }).findLast(
    (time) => time < first,
  );
  return last === undefined ? null : { last, first };
}
