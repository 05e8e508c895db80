import type { NamedFunction } from '../../profile/code/named-function.js';
import type { CollectorTime, Finding, Verdict } from '../../profile/compare/finding.js';
import type { Mover } from '../../profile/compare/movers/movers.js';
import { round, roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, formatValue, plural } from '../../text/units.js';
import { type Clock, createWriter } from '../change/clock.js';
import { findingRows } from '../change/finding-rows.js';
import { rangeText, writeSentence } from '../change/finding-sentence.js';
import { type MixRow, mixData, mixText } from '../change/mix.js';
import { loadReason, unsettledText } from '../change/verdict-reason.js';
import { displayFunction, shortName } from '../functions.js';
import { guessNotes } from '../guess-notes.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, Block, JsonObject } from '../render.js';
import { collectorData } from './investigation.js';
import { samplesText } from './sample-count.js';
import { notReadText, soFarText, soFarWord } from './unread-parts.js';
import { LESS_LOAD, verdictHeadline } from './verdicts.js';

export interface ComparedSide {
  window: { from: number; to: number };
  selector: string;
  profiles: number;
  samples: number | null;
  /** Whether the number of samples is an estimate. */
  isEstimated: boolean;
  /** Active value per profile. */
  perProfile: number;
  /** Stretches without any profile. */
  gaps: readonly { from: number; to: number }[];
}

/** A mover with its name and place. */
export interface MoverRow extends NamedFunction, Omit<Mover, 'fn'> {
  /** The changed function that it stands below; null where it does not. */
  chargedTo: string | null;
  path: readonly string[];
}

export interface AttributionRow {
  label: string;
  value: string;
  shareBefore: number;
  shareAfter: number;
  carries: boolean;
}

/** All that a comparison of two sides found, as plain data. */
export interface Comparison {
  source: string;
  service: string | null;
  type: ProfileType;
  before: ComparedSide;
  after: ComparedSide;
  instances: { stayed: number; left: number; arrived: number } | null;
  verdict: Verdict;
  /** How the value per profile changed where that is more than small; factor is after ÷ before. */
  movement: { direction: 'rose' | 'fell'; factor: number } | null;
  /** Whether the value fell with all its parts alike, as under less load, which explains it. */
  isLessLoad: boolean;
  /** Largest factor that so few samples may differ by, where only that makes the change small; else null. */
  chance: number | null;
  /** Parts of the data, other than the shares of both sides, that could not be read, and why. */
  notRead: readonly { what: string; why: string }[];
  /** Whether what was not read could change the verdict. */
  isSoFar: boolean;
  /** Work of new instances that still warms up, so that no change of code is told; else null. */
  unsettled: { name: string | null; isSeen?: boolean } | null;
  /** The change that the verdict is about; null where there is none. */
  finding: Finding | null;
  load: number | null;
  /** How the garbage collector's part of the time changed where it grew by more than noise; else null. */
  collector: CollectorTime | null;
  movers: readonly MoverRow[];
  /** Functions that were tested. */
  tested: number;
  /** Kinds of requests whose part of the cost changed; none where a function's share did. */
  mix: readonly MixRow[];
  attribution: readonly AttributionRow[];
  notes: readonly string[];
  requests: number;
  next: readonly NextCall[];
}

/** The answer of a comparison: coverage, verdict with its reason, the change and its path, movers, labels. */
export function comparisonAnswer(comparison: Comparison): Answer {
  const { before, after, type, finding } = comparison;
  const reason = `${explainVerdict(comparison)}${soFarText(comparison)}`;
  const notes = [...comparison.notes, ...guessNotes(finding?.guessed ?? [])];
  return {
    data: {
      scope: {
        source: comparison.source,
        service: comparison.service,
        selector: after.selector,
        profile_type_id: type.id,
        unit: type.unit,
        from: formatTime(after.window.from),
        to: formatTime(after.window.to),
      },
      total: totalData(
        after,
        type,
        comparison.instances === null ? null : comparison.instances.stayed + comparison.instances.arrived,
      ),
      baseline: {
        from: formatTime(before.window.from),
        to: formatTime(before.window.to),
        selector: before.selector,
        total: totalData(
          before,
          type,
          comparison.instances === null ? null : comparison.instances.stayed + comparison.instances.left,
        ),
      },
      coverage: {
        kept_share: 1,
        truncated: false,
        instances: comparison.instances,
        gaps_before: before.gaps.map(windowData),
        gaps_after: after.gaps.map(windowData),
      },
      verdict: comparison.verdict,
      verdict_reason: reason,
      load_factor: comparison.load === null ? null : roundShare(comparison.load),
      since:
        finding?.since == null
          ? null
          : { after: formatTime(finding.since.after), before: formatTime(finding.since.before) },
      finding: finding === null ? null : writeSentence(finding),
      collector: comparison.collector === null ? null : collectorData(comparison.collector),
      movers: comparison.movers.map(moverData),
      tested_functions: comparison.tested,
      entry_points: mixData(comparison.mix),
      attribution: comparison.attribution.map((row) => ({
        label: safeText(row.label),
        value: safeText(row.value),
        share_before: roundShare(row.shareBefore),
        share_after: roundShare(row.shareAfter),
        carries: row.carries,
      })),
      upstream_requests: comparison.requests,
      not_determined: comparison.notRead.map(({ what, why }) => `${what}: not read, ${why}`),
      notes,
      next: comparison.next.map((call) => ({ ...call })),
      links: [],
    },
    text: writeText({ ...comparison, notes }, reason),
    lists: ['movers', 'attribution'],
  };
}

function totalData(side: ComparedSide, type: ProfileType, instances: number | null): JsonObject {
  return {
    value: round(type.kind === 'instant' ? side.perProfile : side.perProfile * side.profiles),
    unit: type.unit,
    rate: null,
    rate_unit: null,
    instances,
    samples: side.samples === null ? null : Math.round(side.samples),
    samples_estimated: side.isEstimated,
    profiles: side.profiles,
    per_profile: round(side.perProfile),
  };
}

function windowData({ from, to }: { from: number; to: number }): JsonObject {
  return { from: formatTime(from), to: formatTime(to) };
}

/** A mover as data. */
export function moverData(row: MoverRow): JsonObject {
  return {
    function: row.function,
    file: row.file,
    line: row.line,
    kind: row.kind,
    self_share_before: roundShare(row.selfShareBefore),
    self_share_after: roundShare(row.selfShareAfter),
    total_share_before: roundShare(row.totalShareBefore),
    total_share_after: roundShare(row.totalShareAfter),
    rate_before: round(row.valueBefore),
    rate_after: round(row.valueAfter),
    delta_pp: roundShare(row.delta * 100),
    interval_pp: row.interval.map((bound) => roundShare(bound * 100)),
    significant: row.significant,
    charged_to: row.chargedTo,
    path: row.path,
  };
}

function explainVerdict(comparison: Comparison): string {
  const {
    verdict,
    before,
    after,
    type,
    tested,
    movers,
    mix,
    movement,
    chance,
    isSoFar,
    unsettled,
    isLessLoad,
  } = comparison;
  const ratio = before.perProfile > 0 ? after.perProfile / before.perProfile : null;
  const what = type.isWallClock ? `active ${type.alias} time` : type.alias;
  const per = type.kind === 'instant' ? 'mean snapshot' : 'per profile';
  const change =
    ratio === null
      ? `no ${what} before`
      : `${what} ${per} ${rangeText(before.perProfile, after.perProfile, type)}, x${ratio.toFixed(2)}`;
  if (mix.length > 0 && (verdict === 'no_change' || verdict === 'load_increase'))
    return `${change}; ${mixText(mix, type)}`;
  if (verdict === 'no_change') {
    const others = movers.filter((row) => row.significant).length;
    const alike = isLessLoad ? '; all parts of it fell alike, as under less load' : '';
    const few = chance === null ? alike : ` (so few samples may differ by x${chance.toFixed(2)})`;
    return others === 0
      ? `${change}${few}; none of ${tested} functions stands out of the noise`
      : `${change}${few}; of the team's own functions none stands out of the noise, of libraries and runtime ${others} (below)`;
  }
  if (verdict === 'inconclusive' && unsettled !== null)
    return `${change}; ${unsettledText({ type, ...unsettled })}`;
  if (verdict === 'inconclusive' && isSoFar && movement === null)
    return `${change}; none of ${tested} functions stands out of the noise, but not everything was read`;
  if (verdict === 'inconclusive' && movement !== null)
    return `${change}, but none of ${tested} functions stands out of the noise`;
  if (verdict === 'load_increase')
    return type.kind === 'instant' ? change : `${change}; no function grew beyond the rest`;
  return change;
}

/**
 * Says why two sides of one type cannot be judged: for want of samples, or because the change has no
 * explanation.
 */
function writeHeadline({ verdict, type, movement, notRead, unsettled, isLessLoad }: Comparison): string {
  if (isLessLoad && verdict === 'no_change') return LESS_LOAD;
  if (verdict === 'inconclusive' && unsettled !== null)
    return `${verdictHeadline(verdict, type)}: still warming up`;
  const few = notRead.length > 0 ? '' : ': too few samples';
  const why = movement === null ? few : `: the total ${movement.direction}, nothing explains it`;
  return `${verdictHeadline(verdict, type)}${verdict === 'inconclusive' ? why : ''}`;
}

function sideLine(title: string, side: ComparedSide, type: ProfileType, clock: Clock): string {
  const { window, profiles, perProfile, gaps } = side;
  const snapshots = type.kind === 'instant' ? 'snapshot' : 'profile';
  const value = formatValue(perProfile, type.unit, type.noun);
  const per = type.kind === 'instant' ? 'mean snapshot' : 'per profile';
  const gap =
    gaps.length === 0
      ? ''
      : `, ${plural(gaps.length, 'gap')} without profiles (the first from ${clock(gaps[0]?.from ?? 0)})`;
  return `${title} ${clock(window.from)} to ${clock(window.to)} (${formatSpan(window.to - window.from)}): ${plural(profiles, snapshots)}${samplesText(side)}, ${value} ${per}${gap}`;
}

function writeText(comparison: Comparison, reason: string): Block[] {
  const { type, finding } = comparison;
  const writer = createWriter();
  const significant = comparison.movers.filter((row) => row.significant);
  const others = comparison.movers.filter((row) => !row.significant);
  const why = finding === null ? '' : loadReason(finding);
  return [
    {
      rows: [
        `Verdict${soFarWord(comparison)}: ${writeHeadline(comparison)} (${comparison.verdict}): ${reason}${notReadText(comparison)}.`,
      ],
    },
    { rows: finding === null ? [] : findingRows('Finding:', finding, why, writer), apart: true },
    {
      rows: [...collectorRows(comparison), ...carrierRows(comparison.attribution)],
      apart: finding === null,
    },
    {
      title: `Movers (points of the total with 95% interval; before -> after):`,
      rows: significant.map((row) => moverText(row, type)),
      keep: 3,
      more: 'format=json or a larger limit',
      apart: true,
    },
    {
      title: `Within noise, do not report (of ${comparison.tested} functions tested, the interval of one may miss 0 by chance):`,
      rows: others.slice(0, 3).map((row) => moverText(row, type)),
      keep: 0,
      apart: significant.length === 0,
    },
    { rows: comparedRows(comparison, writer.clock), apart: true },
    { rows: comparison.notes.map((note) => `Note: ${note}`) },
    { rows: nextRows(comparison.next), apart: true },
  ];
}

/** Both sides with what they hold, the incident first. */
function comparedRows(comparison: Comparison, clock: Clock): string[] {
  const { before, after, type, service, instances } = comparison;
  const ofService = service === null ? null : `{service_name=${JSON.stringify(service)}}`;
  const selector = after.selector === ofService ? '' : `, selector ${safeText(after.selector, 300)}`;
  return [
    `Compared: ${leadingName(service ?? after.selector, 200)}: ${type.alias} (${type.meaning}; ${type.id}) from source ${safeText(comparison.source, 100)}${selector}`,
    sideLine('Incident', after, type, clock),
    sideLine('Baseline', before, type, clock),
    ...(before.selector === after.selector ? [] : [`Baseline selector ${safeText(before.selector, 300)}`]),
    ...(instances === null
      ? []
      : [`Instances: ${instances.stayed} stayed, ${instances.left} left, ${instances.arrived} arrived`]),
  ];
}

/** How much more time the collector took, where that is not the finding itself. */
function collectorRows({ collector, finding }: Comparison): string[] {
  if (collector === null || finding?.collectorAlone !== undefined) return [];
  const { type, shareBefore, shareAfter, valueBefore, valueAfter } = collector;
  return [
    `Garbage collector: ${formatShare(shareBefore)} -> ${formatShare(shareAfter)} of ${type.alias} ` +
      `(${rangeText(valueBefore, valueAfter, type)} per profile): compare alloc, since more allocations cause it, or a setting or more live memory`,
  ];
}

/** A mover on one line. */
export function moverText(row: MoverRow, type: ProfileType): string {
  const points = (value: number) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)}`;
  const [low, high] = row.interval;
  const values = rangeText(row.valueBefore, row.valueAfter, type);
  const to =
    row.chargedTo === null ? '' : ` <- ${shortName({ function: row.chargedTo, file: null, line: null })}`;
  return `${points(row.delta)} [${points(low)}, ${points(high)}] ${row.kind} ${formatShare(row.totalShareBefore)} -> ${formatShare(row.totalShareAfter)} (${values}) ${displayFunction(row)}${to}`;
}

/**
 * Rows of the labels that carry the change, with their other values; that none does is said with the finding.
 */
function carrierRows(rows: readonly AttributionRow[]): string[] {
  const labels = [...new Set(rows.map(({ label }) => label))];
  const carrying = labels.filter((label) => rows.some((row) => row.label === label && row.carries));
  return carrying.slice(0, 3).map((label) => {
    const values = rows
      .filter((row) => row.label === label)
      .slice(0, 4)
      .map(
        (row) =>
          `${safeText(row.value, 60)} ${formatShare(row.shareAfter)}${row.carries ? ' (carries the change)' : ''}`,
      );
    return `By ${safeText(label, 60)} in the incident: ${values.join(', ')}`;
  });
}
