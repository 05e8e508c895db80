import {
  type Contrast,
  deviation,
  findUniverse,
  isIn,
  measureShift,
  rankShifts,
  type Shift,
  share,
  sumIn,
  totalPerProfile,
  type Universe,
  WHOLE,
} from '../contrast/contrast.js';
import { type LogFactor, logFactor } from '../contrast/log-factor.js';
import { signedRootOfCounts } from '../contrast/noise.js';
import { findEntries, isBelow, sumLibraryWork, sumOutside, totalsBelow } from '../contrast/through.js';
import { isBackgroundGrowth } from './growth/background.js';
import { callerOfNewWork } from './growth/new-work.js';
import { isReplacement } from './growth/replaced.js';
import { NO_REQUESTS, type Requests } from './requests/entries.js';
import { outgrewRequests, runsInJobs } from './requests/jobs.js';
import { isMixOfRequests } from './requests/mix.js';
import { outgrewItsRequests } from './requests/outgrown.js';

/** The function that a change of cost is named after. */
export interface Culprit {
  fn: number;
  /** How far it stands out, in standard errors of a normal distribution. */
  z: number;
  /** Value per profile of all own code outside it, after ÷ before: what the load alone did. */
  load: number;
  /** Value per profile that is not explained by the load. */
  growth: number;
}

/** A function with more than this of all own code before the change measures the load itself … */
const DOMINANT = 0.5;
/**
 * … unless its callers have at least this many samples outside it, or it has them in libraries that it calls.
 */
const MIN_BESIDE = 20;
/**
 * Below this the load has fallen by so much that what costs the same as before gains share without having
 * changed …
 */
export const FALLING_LOAD = 0.85;
/** … so that a function must cost more per profile than before by this factor … */
const MIN_RISE = 1.15;
/** … and by so many standard errors of its own samples. */
const MIN_RISE_Z = 3;
/** A callee that keeps this part of the growth is the better name (docs/develop/comparison.md §4) … */
const KEEPS = 0.8;
/** … and so is one with this part, where the likelihood cannot tell the two apart: */
const ROUGHLY_KEEPS = 0.6;
/** a loss of at most 3 in log-likelihood, that is of 6 in z². */
const SAME_LIKELIHOOD = 6;
/** A callee must stand out on its own, in standard errors. */
const MIN_CALLEE_Z = 3;
/** Outstanding functions that are looked at: wrappers of one culprit stand above it. */
const MAX_LOOKED_AT = 24;

/**
 * The one function that explains best why the sides differ: the most outstanding growth among the team's
 * functions (the maximum of the likelihood of "this one changed, all else follows the load"), then down to
 * the callee that keeps it.
 *
 * @param gate least z
 * @param requests kinds of requests whose mix may explain a growth; see {@link isMixOfRequests}
 * @returns null where nothing grew by more than noise and load explain
 */
export function findCulprit(
  contrast: Contrast,
  gate: number,
  universe: Universe = findUniverse(contrast),
  requests: Requests = NO_REQUESTS,
): Culprit | null {
  return findGrowth(contrast, gate, universe, requests, (outer) => {
    const inner = descend(contrast, universe, outer);
    const load = loadBeside(contrast, universe, inner);
    return callerOfNewWork(contrast, universe, inner, load, requests.universal) ?? inner;
  });
}

/**
 * The most outstanding growth that may be a change of code: a function above the one that is to blame, or
 * that one. It tells that something changed, for less work than {@link findCulprit} takes to name it.
 */
export function findOutstanding(
  contrast: Contrast,
  gate: number,
  universe: Universe,
  requests: Requests,
): Culprit | null {
  return findGrowth(contrast, gate, universe, requests, (outer) => outer);
}

/** @param toName the function that a growth is named after, by the one that stands out */
function findGrowth(
  contrast: Contrast,
  gate: number,
  universe: Universe,
  requests: Requests,
  toName: (outer: number) => number,
): Culprit | null {
  const shifts = rankShifts(contrast, universe)
    .filter(({ z }) => z >= gate)
    .slice(0, MAX_LOOKED_AT);
  for (const shift of shifts) {
    if (onlyGainedShare(contrast, universe, shift.fn, requests)) continue;
    if (!isCodeChange(contrast, universe, shift, gate)) continue;
    if (universe.population === 'served' && !isBeyondOwnCode(contrast, shift)) continue;
    const fn = toName(shift.fn);
    if (isReplacement(contrast, fn)) continue;
    if (universe.isBackground === true && !isBackgroundGrowth(contrast, fn)) continue;
    if (requests.points.length > 1 && isMixOfRequests(contrast, requests, fn)) continue;
    if (!outgrewRequests(contrast, requests, fn, gate)) continue;
    return describeCulprit(contrast, universe, fn);
  }
  return null;
}

/** A function as the culprit of a contrast. */
export function describeCulprit(contrast: Contrast, universe: Universe, fn: number): Culprit {
  const load = loadBeside(contrast, universe, fn);
  return { fn, z: measureShift(contrast, universe, fn), load, growth: measureGrowth(contrast, fn, load) };
}

/**
 * Value per profile outside a function, after ÷ before; 1 where nothing was outside before. A library may
 * work on goroutines of its own, outside the stacks of a universe: a function that costs more than all of
 * these is compared with all stacks.
 */
export function loadBeside({ before, after }: Contrast, universe: Universe, fn: number): number {
  const isOutside = [before, after].some(({ costs }) => (costs.totals[fn] ?? 0) > sumIn(universe, costs));
  const whole = isOutside ? WHOLE : universe;
  // Rounding may leave less than nothing.
  const rest = ({ costs, profiles }: Contrast['before']) =>
    share(Math.max(0, sumIn(whole, costs) - (costs.totals[fn] ?? 0)), profiles);
  const load = rest(after) / rest(before);
  // Values of extreme sizes overflow, and a load without end explains nothing.
  return Number.isFinite(load) ? load : 1;
}

/** Value per profile that a function costs more than the load explains. */
export function measureGrowth({ before, after }: Contrast, fn: number, load: number): number {
  return totalPerProfile(after, fn) - load * totalPerProfile(before, fn);
}

/**
 * Whether growth of share is a change of code: not the load in a function that does all the work, nor its
 * fall.
 */
function isCodeChange(contrast: Contrast, universe: Universe, { fn }: Shift, gate: number): boolean {
  const { joined, before, after, quantum, dispersion } = contrast;
  const [x1, x2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
  const load = loadBeside(contrast, universe, fn);
  if (load < 1 && !hasRisenByItself(contrast, fn, gate)) return false;
  if (share(x1, sumIn(universe, before.costs)) <= DOMINANT) return true;
  const entries = findEntries(joined, [...before.parts, ...after.parts], fn);
  const [b1, b2] = [
    sumOutside(joined, before.parts, fn, entries),
    sumOutside(joined, after.parts, fn, entries),
  ];
  const outgrew = (was: readonly [number, number], is: readonly [number, number]) => {
    const [[y1, o1], [y2, o2]] = [was, is];
    const counts = (y: number, other: number) => [y / quantum, (y + other) / quantum] as const;
    return o1 + o2 >= MIN_BESIDE * quantum && deviation(counts(y1, o1), counts(y2, o2), dispersion) >= gate;
  };
  if (outgrew([x1, b1], [x2, b2])) return true;
  // The libraries that it calls serve the same requests: more of these raise both alike.
  const [l1, l2] = [before, after].map(({ parts }) => sumLibraryWork(joined, parts, fn)) as [number, number];
  return outgrew([x1 - l1, l1], [x2 - l2, l2]);
}

/**
 * Whether a function that was there before only gained share, because the load fell and it costs about as
 * much as before; a job does so at any fall. Where requests lead to it, and it outgrew all else that these
 * do, each of them costs more.
 */
export function onlyGainedShare(
  contrast: Contrast,
  universe: Universe,
  fn: number,
  requests: Requests,
): boolean {
  const [was, is] = [totalPerProfile(contrast.before, fn), totalPerProfile(contrast.after, fn)];
  const rise = measureRise(contrast, fn) < MIN_RISE_Z ? 0 : share(is, was);
  const load = loadBeside(contrast, universe, fn);
  const isShare =
    isShareOfFallingLoad(load, rise) || (load < 1 && rise < MIN_RISE && runsInJobs(contrast, requests, fn));
  return was > 0 && isShare && !outgrewItsRequests(contrast, requests, fn);
}

/** How far a function costs more per profile than before, whatever else does, in standard errors. */
function measureRise({ before, after, quantum, dispersion }: Contrast, fn: number): number {
  const counts = [before, after].map(({ costs }) => (costs.totals[fn] ?? 0) / quantum) as [number, number];
  return signedRootOfCounts(counts, [before.profiles, after.profiles], dispersion.phi);
}

/**
 * Whether a function only gained share because the load fell: it costs about as much as before.
 *
 * @param load value per profile of all else, after ÷ before
 * @param rise its own value per profile, after ÷ before
 */
export function isShareOfFallingLoad(load: number, rise: number): boolean {
  return load < FALLING_LOAD && rise < MIN_RISE;
}

/** Part of a function's cost in stacks without own code from which on it does not follow the requests. */
const MOSTLY_BARE = 0.5;

/**
 * Whether a function costs more than before per profile, beyond chance, where no own code calls it: what runs
 * in the background gains share when the load falls, and its share then tells nothing.
 *
 * @param gate least distance in standard errors
 */
function hasRisenByItself(contrast: Contrast, fn: number, gate: number): boolean {
  const sides = [contrast.before, contrast.after];
  const sumColumn = (column: 'totals' | 'bare') =>
    sides.reduce((sum, { costs }) => sum + (costs[column][fn] ?? 0), 0);
  return sumColumn('bare') < MOSTLY_BARE * sumColumn('totals') || measureRise(contrast, fn) >= gate;
}

/** Smallest distance from own code of what stands out among all that is served, in standard errors. */
const MIN_BESIDE_OWN_Z = 3;

/**
 * Whether a function grew beyond the team's own code, too. What frameworks cost whether requests come or not
 * shrinks in share when the load rises: next to it all own code, and what it calls, looks as if it had grown.
 */
function isBeyondOwnCode({ before, after, quantum, dispersion }: Contrast, { fn }: Shift): boolean {
  const counts = ({ costs }: Contrast['before']) =>
    [
      (costs.totals[fn] ?? 0) / quantum,
      // Stacks of the function without own code take part, so that a library alone can be told.
      (costs.application + (costs.bare[fn] ?? 0)) / quantum,
    ] as const;
  return deviation(counts(before), counts(after), dispersion) >= MIN_BESIDE_OWN_Z;
}

/** Each of two callees that grew on their own has at least this part of their caller's growth … */
const MIN_OF_TWO = 0.25;
/**
 * … and their factors differ by this one, and by so many standard errors: a caller's loop raises both
 * alike.
 */
const MIN_APART = 1.3;
const MIN_APART_Z = 3;

/** A callee with what it keeps of its caller's growth, and its own change. */
interface Callee extends LogFactor {
  fn: number;
  kept: number;
}

/**
 * The larger of two callees that hold the growth of their caller together and grew by different factors:
 * these are two changes, and the other one is found in what is left. −1 where the growth is the caller's.
 */
function largerOfTwo(
  { joined, after, dispersion }: Contrast,
  grown: readonly Callee[],
  growth: number,
): number {
  const [first, ...others] = grown.toSorted((a, b) => b.kept - a.kept || a.fn - b.fn);
  if (first === undefined) return -1;
  // A callee of the first one, or its caller, has the same growth once more.
  const second = others.find(
    ({ fn }) => !isBelow(joined, after.parts, fn, first.fn) && !isBelow(joined, after.parts, first.fn, fn),
  );
  if (second === undefined) return -1;
  if (first.kept + second.kept < KEEPS * growth) return -1;
  const apart = Math.abs(first.log - second.log);
  const error = Math.sqrt(dispersion.phi * (first.variance + second.variance));
  return apart >= Math.log(MIN_APART) && apart >= MIN_APART_Z * error ? first.fn : -1;
}

function descend(contrast: Contrast, universe: Universe, from: number): number {
  const { joined, before, after, quantum } = contrast;
  const visited = new Set<number>();
  let fn = from;
  for (;;) {
    visited.add(fn);
    const { load, growth, z } = describeCulprit(contrast, universe, fn);
    const [totalsBefore, totalsAfter] = [
      totalsBelow(joined, before.parts, fn),
      totalsBelow(joined, after.parts, fn),
    ];
    let best = -1;
    let mostKept = 0;
    const grown: Callee[] = [];
    // A callee keeps at most what it costs now: most functions cost too little to be looked at.
    const least = load >= 0 ? MIN_OF_TWO * growth : Number.NEGATIVE_INFINITY;
    for (let callee = 0; callee < totalsAfter.length; callee++) {
      const costs = totalsAfter[callee] ?? 0;
      if (costs === 0 || share(costs, after.profiles) < least) continue;
      if (visited.has(callee) || !isIn(universe, callee)) continue;
      const kept = share(costs, after.profiles) - load * share(totalsBefore[callee] ?? 0, before.profiles);
      if (kept >= MIN_OF_TWO * growth && measureShift(contrast, universe, callee) >= MIN_CALLEE_Z)
        grown.push({
          fn: callee,
          kept,
          ...logFactor(
            [(totalsBefore[callee] ?? 0) / quantum, costs / quantum],
            [before.profiles, after.profiles],
          ),
        });
      if (kept < ROUGHLY_KEEPS * growth || kept <= mostKept) continue;
      // A callee that only changed its caller did not grow.
      if (measureGrowth(contrast, callee, load) < ROUGHLY_KEEPS * growth) continue;
      if (measureShift(contrast, universe, callee) < MIN_CALLEE_Z) continue;
      if (kept < KEEPS * growth && measureShift(contrast, universe, callee) ** 2 < z * z - SAME_LIKELIHOOD)
        continue;
      best = callee;
      mostKept = kept;
    }
    if (best < 0) best = largerOfTwo(contrast, grown, growth);
    if (best < 0) return fn;
    fn = best;
  }
}
