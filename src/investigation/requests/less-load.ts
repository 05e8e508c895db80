import type { LensRow } from '../../profile/compare/finding.js';
import { fallOfRequests } from '../../profile/compare/requests/fell-alike.js';
import { MAX_SMALL_FACTOR } from '../agreement.js';
import type { LensReadings } from '../evidence/evidence.js';

/**
 * The rows in which what fell with the requests is no news (docs/develop/comparison.md §7). Its main type
 * tells that fewer requests came: all its parts fell alike, and no code changed. Further types follow where
 * they fell no further than it, but for what counts as small; waiting may fall by any factor, since queues
 * shrink by more than the load. The main type itself may have fallen by less than two windows may differ by,
 * if the baseline varies by so much less that it tells a rise of that size, too.
 */
export function withLessLoad(
  rows: readonly LensRow[],
  { shares, wholes }: Pick<LensReadings, 'shares' | 'wholes'>,
): LensRow[] {
  const lead = shares.find(({ lens }) => lens.kind === 'time') ?? shares[0];
  const hasFallen = ({ type, verdict, excuse }: LensRow) => {
    const fellBeyondNoise = type.id === lead?.lens.type.id && lead.analysis.load.hasFallen;
    return (verdict === 'fell' || (verdict === 'no_change' && fellBeyondNoise)) && excuse === undefined;
  };
  const isJudged = lead !== undefined && lead.change === null && lead.unsettled === null;
  if (!isJudged || !rows.some(hasFallen)) return [...rows];
  const fall = fallOfRequests(lead.analysis);
  if (fall === null) return [...rows];
  /** Factor of a type; of one that was compared that of own code, as the fall itself. */
  const measureFactor = ({ type, before, after }: LensRow): number => {
    const compared = shares.find(({ lens }) => lens.type.id === type.id)?.analysis;
    const whole = wholes.find(({ lens }) => lens.type.id === type.id);
    return (compared ?? whole)?.load.ratio ?? (after ?? 0) / (before ?? 1);
  };
  return rows.map((row) => {
    const follows = row.kind === 'wait' || measureFactor(row) >= fall / MAX_SMALL_FACTOR[row.kind];
    return hasFallen(row) && follows ? { ...row, verdict: 'fell', excuse: 'load' } : row;
  });
}
