import {
  type Contrast,
  deviation,
  findUniverse,
  isIn,
  share,
  sumIn,
  type Universe,
} from '../contrast/contrast.js';
import { isBelow, type TotalsAround, totalsAround, totalsBelow } from '../contrast/through.js';
import type { Culprit } from './culprit.js';
import { middleRatio } from './growth/middle-ratio.js';
import { isDearerReplacement } from './growth/replaced.js';

/** A shrinkage must stand out by this much, in standard errors, to be the other side of a growth … */
const MIN_LOSS_Z = -3.2;
/** … but less where only few can be it: under the same caller, or the caller's own cost … */
const MIN_NEAR_Z = -2.2;
/** … and less still when the caller's total stayed. */
const MIN_INSIDE_Z = -1.7;
/**
 * The loss is of the size of the gain: between these parts of it, of the caller's own cost in a wider range.
 */
const LIKE_GAIN = [0.5, 1.8] as const;
const LIKE_GAIN_INSIDE = [0.4, 2.5] as const;
/** … of a function elsewhere, where many could fit, in a narrow one. */
const LIKE_GAIN_FAR = [0.7, 1.4] as const;
/**
 * A function elsewhere that costs more per profile than before has handed nothing over, unless it lost this
 * part of what the load would have made of it: next to code that grew all else loses share, and what costs
 * the same at any load loses more of it. In a service whose other code rose by x2.1 on a busy host, a
 * function that rose by x1.8 had lost as much as new code cost (fixtures/libraries/n1-quotes).
 */
const MOSTLY_LOST = 0.5;
/** A cost that grew by this part of what moved, and by so many standard errors, did not only move. */
const MIN_SURPLUS = 0.3;
const SURPLUS_Z = 3;
/** Variance of a median, as a multiple of that of a mean (π/2 for a normal distribution). */
const MEDIAN_VARIANCE = Math.PI / 2;
/**
 * Smallest part of a growth that is left at the caller: with less, the cost only moved inside the caller.
 */
const LEFT_AT_CALLER = 0.4;

/**
 * Finds the source of a cost that did not grow but moved: a function that lost as much as the culprit gained,
 * or a caller whose own total did not grow. Total per profile is flat then, but for the load.
 *
 * @returns the function that lost it; null where the growth is real
 */
export function movedFrom(
  contrast: Contrast,
  culprit: Culprit,
  universe: Universe = findUniverse(contrast),
): number | null {
  // The own function above what was replaced is the same on both sides, and shows how much more that costs.
  if (isDearerReplacement(contrast, culprit.fn)) return null;
  const { joined, before, after } = contrast;
  const around = {
    before: totalsAround(joined, before.parts, culprit.fn),
    after: totalsAround(joined, after.parts, culprit.fn),
  };
  const isNameable = (fn: number) => isIn(universe, fn);
  const isOwn = (fn: number) => joined.application[fn] === 1;
  const caller = nearestCaller(contrast, isNameable, culprit.fn, after, around.after);
  // A library that does its work in another way costs its own caller no more, however its parts differ.
  const ownCaller = isOwn(culprit.fn)
    ? null
    : nearestCaller(contrast, isOwn, culprit.fn, after, around.after);
  const inside =
    [caller, ownCaller]
      .flatMap((one) => (one === null ? [] : [lostInside(contrast, culprit, universe, one)]))
      .find((lost) => lost !== null) ?? null;
  if (inside?.isOfItsOwn) return inside.caller;
  return lostElsewhere(contrast, culprit, universe, caller, around) ?? inside?.caller ?? null;
}

/**
 * The nearest own caller, when it lost of its own what the culprit below it gained, or its total stayed: then
 * something below it may have lost it.
 */
function lostInside(
  contrast: Contrast,
  culprit: Culprit,
  universe: Universe,
  caller: number,
): { caller: number; isOfItsOwn: boolean } | null {
  const { joined, before, after, quantum, dispersion } = contrast;
  const { fn, growth } = culprit;
  const [a1, a2] = [before.costs.totals[caller] ?? 0, after.costs.totals[caller] ?? 0];
  const rest = (side: Contrast['before'], selfCost: number) =>
    share(sumIn(universe, side.costs) - selfCost, side.profiles);
  const load = share(rest(after, a2), rest(before, a1)) || 1;
  const atCaller = share(a2, after.profiles) - load * share(a1, before.profiles);
  const hasStayed =
    atCaller <= LEFT_AT_CALLER * growth && !isSurplus(contrast, { fn: caller, x1: a1, x2: a2 }, growth, load);
  // The code taken out of the caller was its own, alone or with the libraries that it called.
  for (const part of ['self', 'charged'] as const) {
    const [o1, o2] = [before.costs[part][caller] ?? 0, after.costs[part][caller] ?? 0];
    const rule = { leastZ: hasStayed ? MIN_INSIDE_Z : MIN_NEAR_Z, like: LIKE_GAIN_INSIDE };
    if (isCounterpart(contrast, universe, fn, o1, o2, rule) !== null) return { caller, isOfItsOwn: true };
  }
  if (!hasStayed) return null;
  const inside = (parts: readonly number[]) => totalsBelow(joined, parts, caller)[fn] ?? 0;
  const [o1, o2] = [a1 - inside(before.parts), a2 - inside(after.parts)];
  const outside = (side: Contrast['before'], cost: number, other: number) =>
    [other / quantum, (sumIn(universe, side.costs) - cost + other) / quantum] as const;
  const z = deviation(outside(before, a1, o1), outside(after, a2, o2), dispersion);
  return z <= MIN_LOSS_Z ? { caller, isOfItsOwn: false } : null;
}

/** The nearest of some functions above another one that nearly all of its cost passes through. */
export function nearestCaller(
  { joined }: Contrast,
  isCaller: (fn: number) => boolean,
  fn: number,
  { costs, parts }: Contrast['after'],
  { above } = totalsAround(joined, parts, fn),
): number | null {
  const whole = costs.totals[fn] ?? 0;
  let caller: number | null = null;
  for (let other = 0; other < above.length; other++) {
    if ((above[other] ?? 0) < 0.9 * whole || !isCaller(other)) continue;
    const further = caller === null ? 1 : (costs.totals[caller] ?? 0) - (costs.totals[other] ?? 0);
    // Callers that only pass the call on cost the same.
    if (further > 0 || (further === 0 && caller !== null && isBelow(joined, parts, other, caller)))
      caller = other;
  }
  return caller;
}

/**
 * Whether a cost that should have stayed, since it only moved within, grew by more than noise and by a
 * good part of what moved. Of two loads the lower one counts: everything else together, and the middle
 * one of the functions, weighted by what they cost before; where these differ something else grew, which
 * is no load.
 *
 * @param moved value per profile that changed place
 */
function isSurplus(
  contrast: Contrast,
  { fn, x1, x2 }: { fn: number; x1: number; x2: number },
  moved: number,
  load: number,
): boolean {
  const { before, after, quantum, dispersion, isStrict } = contrast;
  if (isStrict !== true) return false;
  const least = Math.min(load, middleRatio(contrast, new Set([fn])));
  const was = share(x1, before.profiles);
  const grown = share(x2, after.profiles) - least * was;
  const rest = (costs: Contrast['before']['costs'], cost: number) =>
    quantum / Math.max(quantum, costs.application - cost);
  const ofLoad = MEDIAN_VARIANCE * (rest(before.costs, x1) + rest(after.costs, x2)) * (least * was) ** 2;
  const ofCounts = quantum * (share(x2, after.profiles ** 2) + share(least ** 2 * x1, before.profiles ** 2));
  const error = Math.sqrt(dispersion.phi * (ofCounts + ofLoad));
  return grown > MIN_SURPLUS * moved && grown > SURPLUS_Z * error;
}

/**
 * Whether a cost that went from `o1` to `o2` is the other side of a culprit's growth: it lost about as much,
 * and by more than noise.
 *
 * @returns how far the loss stands out, in standard errors; null where it is not
 */
function isCounterpart(
  contrast: Contrast,
  universe: Universe,
  fn: number,
  o1: number,
  o2: number,
  { leastZ, like, isFar = false }: { leastZ: number; like: readonly [number, number]; isFar?: boolean },
): number | null {
  const { before, after, quantum, dispersion } = contrast;
  const [g1, g2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
  const [u1, u2] = [sumIn(universe, before.costs) - g1, sumIn(universe, after.costs) - g2];
  if (share(o2, u2) >= share(o1, u1)) return null;
  const load = share(share(u2 - o2, after.profiles), share(u1 - o1, before.profiles)) || 1;
  const gain = share(g2, after.profiles) - load * share(g1, before.profiles);
  const loss = load * share(o1, before.profiles) - share(o2, after.profiles);
  if (loss < like[0] * gain || loss > like[1] * gain) return null;
  const [was, is] = [share(o1, before.profiles), share(o2, after.profiles)];
  if (isFar && is >= was && loss < MOSTLY_LOST * load * was) return null;
  if (isSurplus(contrast, { fn, x1: g1 + o1, x2: g2 + o2 }, gain, load)) return null;
  const z = deviation([o1 / quantum, u1 / quantum], [o2 / quantum, u2 / quantum], dispersion);
  return z <= leastZ ? z : null;
}

/** A function apart from the culprit that lost what it gained. */
function lostElsewhere(
  contrast: Contrast,
  { fn }: Culprit,
  universe: Universe,
  caller: number | null,
  around: { before: TotalsAround; after: TotalsAround },
): number | null {
  const { joined, before, after } = contrast;
  const isOnItsWay = (other: number) =>
    [around.before, around.after].some(
      ({ above, below }) => (above[other] ?? 0) > 0 || (below[other] ?? 0) > 0,
    );
  let best: { fn: number; z: number } | null = null;
  for (let other = 0; other < joined.functions.length; other++) {
    if (!isIn(universe, other) || isOnItsWay(other)) continue;
    const [o1, o2] = [before.costs.totals[other] ?? 0, after.costs.totals[other] ?? 0];
    let z = isCounterpart(contrast, universe, fn, o1, o2, { leastZ: MIN_NEAR_Z, like: LIKE_GAIN });
    // Some functions fall by chance, but hardly one under the very same caller: that is a new name.
    const isNameable = (fn: number) => isIn(universe, fn);
    if (z !== null && nearestCaller(contrast, isNameable, other, before) !== caller)
      z = isCounterpart(contrast, universe, fn, o1, o2, {
        leastZ: MIN_LOSS_Z,
        like: LIKE_GAIN_FAR,
        isFar: true,
      });
    if (z === null) continue;
    // The innermost function of a chain that was lost as a whole is the name.
    if (best === null || z < best.z || (z === best.z && isBelow(joined, before.parts, other, best.fn)))
      best = { fn: other, z };
  }
  return best?.fn ?? null;
}
