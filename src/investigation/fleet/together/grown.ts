import { joinKey } from '../../../profile/code/names.js';
import { isCollector } from '../../../profile/compare/collector.js';
import { findWeightedMiddle, type Weighted } from '../../../profile/compare/weighted-middle.js';
import { sumCosts } from '../../../profile/contrast/costs.js';
import { type JoinedPart, joinProfiles } from '../../../profile/contrast/join.js';
import type { FunctionInfo, Profile } from '../../../profile/model.js';
import { type Change, findNeighbours, type Neighbours } from './neighbours.js';

/** A function of one of several services that cost more than the load of any of them explains. */
export interface GrownFunction {
  key: string;
  info: FunctionInfo;
  /** Samples in the baseline and in the incident. */
  before: number;
  after: number;
  /** Samples beyond the usual load. */
  added: number;
  /** Distance from what the largest load explains, in standard errors: of counts of one Poisson rate. */
  z: number;
  /** Whether another function lost about as much: then the cost only moved. */
  hasMoved: boolean;
  /** Whether it grew, and what else its callers do did not. */
  isApart: boolean;
  /** Whether what calls it, or all that it calls, grew alike: then its service got more load. */
  isOfLoad: boolean;
}

/** The functions that grew in several services, and the names of all own functions of these. */
export interface GroupGrowth {
  grown: readonly GrownFunction[];
  keys: ReadonlySet<string>;
}

/** Several services before and after. */
export interface GroupProfiles {
  before: Profile;
  after: Profile;
  /** Value of one sample. */
  quantum: number;
  /** Smallest and largest load of a service, after ÷ before, as parts of that of all together. */
  spread: readonly [number, number];
  gate: number;
  /** Smallest growth that matters, in samples. */
  minGrowth: number;
}

/** Over-dispersion of samples, as calm services show it (docs/develop/comparison.md §5). */
const PHI = 1.5;
/** Fewer samples than this do not show the load. */
const MIN_SHOWN = 20;
/** A loss explains a gain that differs from it by at most so many standard errors. */
const MAX_APART = 2;

/**
 * Functions of the team's own code that grew in one of several services, the most distant from noise first,
 * and the garbage collector where it did. Every function is compared with itself, since the others belong to
 * other services: growth is what exceeds the largest load among them.
 */
export function grownFunctions({
  before,
  after,
  quantum,
  spread,
  gate,
  minGrowth,
}: GroupProfiles): GroupGrowth {
  // No function is looked for under another name: it could be found in another service.
  const { functions, parts, application } = joinProfiles([before, after]);
  const keys = new Set(functions.filter((_, fn) => application[fn] === 1).map(joinKey));
  const [was, is] = parts.map((part) => sumCosts(part, functions.length));
  if (was === undefined || is === undefined) return { grown: [], keys };
  const load = usualRatio(was.charged, is.charged, MIN_SHOWN * quantum) ?? is.total / was.total;
  const [smallest, largest] = [load * spread[0], load * spread[1]];
  const collectors = collectorsIn(parts[1], functions);
  const countSamples = (fn: number): Change => [
    (was.totals[fn] ?? 0) / quantum,
    (is.totals[fn] ?? 0) / quantum,
  ];
  const candidates: Amount[] = [];
  const lost: Amount[] = [];
  for (const fn of functions.keys()) {
    const amount = measureAmount(fn, countSamples(fn), load);
    const isCandidate = application[fn] === 1 || collectors.has(fn);
    if (-amount.added >= minGrowth && distance(amount.samples, smallest) <= -gate) lost.push(amount);
    if (isCandidate && amount.added >= minGrowth && distance(amount.samples, load) >= gate)
      candidates.push(amount);
  }
  const asked = new Set([...candidates, ...lost].map(({ fn }) => fn));
  const neighbours = findNeighbours(parts, asked, countSamples, quantum);
  const around = new Map([...asked].map((fn) => [fn, neighbours.of(fn)] as const));
  const specificCallers = (fn: number) =>
    (around.get(fn)?.callers ?? []).filter((caller) => !neighbours.dispatches(caller));
  const grown = candidates.flatMap((amount): Grown[] => {
    const told = besideCallers(amount.samples, specificCallers(amount.fn).map(countSamples), load);
    const isApart = told !== null && !told.isAlike;
    const z = distance(amount.samples, largest);
    // Next to its own service a growth shows that the load of another one would hide.
    if (z < gate && !(isApart && told.z >= NEAR_GATE)) return [];
    return [{ ...amount, z: isApart ? Math.max(z, told.z) : z, isApart }];
  });
  // Each loss explains one gain, that of the most alike amount, as far as the load of one service tells.
  const ownLoad = Math.max(spread[1] - 1, 1 - spread[0]);
  const pairs = grown.flatMap((gain) =>
    lost.flatMap((loss) => {
      if (!mayShareService(gain.fn, loss.fn, around)) return [];
      const apart = Math.abs(gain.added + loss.added);
      const error = Math.sqrt(gain.variance + loss.variance);
      return apart <= ownLoad * -loss.added + MAX_APART * error ? [{ gain, loss, apart }] : [];
    }),
  );
  const moved = new Set<object>();
  for (const { gain, loss } of pairs.sort((a, b) => a.apart - b.apart))
    if (!moved.has(gain) && !moved.has(loss)) moved.add(gain).add(loss);
  const ofLoad = new Set<number>();
  // Callees come before what only wraps them.
  for (const { fn, samples } of [...grown].sort((a, b) => a.samples[1] - b.samples[1])) {
    const below = around.get(fn)?.parts ?? new Map();
    if (isOfLoad(samples, specificCallers(fn).map(countSamples), below, load, ofLoad)) ofLoad.add(fn);
  }
  const describe = (gain: Grown): GrownFunction => {
    const [caller] = specificCallers(gain.fn);
    const info = functions[gain.fn];
    if (info === undefined) throw new Error('a function without a name');
    return {
      key: joinKey(info),
      info,
      before: gain.samples[0],
      after: gain.samples[1],
      added: gain.added,
      z: gain.z,
      isApart: gain.isApart,
      hasMoved:
        moved.has(gain) ||
        (caller !== undefined && hasMovedWithin(gain, measureAmount(caller, countSamples(caller), load))),
      isOfLoad: ofLoad.has(gain.fn),
    };
  };
  return { grown: grown.map(describe).sort((a, b) => b.z - a.z), keys };
}

/** The samples of a function, and those beyond the usual load with their variance. */
interface Amount {
  fn: number;
  samples: Change;
  added: number;
  variance: number;
}

interface Grown extends Amount {
  z: number;
  isApart: boolean;
}

function measureAmount(fn: number, samples: Change, load: number): Amount {
  const [before, after] = samples;
  return { fn, samples, added: after - load * before, variance: PHI * load * (before + after) };
}

/** Distance of a change from a ratio, in standard errors: of counts of one Poisson rate. */
function distance([before, after]: Change, ratio: number, inflation = 1): number {
  return (after - ratio * before) / Math.sqrt(PHI * ratio * (before + after) * inflation);
}

/** Part of a growth that a caller has at most where the cost only moved within it. */
const MOVED_PART = 0.3;

/** Whether a function grew and its caller did not: then what the caller did itself, or by others, moved. */
function hasMovedWithin(gain: Amount, caller: Amount): boolean {
  const difference = gain.added - caller.added;
  return (
    caller.added <= MOVED_PART * gain.added &&
    difference >= MAX_APART * Math.sqrt(gain.variance + caller.variance)
  );
}

/** Distance from which on a change stands out of the load of its neighbours. */
const STANDS_OUT_Z = 3;
/** The gate next to what else the callers do: every function of every service is tried. */
const NEAR_GATE = 5;
/** Distance by which it would have to stand out if these had the usual load. */
const TELLING_Z = 4;
/** Part of a growth beyond the usual load that the load of the neighbours leaves at most. */
const LEFT_PART = 0.3;
/** Part of its cost that a wrapper has below what it wraps. */
const WRAPPED_PART = 0.8;

/** A change next to another one, in standard errors, and whether both are alike. */
interface Comparison {
  isAlike: boolean;
  z: number;
}

/** A change next to the rest of the nearest caller that has the samples to tell; null where none has. */
function besideCallers([before, after]: Change, callers: readonly Change[], load: number): Comparison | null {
  for (const [was, is] of callers) {
    const told = compareGrowth([before, after], [was - before, is - after], load);
    if (told !== null) return told;
  }
  return null;
}

/**
 * Whether a function grew like its service: the rest of its nearest callers grew alike, as far as they have
 * the samples to tell, or else, of what it calls, each part like the others, or nearly all of it.
 *
 * @param ofLoad functions that grew like their service
 */
function isOfLoad(
  [before, after]: Change,
  callers: readonly Change[],
  parts: Neighbours['parts'],
  load: number,
  ofLoad: ReadonlySet<number>,
): boolean {
  const beside = besideCallers([before, after], callers, load);
  if (beside !== null) return beside.isAlike;
  const isWrapped = ([fn, [, is]]: readonly [number, Change]) => ofLoad.has(fn) && is >= WRAPPED_PART * after;
  if ([...parts].some(isWrapped)) return true;
  if (parts.size < 2) return false;
  const told = [...parts].flatMap(
    ([, [was, is]]) => compareGrowth([was, is], [before - was, after - is], load) ?? [],
  );
  return told.length > 0 && told.every(({ isAlike }) => isAlike);
}

/** A part next to the rest; null where their samples do not tell. */
function compareGrowth(part: Change, rest: Change, load: number): Comparison | null {
  const [before, after] = part;
  const others = rest[0] + rest[1];
  if (others <= 0) return null;
  const inflation = 1 + (before + after) / others;
  const ratio = Math.max(rest[1], 0.5) / Math.max(rest[0], 0.5);
  const z = distance(part, ratio, inflation);
  const isTelling = distance(part, load, inflation) >= TELLING_Z;
  // Many samples show small differences that no code makes.
  if (isTelling && Math.abs(after - ratio * before) <= LEFT_PART * (after - load * before))
    return { isAlike: true, z };
  return Math.abs(z) >= STANDS_OUT_Z ? { isAlike: false, z } : null;
}

/** Functions of garbage collectors, one for each runtime: the others run below them. */
function collectorsIn(part: JoinedPart | undefined, functions: readonly FunctionInfo[]): Set<number> {
  const outermost = new Set<number>();
  if (part === undefined) return outermost;
  const { profile, frameFunction } = part;
  const isOfCollector = functions.map(isCollector);
  for (let stack = 0; stack < profile.values.length; stack++) {
    const start = profile.stackStart[stack] ?? 0;
    for (let at = (profile.stackStart[stack + 1] ?? start) - 1; at >= start; at--) {
      const fn = frameFunction[profile.stackFrames[at] ?? 0] ?? 0;
      if (isOfCollector[fn] !== true) continue;
      outermost.add(fn);
      break;
    }
  }
  return outermost;
}

/**
 * Whether a function that grew and one that lost may be of the same service: then they have a common caller,
 * or one calls the other, or none calls either.
 */
function mayShareService(
  grown: number,
  lost: number,
  around: ReadonlyMap<number, Pick<Neighbours, 'callers'>>,
): boolean {
  const [callers = [], others = []] = [around.get(grown)?.callers, around.get(lost)?.callers];
  if (callers.length === 0 && others.length === 0) return true;
  const place = new Set([lost, ...others]);
  return [grown, ...callers].some((fn) => place.has(fn));
}

/**
 * The factor by which own code costs more on the whole: the middle one of all functions, each as heavy as its
 * cost. Totals show less of the load, since what a process does by itself does not grow with it.
 */
function usualRatio(before: ArrayLike<number>, after: ArrayLike<number>, least: number): number | null {
  const ratios: Weighted[] = [];
  for (let fn = 0; fn < before.length; fn++) {
    const [was, is] = [before[fn] ?? 0, after[fn] ?? 0];
    if (was >= least) ratios.push({ value: is / was, weight: was });
  }
  return findWeightedMiddle(ratios);
}
