import { offload } from '../offload.js';
import { textOfFunction } from '../profile/code/find-function.js';
import { MIN_SIDE_SAMPLES } from '../profile/compare/analysis.js';
import type { Finding, LensRow, Verdict } from '../profile/compare/finding.js';
import { fallOfRequests } from '../profile/compare/requests/fell-alike.js';
import { share, totalShare } from '../profile/contrast/contrast.js';
import { isCode } from '../profile/contrast/joined-names.js';
import { activePerProfile, buildContrast, wholeRun } from '../profile/contrast/runs.js';
import type { ToolContext } from '../query/context.js';
import { lookbackNotes } from '../query/lookback.js';
import { selectionArguments, sourceArgument } from '../query/selection.js';
import type { AttributionRow, ComparedSide, Comparison } from '../report/answers/comparison.js';
import type { NextCall } from '../report/next.js';
import type { JsonObject } from '../report/render.js';
import { formatSelector } from '../sources/selector.js';
import type { Window } from '../sources/source.js';
import { formatTime, isCountUnit } from '../text/units.js';
import { computeChance, describeMovement, samplingError } from './agreement.js';
import { findCollectorCause } from './collector-cause.js';
import { type ComparisonReading, isHeavyAnalysis } from './compare.js';
import type { ComparisonInput } from './comparison-rows.js';
import type { LensType } from './evidence/lens.js';
import { instanceRise } from './evidence/levels/instance-rise.js';
import type { LevelLens } from './evidence/levels.js';
import { endNotes } from './evidence/rollout/late-arrivals.js';
import { isBriefBaseline } from './evidence/rounds.js';
import type { ShareChange, ShareLens } from './evidence/shares.js';
import { findingsSoFar, settle } from './evidence/unread.js';
import { findCollectorTime } from './finding-context.js';
import { readOnset } from './outcome.js';
import { listMix } from './requests/mix-rows.js';
import { FLAT, GATE, SCALED } from './thresholds.js';
import { listNotRead } from './unread-report.js';
import { rankReasons } from './verdict-order.js';

/** A reading as the data of an answer. */
export async function buildComparison(
  reading: ComparisonReading,
  limit: number,
  context: ToolContext,
): Promise<Comparison> {
  const { question, shares, instances, context: evidenceContext, baseline } = reading;
  const { scope, window } = question;
  const { analysis, change } = shares;
  const whole = buildContrast(analysis, wholeRun(analysis));
  const judgement = judge(reading);
  const row = buildRow(reading);
  const { before, after } = computePerProfile(reading);
  // The answer shows the mean snapshots of a level: neither they nor its ends may move unnoticed.
  const movement = describeMovement(row) ?? describeMovement({ ...row, before, after });
  const { cause } = judgement;
  const isUnchanged = judgement.verdict === 'no_change';
  const isLessLoad = isUnchanged && movement?.direction === 'fell' && fellAlike(shares);
  const agreed = isUnchanged && movement !== null && !isLessLoad ? 'inconclusive' : judgement.verdict;
  const { verdict, isSoFar } = settle({ verdict: agreed, causes: [] }, reading.unread, undefined);
  const notRead = listNotRead(reading);
  // Only where the baseline is the time just before is there an onset.
  const hasOnset = cause !== null && cause !== 'cheaper' && reading.isContinuous;
  const { since, unread } = await readOnset({ context: evidenceContext }, hasOnset ? cause : undefined, {
    signal: context.signal,
  });
  if (unread !== null) notRead.push({ what: 'onset', ...unread });
  for (const { what, reason } of notRead) context.notRead?.(what, reason);
  const input = { shares, cheaper: reading.cheaper, cause, since, gate: GATE, limit };
  const { finding, movers, tested } = await offload('compared', [input], {
    isHeavy: isHeavyAnalysis(analysis),
    signal: context.signal,
  });
  const side = (which: 'before' | 'after'): ComparedSide => ({
    window: which === 'after' ? window : baseline,
    selector: formatSelector(which === 'after' ? question.matchers : question.baseline.matchers),
    profiles: whole[which].profiles,
    samples: isCountUnit(scope.type.unit) ? null : whole[which].costs.total / analysis.quantum,
    isEstimated: shares.isEstimated,
    perProfile: share(whole[which].costs.total, whole[which].profiles),
    gaps: reading.gaps[which],
  });
  const withInstances = ([first]: readonly Finding[]): Finding | null =>
    first === undefined
      ? null
      : {
          ...first,
          instances:
            first.instances ??
            instanceRise(shares.profileTimes, evidenceContext.plan, evidenceContext.fleet.instanceLabel),
        };
  return {
    source: scope.source.name,
    service: scope.service,
    type: scope.type,
    before: side('before'),
    after: side('after'),
    instances,
    verdict,
    movement,
    isLessLoad,
    unsettled: shares.unsettled,
    chance: movement === null ? computeChance({ ...row, before, after }) : null,
    notRead,
    isSoFar,
    finding: finding === null ? null : withInstances(isSoFar ? findingsSoFar([finding]) : [finding]),
    collector: findCollectorTime(shares),
    load:
      change?.culprit.load ??
      (reading.cheaper === null ? analysis.load.ratio : 1 / reading.cheaper.culprit.load),
    movers,
    tested,
    mix: isAmount(shares.lens) && cause !== 'cheaper' ? listMix(shares) : [],
    attribution: change === null ? [] : listAttribution(change),
    notes: [
      ...scope.notes,
      ...shares.notes,
      ...endNotes(reading.incidentEnd),
      ...partNotes(reading),
      ...(await lookbackNotes(scope.source, pickEarliest(baseline, window), context)),
    ],
    requests: evidenceContext.requests.made,
    next: nextCalls(
      reading,
      finding,
      { ...(await sourceArgument(scope.source, context)), ...selectionArguments(scope) },
      notRead.length > 0,
    ),
  };
}

/** Whether what fell is time, or an amount, and all its parts fell alike. */
function fellAlike({ lens, analysis }: ShareLens): boolean {
  return isAmount(lens) && fallOfRequests(analysis) !== null;
}

/** Whether a type is time or an amount, whose cost requests drive, unlike levels and waits. */
function isAmount({ kind }: LensType): boolean {
  return kind === 'time' || kind === 'amount';
}

/** Label values with shares of the active total on both sides. */
function listAttribution({ attribution, contrast, culprit }: ShareChange): AttributionRow[] {
  const shareBefore = totalShare(contrast.before, culprit.fn);
  return attribution.map(({ label, value, ofTotal, carries }) => ({
    label,
    value,
    shareBefore,
    shareAfter: ofTotal,
    carries,
  }));
}

/** The active value per profile on both sides. */
function computePerProfile({ shares: { analysis } }: ComparisonReading): { before: number; after: number } {
  return { before: activePerProfile(analysis.baseline), after: activePerProfile(analysis.incident) };
}

/** The compared type as a row of an investigation, whose word must agree with its numbers, too. */
function buildRow(reading: ComparisonReading): LensRow {
  const { lens, analysis } = reading.shares;
  const { before, after } = reading.level ?? computePerProfile(reading);
  const error = lens.kind === 'level' || lens.kind === 'wait' ? null : samplingError(analysis);
  return {
    type: lens.type,
    kind: lens.kind,
    verdict: 'no_change',
    before,
    after,
    error,
    smallest: null,
    sameAs: null,
  };
}

function pickEarliest(a: Window, b: Window): Window {
  return a.from < b.from ? a : b;
}

/** The verdict on one type, and what it is about. */
function judge({ shares, level, wait, cheaper, instances }: ComparisonReading): {
  verdict: Verdict;
  cause: ComparisonInput['cause'];
} {
  const { analysis } = shares;
  const change = findCodeChange(shares, level);
  const ratio = analysis.load.ratio ?? 1;
  const isScaled =
    instances !== null &&
    instances.stayed + instances.arrived >= SCALED * Math.max(1, instances.stayed + instances.left);
  const isFlat = ratio >= FLAT[0] && ratio <= FLAT[1];
  const [first] = rankReasons<{ cause: ComparisonInput['cause'] }>({
    leak: level === null || level.leak === null ? null : { cause: { kind: 'leak', of: level } },
    contention:
      wait === null || wait.contention === null ? null : { cause: { kind: 'contention', of: wait } },
    code_regression: codeReason(shares, level),
    moved: change === null || change.from === null ? null : { cause: { kind: 'moved', of: shares } },
    improvement: cheaper === null || cheaper.from !== null ? null : { cause: 'cheaper' },
    load_increase: loadReason(shares, level),
    scaling: isScaled && isFlat ? { cause: null } : null,
  });
  if (first !== undefined) return { verdict: first[0], cause: first[1].cause };
  if (shares.unsettled !== null) return { verdict: 'inconclusive', cause: null };
  const collecting = findCollectorCause([shares]);
  if (collecting !== null) return { verdict: 'code_regression', cause: { kind: 'code', of: collecting } };
  const isFew = Math.min(analysis.samples.before, analysis.samples.after) < MIN_SIDE_SAMPLES;
  return { verdict: isFew && shares.lens.kind === 'time' ? 'inconclusive' : 'no_change', cause: null };
}

type Reason = { cause: ComparisonInput['cause'] } | null;

/**
 * The change of a type that says something of code; null where there is none. All parked goroutines, and all
 * held bytes, pass through functions of the runtime and the standard library, whose shares of a level follow
 * from what else is there.
 */
function findCodeChange({ change }: ShareLens, level: LevelLens | null): ShareChange | null {
  if (change === null || level === null) return change;
  return isCode(change.analysis.joined, change.culprit.fn) ? change : null;
}

/** A change of code, or a level that rose in one function. */
function codeReason(shares: ShareLens, level: LevelLens | null): Reason {
  const change = findCodeChange(shares, level);
  if (change !== null) return change.from === null ? { cause: { kind: 'code', of: shares } } : null;
  return level?.rise?.growth == null ? null : { cause: { kind: 'level', of: level } };
}

/** A cost that rose as a whole, or a level that no function holds alone. */
function loadReason(shares: ShareLens, level: LevelLens | null): Reason {
  if (level !== null && level.rise !== null && level.rise.growth === null)
    return { cause: { kind: 'level', of: level } };
  // The cost of instances that still warm up is no load.
  const isBrief = isBriefBaseline(shares.profileTimes, shares.windows.baseline);
  return shares.analysis.load.hasRisen && shares.unsettled === null && !isBrief
    ? { cause: { kind: 'load', of: shares } }
    : null;
}

function partNotes({ shares }: ComparisonReading): string[] {
  const { change, analysis, windows } = shares;
  if (change === null || change.slice !== null) return [];
  const { first, last } = change.run;
  if (first === 0 && last === analysis.incident.length - 1) return [];
  const [from, to] = [windows.incident[first]?.from, windows.incident[last]?.to];
  return from === undefined || to === undefined
    ? []
    : [
        `The change is strongest from ${formatTime(from)} to ${formatTime(to)}; the finding is about that part, the movers about the whole window.`,
      ];
}

function nextCalls(
  { question, baseline }: ComparisonReading,
  finding: Finding | null,
  callScope: JsonObject,
  mustAskAgain: boolean,
): NextCall[] {
  const { scope, window } = question;
  const times = { from: formatTime(window.from), to: formatTime(window.to) };
  const again: NextCall = {
    tool: 'compare_profiles',
    arguments: {
      ...callScope,
      profile_type: scope.typeArgument,
      ...times,
      baseline_from: formatTime(baseline.from),
      baseline_to: formatTime(baseline.to),
    },
  };
  const first = mustAskAgain ? [again] : [];
  if (finding?.fn == null) return [...first, { tool: 'investigate', arguments: { ...callScope, ...times } }];
  return [
    ...first,
    {
      tool: 'inspect_function',
      arguments: {
        ...callScope,
        profile_type: scope.typeArgument,
        ...times,
        function: textOfFunction(finding.fn),
      },
    },
  ];
}
