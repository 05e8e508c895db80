import { formatTime } from '../../../text/units.js';
import { MIN_SETTLED_ROUNDS } from '../../thresholds.js';
import { processLabel } from '../fleet.js';
import { measureGap, type ProfileTimes, sharedTimes } from '../profile-times.js';
import { coverBoth, type Plan } from '../windows.js';

/** A gap of profiles may lie this much above the usual one, since starts are known to a step. */
const SLACK = 1.25;

/**
 * The plan without the end of the incident from the first profile of instances on that came in its last two
 * rounds of profiles, next to older ones: they load, compile and use for the first time, which tells nothing
 * of what they will cost. So an incident whose end meets a deploy is judged by the instances that ran through
 * it.
 *
 * @param others further types: agents stamp a first profile of the heap earlier than one of CPU
 * @returns the time from which on the end is left out, too; null for none of it
 */
export function withoutLateArrivals(
  plan: Plan,
  fleet: Parameters<typeof processLabel>[0],
  profileTimes: ProfileTimes,
  others: readonly ProfileTimes[] = [],
): { plan: Plan; incidentEnd: number | null } {
  const { incident, stepMs } = plan;
  const unchanged = { plan, incidentEnd: null };
  const label = processLabel(fleet);
  if (label === null || profileTimes.largeFleet !== undefined) return unchanged;
  // Times are the right edges of steps.
  const end = sharedTimes(profileTimes, coverBoth(plan)).at(-1) ?? 0;
  const least = MIN_SETTLED_ROUNDS * SLACK * measureGap(profileTimes);
  const starts = new Map<string, number>();
  for (const { labels, points } of [profileTimes, ...others].flatMap(({ series }) => series)) {
    const instance = labels[label];
    if (instance === undefined) continue;
    for (const { time } of points) starts.set(instance, Math.min(starts.get(instance) ?? time, time));
  }
  const isLate = (start: number) => start > end - least + stepMs;
  const late = [...starts.values()].filter(isLate);
  const first = Math.min(...late) - stepMs;
  // Any other instance that came in the window is judged, and needs its time.
  const needsTime = [...starts.values()].some((start) => !isLate(start) && start - stepMs >= incident.from);
  if (late.length === 0 || needsTime || first - incident.from < least) return unchanged;
  return { plan: { ...plan, incident: { ...incident, to: first - 1 } }, incidentEnd: first };
}

/** Says which end of the window is left out, for the first profiles of new instances. */
export function endNotes(incidentEnd: number | null): string[] {
  return incidentEnd === null
    ? []
    : [
        // Starts of profiles are known to a step of seconds.
        `Instances that came at ${formatTime(Math.round(incidentEnd / 1000) * 1000)}, at the end of the window, still load and warm up: what is later is not judged. Ask about a later window.`,
      ];
}
