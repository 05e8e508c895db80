import type { LensRow } from '../../profile/compare/finding.js';
import { secondsPerUnit } from '../../text/units.js';
import { describeMovement } from '../agreement.js';
import { MIN_WAIT_PART } from '../thresholds.js';

/** Facts about the service as a whole that make a movement of one type no news. */
export interface Circumstances {
  /** Whether all instances of the window are new: they begin with few connections and empty caches. */
  isReplaced: boolean;
  /** Time that the main type shows in each profile of the incident, in seconds; null where unknown. */
  served: number | null;
  /** Time or waiting per profile in the later half of the incident, in seconds; null where not measured. */
  later: number | null;
  /** Waiting per profile of the baseline without its worst part, in seconds; null of another kind. */
  usual: number | null;
  /** Waiting per profile without one round of long waits, in seconds; null where there was none. */
  withoutStall: number | null;
  /** Reason why waiting that grew is no contention. */
  dismissed: LensRow['excuse'] | null;
}

/**
 * The row with the reason why its movement is no news: a level or waiting that fell when all instances were
 * replaced, waiting that fell only from a few long waits in one part of the baseline, waiting that changed by
 * less than one hundredth of the time served, the least that is contention, waiting that rose in one round of
 * profiles only, or time or waiting that new
 * instances took while they started.
 */
export function withExcuse(
  row: LensRow,
  { isReplaced, served, later, usual, withoutStall, dismissed }: Circumstances,
): LensRow {
  const { kind, type, verdict, before, after } = row;
  if (verdict !== 'rose' && verdict !== 'fell') return row;
  if (kind === 'level') return verdict === 'fell' && isReplaced ? { ...row, excuse: 'restart' } : row;
  const seconds = secondsPerUnit(type.unit) ?? 1;
  const hasSettled = () =>
    later !== null && describeMovement({ ...row, after: later / seconds })?.direction !== 'rose';
  // A runtime that compiles and fills its caches takes time that no own code shows.
  if (kind === 'time')
    return verdict === 'rose' && isReplaced && hasSettled() ? { ...row, excuse: 'settled' } : row;
  if (kind !== 'wait') return row;
  const changed = Math.abs((after ?? 0) - (before ?? 0)) * seconds;
  if (verdict === 'rose' && dismissed) return { ...row, excuse: dismissed };
  const isStalled =
    withoutStall !== null &&
    describeMovement({ ...row, after: withoutStall / seconds })?.direction !== 'rose';
  if (verdict === 'rose' && isStalled) return { ...row, excuse: 'stalled' };
  if (served !== null && changed < MIN_WAIT_PART * served) return { ...row, excuse: 'immaterial' };
  // The waits of old processes do not come back with them.
  if (verdict === 'fell' && isReplaced) return { ...row, excuse: 'restart' };
  if (verdict === 'fell') {
    const hasFallen =
      usual === null || describeMovement({ ...row, before: usual / seconds })?.direction === 'fell';
    return hasFallen ? row : { ...row, excuse: 'passing' };
  }
  return isReplaced && hasSettled() ? { ...row, excuse: 'restart' } : row;
}
