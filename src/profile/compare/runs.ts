import {
  type Contrast,
  LEAST_POINTS,
  LEAST_SAMPLES,
  type Side,
  share,
  shiftOf,
  type Universe,
} from './contrast.js';
import { addCosts, type Costs } from './costs.js';
import type { Joined } from './join.js';
import type { Dispersion } from './noise.js';

/** A stretch of the parts of the incident, both ends included. */
export interface Run {
  first: number;
  last: number;
}

/** All stretches of `parts` parts, the whole first, then those that last to the end. */
export function runsOf(parts: number): Run[] {
  const runs: Run[] = [];
  for (let first = 0; first < parts; first++)
    for (let last = first; last < parts; last++) runs.push({ first, last });
  const rank = ({ first, last }: Run) => (last < parts - 1 ? 2 : first > 0 ? 1 : 0);
  return runs.sort((a, b) => rank(a) - rank(b) || a.first - b.first || b.last - a.last);
}

/** Costs of one part of a window, and the number of its profiles. */
export interface PartCosts {
  costs: Costs;
  profiles: number;
  /** Its place among the joined parts. */
  part: number;
}

/** The sum of some parts. */
export function sideOf(joined: Joined, parts: readonly PartCosts[]): Side {
  return {
    costs: addCosts(
      parts.map(({ costs }) => costs),
      joined.functions.length,
    ),
    profiles: parts.reduce((sum, { profiles }) => sum + profiles, 0),
    parts: parts.map(({ part }) => part),
  };
}

/** Parts of one profile type: all of the baseline and of the incident, in order. */
export interface Measured {
  joined: Joined;
  baseline: readonly PartCosts[];
  incident: readonly PartCosts[];
  quantum: number;
  dispersion: Dispersion;
}

/** What a comparison with a part of the window must stand out by, beyond one with the whole: there are many of them. */
const RUN_MARGIN = 0.4;

/**
 * The stretch of the incident in which a single function grows most visibly against the baseline, so that a burst, or a
 * change that begins inside the window, is not diluted by the rest (comparison rules §5). Ties go to the longer stretch.
 */
export function strongestRun(
  { joined, baseline, incident, quantum, dispersion }: Measured,
  universe: Universe,
): Run {
  const before = sideOf(joined, baseline);
  let best: Run = { first: 0, last: incident.length - 1 };
  let most = Number.NEGATIVE_INFINITY;
  for (const run of runsOf(incident.length)) {
    const whole = run.first === 0 && run.last === incident.length - 1;
    const after = sideOf(joined, incident.slice(run.first, run.last + 1));
    const z =
      strongestGrowth({ joined, before, after, quantum, dispersion }, universe) - (whole ? 0 : RUN_MARGIN);
    if (z > most) {
      most = z;
      best = run;
    }
  }
  return best;
}

function strongestGrowth(contrast: Contrast, universe: Universe): number {
  const { before, after, quantum, joined } = contrast;
  let most = Number.NEGATIVE_INFINITY;
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const [x1, x2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
    if (x1 + x2 < LEAST_SAMPLES * quantum || !universe.has(fn)) continue;
    if (share(x2, after.costs.total) - share(x1, before.costs.total) < LEAST_POINTS) continue;
    most = Math.max(most, shiftOf(contrast, universe, fn));
  }
  return most;
}
