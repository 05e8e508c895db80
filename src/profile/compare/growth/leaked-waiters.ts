import { joinKey } from '../../code/names.js';
import { totalPerProfile } from '../../contrast/contrast.js';
import { NEARLY_ALL, type SiteGrowth } from '../growth.js';

/**
 * Part of a growth in goroutines that the number of waits must follow where they are of goroutines that leak.
 */
const MIN_FOLLOWED = 0.5;

/** A number in the earlier and in the later half of a growth. */
export type Halves = readonly [earlier: number, later: number];

/**
 * Tells goroutines that leak from a queue, where goroutines pile up and wait at one place. Each one that
 * leaked wakes up as often as the others and waits again, so that there are more waits, as long as before.
 * Through a queue as many pass as before, and each waits longer (Little's law: the number of those who wait
 * is the rate of arrivals times the length of a wait).
 *
 * @param goroutines number that was added
 * @param waits number of waits that ended at the place
 * @returns null where the goroutines became no more
 */
export function whoWaits(goroutines: Halves, waits: Halves): 'leak' | 'queue' | null {
  const gained = ([earlier, later]: Halves) => (later <= 0 ? 0 : (later - earlier) / later);
  const more = gained(goroutines);
  if (more <= 0) return null;
  return gained(waits) >= MIN_FOLLOWED * more ? 'leak' : 'queue';
}

/** Whether nearly all of two growths, in different types, comes from one place. */
export function growAtOnePlace(one: SiteGrowth, other: SiteGrowth): boolean {
  return holdsGrowth(one, other) || holdsGrowth(other, one);
}

/** Whether the place of a growth holds nearly all of the growth at the place of another one. */
function holdsGrowth(holder: SiteGrowth, { joined, before, after, site }: SiteGrowth): boolean {
  const info = holder.joined.functions[holder.site.fn];
  if (info === undefined) return false;
  const key = joinKey(info);
  const fn = joined.functions.findIndex((other) => joinKey(other) === key);
  if (fn < 0) return false;
  return totalPerProfile(after, fn) - totalPerProfile(before, fn) >= NEARLY_ALL * site.growth;
}
