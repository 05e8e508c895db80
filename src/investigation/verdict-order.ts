import type { Verdict } from '../profile/compare/finding.js';

/**
 * Verdicts that name a reason, the most telling first (docs/develop/comparison.md §7). Both tools rank by
 * this order: a lower reason supports and never overrides.
 */
const ORDER = [
  'leak',
  'contention',
  'code_regression',
  'moved',
  'improvement',
  'load_increase',
  'scaling',
] as const satisfies readonly Verdict[];

type Reason = (typeof ORDER)[number];

/**
 * Puts the evidence for each reason into the order of the verdicts; reasons without evidence (null) are left
 * out.
 */
export function rankReasons<Evidence>(
  evidence: Readonly<Partial<Record<Reason, Evidence | null>>>,
): (readonly [verdict: Reason, evidence: Evidence])[] {
  return ORDER.flatMap((reason) => {
    const shown = evidence[reason];
    return shown === undefined || shown === null ? [] : [[reason, shown] as const];
  });
}
