import type { InstanceRise } from '../../profile/compare/finding.js';
import type { Labels, Window } from '../../sources/source.js';
import { computeMean, type ProfileTimes, totalsIn } from './profile-times.js';
import type { Plan } from './windows.js';

/** An instance takes part in a rise that is at least this part of the mean one. */
const TAKES_PART = 0.5;

/**
 * Counts the instances in which the value per profile of a type rose, by their totals over time. An instance
 * without a past of its own is compared with the past of the fleet.
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
  const values = [...new Set(profileTimes.series.flatMap(({ labels }) => labels[label] ?? []))].sort();
  const present = values.flatMap((instance) => {
    const isOfInstance = (labels: Labels) => labels[label] === instance;
    const now = levelIn(incident, isOfInstance);
    const past = levelIn(baseline, isOfInstance) ?? before;
    return now === null ? [] : [{ instance, rise: now - past }];
  });
  if (present.length === 0) return null;
  const risen =
    after <= before
      ? []
      : present.filter(({ rise }) => rise >= TAKES_PART * (after - before)).map(({ instance }) => instance);
  return { label, risen, all: present.length };
}
