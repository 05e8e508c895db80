import type { NamedFunction } from '../../profile/code/named-function.js';
import type { Finding, LensRow, Verdict } from '../../profile/compare/finding.js';
import { round, roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatSpan, formatTime, formatValue } from '../../text/units.js';
import { displayName } from '../functions.js';
import { guessNotes } from '../guess-notes.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, Block, JsonObject } from '../render.js';
import { formatWholeSeconds, sentenceOf } from './finding-sentence.js';
import { samplesText, wholeSamples } from './sample-count.js';
import { notReadText, soFarText, soFarWord } from './unread-parts.js';
import { verdictReason } from './verdict-reason.js';
import { isRise, verdictHeadline } from './verdicts.js';

/** An entry point of the service with its cost per profile and its share of all that requests cost. */
export interface MixRow extends NamedFunction {
  before: number;
  after: number;
  shareBefore: number;
  shareAfter: number;
}

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
/** Frames above and below the function that the text shows of a path. */
const PATH_ABOVE = 5;
const PATH_BELOW = 3;

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
      entry_points: investigation.mix.map((row) => ({
        function: row.function,
        file: row.file,
        line: row.line,
        value_before: round(row.before),
        value_after: round(row.after),
        share_before: roundShare(row.shareBefore),
        share_after: roundShare(row.shareAfter),
      })),
      instances: investigation.counts.instances,
      not_determined: investigation.notDetermined,
      upstream_requests: investigation.requests,
      notes,
      next: investigation.next.map((call) => ({ ...call })),
      links: [],
    },
    text: textOf({ ...investigation, notes }, findings, reason),
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
    path: path.map((frame) => frame.function),
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
    sentence: sentenceOf(finding),
  };
}

function sinceData(since: Finding['since']): JsonObject | null {
  return since === null ? null : { after: formatTime(since.after), before: formatTime(since.before) };
}

function textOf(investigation: Investigation, findings: readonly Finding[], reason: string): Block[] {
  const { counts, window, baseline } = investigation;
  const instances =
    counts.instances === null
      ? ''
      : `; instances: ${counts.instances.stayed} stayed, ${counts.instances.left} left, ${counts.instances.arrived} arrived`;
  const counted = ({ profiles, samples }: Investigation['counts']['before'], alias = '') =>
    `${profiles} ${alias}profiles${samplesText({ samples, isEstimated: investigation.isEstimated })}`;
  const head = [
    `${leadingName(investigation.service ?? investigation.selector, 200)} from source ${safeText(investigation.source, 100)}${notReadText(investigation)}`,
    `Incident ${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)}): ${counted(counts.after, `${investigation.main.alias} `)}`,
    `Baseline ${formatTime(baseline.from)} to ${formatWholeSeconds(baseline.to)}${baseline.isChosen ? ' (chosen: the time just before)' : ''}: ${counted(counts.before)}${instances}`,
    `Verdict${soFarWord(investigation)}: ${verdictHeadline(investigation.verdict, findings[0]?.type ?? null)} (${investigation.verdict}): ${reason}.`,
  ];
  return [
    { rows: head },
    { rows: findings.map((finding, index) => `${index + 1}. ${sentenceOf(finding)}`), keep: 1 },
    { rows: pathRows(findings[0]) },
    { rows: smallestRows(investigation) },
    { rows: typeRows(investigation.lenses) },
    { rows: investigation.notDetermined.map((text) => `Not determined: ${text}`), keep: 2 },
    { rows: investigation.notes.map((note) => `Note: ${note}`), keep: 2 },
    { rows: [`${investigation.requests} upstream requests.`, ...nextRows(investigation.next)] },
  ];
}

/** How each type went, and which were left out because they count the samples of another one. */
function typeRows(lenses: readonly LensRow[]): string[] {
  const own = lenses.filter(({ sameAs }) => sameAs === null);
  if (own.length === 0) return [];
  const rows = own.map(({ type, verdict, before, after }) => {
    const value = (perProfile: number | null) =>
      perProfile === null ? 'none' : formatValue(perProfile, type.unit, type.noun);
    const change = isRise(type, verdict) ? 'rose as a whole' : verdict.replaceAll('_', ' ');
    const values = before === null && after === null ? '' : `, ${value(before)} -> ${value(after)}`;
    return `${type.alias}: ${change}${values}`;
  });
  const unread = own.filter(({ verdict }) => verdict === 'not_read').map(({ type }) => type.alias);
  const counts = lenses.flatMap(({ type, sameAs }) =>
    sameAs === null ? [] : [{ alias: type.alias, sameAs }],
  );
  const list = (title: string, isUnread: boolean) => {
    const named = counts
      .filter(({ sameAs }) => unread.includes(sameAs) === isUnread)
      .map(({ alias, sameAs }) => `${alias} (${isUnread ? 'of' : 'as'} ${sameAs})`);
    return named.length === 0 ? '' : `; not read, ${title}: ${named.join(', ')}`;
  };
  const left = `${list('the same samples', false)}${list('nor the type whose samples they count', true)}`;
  return [`Types (per profile; instant: mean snapshot as each window ends): ${rows.join(' | ')}${left}`];
}

/** No change is worth as much as the smallest change that would have been seen. */
function smallestRows({ verdict, lenses }: Investigation): string[] {
  if (verdict !== 'no_change') return [];
  const rows = lenses.flatMap(({ type, smallest }) =>
    smallest === null ? [] : [`${type.alias} ${smallest}`],
  );
  return rows.length === 0 ? [] : [`Smallest change that would have been seen: ${rows.join('; ')}.`];
}

function pathRows(first: Finding | undefined): string[] {
  if (first === undefined || first.path.length === 0) return [];
  const from = Math.max(0, first.at - PATH_ABOVE);
  const to = Math.min(first.path.length, first.at + PATH_BELOW + 1);
  const names = first.path
    .slice(from, to)
    .map((frame, index) =>
      from + index === first.at ? `[${displayName(frame.function)}]` : displayName(frame.function),
    );
  const cut = from > 0 ? `${displayName(first.path[0]?.function ?? '')} … ` : '';
  return [`Path of the change ([] is the function): ${cut}${names.join(' > ')}`];
}
