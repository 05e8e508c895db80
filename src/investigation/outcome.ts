import { offload } from '../offload.js';
import type { Finding, LensRow } from '../profile/compare/finding.js';
import type { ProfileType } from '../profile/types/types.js';
import type { ToolContext } from '../query/context.js';
import type { Unread } from '../query/not-read.js';
import { agreeing } from './agreement.js';
import { isHeavyAnalysis } from './compare.js';
import { type Cause, conclude } from './conclude.js';
import type { Evidence, LensReadings } from './evidence/evidence.js';
import { findOnset } from './evidence/onset.js';
import type { Since } from './evidence/rounds.js';
import { findingsSoFar, type Settled, settle, type UnreadParts, unreadBecause } from './evidence/unread.js';
import { withContext } from './finding-context.js';
import { withCollector } from './rows/collector.js';
import { allRows } from './unread-report.js';

/** Verdict and findings about a service, with the numbers that they must agree with. */
export interface Outcome {
  rows: readonly LensRow[];
  conclusion: Settled;
  /** Findings in order, the first with its onset. */
  findings: readonly Finding[];
  /** Reason why the onset of the first cause could not be read; null where it was, or was not asked for. */
  unreadOnset: Unread | null;
}

/**
 * Draws verdict and findings from evidence.
 *
 * @param hasOnset whether the first finding gets an onset: only a baseline that ends where the incident
 *   begins has one
 * @throws the reason of `context.signal` when that is aborted
 */
export async function drawOutcome(
  evidence: Evidence,
  context: ToolContext,
  hasOnset: boolean,
): Promise<Outcome> {
  const rows = allRows(evidence);
  const conclusion = settledConclusion(evidence, rows, evidence.unread, evidence.main);
  const onset = await readOnset(evidence, hasOnset ? conclusion.causes[0] : undefined, context);
  const findings = await offload('findings', [conclusion, onset.since], {
    isHeavy: evidence.shares.some(({ analysis }) => isHeavyAnalysis(analysis)),
    signal: context.signal,
  });
  return {
    rows: withCollector(rows, conclusion),
    conclusion,
    findings: withContext(conclusion.isSoFar ? findingsSoFar(findings) : findings, evidence),
    unreadOnset: onset.unread,
  };
}

/**
 * The conclusion that agrees with the rows of an answer and claims nothing about what was not read.
 *
 * @param main the type that the investigation would have read first
 */
export function settledConclusion(
  readings: LensReadings,
  rows: readonly LensRow[],
  unread: UnreadParts,
  main: ProfileType | undefined,
): Settled {
  return settle(agreeing(conclude(readings), rows), unread, main);
}

/** The onset of a cause, or why it could not be read. */
export async function readOnset(
  evidence: Pick<Evidence, 'context'>,
  cause: Cause | undefined,
  { signal, soon }: Pick<ToolContext, 'signal' | 'soon'>,
): Promise<{ since: Since | null; unread: Unread | null }> {
  try {
    return { since: await findOnset(evidence, cause), unread: null };
  } catch (error) {
    signal.throwIfAborted();
    return { since: null, unread: unreadBecause(error, soon?.aborted === true) };
  }
}
