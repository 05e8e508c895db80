import { totalPerProfile } from '../../contrast/contrast.js';
import { type Growth, type GrowthSite, isInner, NEARLY_ALL } from '../growth.js';
import { exceedsHeapSampling } from './heap-sampling.js';

/**
 * A place is new if it held at most this part of what it holds now: one sampled object of the five or more
 * that a growth beyond sampling takes.
 */
const HELD_BEFORE = 0.2;

/**
 * The function that holds something which was not held before: what new instances hold elsewhere differs from
 * what the old ones held after days, so that the whole level tells little about it. The team's innermost one
 * first, else the innermost of a library.
 *
 * @param level.instances number of instances that the levels are the mean of
 * @param level.unitBytes bytes per value; null for counts
 * @param level.least smallest growth that matters
 * @returns null where no such function gained that much
 */
export function newPlace(
  { joined, before, after }: Growth,
  { instances, unitBytes, least }: { instances: number; unitBytes: number | null; least: number },
): GrowthSite | null {
  const whole = after.costs.total / Math.max(1, after.profiles);
  for (const candidates of [joined.application, joined.library]) {
    const places: GrowthSite[] = [];
    for (let fn = 0; fn < joined.functions.length; fn++) {
      if (candidates[fn] !== 1) continue;
      const ends = { before: totalPerProfile(before, fn), after: totalPerProfile(after, fn) };
      const growth = ends.after - ends.before;
      if (growth < least || ends.before > HELD_BEFORE * ends.after) continue;
      if (!exceedsHeapSampling({ ...ends, instances, unitBytes })) continue;
      places.push({ fn, growth, part: growth / whole });
    }
    const most = Math.max(...places.map(({ growth }) => growth));
    const [first, ...others] = places.filter(({ growth }) => growth >= NEARLY_ALL * most);
    if (first !== undefined)
      return others.reduce((best, one) => (isInner(joined, after, one.fn, best.fn) ? one : best), first);
  }
  return null;
}

/** Quarters of a window whose middles lie so far from its beginning, in quarters: the second to the last. */
const MIDDLES = [1.5, 2.5, 3.5] as const;
/**
 * Part of what a straight line adds that a place must add at least, from the second quarter to the last and
 * from the third: what fills with a time constant of a third of the window adds 0.47 and 0.3 of it, and the
 * two to four objects that are sampled in a quarter of a small leak scatter by half.
 */
const STILL_FILLING = { sinceSecond: 0.5, sinceThird: 0.25 } as const;

/**
 * Whether a place goes on filling to the end of the window: what comes to rest is a cache, or a pool.
 *
 * @param course what it holds in the second, third and last quarter of the window
 */
export function keepsFilling([second, third, last]: readonly [number, number, number]): boolean {
  const [atSecond, atThird, atLast] = MIDDLES;
  const straight = (middle: number) => (last * (atLast - middle)) / atLast;
  return (
    last - second >= STILL_FILLING.sinceSecond * straight(atSecond) &&
    last - third >= STILL_FILLING.sinceThird * straight(atThird)
  );
}
