import { createCache } from '../memory.js';
import {
  type Contrast,
  isIn,
  MIN_POINTS,
  MIN_SAMPLES,
  measureShift,
  type ReplacedBelow,
  type Shares,
  type Side,
  share,
  type Universe,
} from './contrast.js';
import { addCosts, addTotals, areSame, type Costs, type Totals } from './costs.js';
import type { Joined } from './join.js';
import type { Dispersion } from './noise.js';

/** A stretch of the parts of the incident, both ends included. */
export interface Run {
  first: number;
  last: number;
  /**
   * Parts at the end of the baseline that belong to it: the change began before the window that was asked
   * about.
   */
  early: number;
}

/**
 * All stretches of `parts` parts, the whole first, then those that last to the end, last those that begin
 * early.
 */
export function listRuns(parts: number, baselineParts = 1): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < parts; first++)
    for (let last = first; last < parts; last++) runs.push({ first, last, early: 0 });
  for (let early = 1; early < baselineParts; early++) runs.push({ first: 0, last: parts - 1, early });
  const rank = ({ first, last, early }: Run) => (early > 0 ? 3 : last < parts - 1 ? 2 : first > 0 ? 1 : 0);
  return runs.sort((a, b) => rank(a) - rank(b) || a.first - b.first || b.last - a.last || a.early - b.early);
}

/** Costs of one part of a window, and the number of its profiles. */
export interface PartCosts {
  costs: Costs;
  profiles: number;
  /** Its place among the joined parts. */
  part: number;
}

/** Sums made before, by the first of their parts: an analysis asks for the same ones again and again. */
const sumsIn = createCache<PartCosts, { parts: readonly PartCosts[]; side: Side }[]>();

/** The sum of some parts. */
export function sumSide(joined: Joined, parts: readonly PartCosts[]): Side {
  const [first] = parts;
  const sums = sumsIn(joined);
  const known = first === undefined ? [] : (sums.get(first) ?? []);
  for (const sum of known) if (areSame(sum.parts, parts)) return sum.side;
  const costs = addCosts(
    parts.map((one) => one.costs),
    joined.functions.length,
  );
  const profiles = parts.reduce((sum, one) => sum + one.profiles, 0);
  const side = { costs, profiles, parts: parts.map(({ part }) => part) };
  known.push({ parts, side });
  if (first !== undefined) sums.set(first, known);
  return side;
}

/** The active value per profile of some parts together. */
export function activePerProfile(parts: readonly PartCosts[]): number {
  return share(
    parts.reduce((sum, { costs }) => sum + costs.total, 0),
    parts.reduce((sum, { profiles }) => sum + profiles, 0),
  );
}

/** Parts of one profile type: all of the baseline and of the incident, in order. */
export interface Measured {
  joined: Joined;
  baseline: readonly PartCosts[];
  incident: readonly PartCosts[];
  quantum: number;
  dispersion: Dispersion;
  /** Dispersion without the last 1, 2, … parts of the baseline: a change that began early is no noise. */
  earlier: readonly Dispersion[];
  /** Smallest growth that is looked for, as a share of the active total; MIN_POINTS where it is left out. */
  minGrowth?: number | undefined;
  /** Whether a cost that grew while it took another's place is a growth and no move. */
  isStrict?: boolean | undefined;
  replacedBelow?: ReplacedBelow | undefined;
}

/** The contrast of the baseline with a stretch of the incident. */
export function buildContrast(measured: Measured, run: Run): Contrast {
  const { joined, quantum } = measured;
  const { before, after } = selectParts(measured, run);
  return {
    joined,
    before: sumSide(joined, before),
    after: sumSide(joined, after),
    quantum,
    dispersion: readDispersion(measured, run),
    minGrowth: measured.minGrowth,
    isStrict: measured.isStrict,
    replacedBelow: measured.replacedBelow,
  };
}

/** The parts that a stretch compares. */
function selectParts({ baseline, incident }: Measured, { first, last, early }: Run) {
  const calm = baseline.length - early;
  return {
    before: baseline.slice(0, calm),
    after: [...baseline.slice(calm), ...incident.slice(first, last + 1)],
  };
}

function readDispersion({ earlier, dispersion }: Measured, { early }: Run): Dispersion {
  return earlier[early - 1] ?? dispersion;
}

/** The whole incident against the whole baseline. */
export function wholeRun({ incident }: Pick<Measured, 'incident'>): Run {
  return { first: 0, last: incident.length - 1, early: 0 };
}

/** Margin of a comparison with a part of the window over one with the whole: there are many parts. */
const RUN_MARGIN = 0.4;
/** The baseline is calm unless much speaks against it. */
const EARLY_MARGIN = 0.8;

/** A stretch, and the totals of both sides that it compares. */
export interface ComparedRun extends Shares {
  run: Run;
  minGrowth: number | undefined;
  /** Functions with enough samples in all parts together to be looked at in any of the stretches. */
  sampled: readonly number[];
}

/** Sums up what each stretch compares, in the order of {@link listRuns}. */
export function compareRuns(measured: Measured): ComparedRun[] {
  const { joined, baseline, incident, quantum, minGrowth } = measured;
  const functions = joined.functions.length;
  const nothing = addTotals([], functions);
  const all = addTotals(
    [...baseline, ...incident].map(({ costs }) => costs),
    functions,
  ).totals;
  const sampled: number[] = [];
  for (let fn = 0; fn < all.length; fn++) if ((all[fn] ?? 0) >= MIN_SAMPLES * quantum) sampled.push(fn);
  const calm = sumUp(baseline, functions);
  const fromPart = incident.map((_, first) => sumUp(incident.slice(first), functions));
  /** The last 1, 2, … parts of the baseline with the whole incident. */
  const early = sumUp([...incident, ...baseline.toReversed()], functions).slice(incident.length);
  return listRuns(incident.length, baseline.length).map((run) => ({
    run,
    sampled,
    before: { costs: calm[baseline.length - run.early - 1] ?? nothing },
    after: {
      costs: (run.early > 0 ? early[run.early - 1] : fromPart[run.first]?.[run.last - run.first]) ?? nothing,
    },
    quantum,
    dispersion: readDispersion(measured, run),
    minGrowth,
  }));
}

/** The totals of the first part, of the first two, and so on. */
function sumUp(parts: readonly PartCosts[], functions: number): Totals[] {
  const sums: Totals[] = [];
  for (const { costs } of parts) {
    const sum = sums.at(-1);
    sums.push(addTotals(sum === undefined ? [costs] : [sum, costs], functions));
  }
  return sums;
}

/**
 * The stretch of the incident in which a single function grows most visibly against the baseline, so that a
 * burst, or a change that begins inside the window, is not diluted by the rest (docs/develop/comparison.md
 * §5). Ties go to the longer stretch.
 *
 * @param runs all stretches: see {@link compareRuns}
 */
export function strongestRun(
  runs: readonly ComparedRun[],
  universe: Universe,
  isAllowed: (run: Run) => boolean = () => true,
): Run {
  // The whole is the first, unless the incident has no part.
  const whole = runs.find(({ run }) => run.early === 0)?.run ?? { first: 0, last: -1, early: 0 };
  let best = whole;
  let largest = Number.NEGATIVE_INFINITY;
  for (const compared of runs) {
    const { run } = compared;
    if (!isAllowed(run)) continue;
    const margin = run.early > 0 ? EARLY_MARGIN : run === whole ? 0 : RUN_MARGIN;
    const z = strongestGrowth(compared, universe) - margin;
    if (z > largest) {
      largest = z;
      best = run;
    }
  }
  return best;
}

function strongestGrowth(shares: ComparedRun, universe: Universe): number {
  const { before, after, quantum, minGrowth = MIN_POINTS, sampled } = shares;
  let largest = Number.NEGATIVE_INFINITY;
  for (const fn of sampled) {
    const x1 = before.costs.totals[fn] ?? 0;
    const x2 = after.costs.totals[fn] ?? 0;
    if (x1 + x2 < MIN_SAMPLES * quantum || !isIn(universe, fn)) continue;
    if (share(x2, after.costs.total) - share(x1, before.costs.total) < minGrowth) continue;
    largest = Math.max(largest, measureShift(shares, universe, fn));
  }
  return largest;
}
