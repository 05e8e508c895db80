import { joinKey } from '../../profile/code/names.js';
import { share, sumIn, totalPerProfile } from '../../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { ShareLens } from '../evidence/shares.js';

/** Part of a rise that one function must hold for the rise to be its own. */
const MIN_PART = 0.5;

/**
 * Whether the rise of a type of time is that of a function whose code changed by another type of time: time
 * on CPU and on the wall clock are of the same work, and the one with fewer samples shows only the rise.
 */
export function isRiseOfChange(share: ShareLens, shares: readonly ShareLens[]): boolean {
  if (share.lens.kind !== 'time' || share.change !== null) return false;
  return shares.some(({ lens, change }) => {
    if (lens.kind !== 'time' || change === null || change.from !== null) return false;
    const changed = change.contrast.joined.functions[change.culprit.fn];
    return changed !== undefined && holdsRise(share, joinKey(changed));
  });
}

function holdsRise({ analysis }: ShareLens, key: string): boolean {
  const { joined, universe } = analysis;
  const { before, after } = buildContrast(analysis, wholeRun(analysis));
  const fn = joined.functions.findIndex((info) => joinKey(info) === key);
  const whole =
    share(sumIn(universe, after.costs), after.profiles) -
    share(sumIn(universe, before.costs), before.profiles);
  return whole > 0 && fn >= 0 && totalPerProfile(after, fn) - totalPerProfile(before, fn) >= MIN_PART * whole;
}
