import type { Profile } from '../model.js';
import { selectStacks, stacksThrough } from '../stacks.js';
import {
  type Contrast,
  deviation,
  LEAST_SAMPLES,
  share,
  shiftOf,
  type Universe,
  universeOf,
} from './contrast.js';
import { costsOf } from './costs.js';
import { type Culprit, findCulprit } from './culprit.js';
import { type Joined, joinKey, joinProfiles } from './join.js';
import { type LoadChange, loadChange } from './load.js';
import { movedFrom } from './moved.js';
import { type Dispersion, dispersionOf } from './noise.js';
import { type Measured, type PartCosts, type Run, sideOf, strongestRun } from './runs.js';

/** A merge with the number of profiles in it. */
export interface CountedProfile {
  profile: Profile;
  profiles: number;
}

/** What was read of one profile type: parts of both windows in order, and slices of the fleet in the incident. */
export interface Reading {
  baseline: readonly CountedProfile[];
  incident: readonly CountedProfile[];
  slices: readonly CountedProfile[];
  /** Value of one sample. */
  quantum: number;
}

/** A reading made comparable. */
export interface Analysis extends Measured {
  universe: Universe;
  slices: readonly PartCosts[];
  load: LoadChange;
  /** Samples of own code on each side. */
  samples: { before: number; after: number };
}

/** Fewer samples of own code on a side than this leave all but the largest changes in the noise. */
export const LEAST_SIDE_SAMPLES = 40;

/** Joins a reading and estimates its noise from the baseline. */
export function analyse({ baseline, incident, slices, quantum }: Reading): Analysis {
  const all = [...baseline, ...incident, ...slices];
  const joined = joinProfiles(all.map(({ profile }) => profile));
  const parts = all.map(({ profiles }, part): PartCosts => {
    const joinedPart = joined.parts[part];
    if (joinedPart === undefined) throw new Error(`part ${part} is missing`);
    return { costs: costsOf(joinedPart, joined.functions.length), profiles, part };
  });
  const before = withoutWarmUp(joined, parts.slice(0, baseline.length), quantum);
  const after = parts.slice(baseline.length, baseline.length + incident.length);
  const sides = { joined, before: sideOf(joined, before), after: sideOf(joined, after) };
  const universe = universeOf(sides);
  const dispersion = compositionNoise(joined, before, quantum);
  const levels = (side: readonly PartCosts[]) =>
    side.map(({ costs, profiles }) => ({ value: universe.sum(costs), profiles }));
  return {
    joined,
    baseline: before,
    incident: after,
    slices: parts.slice(baseline.length + incident.length),
    quantum,
    dispersion,
    universe,
    load: loadChange(levels(before), levels(after), { quantum, phi: dispersion.phi }),
    samples: {
      before: universe.sum(sides.before.costs) / quantum,
      after: universe.sum(sides.after.costs) / quantum,
    },
  };
}

/** A first part of the baseline in which a function stands out by this, in standard errors, was warm-up … */
const WARM_UP_Z = 4.5;
/** … and is left out where at least this many parts remain. */
const LEAST_PARTS = 2;

/** The parts of a baseline without its first one, where that differs from the later ones (comparison rules §2). */
function withoutWarmUp(
  joined: Joined,
  baseline: readonly PartCosts[],
  quantum: number,
): readonly PartCosts[] {
  const [first, ...later] = baseline;
  if (first === undefined || later.length < LEAST_PARTS) return baseline;
  const dispersion = compositionNoise(joined, later, quantum);
  const before = sideOf(joined, later);
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const now = [(first.costs.totals[fn] ?? 0) / quantum, first.costs.total / quantum] as const;
    const then = [(before.costs.totals[fn] ?? 0) / quantum, before.costs.total / quantum] as const;
    if (now[0] >= LEAST_SAMPLES && deviation(then, now, dispersion) >= WARM_UP_Z) return later;
  }
  return baseline;
}

/** Over-dispersion between the parts of the baseline, over what each own function is charged with. */
function compositionNoise(joined: Joined, baseline: readonly PartCosts[], quantum: number): Dispersion {
  const groups: number[][] = [];
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const row = baseline.map(({ costs }) => (costs.charged[fn] ?? 0) / quantum);
    if (row.some((count) => count > 0)) groups.push(row);
  }
  groups.push(baseline.map(({ costs }) => (costs.total - costs.application) / quantum));
  return dispersionOf(groups);
}

/** A change of code: who, against what, and where in the window. */
export interface CodeChange {
  culprit: Culprit;
  contrast: Contrast;
  /** The stretch of the incident that shows it. */
  run: Run;
  /** The function that lost what the culprit gained; null where the growth is real. */
  from: number | null;
}

/** The contrast of the baseline with a stretch of the incident. */
export function contrastOf(analysis: Measured, run: Run): Contrast {
  const { joined, baseline, incident, quantum, dispersion } = analysis;
  return {
    joined,
    before: sideOf(joined, baseline),
    after: sideOf(joined, incident.slice(run.first, run.last + 1)),
    quantum,
    dispersion,
  };
}

/** Looks for a change of code over time; null where load and noise explain all. */
export function changeOverTime(analysis: Analysis, gate: number): CodeChange | null {
  const run = strongestRun(analysis, analysis.universe);
  const contrast = contrastOf(analysis, run);
  const culprit = findCulprit(contrast, gate);
  if (culprit === null) return null;
  // A stretch that was chosen for its growth flatters it: what moved may balance only over all of the time since.
  const last = analysis.incident.length - 1;
  const from =
    movedFrom(contrast, culprit) ??
    (run.last < last ? movedFrom(contrastOf(analysis, { first: run.first, last }), culprit) : null) ??
    (run.first > 0 ? movedFrom(contrastOf(analysis, { first: 0, last }), culprit) : null);
  return { culprit, contrast, run, from };
}

/** Looks for a change of code in one slice of the fleet against the baseline of all. */
export function changeInSlice(analysis: Analysis, slice: number, gate: number): CodeChange | null {
  const { joined, baseline, incident, quantum, dispersion } = analysis;
  const own = analysis.slices[slice];
  if (own === undefined) return null;
  const contrast = {
    joined,
    before: sideOf(joined, baseline),
    after: sideOf(joined, [own]),
    quantum,
    dispersion,
  };
  const culprit = findCulprit(contrast, gate);
  if (culprit === null) return null;
  const run = { first: 0, last: incident.length - 1 };
  // The slice was chosen for its growth, too.
  const from = movedFrom(contrast, culprit) ?? movedFrom(contrastOf(analysis, run), culprit);
  return { culprit, contrast, run, from };
}

/** Samples of a function and of all own code in a part. */
export function countsIn({ universe, quantum }: Analysis, { costs }: Pick<PartCosts, 'costs'>, fn: number) {
  return { x: (costs.totals[fn] ?? 0) / quantum, n: universe.sum(costs) / quantum };
}

/** Distance of a function's share in some parts from that in the baseline, in standard errors. */
export function distanceFromBaseline(analysis: Analysis, parts: readonly PartCosts[], fn: number): number {
  const before = sideOf(analysis.joined, analysis.baseline);
  const after = sideOf(analysis.joined, parts);
  return shiftOf({ ...analysis, before, after }, analysis.universe, fn);
}

/** Counts of a function, by name, in a profile that was read later. */
export function countsInProfile(profile: Profile, analysis: Analysis, fn: number): { x: number; n: number } {
  const info = analysis.joined.functions[fn];
  const joined = joinProfiles([profile]);
  const [part] = joined.parts;
  const at = joined.functions.findIndex((other) => info !== undefined && joinKey(other) === joinKey(info));
  if (part === undefined) return { x: 0, n: 0 };
  const costs = costsOf(part, joined.functions.length);
  const own = analysis.universe.sum(costs);
  return { x: at < 0 ? 0 : (costs.totals[at] ?? 0) / analysis.quantum, n: own / analysis.quantum };
}

/** A reading without the stacks that pass through some functions. */
export function withoutFunctions(reading: Reading, keys: ReadonlySet<string>): Reading {
  const filtered = (all: readonly CountedProfile[]) =>
    all.map(({ profile, profiles }) => {
      const hit = stacksThrough(profile, (id) => {
        const info = profile.functions[id];
        return info !== undefined && keys.has(joinKey(info));
      });
      return { profile: selectStacks(profile, (stack) => !hit(stack)), profiles };
    });
  return {
    ...reading,
    baseline: filtered(reading.baseline),
    incident: filtered(reading.incident),
    slices: filtered(reading.slices),
  };
}

/** Distance of `after` from `before`, each samples of a culprit and of all own code. */
export function distance(
  before: { x: number; n: number },
  after: { x: number; n: number },
  dispersion: Dispersion,
): number {
  return deviation([before.x, before.n], [after.x, after.n], dispersion);
}

export { share };
