import { analyse } from '../../profile/compare/analysis.js';
import { listMovers } from '../../profile/compare/movers/movers.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { Profile } from '../../profile/model.js';
import type { MoverRow } from '../../report/answers/comparison.js';
import { moverRows } from '../comparison-rows.js';
import { GATE } from '../thresholds.js';

/** More rows than any call may ask for. */
export const MAX_MOVERS = 100;

/** Two sides of a comparison of requests, as a job takes them. */
export interface RequestSides {
  before: Profile;
  after: Profile;
  /** Number of parts that the values of each side are divided by. */
  parts: { before: number; after: number };
  quantum: number;
  limit: number;
}

/** The functions whose share differs between the others and the request. */
export function compareRequestSides({ before, after, parts, quantum, limit }: RequestSides): {
  movers: MoverRow[];
  tested: number;
} {
  const analysis = analyse({
    baseline: [{ profile: before, profiles: parts.before }],
    incident: [{ profile: after, profiles: parts.after }],
    slices: [],
    quantum,
  });
  const contrast = buildContrast(analysis, wholeRun(analysis));
  const movers = listMovers(contrast, { gate: GATE, culprit: null, moved: new Set() });
  // First what the request does more than the others.
  const inOrder = movers.toSorted((a, b) => Number(b.delta > 0) - Number(a.delta > 0));
  return { movers: moverRows(inOrder.slice(0, limit), contrast, null), tested: movers.length };
}
