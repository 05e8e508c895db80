import { type Contrast, share } from '../../contrast/contrast.js';
import { totalsBelow } from '../../contrast/through.js';
import { findWeightedMiddle, type Weighted } from '../weighted-middle.js';

/**
 * Ratio of value per profile, after ÷ before, of the middle one of the functions, without some and what
 * mostly runs below one of these: those show how they changed themselves.
 */
export function middleRatio({ joined, before, after }: Contrast, left: ReadonlySet<number>): number {
  const within = [...left].map((fn) => totalsBelow(joined, before.parts, fn));
  const ratios: Weighted[] = [];
  before.costs.charged.forEach((weight, fn) => {
    const ratio = share(share(after.costs.charged[fn] ?? 0, after.profiles), share(weight, before.profiles));
    const isPart = within.some((below) => (below[fn] ?? 0) > (before.costs.totals[fn] ?? 0) / 2);
    if (ratio <= 0 || isPart) return;
    ratios.push({ value: ratio, weight });
  });
  return findWeightedMiddle(ratios) ?? Number.POSITIVE_INFINITY;
}
