import { type Contrast, deviation, share, universeOf } from './contrast.js';
import type { Culprit } from './culprit.js';
import { totalsAbove, totalsBelow } from './through.js';

/** A shrinkage must stand out by this much, in standard errors, to be the other side of a growth. */
const LEAST_LOSS_Z = -3.5;
/** The loss is of the size of the gain: between these parts of it. */
const LIKE_GAIN = [0.6, 1.6] as const;
/** Of a growth that is passed on to the caller this much is left there, or the cost only moved inside the caller. */
const LEFT_AT_CALLER = 0.4;

/**
 * Where cost came from that did not grow but moved: a function that lost as much as the culprit gained, or a caller whose
 * own total did not grow. Total per profile is flat then, but for the load.
 *
 * @returns the function that lost it; null where the growth is real
 */
export function movedFrom(contrast: Contrast, culprit: Culprit): number | null {
  return lostInside(contrast, culprit) ?? lostElsewhere(contrast, culprit);
}

/** The nearest own caller, when its total stayed while the culprit below it grew: a part of it was taken out. */
function lostInside(contrast: Contrast, { fn, growth }: Culprit): number | null {
  const { joined, before, after, quantum, dispersion } = contrast;
  const universe = universeOf(contrast);
  const above = totalsAbove(joined, after.parts, fn);
  const whole = after.costs.totals[fn] ?? 0;
  let caller = -1;
  // Of the callers that hold all of it the smallest is the nearest.
  for (let other = 0; other < above.length; other++) {
    if (!universe.has(other) || (above[other] ?? 0) < 0.9 * whole) continue;
    if (caller < 0 || (after.costs.totals[other] ?? 0) < (after.costs.totals[caller] ?? 0)) caller = other;
  }
  if (caller < 0) return null;
  const [a1, a2] = [before.costs.totals[caller] ?? 0, after.costs.totals[caller] ?? 0];
  const rest = (side: Contrast['before'], own: number) =>
    share(universe.sum(side.costs) - own, side.profiles);
  const load = share(rest(after, a2), rest(before, a1)) || 1;
  const atCaller = share(a2, after.profiles) - load * share(a1, before.profiles);
  if (atCaller > LEFT_AT_CALLER * growth) return null;
  const inside = (parts: readonly number[]) => totalsBelow(joined, parts, caller)[fn] ?? 0;
  const [o1, o2] = [a1 - inside(before.parts), a2 - inside(after.parts)];
  const outside = (side: Contrast['before'], own: number, other: number) =>
    [other / quantum, (universe.sum(side.costs) - own + other) / quantum] as const;
  const z = deviation(outside(before, a1, o1), outside(after, a2, o2), dispersion);
  return z <= LEAST_LOSS_Z ? caller : null;
}

/** A function apart from the culprit that lost what it gained. */
function lostElsewhere(contrast: Contrast, { fn }: Culprit): number | null {
  const { joined, before, after, quantum, dispersion } = contrast;
  const universe = universeOf(contrast);
  const parts = [...before.parts, ...after.parts];
  const above = totalsAbove(joined, parts, fn);
  const below = totalsBelow(joined, parts, fn);
  const [g1, g2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
  const [u1, u2] = [universe.sum(before.costs) - g1, universe.sum(after.costs) - g2];
  let best: { fn: number; z: number } | null = null;
  for (let other = 0; other < joined.functions.length; other++) {
    if (!universe.has(other) || (above[other] ?? 0) > 0 || (below[other] ?? 0) > 0) continue;
    const [o1, o2] = [before.costs.totals[other] ?? 0, after.costs.totals[other] ?? 0];
    if (share(o2, u2) >= share(o1, u1)) continue;
    const load = share(share(u2 - o2, after.profiles), share(u1 - o1, before.profiles)) || 1;
    const gain = share(g2, after.profiles) - load * share(g1, before.profiles);
    const loss = load * share(o1, before.profiles) - share(o2, after.profiles);
    if (loss < LIKE_GAIN[0] * gain || loss > LIKE_GAIN[1] * gain) continue;
    const z = deviation([o1 / quantum, u1 / quantum], [o2 / quantum, u2 / quantum], dispersion);
    if (z <= LEAST_LOSS_Z && (best === null || z < best.z)) best = { fn: other, z };
  }
  return best?.fn ?? null;
}
