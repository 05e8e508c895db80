import type { Verdict } from '../../profile/compare/finding.js';
import { networkWait } from '../../profile/compare/growth/network-wait.js';
import { newsIn } from '../agreement.js';
import type { JudgedUnit } from './triage.js';

/** The units of a fleet by what is to be said of them; each is in exactly one of the lists. */
export interface RankedFleet {
  /** Units that something happened to: the worst first. */
  suspects: readonly JudgedUnit[];
  loadOnly: readonly JudgedUnit[];
  unchanged: readonly JudgedUnit[];
  /** Units of which it is not known whether anything happened to them. */
  unknown: readonly { judged: JudgedUnit; reason: string }[];
}

/** Verdicts that a person must act on. */
const ACCUSING: readonly Verdict[] = ['leak', 'contention', 'code_regression'];

/**
 * Sorts units: those with a cause in code by severity, of which those that wait for another service come
 * later and the unsure ones last; then moved code, then what changed and is not explained
 * (docs/develop/comparison.md §9).
 */
export function rankFleet(units: readonly JudgedUnit[]): RankedFleet {
  const suspects = units.filter(isSuspect).sort(bySeverity);
  const unknown = units.flatMap((judged) => {
    const reason = isSuspect(judged) ? null : unknownReason(judged);
    return reason === null ? [] : [{ judged, reason }];
  });
  const known = units.filter(
    (judged) => !isSuspect(judged) && unknown.every((entry) => entry.judged !== judged),
  );
  return {
    suspects,
    loadOnly: known
      .filter(({ verdict }) => verdict === 'load_increase')
      .sort((a, b) => b.weight - a.weight || (a.unit.key < b.unit.key ? -1 : 1)),
    unchanged: known.filter(({ verdict }) => verdict !== 'load_increase'),
    unknown: unknown.sort((a, b) => b.judged.weight - a.judged.weight),
  };
}

function isSuspect(judged: JudgedUnit): boolean {
  return computeRank(judged) < RANKS.length;
}

/**
 * Reasons to list a unit, the most telling first: a unit that mostly waits for another service is an effect,
 * and the cause may be in the fleet.
 */
const RANKS: readonly ((judged: JudgedUnit) => boolean)[] = [
  (judged) => isSure(judged) && !isWaiting(judged),
  isSure,
  ({ verdict }) => ACCUSING.includes(verdict),
  ({ verdict }) => verdict === 'moved',
  ({ verdict, rows, notLookedAt }) =>
    verdict === 'inconclusive' && notLookedAt === null && newsIn(rows).length > 0,
];

function isSure({ verdict, findings }: JudgedUnit): boolean {
  return ACCUSING.includes(verdict) && findings[0]?.confidence !== 'low';
}

function isWaiting({ findings: [first] }: JudgedUnit): boolean {
  return first !== undefined && networkWait(first) > 0;
}

function computeRank(judged: JudgedUnit): number {
  const rank = RANKS.findIndex((applies) => applies(judged));
  return rank < 0 ? RANKS.length : rank;
}

function bySeverity(a: JudgedUnit, b: JudgedUnit): number {
  return (
    computeRank(a) - computeRank(b) ||
    b.severity - a.severity ||
    b.weight - a.weight ||
    (a.unit.key < b.unit.key ? -1 : 1)
  );
}

function unknownReason({ verdict, notLookedAt, rows, isSoFar }: JudgedUnit): string | null {
  if (notLookedAt !== null) return notLookedAt;
  if (verdict !== 'inconclusive') return null;
  if (rows.length === 0) return 'no profile in the window';
  if (rows[0]?.before === null) return 'no profile in the baseline to compare with';
  return isSoFar ? 'not all of its types could be read' : 'too few samples';
}

/** Units that changed at about the same time, the earliest first; null where fewer than two did. */
export function commonOnset(
  suspects: readonly JudgedUnit[],
  toleranceMs: number,
): readonly JudgedUnit[] | null {
  const dated = suspects
    .filter(({ since }) => since !== null)
    .sort((a, b) => (a.since?.before ?? 0) - (b.since?.before ?? 0));
  let best: JudgedUnit[] = [];
  let cluster: JudgedUnit[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const judged of dated) {
    const { after, before } = judged.since ?? { after: 0, before: 0 };
    cluster = after <= end + toleranceMs ? [...cluster, judged] : [judged];
    end = before;
    if (cluster.length > best.length) best = cluster;
  }
  return best.length < 2 ? null : best;
}
