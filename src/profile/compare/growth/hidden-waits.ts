import { type Side, share, totalPerProfile } from '../../contrast/contrast.js';
import { isCode } from '../../contrast/joined-names.js';
import { sumOfRequests } from '../../contrast/through.js';
import type { Growth, SiteGrowth } from '../growth.js';
import { MIN_ADDED_S, type Waiting, waitRose } from '../waits.js';

/**
 * Smallest growth of a type that waits of one place may hide in, as a factor. Goroutines that are idle wait
 * for the whole of each profile, and their number swings by more than a queue of a few requests adds: an
 * agent's own made 120 of 149 s, in which a queue of 17 % for a pool of one connection raised the total by
 * 9 %.
 */
const MIN_HIDING_RATIO = 1.02;
/** Smallest growth of the waits of such a place, as a factor, beyond what the load explains. */
const MIN_HIDDEN_RATIO = 5;
/** Part of the time served that such waits must have added: callers feel them. */
const MIN_HIDDEN_PART = 0.1;

/**
 * Whether waiting of all kinds rose at all, so that waits of one place may have grown by far more beneath
 * it: goroutines that wait for work, or for their next turn, add the whole length of each profile.
 */
export function waitsMayHide(waiting: Waiting): boolean {
  return waitRose(waiting, MIN_HIDING_RATIO);
}

/**
 * Whether requests wait at one place for far longer than before, beneath the waits of all kinds.
 *
 * @param place waits of requests at that place
 * @param load value per profile of on-CPU time, after ÷ before
 * @param served on-CPU time per profile of the incident, in seconds; null where unknown
 */
export function requestsWait(place: Waiting, load: number, served: number | null): boolean {
  const { before, after } = place;
  const least = Math.max(MIN_ADDED_S, MIN_HIDDEN_PART * (served ?? 0));
  return after - before >= least && after >= MIN_HIDDEN_RATIO * Math.max(1, load) ** 2 * before;
}

/** Part of the waits at a place that must be those of requests. */
const MIN_REQUESTS_PART = 0.9;

/**
 * The growth of waits at one place in own code or in a library, as that of a pool, where requests wait for
 * far longer than before, which the waits of goroutines that are idle hide in the total.
 */
export function requestsThatWait(
  { site, ...sides }: Growth,
  seconds: number,
  load: number,
  served: number | null,
): SiteGrowth | null {
  if (site === null || !isCode(sides.joined, site.fn)) return null;
  const measure = ({ parts, profiles }: Side) =>
    share(sumOfRequests(sides.joined, parts, site.fn), profiles) * seconds;
  const place = { before: measure(sides.before), after: measure(sides.after) };
  const all = totalPerProfile(sides.after, site.fn) * seconds;
  if (place.after < MIN_REQUESTS_PART * all || !requestsWait(place, load, served)) return null;
  return { ...sides, site };
}
