import { type Contrast, share } from '../../contrast/contrast.js';
import { totalsBelow } from '../../contrast/through.js';

/**
 * Ratio of value per profile, after ÷ before, of the middle one of the functions, without some and what
 * mostly runs below one of these: those show how they changed themselves.
 */
export function middleRatio({ joined, before, after }: Contrast, left: ReadonlySet<number>): number {
  const within = [...left].map((fn) => totalsBelow(joined, before.parts, fn));
  const ratios: { ratio: number; weight: number }[] = [];
  let whole = 0;
  before.costs.charged.forEach((weight, fn) => {
    const ratio = share(share(after.costs.charged[fn] ?? 0, after.profiles), share(weight, before.profiles));
    const isPart = within.some((below) => (below[fn] ?? 0) > (before.costs.totals[fn] ?? 0) / 2);
    if (ratio <= 0 || isPart) return;
    whole += weight;
    ratios.push({ ratio, weight });
  });
  let below = 0;
  for (const { ratio, weight } of ratios.sort((a, b) => a.ratio - b.ratio)) {
    below += weight;
    if (below >= whole / 2) return ratio;
  }
  return Number.POSITIVE_INFINITY;
}
