import { collectorGrowth } from '../profile/compare/collector.js';
import type { Finding, LensRow, Verdict } from '../profile/compare/finding.js';
import { MIN_RISE } from '../profile/compare/load.js';
import { contrastOf, wholeRun } from '../profile/contrast/runs.js';
import { agreeing } from './agreement.js';
import { conclude } from './conclude.js';
import type { LensReadings, TypeTotals } from './evidence/evidence.js';
import { instanceRise } from './evidence/instance-rise.js';
import type { LensPlan, LensType } from './evidence/lens.js';
import { type LevelLens, readLevels } from './evidence/levels.js';
import { onsetOfTotal } from './evidence/onset.js';
import { type ProfileTimes, totalsIn } from './evidence/profile-times.js';
import { type InvestigationContext, readShares, type ShareLens } from './evidence/shares.js';
import { compareTotals, type TotalsLens } from './evidence/totals.js';
import { findingsSoFar, settle, type UnreadType, unreadBecause } from './evidence/unread.js';
import { readWaits, type WaitLens } from './evidence/waits.js';
import { findingsOf, lensRows } from './findings.js';
import { BRIEF, PRESSED_GATE } from './thresholds.js';

/**
 * Brief evidence about one of many services: the totals over time of all its types, which are known before,
 * and only those profiles that the totals or the weight of the service ask for.
 */
export interface BriefEvidence extends LensReadings {
  context: InvestigationContext;
  /** Types with their totals over time, the main one first. */
  series: readonly { lens: LensType; times: ProfileTimes }[];
  levels: LevelLens[];
  waits: WaitLens[];
  wholes: TotalsLens[];
  shares: ShareLens[];
  unread: UnreadType[];
  /** How the value per profile of the main type changed as a whole; null where that cannot be told. */
  mainTotals: TotalsLens | null;
}

/** Evidence that the totals over time alone give. */
export function briefEvidence(
  context: InvestigationContext,
  same: LensPlan['same'],
  series: BriefEvidence['series'],
): BriefEvidence {
  const [main] = series;
  const { plan } = context;
  const wholes = series.flatMap(({ lens, times }) => {
    if (lens.kind !== 'amount' || lens === main?.lens || main === undefined) return [];
    const whole = compareTotals(lens, times, plan, main.times);
    return whole === null ? [] : [whole];
  });
  return {
    context,
    series,
    totals: series.map(
      ({ lens, times }): TypeTotals => ({
        lens,
        before: totalsIn(times, plan.baseline),
        after: totalsIn(times, plan.incident),
        instances: instanceRise(times, plan, context.fleet.instanceLabel),
      }),
    ),
    shares: [],
    levels: [],
    waits: [],
    wholes,
    same,
    collector: null,
    unread: [],
    mainTotals: main === undefined ? null : compareTotals(main.lens, main.times, plan, main.times),
  };
}

/** Looks for leaks and contention: requests are made only where the totals show a rise, two for each type. */
export async function lookAtLevelsAndWaits(evidence: BriefEvidence): Promise<void> {
  const { context, series, mainTotals } = evidence;
  const [main] = series;
  if (main === undefined) return;
  // Parked goroutines hold memory: where both rise they are the cause.
  const goroutinesFirst = [...series].sort(
    (a, b) => Number(b.lens.type.alias === 'goroutines') - Number(a.lens.type.alias === 'goroutines'),
  );
  for (const { lens, times } of goroutinesFirst) {
    if (evidence.levels.some(({ leak }) => leak !== null)) return;
    await noting(evidence, lens, async () => {
      if (lens.kind === 'level') evidence.levels.push(await readLevels(context, lens, times));
      if (lens.kind === 'wait') {
        // The most telling wait suffices.
        if (evidence.waits.some(({ contention }) => contention !== null)) return;
        const load = mainTotals?.load.ratio ?? 1;
        evidence.waits.push(await readWaits(context, lens, times, main.times, load));
      }
    });
  }
}

/** Compares the composition of the main type over both whole windows: two requests. */
export async function lookAtMain(evidence: BriefEvidence): Promise<void> {
  const [main] = evidence.series;
  if (main === undefined || main.lens.kind === 'level' || main.lens.kind === 'wait') return;
  await lookAtShares(evidence, main.lens, BRIEF.gate);
}

/**
 * Compares the composition of allocations where they rose beyond the load, or the collector's part of the
 * time did: two requests.
 */
export async function lookAtAmounts(evidence: BriefEvidence): Promise<void> {
  const alloc = evidence.series.find(({ lens }) => lens.type.alias === 'alloc');
  const [main] = evidence.series;
  if (alloc === undefined || alloc === main || !asksForAmounts(evidence)) return;
  const time = evidence.shares.find(({ lens }) => lens.kind === 'time');
  evidence.collector =
    time === undefined ? null : collectorGrowth(contrastOf(time.analysis, wholeRun(time.analysis)));
  await lookAtShares(evidence, alloc.lens, evidence.collector?.grew === true ? PRESSED_GATE : BRIEF.gate);
}

/** Whether the allocations are worth two requests. */
export function asksForAmounts({ series, shares, wholes, mainTotals }: BriefEvidence): boolean {
  const alloc = series.find(({ lens }) => lens.type.alias === 'alloc');
  const time = shares.find(({ lens }) => lens.kind === 'time');
  if (alloc === undefined || time === undefined) return false;
  if (collectorGrowth(contrastOf(time.analysis, wholeRun(time.analysis))).grew) return true;
  const whole = wholes.find(({ lens }) => lens === alloc.lens);
  const beyondLoad = (whole?.load.risen ?? 1) / Math.max(1, mainTotals?.load.risen ?? 1);
  return whole?.load.rose === true && beyondLoad >= MIN_RISE;
}

async function lookAtShares(evidence: BriefEvidence, lens: LensType, gate: number): Promise<void> {
  const times = evidence.series.find((one) => one.lens === lens)?.times;
  if (times === undefined) return;
  await noting(evidence, lens, async () => {
    const share = await readShares(evidence.context, lens, times, { ...BRIEF, gate });
    if (share === null) return;
    evidence.shares.push(share);
    evidence.wholes = evidence.wholes.filter((whole) => whole.lens !== lens);
  });
}

/** Notes a type as unread where the store fails or no request is left. */
async function noting(evidence: BriefEvidence, lens: LensType, look: () => Promise<void>): Promise<void> {
  const { signal } = evidence.context.readContext;
  try {
    await look();
  } catch (error) {
    evidence.unread.push({ lens, ...unreadBecause(error, signal.aborted) });
  }
}

/** The verdict on a service after a brief look. */
export interface BriefVerdict {
  verdict: Verdict;
  /** Whether what was not read could change the verdict. */
  isSoFar: boolean;
  findings: readonly Finding[];
  rows: readonly LensRow[];
  since: { after: number; before: number } | null;
}

/** Draws verdict and findings from brief evidence, by the rules of an ordinary investigation. */
export function concludeBriefly(evidence: BriefEvidence): BriefVerdict {
  const rows = lensRows(evidence);
  const unread = { types: evidence.unread, labels: null };
  const main = evidence.series[0]?.lens.type;
  const settled = settle(agreeing(conclude(evidence), rows), unread, main);
  const since = onsetByTotals(evidence, settled.causes[0]);
  const findings = findingsOf(settled, since);
  const [first] = findings;
  return {
    verdict: settled.verdict,
    isSoFar: settled.isSoFar,
    findings: settled.isSoFar ? findingsSoFar(findings) : findings,
    rows,
    since: first?.since ?? since,
  };
}

type Causes = ReturnType<typeof conclude>['causes'];

/**
 * The onset as far as the totals tell it, without a request: of a change of code only where it lifted the
 * total visibly; of wall-clock time they tell nothing.
 */
function onsetByTotals({ context, mainTotals }: BriefEvidence, cause: Causes[number] | undefined) {
  if (cause === undefined || mainTotals === null || mainTotals.lens.type.isWallClock) return null;
  if (cause.kind !== 'load' && cause.kind !== 'code') return null;
  if (cause.of.lens !== mainTotals.lens || !mainTotals.load.rose) return null;
  return onsetOfTotal(mainTotals.profileTimes, [context.plan.baseline, context.plan.incident]);
}
