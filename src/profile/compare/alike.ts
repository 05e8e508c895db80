import { type Side, share } from '../contrast/contrast.js';
import type { SiteGrowth } from './growth.js';

/**
 * Factor from which on waits other than those of the site that grew most grew, too: chance and load explain
 * less.
 */
const MIN_REST_RATIO = 2.5;
/**
 * Part of the site's growth, of logarithms, that the others must show: a queue for one lock makes the locks
 * that its holders need wait longer, but by far less.
 */
const ALIKE = 0.4;
/** Part of all waiting before that the others must have been, or their growth tells nothing. */
const MIN_REST = 0.05;

/**
 * Whether waits of all kinds grew alike, as on a host that is throttled or busy, rather than those for one
 * lock. Waits are told apart by the team's own function nearest to them; without own code by the function
 * that waits.
 */
export function waitsGrewAlike({ before, after }: Pick<SiteGrowth, 'before' | 'after'>): boolean {
  const hasOwn = before.costs.application + after.costs.application > 0;
  const values = ({ costs }: Side) => (hasOwn ? costs.charged : costs.self);
  const [was, now] = [values(before), values(after)];
  const perProfile = (value: number, { profiles }: Side) => share(value, profiles);
  let site = { before: 0, after: 0 };
  for (let fn = 0; fn < now.length; fn++) {
    const candidate = {
      before: perProfile(was[fn] ?? 0, before),
      after: perProfile(now[fn] ?? 0, after),
    };
    if (candidate.after - candidate.before > site.after - site.before) site = candidate;
  }
  const [all, allAfter] = [before, after].map((side) => perProfile(side.costs.total, side)) as [
    number,
    number,
  ];
  const rest = { before: all - site.before, after: allAfter - site.after };
  if (rest.before < MIN_REST * all || rest.before <= 0 || rest.after < MIN_REST_RATIO * rest.before)
    return false;
  // A site that did not wait at all before is new: it grew beyond every factor.
  if (site.before <= 0) return false;
  return Math.log(rest.after / rest.before) >= ALIKE * Math.log(site.after / site.before);
}
