import type { NamedFunction } from '../../profile/code/named-function.js';
import type { Finding, LensRow, Verdict } from '../../profile/compare/finding.js';
import { round, roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, formatValue } from '../../text/units.js';
import { displayBriefly, displayFunction, displayName } from '../functions.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, Block, JsonObject } from '../render.js';
import { isRise, restText, verdictHeadline } from './verdicts.js';

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
  baseline: { from: number; to: number; chosen: boolean };
  main: ProfileType;
  counts: {
    /** Samples are null where only the totals over time were read. */
    before: { profiles: number; samples: number | null };
    after: { profiles: number; samples: number | null };
    instances: { stayed: number; left: number; arrived: number } | null;
  };
  /** Whether the numbers of samples are estimates: the store does not say how often was sampled. */
  estimated: boolean;
  totals: { before: number; after: number };
  /** Load factor: value per profile outside the change, after ÷ before; null where unknown. */
  load: number | null;
  verdict: Verdict;
  findings: readonly Finding[];
  lenses: readonly LensRow[];
  /** Entry points whose part of the cost changed while what they do did not. */
  mix: readonly MixRow[];
  /** Whether cost rose, but only in the smaller part of the instances. */
  partly: boolean;
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
/** Frames of a path that a text answer shows around the function. */
const PATH_ABOVE = 5;
const PATH_BELOW = 3;

/**
 * The answer of an investigation: verdict first, at most five findings of one sentence each, then what is not
 * known.
 */
export function investigationAnswer(found: Investigation): Answer {
  const findings = found.findings.slice(0, MAX_FINDINGS);
  const reason = `${verdictReason(found)}${soFarText(found)}`;
  const first = findings[0];
  return {
    data: {
      scope: {
        source: found.source,
        service: found.service,
        selector: found.selector,
        profile_type_id: found.main.id,
        unit: found.main.unit,
        from: formatTime(found.window.from),
        to: formatTime(found.window.to),
      },
      baseline: {
        from: formatTime(found.baseline.from),
        to: formatTime(found.baseline.to),
        chosen_by: found.baseline.chosen ? 'server' : 'caller',
        profiles: found.counts.before.profiles,
        samples: wholeOf(found.counts.before.samples),
        per_profile: round(found.totals.before),
      },
      total: {
        value: round(found.totals.after * found.counts.after.profiles),
        unit: found.main.unit,
        rate: null,
        rate_unit: null,
        instances:
          found.counts.instances === null
            ? null
            : found.counts.instances.stayed + found.counts.instances.arrived,
        samples: wholeOf(found.counts.after.samples),
        samples_estimated: found.estimated,
        profiles: found.counts.after.profiles,
        per_profile: round(found.totals.after),
      },
      coverage: { kept_share: 1, truncated: false },
      verdict: found.verdict,
      verdict_reason: reason,
      load_factor: found.load === null ? null : roundShare(found.load),
      since: sinceData(first?.since ?? null),
      findings: findings.map((finding, index) => findingData(finding, index)),
      lenses: found.lenses.map(({ type, verdict, before, after, smallest, sameAs }) => ({
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
      entry_points: found.mix.map((row) => ({
        function: row.function,
        file: row.file,
        line: row.line,
        value_before: round(row.before),
        value_after: round(row.after),
        share_before: roundShare(row.shareBefore),
        share_after: roundShare(row.shareAfter),
      })),
      instances: found.counts.instances,
      not_determined: found.notDetermined,
      upstream_requests: found.requests,
      notes: found.notes,
      next: found.next.map((call) => ({ ...call })),
      links: [],
    },
    text: textOf(found, findings, reason),
    lists: ['findings', 'lenses', 'not_determined'],
  };
}

function wholeOf(samples: number | null): number | null {
  return samples === null ? null : Math.round(samples);
}

function findingData(finding: Finding, index: number): JsonObject {
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

/**
 * Writes the sentence that a reader acts on: which function, how much, since when, on which label, how sure.
 */
export function sentenceOf(finding: Finding): string {
  const { type, kind, fn, caller, callee, from } = finding;
  const per = type.kind === 'instant' ? 'mean snapshot' : 'per profile';
  const amount = (value: number) => formatValue(value, type.unit, type.noun);
  const values = `${amount(finding.valueBefore)} -> ${amount(finding.valueAfter)} ${per}`;
  const what = type.wallClock ? `active ${type.alias} time` : type.alias;
  const by =
    (caller === null ? '' : `, called by ${displayBriefly(caller)},`) +
    (callee === null ? '' : ` (mostly in ${displayBriefly(callee)})`);
  const name = fn === null ? '' : displayFunction(fn);
  const shares = `${formatShare(finding.shareBefore)} -> ${formatShare(finding.shareAfter)} of ${what} (${values})`;
  const tail = [whereText(finding), sinceText(finding), `confidence ${finding.confidence}`].filter(
    (part) => part !== '',
  );
  if (kind === 'load') {
    const ratio = finding.valueBefore > 0 ? finding.valueAfter / finding.valueBefore : 0;
    const place =
      fn === null ? '' : `, ${formatShare(finding.shareAfter)} of it in ${name}${by}`.replace(/,$/, '');
    const rise = `${values}${ratio > 0 ? ` (x${ratio.toFixed(2)})` : ''}${place}`;
    if (finding.isOfTotals === true)
      return `${what} rose, ${rise}; only totals were compared; ${tail.join('; ')}.`;
    if (type.kind === 'instant')
      return `${what} rose, ${rise}; no function holds it alone; ${tail.join('; ')}.`;
    return `${what} rose as a whole, ${rise}; ${tail.join('; ')}.`;
  }
  if (kind === 'leak')
    return `${name}${by} holds the growth: ${shares} at the ends of the windows; ${tail.join('; ')}.`;
  if (kind === 'contention')
    return `${name}${by} waits for a lock: ${values} of ${type.alias} delay, ${formatShare(finding.shareAfter)} of all; ${tail.join('; ')}.`;
  if (kind === 'moved') {
    const source = from === null ? '' : ` what ${displayBriefly(from)} lost`;
    return `${name}${by} took over${source}: ${shares}; total unchanged; ${tail.join('; ')}.`;
  }
  const also = finding.also.map(
    (other) =>
      `also ${formatShare(other.shareBefore)} -> ${formatShare(other.shareAfter)} of ${other.type.alias}`,
  );
  return `${name}${by} ${kind === 'improvement' ? 'shrank' : 'grew'}: ${shares}; ${[...also, ...tail].join('; ')}.`;
}

function whereText({ label }: Finding): string {
  if (label === null) return '';
  const others = label.shareOthers === null ? '' : ` vs ${formatShare(label.shareOthers)} elsewhere`;
  const ties =
    label.also.length === 0
      ? ''
      : `; same profiles: ${label.also.map((tie) => safeText(tie, 80)).join(', ')}`;
  return `only in ${safeText(label.name, 60)}=${safeText(label.value, 80)} (${formatShare(label.shareAfter)}${others}${ties})`;
}

function sinceText({ since, until, kind }: Finding): string {
  if (since === null) return '';
  const end = until === null ? '' : `, until ${formatTime(Math.floor(until / 1000) * 1000)} (a burst)`;
  const word = kind === 'leak' ? 'growth began' : 'began';
  return `${word} between ${clock(since.after)} and ${clock(since.before)}${end}`;
}

/** Whole seconds: profiles are seconds apart. */
function clock(ms: number): string {
  return formatTime(Math.round(ms / 1000) * 1000);
}

function verdictReason(found: Investigation): string {
  const [first] = found.findings;
  const { before, after } = found.totals;
  const ratio = before > 0 ? after / before : null;
  const main = found.main.wallClock ? `active ${found.main.alias} time` : found.main.alias;
  const row = found.lenses.find(({ type }) => type.id === first?.type.id);
  const change = ratio === null ? '' : `${main} per profile x${ratio.toFixed(2)}`;
  const moved = found.lenses.filter(({ verdict }) => verdict === 'rose' || verdict === 'fell');
  const outside = first?.kind === 'code' && found.load !== null ? `, ${restText(found.load)}` : '';
  // The change may lie in another type than the main one, which then did not take part in it.
  const isOther = row !== undefined && row.type.id !== found.main.id;
  const other = isOther ? [`${levelsText(row)}${ratioText(row)}`, change] : [change];
  const own = other.filter((text) => text !== '').join('; ');
  switch (found.verdict) {
    case 'no_change':
      return found.mix.length > 0
        ? `${change}; ${mixText(found)}`
        : `no function of ${readText(found)} changed beyond noise (${change}); do not report single functions that moved by chance`;
    case 'inconclusive':
      if (found.partly)
        return `${change}, but only in some of the instances, and no function stands out of the noise`;
      if (moved.length > 0)
        return `${moved.map(movementText).join('; ')}; no single function stands out${unknownText(found)}`;
      if (found.isSoFar && found.counts.before.profiles > 0)
        return `in the types that were read no function changed beyond noise (${change})${unknownText(found)}`;
      if (found.counts.before.profiles === 0) return 'there is no profile in the baseline to compare with';
      return fewText(found);
    case 'leak':
    case 'contention':
      return `${levelsText(row)}${change === '' ? '' : `; ${change}`}`;
    case 'load_increase':
      if (isOther) return own;
      return found.mix.length > 0
        ? `${change}; ${mixText(found)}`
        : `${change}, and no function grew beyond the rest`;
    case 'moved':
      return `${change}; what one function gained another lost`;
    default:
      return isOther ? own : `${change}${outside}`;
  }
}

/** Entry points named in the reason of a verdict. */
const MAX_MIX = 3;

/** The change of the mix of requests, as the end of a sentence. */
function mixText({ mix, main }: Investigation): string {
  const rows = mix.slice(0, MAX_MIX).map((row) => {
    const times = row.before > 0 ? ` x${(row.after / row.before).toFixed(2)}` : '';
    return `${displayBriefly(row)}${times} (${formatShare(row.shareBefore)} -> ${formatShare(row.shareAfter)} of the requests' ${main.alias})`;
  });
  const more = mix.length > MAX_MIX ? ` and ${mix.length - MAX_MIX} more` : '';
  return `the mix of requests changed, ${rows.join(', ')}${more}; inside each of them no function grew beyond the rest`;
}

/** Which types a statement about all of them is about. */
function readText({ isAllRead, lenses }: Investigation): string {
  if (isAllRead) return 'any profile type';
  const read = lenses.filter(({ smallest }) => smallest !== null).map(({ type }) => type.alias);
  return read.length === 0 ? 'the types that were read' : `the types that were read (${read.join(', ')})`;
}

function ratioText({ before, after }: LensRow): string {
  return before === null || after === null || before <= 0 ? '' : ` (x${(after / before).toFixed(2)})`;
}

/** How a type changed for which there is no explanation: `goroutines rose x278 (7 -> 1,950)`. */
function movementText({ type, verdict, before, after }: LensRow): string {
  const amount = (value: number | null) =>
    value === null ? 'none' : formatValue(value, type.unit, type.noun);
  const factor =
    before === null || before === 0 || after === null ? '' : ` x${Number((after / before).toPrecision(3))}`;
  return `${type.alias} ${verdict}${factor} (${amount(before)} -> ${amount(after)})`;
}

function unknownText({ notRead }: Investigation): string {
  return notRead.length === 0
    ? ''
    : `; what ${notRead.map(({ what }) => what).join(', ')} would show is unknown`;
}

/** The part of an answer that says what it is without. */
type Unsettled = Pick<Investigation, 'isSoFar' | 'verdict' | 'notRead'>;

/** Added to the word `Verdict` where another part could change it. */
export function soFarWord({ isSoFar, verdict }: Unsettled): string {
  return isSoFar && verdict !== 'inconclusive' ? ' so far' : '';
}

/** Added to the reason of a verdict that another part could change. */
export function soFarText({ isSoFar, verdict, notRead }: Unsettled): string {
  if (!isSoFar || verdict === 'inconclusive') return '';
  return `; so far: ${notRead.map(({ what }) => what).join(', ')} could not be read and may say otherwise`;
}

/** Added to the first line, where a reader cannot miss it; nothing where all was read. */
export function notReadText({ notRead }: Unsettled): string {
  if (notRead.length === 0) return '';
  return `; NOT READ: ${notRead.map(({ what, why }) => `${what} (${why})`).join(', ')}`;
}

/** `, 420 samples`, or `, about 2194 samples`; nothing where they are not known. */
export function samplesText({ samples, estimated }: { samples: number | null; estimated: boolean }): string {
  return samples === null ? '' : `, ${estimated ? 'about ' : ''}${Math.round(samples)} samples`;
}

function fewText({ counts, main }: Investigation): string {
  const [before, after] = [wholeOf(counts.before.samples), wholeOf(counts.after.samples)];
  return before === null || after === null
    ? `the profiles of ${main.alias} were not read`
    : `only ${before} samples before and ${after} after`;
}

/** How a level or a waiting time went from baseline to incident. */
function levelsText(row: LensRow | undefined): string {
  if (row === undefined || row.after === null) return '';
  const { type, before, after } = row;
  const per = type.kind === 'instant' ? 'at the end of the window' : 'per profile';
  const was = before === null ? 'nothing' : formatValue(before, type.unit, type.noun);
  const value = formatValue(after, type.unit, type.noun);
  return `${type.alias}: ${was} -> ${value} ${per}`;
}

function textOf(found: Investigation, findings: readonly Finding[], reason: string): Block[] {
  const { counts, window, baseline } = found;
  const instances =
    counts.instances === null
      ? ''
      : `; instances: ${counts.instances.stayed} stayed, ${counts.instances.left} left, ${counts.instances.arrived} arrived`;
  const counted = ({ profiles, samples }: Investigation['counts']['before'], alias = '') =>
    `${profiles} ${alias}profiles${samplesText({ samples, estimated: found.estimated })}`;
  const head = [
    `${leadingName(found.service ?? found.selector, 200)} from source ${safeText(found.source, 100)}${notReadText(found)}`,
    `Incident ${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)}): ${counted(counts.after, `${found.main.alias} `)}`,
    `Baseline ${formatTime(baseline.from)} to ${clock(baseline.to)}${baseline.chosen ? ' (chosen: the time just before)' : ''}: ${counted(counts.before)}${instances}`,
    `Verdict${soFarWord(found)}: ${verdictHeadline(found.verdict, findings[0]?.type ?? null)} (${found.verdict}): ${reason}.`,
  ];
  const read = found.lenses.filter(({ sameAs }) => sameAs === null);
  const same = found.lenses.flatMap(({ type, sameAs }) =>
    sameAs === null ? [] : [`${type.alias} (as ${sameAs})`],
  );
  const lenses = read.map(({ type, verdict, before, after }) => {
    const value = (one: number | null) => (one === null ? 'none' : formatValue(one, type.unit, type.noun));
    const said = isRise(type, verdict) ? 'rose as a whole' : verdict.replaceAll('_', ' ');
    return `${type.alias}: ${said}, ${value(before)} -> ${value(after)}`;
  });
  return [
    { rows: head },
    { rows: findings.map((finding, index) => `${index + 1}. ${sentenceOf(finding)}`), keep: 1 },
    { rows: pathRows(findings[0]) },
    { rows: smallestRows(found) },
    {
      rows:
        lenses.length === 0
          ? []
          : [
              `Types (per profile; instant: mean snapshot as each window ends): ${lenses.join(' | ')}${same.length === 0 ? '' : `; not read, the same samples: ${same.join(', ')}`}`,
            ],
    },
    { rows: found.notDetermined.map((text) => `Not determined: ${text}`), keep: 2 },
    { rows: found.notes.map((note) => `Note: ${note}`), keep: 2 },
    { rows: [`${found.requests} upstream requests.`, ...nextRows(found.next)] },
  ];
}

/** Silence is worth as much as the smallest change that would have broken it. */
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
