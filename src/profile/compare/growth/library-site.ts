import { type Side, share } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import { sumTakers } from '../../contrast/takers.js';
import type { GrowthSite } from '../growth.js';

/**
 * The function of a library that does nearly all of a growth itself, for own callers: several of them wait
 * for its one lock, or have it hold what they do not give back.
 *
 * @param part part of the growth that it must do, of which own code must lead to as much
 * @returns null where there is none
 */
export function librarySite(joined: Joined, before: Side, after: Side, part: number): GrowthSite | null {
  const perProfile = ({ profiles }: Side, value: number | undefined) => share(value ?? 0, profiles);
  const grew = (was: Float64Array, is: Float64Array, fn: number) =>
    perProfile(after, is[fn]) - perProfile(before, was[fn]);
  const whole = perProfile(after, after.costs.total) - perProfile(before, before.costs.total);
  const [took, takes] = [sumTakers(joined, before), sumTakers(joined, after)];
  const fn = joined.library.findIndex(
    (isLibrary, at) =>
      isLibrary === 1 &&
      grew(took, takes, at) >= part * whole &&
      grew(before.costs.bare, after.costs.bare, at) <= (1 - part) * whole,
  );
  if (fn < 0) return null;
  const growth = grew(before.costs.totals, after.costs.totals, fn);
  return { fn, growth, part: growth / whole };
}
