import type { Contrast } from '../../contrast/contrast.js';
import { type LogFactor, logFactor } from '../../contrast/log-factor.js';
import { testComposition } from './composition.js';
import type { Requests } from './entries.js';
import { entriesThrough, type Stratum, shiftWithin, splitIntoStrata } from './strata.js';

/** Other entry points that fell below this part of their cost make room: requests were exchanged. */
const FALLEN = 0.85;
/** Part of a function's growth that must come through one entry point for that one to explain it. */
const MAIN_PART = 0.7;
/**
 * A growth of share inside the kinds of requests of so many standard errors is no mix of them. Where the mix
 * changed, many functions stand out among all code, and each of them is asked this.
 */
const WITHIN_Z = 5;
/** A dispatching function grew by itself where its cost outside requests rose by so many standard errors. */
const MIN_REST_Z = 3;
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
/**
 * The diversity that is enough where the other entry points fell meanwhile: steps of the same work have at
 * most 2.2 in services with real agents (docs/develop/comparison.md §4).
 */
const DIVERSE_AMONG_FALLEN = 2.5;
/** Parts that must have grown alike where the other kinds show that kinds rise and fall on their own. */
const MIN_VARIED_PARTS = 3;
/** Kinds of requests vary when one of them differs from the rest by this factor … */
const VARIED = 1.2;
/** … and by so many standard errors. */
const VARIED_Z = 3.5;
/** A kind that differs from the others by more than this many times their own spread is no such mix. */
const MAX_SPREADS = 3;
/** Samples of a kind of request on both sides together from which on it tells how the kinds vary. */
const MIN_FACTOR_SAMPLES = 20;

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
  const known = growths.filter(({ entry }) => entry >= 0 && (strata.get(entry)?.all[0] ?? 0) > 0);
  // An entry point that was not there before is new code, or an old one under a new name.
  if (known.reduce((sum, { growth }) => sum + growth, 0) < MAIN_PART * whole) return false;
  const factors = computeFactors(strata, before.profiles, after.profiles);
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
  const stratum = strata.get(main.entry);
  if (stratum === undefined) return false;
  const evidence = restAsRequests(stratum, load, [before.profiles, after.profiles], dispersion.phi);
  if (Math.abs(evidence) >= CLEAR) return evidence > 0;
  const [p1, p2] = [0, 1].map((side) => (stratum.through[side] ?? 0) / Math.max(1, stratum.all[side] ?? 0));
  return load < FALLEN || (isAllAlike && Math.min(p1 ?? 0, p2 ?? 0) >= NEARLY_ALL);
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
  const findEntry = (other: number) => {
    const strata = [...splitIntoStrata(contrast, requests.entryOfStack, other)].map(([entry, stratum]) => ({
      entry,
      stratum,
      value: stratum.through[0] + stratum.through[1],
    }));
    const whole = strata.reduce((sum, { value }) => sum + value, 0);
    const [main] = strata.sort((a, b) => b.value - a.value || a.entry - b.entry);
    if (main === undefined || main.entry < 0 || main.value < MAIN_PART * whole) return null;
    return Math.min(...main.stratum.all) > 0 ? main.entry : null;
  };
  const [gained, lost] = [findEntry(fn), findEntry(from)];
  return gained !== null && lost !== null && gained !== lost;
}

/**
 * Tells whether most of a function's growth is that of entry points below it: what dispatches requests grows
 * with them, however many kinds there are. Its own cost would not pass through any of them. Where it cost no
 * more than before, and gained share only because all else fell, most of its cost must be theirs.
 */
function isAboveEntries(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
  phi: number,
): boolean {
  let growth = 0;
  let growthBelow = 0;
  let cost = 0;
  let costBelow = 0;
  const rest: [number, number] = [0, 0];
  for (const { all, through, above } of strata.values()) {
    growth += through[1] / profilesAfter - through[0] / profilesBefore;
    cost += through[1];
    const isKnown = all[0] > 0;
    rest[0] += through[0] - (isKnown ? above[0] : 0);
    rest[1] += through[1] - (isKnown ? above[1] : 0);
    // An entry point that was not there before is new code, or an old one under a new name.
    if (!isKnown) continue;
    growthBelow += above[1] / profilesAfter - above[0] / profilesBefore;
    costBelow += above[1];
  }
  if (growth > 0 && growthBelow >= MAIN_PART * growth) return true;
  const { log, variance } = logFactor(rest, [profilesBefore, profilesAfter]);
  const hasRestRisen = growth > 0 && log >= MIN_REST_Z * Math.sqrt(phi * variance);
  return !hasRestRisen && costBelow >= MAIN_PART * cost;
}

/** Growth of a function per profile through each entry point, the largest first. */
function growthByEntry(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
): { entry: number; growth: number }[] {
  return [...strata]
    .map(([entry, { through }]) => ({
      entry,
      growth: through[1] / profilesAfter - through[0] / profilesBefore,
    }))
    .sort((a, b) => b.growth - a.growth || a.entry - b.entry);
}

/** Change of one kind of request. */
interface Factor extends LogFactor {
  entry: number;
  /** Samples on both sides. */
  all: readonly [number, number];
}

function computeFactors(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
): Factor[] {
  return [...strata].flatMap(([entry, { all }]) => {
    if (entry < 0 || all[0] <= 0 || all[0] + all[1] < MIN_FACTOR_SAMPLES) return [];
    return [{ entry, all, ...logFactor(all, [profilesBefore, profilesAfter]) }];
  });
}

/**
 * Measures how far the other kinds of requests rose and fell on their own, and how far this one lies from
 * their mean, both as logarithms of factors.
 *
 * @returns null where the others kept together, as steps of the same work do
 */
function measureSpread(
  factors: readonly Factor[],
  entry: number,
  phi: number,
): { largest: number; distance: number } | null {
  const mine = factors.find((factor) => factor.entry === entry);
  const others = factors.filter((factor) => factor.entry !== entry).sort((a, b) => a.log - b.log);
  if (mine === undefined) return null;
  const isVaried = others.some((low, at) =>
    others.slice(at + 1).some((high) => {
      const distance = high.log - low.log;
      const error = Math.sqrt(phi * (low.variance + high.variance));
      return distance >= Math.log(VARIED) && distance >= VARIED_Z * error;
    }),
  );
  if (!isVaried) return null;
  const weights = others.reduce((sum, factor) => sum + 1 / factor.variance, 0);
  const mean = others.reduce((sum, factor) => sum + factor.log / factor.variance, 0) / weights;
  return {
    largest: Math.max(...others.map(({ log }) => Math.abs(log - mean))),
    distance: Math.abs(mine.log - mean),
  };
}

/** Value per profile of all other kinds of requests, after ÷ before; 1 where there was nothing. */
function computeLoad(factors: readonly Factor[], entry: number): number {
  let before = 0;
  let after = 0;
  for (const factor of factors) {
    if (factor.entry === entry) continue;
    before += factor.all[0];
    // The factor is per profile, so that both sums are in profiles of the time before.
    after += Math.exp(factor.log) * factor.all[0];
  }
  return before > 0 && after > 0 ? after / before : 1;
}

/**
 * Weighs how the rest of a kind of request changed, which is all that it does outside a function: as the
 * function did (more requests) or as the load of the other kinds (the function became more expensive).
 *
 * @returns difference of the log-likelihoods, positive for requests
 */
function restAsRequests(
  { all, through }: Stratum,
  load: number,
  profiles: readonly [before: number, after: number],
  phi: number,
): number {
  if (through[0] <= 0) return Number.NEGATIVE_INFINITY;
  const outside = (side: 0 | 1) => Math.max(0, all[side] - through[side]);
  const rest = logFactor([outside(0), outside(1)], profiles);
  const variance = 2 * phi * rest.variance;
  const asRequests = (rest.log - logFactor(through, profiles).log) ** 2 / variance;
  const asCode = (rest.log - Math.log(load)) ** 2 / variance;
  return asCode - asRequests;
}
