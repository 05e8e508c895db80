import type { InstanceRise } from '../../../profile/compare/finding.js';
import type { Labels, Window } from '../../../sources/source.js';
import { computeMean, type ProfileTimes, totalsIn } from '../profile-times.js';
import { listInstances } from '../rollout/turnover.js';
import type { Plan } from '../windows.js';

/** From so many profiles of another instance on a single one of an instance with a past is its last one. */
const MIN_OTHERS = 3;
/** An instance takes part in a rise that is at least this part of the mean one. */
const TAKES_PART = 0.5;

/**
 * Counts the instances in which the value per profile of a type rose, by their totals over time. An instance
 * without a past of its own is compared with the past of the fleet. One that left, and whose last profile
 * reached into the incident, is none of those that are there.
 *
 * @param label label that tells instances apart
 * @returns null where instances are not told apart
 */
export function instanceRise(
  profileTimes: ProfileTimes,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  label: string | null,
): InstanceRise | null {
  if (label === null || profileTimes.largeFleet !== undefined) return null;
  const levelIn = (window: Window, isCounted?: (labels: Labels) => boolean) =>
    computeMean(totalsIn(profileTimes, window, isCounted));
  const [before, after] = [levelIn(baseline) ?? 0, levelIn(incident) ?? 0];
  const instances = listInstances(profileTimes, { baseline, incident }, (labels) => labels[label]);
  const seen = [...instances.after].sort().flatMap((instance) => {
    const isOfInstance = (labels: Labels) => labels[label] === instance;
    const totals = totalsIn(profileTimes, incident, isOfInstance);
    const past = instances.before.has(instance) ? levelIn(baseline, isOfInstance) : null;
    const now = computeMean(totals);
    return now === null ? [] : [{ instance, profiles: totals.profiles, past, rise: now - (past ?? before) }];
  });
  const most = Math.max(...seen.map(({ profiles }) => profiles));
  const present = seen.filter(({ profiles, past }) => profiles > 1 || past === null || most < MIN_OTHERS);
  if (present.length === 0) return null;
  const risen =
    after <= before
      ? []
      : present.filter(({ rise }) => rise >= TAKES_PART * (after - before)).map(({ instance }) => instance);
  return { label, risen, all: present.length };
}
