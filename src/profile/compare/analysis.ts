import { joinKey, joinKeys } from '../code/names.js';
import {
  type Contrast,
  deviation,
  findUniverse,
  listUniverses,
  MIN_SAMPLES,
  measureShareGrowth,
  measureShift,
  sumIn,
  type Universe,
  WHOLE,
} from '../contrast/contrast.js';
import { keepCosts, sumCosts } from '../contrast/costs.js';
import { type Joined, joinAlone, joinProfiles } from '../contrast/join.js';
import { listMarked } from '../contrast/marks.js';
import { withEarlierKeys } from '../contrast/names/earlier-keys.js';
import { type Dispersion, estimateDispersion, poolDispersions } from '../contrast/noise.js';
import {
  buildContrast,
  type ComparedRun,
  compareRuns,
  type Measured,
  type PartCosts,
  type Run,
  strongestRun,
  sumSide,
  wholeRun,
} from '../contrast/runs.js';
import type { Remembering } from '../memory.js';
import type { FunctionInfo, Profile } from '../model.js';
import { type Culprit, findCulprit, findOutstanding } from './culprit.js';
import { listReplacements, type Replacement } from './growth/replaced.js';
import { hasRisenEverywhere, type LoadChange, loadChange } from './load.js';
import { movedFrom } from './moved.js';
import { beatsDeploy } from './onset/replacement.js';
import {
  changedEntries,
  type EntryPoint,
  findRequests,
  type Requests,
  withinEntry,
} from './requests/entries.js';
import { isFallOfRest } from './requests/fall-of-rest.js';
import { isExchangeOfRequests } from './requests/mix.js';
import { likelihood } from './since.js';
import { type FinerTotals, finerLevels } from './stages/finer.js';
import { listProfiles, readNames } from './stages/reading-names.js';
import { withoutFunctions, withoutStacks } from './stages/without.js';

/** A merge with the number of profiles in it. */
export interface CountedProfile {
  profile: Profile;
  profiles: number;
}

/**
 * Profiles of one type: parts of both windows in order, and slices of the fleet in the incident.
 */
export interface Reading extends Remembering {
  baseline: readonly CountedProfile[];
  incident: readonly CountedProfile[];
  slices: readonly CountedProfile[];
  /** Value of one sample. */
  quantum: number;
  /** Smallest growth that is looked for, as a share of the active total; MIN_POINTS where it is left out. */
  minGrowth?: number | undefined;
  /** Totals of finer parts, by the part that they are of, where they are known without their profiles. */
  finer?: FinerTotals | undefined;
  /** Reading of this time in fewer parts, which was looked at first: its functions are those of these. */
  coarse?: Reading | undefined;
}

/** A reading made comparable. */
export interface Analysis extends Measured {
  universe: Universe;
  /** All in which a change is looked for, in this order. */
  universes: readonly Universe[];
  /** Kinds of requests that the service answers. */
  requests: Requests;
  /** Those whose part of the cost changed: the mix of requests. */
  mix: readonly EntryPoint[];
  slices: readonly PartCosts[];
  load: LoadChange;
  /** Whether the value per profile rose, but only in the smaller part of the slices: that is not the load. */
  isPartly: boolean;
  /** Own functions whose libraries were replaced by others of about the same cost. */
  replaced: readonly Replacement[];
  /** Whether all instances were replaced in the incident. */
  isReplaced?: boolean | undefined;
  /** Samples of own code on each side. */
  samples: { before: number; after: number };
}

/** Fewer samples of own code on a side than this leave all but the largest changes in the noise. */
export const MIN_SIDE_SAMPLES = 40;

const NO_KEYS: ReadonlySet<string> = new Set();

/**
 * Joins a reading and estimates its noise from the baseline.
 * @param without keys of functions whose stacks are left out
 */
export function analyse(reading: Reading, without: ReadonlySet<string> = NO_KEYS): Analysis {
  // Functions and frames stay when stacks are left out.
  const names = readNames(reading);
  const left = withoutFunctions(reading, withEarlierKeys(names, without));
  const { baseline, incident, quantum, minGrowth, finer } = left;
  const joined = joinProfiles(listProfiles(left), names);
  // `map` makes arrays of another shape once V8 has compiled it, and their readers are compiled again then.
  const parts: PartCosts[] = [];
  for (const [part, { profile, profiles }] of [...baseline, ...incident, ...left.slices].entries()) {
    const joinedPart = joined.parts[part];
    if (joinedPart === undefined) throw new Error(`part ${part} is missing`);
    parts.push({ costs: keepCosts(names.names, profile, joinedPart, joined.serving), profiles, part });
  }
  const charged = listCharged(joined, parts.slice(0, baseline.length));
  const before = withoutWarmUp(joined, parts.slice(0, baseline.length), charged, quantum);
  const after = parts.slice(baseline.length, baseline.length + incident.length);
  const measureNoise = (side: readonly PartCosts[]) => compositionNoise(charged, side, quantum);
  const dispersion = measureNoise(before);
  const contrast = {
    joined,
    before: sumSide(joined, before),
    after: sumSide(joined, after),
    quantum,
    dispersion,
  };
  const universe = findUniverse(contrast);
  // Parts on either side of a change tell the noise, and the change does not: one part alone tells none.
  const earlier = before.slice(1).map((_, early) => {
    const calm = before.length - 1 - early;
    return poolDispersions(measureNoise(before.slice(0, calm)), measureNoise(before.slice(calm)));
  });
  const levels = (side: readonly PartCosts[]) =>
    side.map(({ costs, profiles }) => ({ value: sumIn(universe, costs), profiles }));
  const isWhole = before.length === baseline.length;
  const courses =
    finer !== undefined && isWhole
      ? [finerLevels(universe, before, finer.baseline), finerLevels(universe, after, finer.incident)]
      : [levels(before), levels(after)];
  const [course = [], later = []] = courses;
  const load = loadChange(course, later, { quantum, phi: dispersion.phi });
  const requests = findRequests(contrast);
  const sliceParts = parts.slice(baseline.length + incident.length);
  const isEverywhere = hasRisenEverywhere(levels(sliceParts), levels(before));
  return {
    joined,
    baseline: before,
    incident: after,
    slices: sliceParts,
    quantum,
    dispersion,
    earlier,
    minGrowth,
    universe,
    universes: listUniverses(contrast),
    requests,
    mix: changedEntries(contrast, requests),
    load: { ...load, hasRisen: load.hasRisen && isEverywhere },
    isPartly: load.hasRisen && !isEverywhere,
    replaced: listReplacements(contrast),
    samples: {
      before: sumIn(universe, contrast.before.costs) / quantum,
      after: sumIn(universe, contrast.after.costs) / quantum,
    },
    // A search sets these: a copy that adds a field would have a shape of its own.
    isStrict: undefined,
    isReplaced: undefined,
    replacedBelow: undefined,
  };
}

/** A first part of the baseline in which a function stands out by this, in standard errors, was warm-up … */
const WARM_UP_Z = 4.5;
/** … and is left out where at least this many parts remain. */
const MIN_PARTS = 2;

/**
 * The parts of a baseline without its first one, where that differs from the later ones
 * (docs/develop/comparison.md §2).
 */
function withoutWarmUp(
  joined: Joined,
  baseline: readonly PartCosts[],
  charged: readonly number[],
  quantum: number,
): readonly PartCosts[] {
  const [first, ...later] = baseline;
  if (first === undefined || later.length < MIN_PARTS) return baseline;
  const dispersion = compositionNoise(charged, later, quantum);
  const shares = { before: sumSide(joined, later), after: first, quantum, dispersion };
  for (let fn = 0; fn < joined.functions.length; fn++) {
    if ((first.costs.totals[fn] ?? 0) / quantum < MIN_SAMPLES) continue;
    if (measureShift(shares, WHOLE, fn) >= WARM_UP_Z) return later;
  }
  return baseline;
}

/** The functions that some of the parts charge with anything: most are not the team's. */
function listCharged(joined: Joined, parts: readonly PartCosts[]): number[] {
  const isListed = new Uint8Array(joined.functions.length);
  for (const { costs } of parts)
    for (let fn = 0; fn < isListed.length; fn++) if ((costs.charged[fn] ?? 0) > 0) isListed[fn] = 1;
  return listMarked(isListed);
}

/** Over-dispersion between the parts of the baseline, over what each own function is charged with. */
function compositionNoise(
  charged: readonly number[],
  baseline: readonly PartCosts[],
  quantum: number,
): Dispersion {
  const groups = charged.map((fn) => baseline.map(({ costs }) => (costs.charged[fn] ?? 0) / quantum));
  groups.push(baseline.map(({ costs }) => (costs.total - costs.application) / quantum));
  return estimateDispersion(groups);
}

/** A change of code: who, against what, and where in the window. */
export interface CodeChange {
  culprit: Culprit;
  contrast: Contrast;
  /** The stacks among which it stands out, and the functions that could be named. */
  universe: Universe;
  /** The stretch of the incident that shows it. */
  run: Run;
  /** The function that lost what the culprit gained; null where the growth is real. */
  from: number | null;
}

/**
 * A change that is said to have begun before the window must be there in the window, too, in standard errors.
 */
const STILL_THERE_Z = 3;

/** A burst must stand out by this more: jobs that run now and then look like one. */
const BURST_MARGIN = 0.6;

/** Margin over the gate of the first universe, for each further one that is looked into. */
export const UNIVERSE_MARGIN = 0.3;

/** How a change over time is looked for. */
export interface TimeSearch {
  /** Least distance from noise, in standard errors. */
  gate: number;
  /** Whether a change may be over before the window is, which it may where this is left out. */
  allowsBursts?: boolean | undefined;
  /** Whether it is enough that something changed: what is named may be above the function to blame. */
  isRough?: boolean | undefined;
}

/** Looks for a change of code over time; null where load and noise explain all. */
export function changeOverTime(analysis: Analysis, search: TimeSearch): CodeChange | null {
  const runs = compareRuns(analysis);
  for (const [at, universe] of analysis.universes.entries()) {
    const gate = search.gate + at * UNIVERSE_MARGIN;
    const change = changeIn({ ...analysis, universe }, runs, { ...search, gate });
    if (change !== null) return change;
  }
  return changeInEntry(analysis, search);
}

/** Growth that a change inside one entry point must have as a share of the whole. */
const MIN_ENTRY_POINTS = 0.01;
/** Margin of a change inside one entry point over one of the whole: there are several entry points. */
const ENTRY_MARGIN = 1.2;

/**
 * Looks for a change inside each entry point: there neither the load nor the mix of requests can hide or
 * feign one.
 */
function changeInEntry(analysis: Analysis, search: TimeSearch): CodeChange | null {
  const { application, library } = analysis.joined;
  let best: CodeChange | null = null;
  for (const { fn } of analysis.requests.points) {
    const inside = withinEntry(analysis, fn);
    const runs = compareRuns(inside);
    for (const nameable of [application, library]) {
      const universe: Universe = { nameable, population: 'total' };
      const change = changeIn({ ...inside, universe }, runs, {
        ...search,
        gate: search.gate + ENTRY_MARGIN,
      });
      if (change === null || isFallOfRest(change.contrast, change.culprit)) continue;
      // Told from inside, shown as a part of the whole: what fell there is no growth that a reader could
      // follow.
      const shown = buildContrast(analysis, change.run);
      const points = measureShareGrowth(shown, change.culprit.fn);
      const hasGrown = points >= MIN_ENTRY_POINTS;
      if (hasGrown && (best === null || change.culprit.z > best.culprit.z)) {
        best = { ...change, contrast: shown, universe: analysis.universe };
      }
      break;
    }
  }
  return best;
}

function changeIn(analysis: Analysis, runs: readonly ComparedRun[], search: TimeSearch): CodeChange | null {
  const { gate, allowsBursts = true } = search;
  const last = analysis.incident.length - 1;
  const isBurst = (run: Run) => run.last < last;
  const isAllowed = (run: Run) => allowsBursts || !isBurst(run);
  const run = strongestRun(runs, analysis.universe, isAllowed);
  const change = changeInRun(analysis, run, {
    ...search,
    gate: isBurst(run) ? gate + BURST_MARGIN : gate,
  });
  // A change that is gone from the last part was a burst, too, however the parts were put together.
  const isOver = change !== null && !isBurst(run) && isOverByNow(analysis, change);
  if (isOver && (!allowsBursts || change.culprit.z < gate + BURST_MARGIN)) return null;
  const isLikely = ({ culprit: { z } }: CodeChange) => analysis.isReplaced !== true || beatsDeploy(z, gate);
  if (change !== null && (run.early === 0 || (isLikely(change) && isStillThere(analysis, change))))
    return change;
  if (run.early === 0 && !isBurst(run)) return null;
  const lasting = strongestRun(runs, analysis.universe, (one) => one.early === 0 && !isBurst(one));
  return changeInRun(analysis, lasting, search);
}

/** The last part speaks for the share before by a factor of e² in likelihood. */
const OVER = 2;

/** Whether the last part of the incident shows the share of before rather than that of the change. */
function isOverByNow(analysis: Analysis, { culprit, contrast }: CodeChange): boolean {
  const last = analysis.incident.at(-1);
  if (last === undefined || analysis.incident.length < 2) return false;
  const [before, after] = [contrast.before, contrast.after].map((side) =>
    countsIn(analysis, side, culprit.fn),
  );
  const seen = countsIn(analysis, last, culprit.fn);
  if (before === undefined || after === undefined) return false;
  return likelihood(seen, before.x / before.n) - likelihood(seen, after.x / after.n) > OVER;
}

function changeInRun(analysis: Analysis, run: Run, { gate, isRough = false }: TimeSearch): CodeChange | null {
  const contrast = buildContrast(analysis, run);
  const { universe } = analysis;
  const find = isRough ? findOutstanding : findCulprit;
  const culprit = find(contrast, gate, universe, analysis.requests);
  if (culprit === null) return null;
  if (isRough) return { culprit, contrast, universe, run, from: null };
  // A stretch that was chosen for its growth flatters it: what moved may balance only over all of the time
  // since.
  const whole = wholeRun(analysis);
  const from =
    movedFrom(contrast, culprit, universe) ??
    (run.last < whole.last
      ? movedFrom(buildContrast(analysis, { ...run, last: whole.last }), culprit, universe)
      : null) ??
    (run.first > 0 ? movedFrom(buildContrast(analysis, whole), culprit, universe) : null);
  if (from !== null && isExchangeOfRequests(contrast, analysis.requests, culprit.fn, from)) return null;
  return { culprit, contrast, universe, run, from };
}

/** Not only a burst in the baseline. */
function isStillThere(analysis: Analysis, { contrast, culprit }: CodeChange): boolean {
  const after = sumSide(analysis.joined, analysis.incident);
  return measureShift({ ...contrast, after }, analysis.universe, culprit.fn) >= STILL_THERE_Z;
}

/** Samples of a function and of all own code in a part. */
export function countsIn({ universe, quantum }: Analysis, { costs }: Pick<PartCosts, 'costs'>, fn: number) {
  return { x: (costs.totals[fn] ?? 0) / quantum, n: sumIn(universe, costs) / quantum };
}

/** Distance of a function's share in some parts from that in the baseline, in standard errors. */
export function distanceFromBaseline(analysis: Analysis, parts: readonly PartCosts[], fn: number): number {
  const before = sumSide(analysis.joined, analysis.baseline);
  const after = sumSide(analysis.joined, parts);
  const { quantum, dispersion } = analysis;
  return measureShift({ before, after, quantum, dispersion }, analysis.universe, fn);
}

/** Counts of a function, by name, in a profile that was read later than what was analysed. */
export function countsInProfile(
  profile: Profile,
  { universe, quantum }: Pick<Analysis, 'universe' | 'quantum'>,
  info: FunctionInfo | undefined,
  leftOut: ReadonlySet<string> = NO_KEYS,
): { x: number; n: number } {
  const { part, serving } = joinAlone(withoutStacks(profile, leftOut));
  const at = info === undefined ? -1 : joinKeys(profile.functions).indexOf(joinKey(info));
  const costs = sumCosts(part, profile.functions.length, serving);
  const samples = sumIn(universe, costs);
  return { x: at < 0 ? 0 : (costs.totals[at] ?? 0) / quantum, n: samples / quantum };
}

/** Distance of `after` from `before`, each samples of a culprit and of all own code. */
export function distance(
  before: { x: number; n: number },
  after: { x: number; n: number },
  dispersion: Dispersion,
): number {
  return deviation([before.x, before.n], [after.x, after.n], dispersion);
}
