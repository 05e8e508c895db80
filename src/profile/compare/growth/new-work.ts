import { type Contrast, isIn, share, totalPerProfile, type Universe } from '../../contrast/contrast.js';
import { isBelow, totalsBelow } from '../../contrast/through.js';
import { nearestCaller } from '../moved.js';

/** A function with this part of what it costs now was there before; with less, it is called newly. */
const WAS_CALLED = 0.05;
/** Part of the caller's growth that each of two new functions holds … */
const MIN_OF_TWO = 0.25;
/** … and both together; one alone that holds as much is the name itself. */
const NEARLY_ALL = 0.8;

/**
 * The own caller that newly does several kinds of work, of which a function is only one: that function is
 * new, and another new one holds most of what it leaves of the caller's growth. Each stands out more than
 * the caller, which cost something before, but the change is the caller's.
 *
 * @param load value per profile of all else, after ÷ before
 * @param universal functions above nearly all own code: of these each callee is a change of its own
 */
export function callerOfNewWork(
  contrast: Contrast,
  universe: Universe,
  fn: number,
  load: number,
  universal: ReadonlySet<number>,
): number | null {
  const { joined, before, after } = contrast;
  const isNew = (one: number) =>
    totalPerProfile(before, one) < WAS_CALLED * totalPerProfile(after, one) && isIn(universe, one);
  if (!isNew(fn)) return null;
  const isOwn = (other: number) => isIn(universe, other) && joined.application[other] === 1;
  const caller = nearestCaller(contrast, isOwn, fn, after);
  if (caller === null || universal.has(caller)) return null;
  const growth = totalPerProfile(after, caller) - load * totalPerProfile(before, caller);
  const below = totalsBelow(joined, after.parts, caller);
  const measurePart = (one: number) => share(share(below[one] ?? 0, after.profiles), growth);
  const mine = measurePart(fn);
  if (mine < MIN_OF_TWO || mine >= NEARLY_ALL) return null;
  for (let other = 0; other < below.length; other++) {
    const part = measurePart(other);
    if (part < MIN_OF_TWO || mine + part < NEARLY_ALL || !isNew(other)) continue;
    const isApart = !isBelow(joined, after.parts, other, fn) && !isBelow(joined, after.parts, fn, other);
    if (isApart) return caller;
  }
  return null;
}
