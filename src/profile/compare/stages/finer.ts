import { sumIn, type Universe } from '../../contrast/contrast.js';
import type { PartCosts } from '../../contrast/runs.js';
import type { PartLevel } from '../load.js';

/** Totals of the parts into which each part of a window could be cut. */
export interface FinerTotals {
  baseline: readonly (readonly PartLevel[])[];
  incident: readonly (readonly PartLevel[])[];
}

/** Levels of finer parts: each has the share of own code of the part that it is of. */
export function finerLevels(
  universe: Universe,
  parts: readonly PartCosts[],
  finer: readonly (readonly PartLevel[])[],
): PartLevel[] {
  return parts.flatMap(({ costs }, at) =>
    (finer[at] ?? []).map(({ value, profiles }) => ({
      value: costs.total > 0 ? (value * sumIn(universe, costs)) / costs.total : 0,
      profiles,
    })),
  );
}
