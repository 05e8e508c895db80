import { loadsCode } from '../../../profile/code/loading.js';
import { type Analysis, distance } from '../../../profile/compare/analysis.js';
import type { Dispersion } from '../../../profile/contrast/noise.js';
import { totalsAround } from '../../../profile/contrast/through.js';
import { DECLINE_Z, FALL } from '../../thresholds.js';
import type { LocatedChange } from './slices.js';

// Loading and compiling is what a start does. Where processes are known to be new, it needs less evidence
// than other work to count as their start.

/** Part of a function's cost that must pass through what loads code. */
const MOSTLY = 0.5;

interface Counts {
  x: number;
  n: number;
}

/** Whether a function mostly loads code, or is mostly called by what does. */
export function isLoadingWork(
  { joined }: Pick<Analysis, 'joined'>,
  parts: readonly number[],
  fn: number,
): boolean {
  const isLoader = (at: number) => {
    const info = joined.functions[at];
    return info !== undefined && loadsCode(info);
  };
  if (isLoader(fn)) return true;
  const { above, below } = totalsAround(joined, parts, fn);
  const least = MOSTLY * (below[fn] ?? 0);
  return joined.functions.some(
    (_, at) => Math.max(above[at] ?? 0, below[at] ?? 0) >= Math.max(least, Number.MIN_VALUE) && isLoader(at),
  );
}

/**
 * Whether a cost falls to less than half of what it was above the baseline and rises in no step. Whether it
 * still falls in the last one may be too little to tell.
 */
export function fadesAway(dispersion: Dispersion, before: Counts, counts: readonly Counts[]): boolean {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined || counts.length < 2) return false;
  const computeShare = ({ x, n }: Counts) => (n > 0 ? x / n : 0);
  const excess = (of: Counts) => computeShare(of) - computeShare(before);
  return (
    excess(last) <= FALL.part * excess(first) &&
    distance(last, first, dispersion) >= DECLINE_Z &&
    counts.every((of, at) => at === 0 || distance(counts[at - 1] ?? of, of, dispersion) < FALL.lastZ)
  );
}

/**
 * Whether a change is loading that is seen in the last part of the incident alone: processes that start there
 * look so, and too little is left to tell.
 */
export function isLoadingAtEnd(
  analysis: Analysis,
  { culprit, run, slice, contrast }: LocatedChange,
): boolean {
  const end = analysis.incident.length - 1;
  if (slice !== null || run.early > 0 || run.first !== end || end < 1) return false;
  return isLoadingWork(analysis, contrast.after.parts, culprit.fn);
}
