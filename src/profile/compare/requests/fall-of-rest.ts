import { type Contrast, share } from '../../contrast/contrast.js';
import { type Culprit, FALLING_LOAD } from '../culprit.js';

/** A function with more than this of an entry point's cost leaves too little of it to tell the load. */
const NEARLY_ALL = 0.9;

/**
 * Whether a function was nearly all of an entry point, and the little that is left of it fell: that is
 * no measure of the requests, since what a start or a pause of the host costs there goes away as well.
 *
 * @param inside the contrast of the stacks of that entry point alone
 */
export function isFallOfRest({ before }: Pick<Contrast, 'before'>, { fn, load }: Culprit): boolean {
  const part = share(before.costs.totals[fn] ?? 0, before.costs.total);
  return part > NEARLY_ALL && load < FALLING_LOAD;
}
