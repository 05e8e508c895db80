import { offload } from '../../../offload.js';
import type { Growth, SiteGrowth } from '../../../profile/compare/growth.js';
import { partWindows } from '../../../profile/series/parts.js';
import type { Window } from '../../../sources/source.js';
import { isHeavyWork } from '../../../work/offload.js';
import { type LensType, readActive } from '../lens.js';
import { type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import { NoRequestLeft } from '../requests.js';
import type { InvestigationContext } from '../shares.js';

/**
 * Growth per profile between the last parts of the two windows: two merges.
 *
 * @throws NoRequestLeft
 */
export async function readGrowth(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  instance: string | null = null,
): Promise<SiteGrowth | null> {
  const { site, ...sides } = await readEnds(context, lens, profileTimes, instance);
  return site === null ? null : { ...sides, site };
}

/**
 * The last parts of the two windows brought together: two merges.
 *
 * @param parts how many parts a window is cut into, of which the last is read
 * @throws NoRequestLeft
 */
export async function readEnds(
  { readContext, plan, fleet, requests }: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  instance: string | null = null,
  parts = 4,
): Promise<Growth> {
  if (requests.left < 2) throw new NoRequestLeft('two merges are needed');
  const label = fleet.instanceLabel;
  const only =
    instance === null || label === null ? [] : [{ name: label, op: '=' as const, value: instance }];
  const mayCount = (labels: Readonly<Record<string, string>>) =>
    instance === null || labels[label ?? ''] === instance;
  const read = async (whole: Window) => {
    const window = partWindows(whole, sharedTimes(profileTimes, whole), parts).at(-1) ?? whole;
    const { profiles } = totalsIn(profileTimes, window, mayCount);
    // A new instance has no past of its own: the others' stands for it.
    const matchers = profiles > 0 ? only : [];
    return {
      profile: await readActive(readContext, lens.type, window, matchers),
      profiles: profiles > 0 ? profiles : totalsIn(profileTimes, window).profiles,
    };
  };
  const [before, after] = await Promise.all([read(plan.baseline), read(plan.incident)]);
  const isHeavy = isHeavyWork(before.profile, after.profile);
  return offload('growth', [before, after], { isHeavy, signal: readContext.signal });
}
