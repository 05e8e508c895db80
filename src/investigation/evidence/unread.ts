import type { Confidence, Finding, Verdict } from '../../profile/compare/finding.js';
import type { ProfileType } from '../../profile/types/types.js';
import { notRead, notReadBecause, type Unread } from '../../query/not-read.js';
import type { Conclusion } from '../conclude.js';
import type { LensKind, LensType } from './lens.js';
import { NoRequestLeft } from './requests.js';

// A profile type that could not be read makes its part of the answer unknown. These rules say what may still
// be claimed.

/** A profile type of the service that could not be read. */
export interface UnreadType extends Unread {
  lens: LensType;
}

/**
 * Describes a failure to read one part of an investigation.
 *
 * @param hasRunOutOfTime whether our own signal, and not the caller's, ended the request
 * @throws the error itself where it is neither a failure of the store nor a limit of ours
 */
export function unreadBecause(error: unknown, hasRunOutOfTime: boolean): Unread {
  if (error instanceof NoRequestLeft) return notRead('no_request_left');
  return notReadBecause(error) ?? (hasRunOutOfTime ? notRead('no_time') : fail(error));
}

function fail(error: unknown): never {
  throw error;
}

/** Verdicts by precedence (docs/develop/comparison.md §7). */
const PRECEDENCE: readonly Verdict[] = [
  'leak',
  'contention',
  'code_regression',
  'moved',
  'load_increase',
  'no_change',
];

/** The verdict of highest precedence that a profile type of each kind can lead to. */
const MAY_SHOW: Readonly<Record<LensKind, Verdict>> = {
  level: 'leak',
  wait: 'contention',
  time: 'code_regression',
  amount: 'code_regression',
};

/** Everything that an investigation did not read. */
export interface UnreadParts {
  types: readonly UnreadType[];
  /** Set where the label sets, which tell instances and versions apart, were not read. */
  labels: Unread | null;
}

/** A verdict with what may be claimed of it. */
export interface Settled extends Conclusion {
  /** Whether what was not read could change the verdict. */
  isSoFar: boolean;
}

/**
 * Takes back what a conclusion cannot claim where parts were not read: `no_change` becomes `inconclusive`,
 * and every other verdict holds so far, where the missing part could have led to a verdict of the same or of
 * higher precedence.
 *
 * @param main the type that the investigation would have read first
 */
export function settle(
  conclusion: Conclusion,
  { types, labels }: UnreadParts,
  main: ProfileType | undefined,
): Settled {
  const { verdict } = conclusion;
  if (types.length === 0 && labels === null) return { isSoFar: false, ...conclusion };
  if (verdict === 'no_change') return { isSoFar: true, ...conclusion, verdict: 'inconclusive' };
  // `improvement` and `scaling` stand below all others.
  const rank = PRECEDENCE.includes(verdict) ? PRECEDENCE.indexOf(verdict) : PRECEDENCE.length;
  const couldChange = ({ lens: { type, kind } }: UnreadType) =>
    type.id === main?.id ||
    // Contention wins over a change of code only where it added more time.
    (verdict === 'contention' && kind === 'time') ||
    PRECEDENCE.indexOf(MAY_SHOW[kind]) <= rank;
  return { isSoFar: labels !== null || verdict === 'inconclusive' || types.some(couldChange), ...conclusion };
}

const LOWERED: Readonly<Record<Confidence, Confidence>> = { high: 'medium', medium: 'low', low: 'low' };

/** Findings that hold so far are less sure by one step: never high. */
export function findingsSoFar(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, confidence: LOWERED[finding.confidence] }));
}
