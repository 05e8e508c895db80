import type { Analysis } from '../profile/compare/analysis.js';
import { isUnexplained, type LensRow } from '../profile/compare/finding.js';
import { exceedsHeapSampling } from '../profile/compare/growth/heap-sampling.js';
import type { PartCosts } from '../profile/contrast/runs.js';
import { secondsPerUnit } from '../text/units.js';
import type { Conclusion } from './conclude.js';

// A word next to two numbers must agree with them. These thresholds say how large a change is small.

/**
 * Largest factor between the values per profile of two windows that still counts as small, up or down.
 *
 * Time and amounts: in windows without any change, 24 generated ones of each kind and 60 recorded ones, none
 * of the types that were called `no_change` differed by more than 1.41 without another verdict.
 * Levels: a cache that fills or a warm-up raises one up to twofold, which is also the least that a leak must
 * reach. Waits: they are sums of rare delays, and the rule for contention begins at the same factor.
 */
export const MAX_SMALL_FACTOR: Readonly<Record<LensRow['kind'], number>> = {
  time: 1.5,
  amount: 1.5,
  level: 2,
  wait: 2.5,
};
/**
 * A change of time or of an amount within so many standard errors of sampling counts as small: few samples
 * vary.
 */
export const MAX_SMALL_ERRORS = 5;
/** Largest immaterial change of a level in goroutines, threads or objects: a small pool holds as many. */
export const MAX_SMALL_COUNT = 20;
/** Largest immaterial growth of waiting in seconds per profile: the rule for contention begins there, too. */
export const MAX_SMALL_WAIT_S = 0.005;

/** A change that is more than small. */
export interface Movement {
  direction: 'rose' | 'fell';
  /** After ÷ before; infinite where there was nothing before. */
  factor: number;
}

/**
 * How the value of a profile type changed between the windows; null where that is small or cannot be told.
 */
export function describeMovement({ kind, type, before, after, error }: LensRow): Movement | null {
  // Profiles of waiting are not sent where nothing waited; of every other type nothing before says nothing.
  const was = before ?? (kind === 'wait' ? 0 : null);
  if (was === null || after === null || Math.min(was, after) < 0 || was === after) return null;
  const factor = after / was;
  const size = Math.max(factor, 1 / factor);
  if (size < MAX_SMALL_FACTOR[kind]) return null;
  if (error !== null && Math.log(size) < MAX_SMALL_ERRORS * error) return null;
  if (isSmallAmount({ kind, type }, was, after)) return null;
  return { direction: after > was ? 'rose' : 'fell', factor };
}

/**
 * The largest factor that sampling alone may explain, where nothing else makes a change small; else null.
 */
export function computeChance(row: LensRow): number | null {
  const { error } = row;
  const isTold =
    error === null || describeMovement({ ...row, error: null }) === null || describeMovement(row) !== null;
  return isTold ? null : Math.exp(MAX_SMALL_ERRORS * error);
}

function isSmallAmount(
  { kind, type }: Pick<LensRow, 'kind' | 'type'>,
  before: number,
  after: number,
): boolean {
  const changed = Math.abs(after - before);
  if (kind === 'wait') return changed * (secondsPerUnit(type.unit) ?? 1) < MAX_SMALL_WAIT_S;
  if (kind !== 'level') return false;
  if (type.unit !== 'bytes') return changed < MAX_SMALL_COUNT;
  // Memory is limited in units of many MiB, and a few sampled objects stand for a small heap.
  return !exceedsHeapSampling({ before, after, instances: 1, unitBytes: 1 });
}

/**
 * The row with the word that its numbers want: a type that moved by more than a little is not called
 * unchanged.
 */
export function inAgreement(row: LensRow): LensRow {
  const movement = describeMovement(row);
  return row.verdict === 'no_change' && movement !== null ? { ...row, verdict: movement.direction } : row;
}

/** Rows of types that moved and that neither load, a function nor the circumstances explain. */
export function unexplained(rows: readonly LensRow[]): LensRow[] {
  return rows.filter(isUnexplained);
}

/** Unexplained rows that a person who looks for a fault should know of: a level that fell is none. */
export function newsIn(rows: readonly LensRow[]): LensRow[] {
  return unexplained(rows).filter(({ kind, verdict }) => kind !== 'level' || verdict !== 'fell');
}

/** A conclusion that claims no change only where no type moved by more than a little. */
export function agreeing(conclusion: Conclusion, rows: readonly LensRow[]): Conclusion {
  if (conclusion.verdict !== 'no_change' || unexplained(rows).length === 0) return conclusion;
  return { ...conclusion, verdict: 'inconclusive' };
}

/**
 * Standard error of the logarithm of the ratio of two sums of samples, with the dispersion of the baseline.
 */
export function samplingError({ baseline, incident, quantum, dispersion }: Analysis): number {
  const samples = (parts: readonly PartCosts[]) =>
    Math.max(1, parts.reduce((sum, { costs }) => sum + costs.total, 0) / quantum);
  return Math.sqrt(dispersion.phi * (1 / samples(baseline) + 1 / samples(incident)));
}
