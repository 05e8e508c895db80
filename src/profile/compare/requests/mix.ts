import type { Contrast } from '../../contrast/contrast.js';
import { shiftWithin } from '../../contrast/within.js';
import { isAboveEntries, MAIN_PART } from './above.js';
import { DIVERSE_AMONG_FALLEN, testComposition } from './composition.js';
import type { Requests } from './entries.js';
import { computeFactors, computeLoad, growthByEntry, measureSpread, restAsRequests } from './kinds.js';
import { entriesThrough, splitIntoStrata } from './strata.js';

/** Other entry points that fell below this part of their cost make room: requests were exchanged. */
const FALLEN = 0.85;
/**
 * A growth of share inside the kinds of requests of so many standard errors is no mix of them. Where the mix
 * changed, many functions stand out among all code, and each of them is asked this.
 */
export const WITHIN_Z = 5;
/** Log-likelihood by which one explanation must beat the other to be taken without further evidence. */
const CLEAR = 2;
/** A function with this part of an entry point leaves too little else to tell the requests by. */
const NEARLY_ALL = 0.7;
/** Parts of an entry point that must have grown alike for its requests to explain their growth. */
const MIN_ALIKE_PARTS = 2;
/**
 * Diversity of an entry point above which a growth of all its parts alike is that of its requests, also where
 * own code calls it: a step of the same work has few parts.
 */
const DIVERSE = 3;
/** Parts that must have grown alike where the other kinds show that kinds rise and fall on their own. */
const MIN_VARIED_PARTS = 3;
/** A kind that differs from the others by more than this many times their own spread is no such mix. */
const MAX_SPREADS = 3;

/**
 * Tells whether the growth of a function is that of the requests which lead to it.
 *
 * Inside the kinds of requests the function must have kept its share. Then either all kinds rise and fall
 * on their own, as traffic does, or what else the kind does grew as much, or all its many parts grew alike.
 * Steps of the same work, which own code calls one after the other, do not vary on their own: one of them
 * that grew alone is a change of code.
 */
export function isMixOfRequests(contrast: Contrast, requests: Requests, fn: number): boolean {
  const { before, after, dispersion } = contrast;
  if (before.profiles <= 0 || after.profiles <= 0) return false;
  const strata = splitIntoStrata(contrast, requests.entryOfStack, fn);
  if (isAboveEntries(strata, before.profiles, after.profiles, dispersion.phi)) return true;
  if (requests.universal.has(fn)) {
    const { diversity, isAlike } = testComposition(contrast, entriesThrough(contrast, fn), fn);
    if (isAlike && diversity >= DIVERSE) return true;
  }
  if (shiftWithin(strata.values(), dispersion.phi) >= WITHIN_Z) return false;
  const growths = growthByEntry(strata, before.profiles, after.profiles);
  const [main] = growths;
  const whole = growths.reduce((sum, { growth }) => sum + growth, 0);
  if (main === undefined || main.entry < 0 || whole <= 0) return false;
  const known = growths.filter(({ entry, stratum }) => entry >= 0 && stratum.all[0] > 0);
  // An entry point that was not there before is new code, or an old one under a new name.
  if (known.reduce((sum, { growth }) => sum + growth, 0) < MAIN_PART * whole) return false;
  const isJob = requests.jobs.has(main.entry);
  const factors = computeFactors(strata, before.profiles, after.profiles).filter(
    ({ entry }) => requests.jobs.has(entry) === isJob,
  );
  if (main.growth < MAIN_PART * whole) return true;
  const spread = measureSpread(factors, main.entry, dispersion.phi);
  if (spread !== null && spread.distance <= MAX_SPREADS * spread.largest) return true;
  const { parts, diversity, isAlike } = testComposition(contrast, requests.entryOfStack, main.entry);
  const load = computeLoad(factors, main.entry);
  if (isAlike && diversity >= (load < FALLEN ? DIVERSE_AMONG_FALLEN : DIVERSE)) return true;
  if (isAlike && parts >= MIN_VARIED_PARTS && spread !== null) return true;
  if (requests.calledByOwn.has(main.entry)) return false;
  const isAllAlike = isAlike && parts >= MIN_ALIKE_PARTS;
  if (main.entry === fn) return isAllAlike || load < FALLEN;
  const { stratum } = main;
  const evidence = restAsRequests(stratum, load, [before.profiles, after.profiles], dispersion.phi);
  if (Math.abs(evidence) >= CLEAR) return evidence > 0;
  const isNearlyAll = (side: 0 | 1) => stratum.through[side] / stratum.all[side] >= NEARLY_ALL;
  return load < FALLEN || (isAllAlike && isNearlyAll(0) && isNearlyAll(1));
}

/**
 * Tells whether a cost seems to have moved from one function to another only because requests of one kind
 * took the place of others: each function belongs to an entry point of its own, and both entry points were
 * there before and after.
 */
export function isExchangeOfRequests(
  contrast: Contrast,
  requests: Requests,
  fn: number,
  from: number,
): boolean {
  if (requests.points.length < 2) return false;
  const findEntry = (other: number) => {
    const strata = [...splitIntoStrata(contrast, requests.entryOfStack, other)].map(([entry, stratum]) => ({
      entry,
      stratum,
      value: stratum.through[0] + stratum.through[1],
    }));
    const whole = strata.reduce((sum, { value }) => sum + value, 0);
    const [main] = strata.sort((a, b) => b.value - a.value);
    if (main === undefined || main.entry < 0 || main.value < MAIN_PART * whole) return null;
    return Math.min(...main.stratum.all) > 0 ? main.entry : null;
  };
  const [gained, lost] = [findEntry(fn), findEntry(from)];
  return gained !== null && lost !== null && gained !== lost;
}
