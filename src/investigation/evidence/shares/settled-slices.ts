import type { CountedProfile } from '../../../profile/compare/analysis.js';
import type { Slice } from '../../../profile/compare/attribution.js';
import { type Profile, totalValue } from '../../../profile/model.js';
import type { Window } from '../../../sources/source.js';
import type { LensType } from '../lens.js';
import type { ProfileTimes } from '../profile-times.js';
import type { InvestigationContext, ShareChange } from '../shares.js';
import { countsLater } from './counts-later.js';
import { readSlices } from './parts.js';
import { attributeTo, profilesInSlice, type SliceOf, tellableSlices } from './slices.js';

/** Changes of one type from the time on at which all instances had settled. */
interface SettledChanges {
  changes: readonly ShareChange[];
  /** The slices that were read over the whole incident. */
  slices: readonly SliceOf[];
  /** The incident from that time on. */
  window: Window;
  /** The parts of all of that time. */
  whole: readonly CountedProfile[];
}

/**
 * Attributes changes that were found after a warm-up. The slices were read with the warm-up in them, so they
 * are read once more without it, all but the largest, which is what the others leave.
 *
 * @returns the changes as they are where too few requests are left, or fewer than two slices sent profiles
 */
export async function attributeSettled(
  context: Pick<InvestigationContext, 'readContext' | 'fleet' | 'requests'>,
  lens: LensType,
  profileTimes: ProfileTimes,
  { changes, slices, window, whole }: SettledChanges,
): Promise<readonly ShareChange[]> {
  const { readContext, fleet, requests } = context;
  const present = slices.filter(({ matcher }) => profilesInSlice(fleet, profileTimes, window, matcher) > 0);
  const told = tellableSlices(fleet, profileTimes, { incident: window }, present);
  if (changes.length === 0 || present.length < 2 || present.length - told.size > requests.left)
    return changes;
  const read = await readSlices(context, lens, profileTimes, { window, slices: present, told, whole });
  return Promise.all(changes.map(attributeChange));

  async function attributeChange(change: ShareChange): Promise<ShareChange> {
    const counted = await Promise.all(read.map(({ profile }) => countSlice(change, profile)));
    const all = present.flatMap(({ labels, isRest = false }, at): Slice[] => {
      const counts = counted[at];
      return counts === undefined ? [] : [{ labels, isRest, ...counts }];
    });
    return attributeTo(all, change, fleet.instanceLabel);
  }

  /** Counts the samples of the culprit in the profile of a slice. */
  async function countSlice(
    { analysis, culprit, leftOut }: ShareChange,
    profile: Profile,
  ): Promise<Pick<Slice, 'x' | 'n' | 'total'>> {
    const counts = await countsLater(readContext, profile, analysis, culprit.fn, leftOut);
    return { ...counts, total: totalValue(profile) / analysis.quantum };
  }
}
