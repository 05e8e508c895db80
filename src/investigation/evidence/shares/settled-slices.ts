import { countsIn } from '../../../profile/compare/analysis.js';
import type { Slice } from '../../../profile/compare/attribution.js';
import { type Profile, totalValue } from '../../../profile/model.js';
import type { Window } from '../../../sources/source.js';
import { type LensType, readActive } from '../lens.js';
import type { ProfileTimes } from '../profile-times.js';
import type { InvestigationContext, ShareChange } from '../shares.js';
import { countsLater } from './counts-later.js';
import { attributeTo, profilesInSlice, type SliceOf, tellableSlices } from './slices.js';

/** Changes of one type from the time on at which all instances had settled. */
interface SettledChanges {
  changes: readonly ShareChange[];
  /** The slices that were read over the whole incident. */
  slices: readonly SliceOf[];
  /** The incident from that time on. */
  window: Window;
}

/**
 * Attributes changes that were found after a warm-up. The slices were read with the warm-up in them, so they
 * are read once more without it, all but the largest, which is what the others leave.
 *
 * @returns the changes as they are where too few requests are left, or fewer than two slices sent profiles
 */
export async function attributeSettled(
  { readContext, fleet, requests }: Pick<InvestigationContext, 'readContext' | 'fleet' | 'requests'>,
  { type }: LensType,
  profileTimes: ProfileTimes,
  { changes, slices, window }: SettledChanges,
): Promise<readonly ShareChange[]> {
  const present = slices.filter(({ matcher }) => profilesInSlice(fleet, profileTimes, window, matcher) > 0);
  const told = tellableSlices(fleet, profileTimes, { incident: window }, present);
  if (changes.length === 0 || present.length < 2 || present.length - told.size > requests.left)
    return changes;
  const profiles = await Promise.all(
    present.map((slice) => (told.has(slice) ? null : readActive(readContext, type, window, [slice.matcher]))),
  );
  return Promise.all(changes.map(attributeChange));

  async function attributeChange(change: ShareChange): Promise<ShareChange> {
    const counted = await Promise.all(
      present.map(({ labels }, at) => countSlice(change, labels, profiles[at] ?? null)),
    );
    const all = present.map(({ labels, matcher, isRest = false }, at) => {
      const others = counted.flatMap((slice) =>
        slice !== null && matcher.name in slice.labels ? slice : [],
      );
      return counted[at] ?? { labels, isRest, ...leftBy(others, change) };
    });
    return attributeTo(all, change, fleet.instanceLabel);
  }

  /** The samples of the culprit in the profile of a slice; null for one that was not read. */
  async function countSlice(
    { analysis, culprit, leftOut }: ShareChange,
    labels: Slice['labels'],
    profile: Profile | null,
  ): Promise<Slice | null> {
    if (profile === null) return null;
    const counts = await countsLater(readContext, profile, analysis, culprit.fn, leftOut);
    return { labels, ...counts, total: totalValue(profile) / analysis.quantum };
  }
}

/** The samples that some slices leave of all. */
function leftBy(
  slices: readonly Slice[],
  { analysis, contrast, culprit }: ShareChange,
): Omit<Slice, 'labels'> {
  const { x, n } = countsIn(analysis, contrast.after, culprit.fn);
  const all = { x, n, total: contrast.after.costs.total / analysis.quantum };
  const left = (of: 'x' | 'n' | 'total') =>
    Math.max(0, all[of] - slices.reduce((sum, slice) => sum + slice[of], 0));
  return { x: left('x'), n: left('n'), total: left('total') };
}
