import { countsIn } from '../../profile/compare/analysis.js';
import { collectorGrowth } from '../../profile/compare/collector.js';
import type { Finding, LensRow, Verdict } from '../../profile/compare/finding.js';
import { MIN_AMOUNT_RISE } from '../../profile/compare/growth/rise.js';
import type { SiteGrowth } from '../../profile/compare/growth.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import { newsIn } from '../agreement.js';
import type { Conclusion } from '../conclude.js';
import type { LensReadings, TypeTotals } from '../evidence/evidence.js';
import type { LensPlan, LensType } from '../evidence/lens.js';
import { type LevelLens, readLevels } from '../evidence/levels.js';
import { findOnset, onsetOfTotal } from '../evidence/onset.js';
import { type ProfileTimes, totalsIn } from '../evidence/profile-times.js';
import {
  type InvestigationContext,
  type Resolution,
  readShares,
  type ShareChange,
  type ShareLens,
} from '../evidence/shares.js';
import { compareTotals, type TotalsLens } from '../evidence/totals.js';
import { findingsSoFar, type UnreadType, unreadBecause } from '../evidence/unread.js';
import { readWaits, type WaitLens } from '../evidence/waits.js';
import { buildFindings } from '../findings.js';
import { lensRows } from '../lens-rows.js';
import { settledConclusion } from '../outcome.js';
import { BRIEF, HALVED, HIGH_RATIO, PRESSED_GATE, SLICE_GATE, SUSPICIOUS_Z } from '../thresholds.js';

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
  /** Distance from noise of a change that a brief look showed, though not clearly enough to be one. */
  suspicion: number;
  /** Whether a change may be the warm-up of new instances, which nothing has ruled out. */
  mayBeWarmUp: boolean;
  /** Number of slices of the incident that were read. */
  slicesRead: number;
  /** Whether some of its instances are new: they warm up, and their levels start from nothing. */
  hasTurnover: boolean;
  /** How the value per profile of the main type changed as a whole; null where that cannot be told. */
  mainTotals: TotalsLens | null;
}

/** Evidence that the totals over time alone give. */
export function briefEvidence(
  context: InvestigationContext,
  same: LensPlan['same'],
  series: BriefEvidence['series'],
  hasTurnover: boolean,
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
        // A row of many says nothing about single instances.
        instances: null,
        times,
      }),
    ),
    shares: [],
    levels: [],
    waits: [],
    wholes,
    same,
    collector: null,
    unread: [],
    suspicion: 0,
    mayBeWarmUp: false,
    slicesRead: 0,
    hasTurnover,
    mainTotals: main === undefined ? null : compareTotals(main.lens, main.times, plan, main.times),
  };
}

/**
 * Looks for leaks and contention: requests are made only where the totals show a rise, two for each type.
 *
 * @param isThrifty whether requests are few: then levels that rose by no more than the load explains are not
 *   read
 */
export async function lookAtLevelsAndWaits(evidence: BriefEvidence, isThrifty: boolean): Promise<void> {
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
      if (lens.kind === 'level') {
        const explained = isThrifty ? explainedByLoad(evidence) : 0;
        const level = await readLevels(context, lens, times, explained, false);
        evidence.levels.push(withPlainCause(level, evidence));
      }
      if (lens.kind === 'wait') {
        // The most telling wait suffices.
        if (evidence.waits.some(({ contention }) => contention !== null)) return;
        const load = mainTotals?.load.ratio ?? 1;
        evidence.waits.push(await readWaits(context, lens, times, { main: main.times, load }));
      }
    });
  }
}

/** Factor by which the load may raise a level: more requests need more connections, workers and memory. */
function explainedByLoad({ mainTotals }: Pick<BriefEvidence, 'mainTotals'>): number {
  const load = mainTotals?.load;
  return load?.hasRisen === true ? (load.risen ?? 1) * MIN_AMOUNT_RISE : 0;
}

/**
 * The level without what is not plain enough for one of many: a leak of a single instance, or where instances
 * are new, less than threefold, since every instance of every service is tried and new ones fill their
 * caches; a leak in frameworks alone and by no more than the load explains; and a place in frameworks alone
 * of a level that rose and does not leak, since more requests raise it.
 */
export function withPlainCause(
  level: LevelLens,
  evidence: Pick<BriefEvidence, 'mainTotals' | 'hasTurnover'>,
): LevelLens {
  const { leak, rise } = level;
  const isOwn = ({ joined, site }: SiteGrowth) => joined.application[site.fn] === 1;
  if (leak === null) {
    const isOfFrameworks = rise !== null && rise.growth !== null && !isOwn(rise.growth);
    return isOfFrameworks ? { ...level, rise: { ...rise, growth: null } } : level;
  }
  const isOfLoad = !isOwn(leak.growth) && leak.after < explainedByLoad(evidence) * leak.before;
  const mustBeHigh = leak.instance !== null || evidence.hasTurnover;
  const isSmall = mustBeHigh && leak.after < HIGH_RATIO * leak.before;
  return isOfLoad || isSmall ? { ...level, leak: null } : level;
}

/** Compares the composition of the main type over both whole windows: two requests. */
export async function lookAtMain(evidence: BriefEvidence): Promise<void> {
  const [main] = evidence.series;
  if (main === undefined || main.lens.kind === 'level' || main.lens.kind === 'wait') return;
  await lookAtShares(evidence, main.lens, BRIEF);
}

/** Looks at the main type once more, in parts and slices; what was read before is not read again. */
export async function lookCloser(
  evidence: BriefEvidence,
  resolution: Resolution & { gate: number },
): Promise<void> {
  const [main] = evidence.series;
  if (main === undefined) return;
  const before = evidence.shares.find(({ lens }) => lens === main.lens);
  evidence.shares = evidence.shares.filter((share) => share !== before);
  await lookAtShares(evidence, main.lens, resolution);
  // A closer look that fails takes nothing away from the brief one.
  if (before === undefined || evidence.shares.some(({ lens }) => lens === main.lens)) return;
  evidence.shares.push(before);
  evidence.unread = evidence.unread.filter(({ lens }) => lens !== main.lens);
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
    time === undefined ? null : collectorGrowth(buildContrast(time.analysis, wholeRun(time.analysis)));
  const gate = evidence.collector?.hasGrown === true ? PRESSED_GATE : BRIEF.gate;
  await lookAtShares(evidence, alloc.lens, { ...BRIEF, gate });
}

/**
 * Compares the composition of allocations that rose beyond the load before the time is looked at: two
 * requests. The place that allocates more says where the time goes, too, so that no more is asked where it is
 * found.
 */
export async function lookAtRisenAmounts(evidence: BriefEvidence): Promise<void> {
  const alloc = evidence.series.find(({ lens }) => lens.type.alias === 'alloc');
  if (alloc !== undefined && alloc !== evidence.series[0]) await lookAtShares(evidence, alloc.lens, BRIEF);
}

/**
 * Compares the composition of allocations though their total says nothing: a change in a small part of them
 * shows only there. Two requests.
 */
export async function lookAtQuietAmounts(evidence: BriefEvidence): Promise<void> {
  const alloc = quietAmounts(evidence);
  if (alloc !== null) await lookAtShares(evidence, alloc, BRIEF);
}

/** Leaves out what faded of the allocations, as what a process allocates at its start does: one request. */
export async function ruleOutFading(evidence: BriefEvidence): Promise<void> {
  const alloc = evidence.shares.find(({ lens }) => lens.type.alias === 'alloc')?.lens;
  if (alloc === undefined) return;
  await lookAtShares(evidence, alloc, HALVED);
  leaveOutFaded(evidence, alloc);
}

/** The type of the allocations where they were not looked at and are not the main type; null elsewhere. */
export function quietAmounts({ series, shares }: Pick<BriefEvidence, 'series' | 'shares'>): LensType | null {
  const [main, ...others] = series;
  const alloc = others.find(({ lens }) => lens.type.alias === 'alloc')?.lens;
  const isRead = shares.some(({ lens }) => lens === alloc);
  return main === undefined || alloc === undefined || isRead ? null : alloc;
}

/** Whether the allocations are worth two requests. */
export function asksForAmounts({ series, shares, wholes, mainTotals }: BriefEvidence): boolean {
  const alloc = series.find(({ lens }) => lens.type.alias === 'alloc');
  const time = shares.find(({ lens }) => lens.kind === 'time');
  // A change of the time that is known already says where the allocations come from, too.
  if (alloc === undefined || time === undefined || time.change !== null) return false;
  if (collectorGrowth(buildContrast(time.analysis, wholeRun(time.analysis))).hasGrown) return true;
  return allocationRise({ wholes }) / Math.max(1, mainTotals?.load.risen ?? 1) >= MIN_AMOUNT_RISE;
}

/** Factor by which the allocations rose, by their totals alone; 0 where they did not rise beyond noise. */
export function allocationRise({ wholes }: Pick<BriefEvidence, 'wholes'>): number {
  const whole = wholes.find(({ lens }) => lens.type.alias === 'alloc');
  return whole?.load.hasRisen === true ? (whole.load.risen ?? 1) : 0;
}

async function lookAtShares(
  evidence: BriefEvidence,
  lens: LensType,
  resolution: Resolution & { gate: number },
): Promise<void> {
  const times = evidence.series.find((entry) => entry.lens === lens)?.times;
  if (times === undefined) return;
  await noting(evidence, lens, async () => {
    const gate = Math.min(resolution.gate, SUSPICIOUS_Z);
    const share = await readShares(evidence.context, lens, times, { ...resolution, gate });
    if (share === null) return;
    evidence.suspicion = Math.max(evidence.suspicion, share.change?.culprit.z ?? 0);
    evidence.shares = evidence.shares.filter((known) => known.lens !== lens);
    evidence.shares.push(withGate(share, resolution.gate));
    evidence.wholes = evidence.wholes.filter((whole) => whole.lens !== lens);
  });
}

/** Part of what a change added in the first half of the incident that it must still add in the later one. */
const STILL_ADDED = 0.5;

/**
 * Looks whether a change may be the warm-up of new instances: then it fades from the first half of the
 * incident to the later one, and is no change.
 */
export async function ruleOutWarmUp(evidence: BriefEvidence): Promise<void> {
  await lookCloser(evidence, HALVED);
  const [main] = evidence.series;
  if (main !== undefined) leaveOutFaded(evidence, main.lens);
}

/** Takes changes that faded out of the reading of a type in halves. */
function leaveOutFaded(evidence: BriefEvidence, lens: LensType): void {
  evidence.shares = evidence.shares.map((share) => {
    if (share.lens !== lens) return share;
    const [change = null, ...further] = [share.change, ...share.further]
      .filter((candidate) => candidate !== null)
      .filter((candidate) => !hasFaded(share, candidate));
    return { ...share, change, further };
  });
}

function hasFaded({ analysis }: ShareLens, { culprit, contrast }: ShareChange): boolean {
  const [early, late] = analysis.incident;
  if (early === undefined || late === undefined) return false;
  const shareIn = (part: Parameters<typeof countsIn>[1]) => {
    const { x, n } = countsIn(analysis, part, culprit.fn);
    return n > 0 ? x / n : 0;
  };
  const before = shareIn(contrast.before);
  return shareIn(late) - before < STILL_ADDED * (shareIn(early) - before);
}

/** The reading without the changes that do not reach a gate. */
function withGate(share: ShareLens, gate: number): ShareLens {
  const [change = null, ...further] = [share.change, ...share.further]
    .filter((candidate) => candidate !== null)
    .filter(({ culprit, slice }) => culprit.z >= (slice === null ? gate : Math.max(gate, SLICE_GATE)));
  return { ...share, gate, change, further };
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
  causes: Conclusion['causes'];
}

/** Requests of the search for the onset of a change of code, at the most. */
export const ONSET_REQUESTS = 12;

/** Whether reading profiles about the change would tell its onset, which the totals do not. */
export function lacksOnset({ since, causes }: BriefVerdict): boolean {
  return since === null && causes[0]?.kind === 'code';
}

/** Adds the onset of its first cause to a verdict, as far as the store tells it. */
export async function withOnset(evidence: BriefEvidence, verdict: BriefVerdict): Promise<BriefVerdict> {
  const { signal } = evidence.context.readContext;
  const since = await findOnset(evidence, verdict.causes[0]).catch((error: unknown) => {
    // Throws what is a fault of ours; where the store failed, the verdict stands without an onset.
    unreadBecause(error, signal.aborted);
    return null;
  });
  const [first, ...others] = verdict.findings;
  return { ...verdict, since, findings: first === undefined ? [] : [{ ...first, since }, ...others] };
}

/**
 * Draws verdict and findings from brief evidence, by the rules of an ordinary investigation.
 *
 * @param margin standard errors by which a change must stand out more than it did to be found
 */
export function concludeBriefly(found: BriefEvidence, margin: number): BriefVerdict {
  const shares = found.shares.map((share) => withGate(share, share.gate + margin));
  const evidence = { ...found, shares };
  const rows = lensRows(evidence);
  const unread = { types: evidence.unread, labels: null };
  const main = evidence.series[0]?.lens.type;
  const settled = settledConclusion(evidence, newsIn(rows), unread, main);
  const since = onsetByTotals(evidence, settled.causes[0]);
  const findings = buildFindings(settled, since);
  const [first] = findings;
  return {
    verdict: settled.verdict,
    isSoFar: settled.isSoFar,
    findings: settled.isSoFar
      ? findingsSoFar(findings)
      : evidence.mayBeWarmUp
        ? findings.map(unsure)
        : findings,
    rows,
    since: first?.since ?? since,
    causes: settled.causes,
  };
}

function unsure(finding: Finding): Finding {
  return finding.kind === 'code' ? { ...finding, confidence: 'low' } : finding;
}

/**
 * The onset as far as the totals tell it, without a request: of a change of code only where it lifted the
 * total visibly; of wall-clock time they tell nothing.
 */
function onsetByTotals(
  { context, mainTotals }: BriefEvidence,
  cause: Conclusion['causes'][number] | undefined,
) {
  if (cause === undefined || mainTotals === null || mainTotals.lens.type.isWallClock) return null;
  if (cause.kind !== 'load' && cause.kind !== 'code') return null;
  if (cause.of.lens !== mainTotals.lens || !mainTotals.load.hasRisen) return null;
  return onsetOfTotal(context, mainTotals.profileTimes, [context.plan.baseline, context.plan.incident]);
}
