import type { CollectorTime, Finding, LensRow, Verdict } from '../../profile/compare/finding.js';
import { round, roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatTime, formatValue, plural } from '../../text/units.js';
import { type Clock, createWriter } from '../change/clock.js';
import { EXCUSES } from '../change/excuses.js';
import { findingRows } from '../change/finding-rows.js';
import { aliasRange, whereText, writeSentence } from '../change/finding-sentence.js';
import { type MixRow, mixData } from '../change/mix.js';
import { isLessLoad, verdictReason, whyNotLoad } from '../change/verdict-reason.js';
import { guessNotes } from '../guess-notes.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, Block, JsonObject } from '../render.js';
import { samplesText, wholeSamples } from './sample-count.js';
import { notReadText, soFarText, soFarWord } from './unread-parts.js';
import { isRise, LESS_LOAD, verdictHeadline } from './verdicts.js';

/** All that an investigation found, as plain data. */
export interface Investigation {
  source: string;
  service: string | null;
  selector: string;
  callScope: { source?: string; service?: string; selector?: string };
  window: { from: number; to: number };
  baseline: { from: number; to: number; isChosen: boolean };
  main: ProfileType;
  counts: {
    /** Samples are null where only the totals over time were read. */
    before: { profiles: number; samples: number | null };
    after: { profiles: number; samples: number | null };
    instances: { stayed: number; left: number; arrived: number } | null;
  };
  /** Whether the numbers of samples are estimates: the store does not say how often was sampled. */
  isEstimated: boolean;
  totals: { before: number; after: number };
  /** Load factor: value per profile outside the change, after ÷ before; null where unknown. */
  load: number | null;
  verdict: Verdict;
  findings: readonly Finding[];
  lenses: readonly LensRow[];
  /** Entry points whose part of the cost changed while what they do did not. */
  mix: readonly MixRow[];
  /** Whether cost rose, but only in the smaller part of the instances. */
  isInFewInstances: boolean;
  /** Warm-up of new instances that hides whether code changed; null where there is none. */
  unsettled: { type: ProfileType; name: string | null; isSeen?: boolean } | null;
  /** Time from which on new instances had settled, where the window is judged from there only. */
  settledFrom: number | null;
  /** Data of the service that could not be read: a profile type by its alias, or `labels`. */
  notRead: readonly { what: string; why: string }[];
  /** Whether what was not read could change the verdict. */
  isSoFar: boolean;
  notDetermined: readonly string[];
  /** Whether every type that the service sends was looked at. */
  isAllRead: boolean;
  notes: readonly string[];
  requests: number;
  next: readonly NextCall[];
}

const MAX_FINDINGS = 5;

/**
 * The answer of an investigation: verdict first, at most five findings of one sentence each, then what is not
 * known.
 */
export function investigationAnswer(investigation: Investigation): Answer {
  const findings = investigation.findings.slice(0, MAX_FINDINGS);
  const reason = `${verdictReason(investigation)}${soFarText(investigation)}`;
  const first = findings[0];
  const notes = [...investigation.notes, ...guessNotes(findings.flatMap(({ guessed }) => guessed))];
  return {
    data: {
      scope: {
        source: investigation.source,
        service: investigation.service,
        selector: investigation.selector,
        profile_type_id: investigation.main.id,
        unit: investigation.main.unit,
        from: formatTime(investigation.window.from),
        to: formatTime(investigation.window.to),
      },
      baseline: {
        from: formatTime(investigation.baseline.from),
        to: formatTime(investigation.baseline.to),
        chosen_by: investigation.baseline.isChosen ? 'server' : 'caller',
        profiles: investigation.counts.before.profiles,
        samples: wholeSamples(investigation.counts.before.samples),
        per_profile: round(investigation.totals.before),
      },
      total: {
        value: round(investigation.totals.after * investigation.counts.after.profiles),
        unit: investigation.main.unit,
        rate: null,
        rate_unit: null,
        instances:
          investigation.counts.instances === null
            ? null
            : investigation.counts.instances.stayed + investigation.counts.instances.arrived,
        samples: wholeSamples(investigation.counts.after.samples),
        samples_estimated: investigation.isEstimated,
        profiles: investigation.counts.after.profiles,
        per_profile: round(investigation.totals.after),
      },
      coverage: { kept_share: 1, truncated: false },
      verdict: investigation.verdict,
      verdict_reason: reason,
      load_factor: investigation.load === null ? null : roundShare(investigation.load),
      since: sinceData(first?.since ?? null),
      findings: findings.map((finding, index) => findingData(finding, index)),
      lenses: investigation.lenses.map(({ type, verdict, before, after, smallest, sameAs }) => ({
        profile_type_id: type.id,
        verdict,
        rate_before: before === null ? null : round(before),
        rate_after: after === null ? null : round(after),
        rate_unit:
          type.kind === 'instant'
            ? `${type.unit}, mean snapshot at the end of the window`
            : `${type.unit} per profile`,
        smallest_change: smallest,
        same_as: sameAs,
      })),
      entry_points: mixData(investigation.mix),
      instances: investigation.counts.instances,
      not_determined: investigation.notDetermined,
      upstream_requests: investigation.requests,
      notes,
      next: investigation.next.map((call) => ({ ...call })),
      links: [],
    },
    text: writeText({ ...investigation, notes }, findings, reason),
    lists: ['findings', 'lenses', 'not_determined'],
  };
}

export function findingData(finding: Finding, index: number): JsonObject {
  const { fn, caller, callee, label, path } = finding;
  return {
    rank: index + 1,
    profile_type_id: finding.type.id,
    kind: finding.kind,
    function: fn?.function ?? null,
    file: fn?.file ?? null,
    line: fn?.line ?? null,
    charged_to: finding.chargedTo?.function ?? null,
    caller: caller?.function ?? null,
    callee: callee?.function ?? null,
    share_before: roundShare(finding.shareBefore),
    share_after: roundShare(finding.shareAfter),
    value_before: round(finding.valueBefore),
    value_after: round(finding.valueAfter),
    whole_before: round(finding.wholeBefore),
    whole_after: round(finding.wholeAfter),
    whole_of: {
      label:
        finding.of.label === null
          ? null
          : { name: safeText(finding.of.label.name), value: safeText(finding.of.label.value) },
      from: finding.of.stretch === null ? null : formatTime(finding.of.stretch.from),
      to: finding.of.stretch === null ? null : formatTime(finding.of.stretch.to),
      rest: finding.of.isRest === true || finding.of.isRestOfLabel === true,
    },
    load_factor: finding.load === null ? null : roundShare(finding.load),
    path: path.map((frame) => frame.function),
    leaf_part: roundShare(finding.leafPart),
    spread: (finding.spread?.parts ?? []).map(({ callee: below, part }) => ({
      function: (below ?? finding.spread?.at)?.function ?? null,
      part: roundShare(part),
    })),
    waits: finding.waits.map(({ kind, part }) => ({ for: kind, part: roundShare(part) })),
    collector: finding.collector === null ? null : collectorData(finding.collector),
    where: whereText(finding),
    label: label === null ? null : { name: safeText(label.name), value: safeText(label.value) },
    label_ties: label?.also.map((tie) => safeText(tie)) ?? [],
    since: sinceData(finding.since),
    until: finding.until === null ? null : formatTime(finding.until),
    moved_from: finding.from?.function ?? null,
    also: finding.also.map(({ type, shareBefore, shareAfter }) => ({
      profile_type_id: type.id,
      share_before: roundShare(shareBefore),
      share_after: roundShare(shareAfter),
    })),
    confidence: finding.confidence,
    sentence: writeSentence(finding),
  };
}

/** Time of the garbage collector as fields. */
export function collectorData(time: CollectorTime): JsonObject {
  return {
    profile_type_id: time.type.id,
    share_before: roundShare(time.shareBefore),
    share_after: roundShare(time.shareAfter),
    value_before: round(time.valueBefore),
    value_after: round(time.valueAfter),
  };
}

function sinceData(since: Finding['since']): JsonObject | null {
  return since === null ? null : { after: formatTime(since.after), before: formatTime(since.before) };
}

function writeText(investigation: Investigation, findings: readonly Finding[], reason: string): Block[] {
  const writer = createWriter();
  const [first, ...others] = findings;
  const where = first === undefined ? '' : whereText(first);
  const headline = isLessLoad(investigation)
    ? LESS_LOAD
    : verdictHeadline(investigation.verdict, first?.type ?? null);
  return [
    {
      rows: [
        `Verdict${soFarWord(investigation)}: ${headline} (${investigation.verdict}): ${reason}${notReadText(investigation)}.`,
      ],
    },
    {
      rows: first === undefined ? [] : findingRows('1.', first, whyNotLoad(investigation), writer),
      apart: true,
    },
    {
      rows: others.map((finding, index) => `${index + 2}. ${writeSentence(finding, writer, where)}`),
      keep: 0,
    },
    { rows: smallestRows(investigation), apart: true },
    { rows: comparedRows(investigation, writer.clock), apart: true },
    {
      rows: [
        ...typeRows(investigation, first),
        ...(investigation.notDetermined.length === 0
          ? []
          : [`Not determined: ${investigation.notDetermined.join('; ')}`]),
        ...investigation.notes.map((note) => `Note: ${note}`),
      ],
      keep: 4,
    },
    { rows: nextRows(investigation.next), apart: true },
  ];
}

/** Both windows with what they hold, the incident first. */
function comparedRows(
  { source, service, selector, window, baseline, counts, main, isEstimated, settledFrom }: Investigation,
  clock: Clock,
): string[] {
  const counted = ({ profiles, samples }: Investigation['counts']['before'], alias = '') =>
    `${plural(profiles, `${alias}profile`)}${samplesText({ samples, isEstimated })}`;
  return [
    `Compared: ${leadingName(service ?? selector, 200)} from source ${safeText(source, 100)}, ${clock(window.from)} to ${clock(window.to)}${settledFrom === null ? '' : `, judged from ${clock(settledFrom)} on`}: ${counted(counts.after, `${main.alias} `)}`,
    `With: ${clock(baseline.from)} to ${clock(baseline.to)}${baseline.isChosen ? ' (the time just before)' : ''}: ${counted(counts.before)}${turnoverText(counts.instances)}`,
  ];
}

function turnoverText(instances: Investigation['counts']['instances']): string {
  if (instances === null) return '';
  const { stayed, left, arrived } = instances;
  return left + arrived === 0
    ? `; the same ${plural(stayed, 'instance')}`
    : `; instances: ${stayed} stayed, ${left} left, ${arrived} arrived`;
}

/**
 * All types that were read, with their change, and those that were left out; a single one stands in the
 * verdict.
 */
function typeRows({ lenses, main }: Investigation, first: Finding | undefined): string[] {
  const rows = lenses.filter(({ sameAs }) => sameAs === null);
  if (lenses.length < 2 && rows.every(({ type }) => type.id === main.id)) return [];
  const changes = rows.map(({ type, verdict, before, after, excuse }) => {
    const word = isRise(type, verdict) ? 'rose as a whole' : verdict.replaceAll('_', ' ');
    const change = excuse === undefined ? word : `${word} (${EXCUSES[excuse]})`;
    const isFirst = type.kind === 'instant' && first?.type.id === type.id;
    const values = isFirst ? [first.wholeBefore, first.wholeAfter] : [before, after];
    return values.every((value) => value === null)
      ? `${type.alias}: ${change}`
      : `${valuesText(type, values)}, ${change}`;
  });
  return [
    `Types (per profile; levels: at the ends of the windows): ${changes.join(' | ')}${leftOutText(lenses)}`,
  ];
}

/** Types that were not read because they count the samples of another one, by whether that one was read. */
function leftOutText(lenses: readonly LensRow[]): string {
  const unread = lenses
    .filter(({ sameAs, verdict }) => sameAs === null && verdict === 'not_read')
    .map(({ type }) => type.alias);
  const list = (title: string, word: string, isListed: (sameAs: string) => boolean) => {
    const counts = lenses.flatMap(({ type, sameAs }) =>
      sameAs !== null && isListed(sameAs) ? [`${type.alias} (${word} ${sameAs})`] : [],
    );
    return counts.length === 0 ? '' : `; not read, ${title}: ${counts.join(', ')}`;
  };
  return [
    list('the same samples', 'as', (sameAs) => !unread.includes(sameAs)),
    list('nor the type whose samples they count', 'of', (sameAs) => unread.includes(sameAs)),
  ].join('');
}

function valuesText(type: ProfileType, [before = null, after = null]: readonly (number | null)[]): string {
  if (before !== null && after !== null) return aliasRange(type, before, after);
  const value = (perProfile: number | null) =>
    perProfile === null ? 'none' : formatValue(perProfile, type.unit, type.noun);
  return `${type.alias} ${value(before)} -> ${value(after)}`;
}

/** No change is worth as much as the smallest change that would have been seen. */
function smallestRows({ verdict, lenses }: Investigation): string[] {
  if (verdict !== 'no_change') return [];
  const rows = lenses.flatMap(({ type, smallest }) =>
    smallest === null ? [] : [`${type.alias} ${smallest}`],
  );
  return rows.length === 0 ? [] : [`Smallest change that would have been seen: ${rows.join('; ')}.`];
}
