import { type Side, share } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import { sumStacks } from '../../contrast/sum-stacks.js';
import type { GrowthSite } from '../growth.js';
import { getType } from './type-user.js';

/**
 * The entry point of most of a growth, where no own code and no library runs below it. Goroutines and threads
 * that belong together have entry points of one type (the two loops of a connection, the stages of a pool):
 * these count together, and the one that grew most stands for all.
 *
 * @param minGain part of the whole that the entry points of one type must have gained
 * @param minPart part of the growth that they must hold
 * @returns null where those of no type do
 */
export function entrySite(
  joined: Joined,
  before: Side,
  after: Side,
  minGain: number,
  minPart: number,
): GrowthSite | null {
  const [was, is] = [sumRoots(joined, before), sumRoots(joined, after)];
  const perProfile = ({ profiles }: Side, value: number) => share(value, profiles);
  const whole = perProfile(after, after.costs.total) - perProfile(before, before.costs.total);
  if (whole <= 0) return null;
  const types = new Map<string, number[]>();
  for (let fn = 0; fn < is.length; fn++) {
    if ((was[fn] ?? 0) + (is[fn] ?? 0) <= 0) continue;
    const type = getType(joined.functions[fn]?.name ?? '');
    types.set(type, [...(types.get(type) ?? []), fn]);
  }
  for (const fns of types.values()) {
    const sum = (roots: Float64Array) => fns.reduce((all, fn) => all + (roots[fn] ?? 0), 0);
    const [sumBefore, sumAfter] = [sum(was), sum(is)];
    const growth = perProfile(after, sumAfter) - perProfile(before, sumBefore);
    const gain = share(sumAfter, after.costs.total) - share(sumBefore, before.costs.total);
    if (growth < minPart * whole || gain < minGain) continue;
    const grew = (fn: number) => perProfile(after, is[fn] ?? 0) - perProfile(before, was[fn] ?? 0);
    const fn = fns.reduce((best, one) => (grew(one) > grew(best) ? one : best));
    return { fn, growth, part: growth / whole };
  }
  return null;
}

/** Values by the entry point of the stacks. */
function sumRoots(joined: Joined, { parts }: Side): Float64Array {
  return sumStacks(joined, parts, ({ profile: { stackStart, stackFrames }, frameFunction }, stack) => {
    const [start, end] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
    return end <= start ? -1 : (frameFunction[stackFrames[end - 1] ?? 0] ?? 0);
  });
}
