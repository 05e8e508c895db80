import type { Verdict } from '../../../profile/compare/finding.js';
import { networkWait } from '../../../profile/compare/growth/network-wait.js';
import { leadingName, safeText } from '../../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, plural } from '../../../text/units.js';
import { aliasRange, rangeText } from '../../change/finding-sentence.js';
import { displayBriefly } from '../../functions.js';
import { nextRows } from '../../next.js';
import type { Block } from '../../render.js';
import type { FleetReport, FleetRow } from './answer.js';

/** Maximum number of rows of an answer. */
export const MAX_FLEET_ROWS = 10;
/** Maximum number of names in a line of text. */
const MAX_NAMES = 8;
/** Maximum number of services that are named with their function alone. */
const MAX_FURTHER = 12;

/** Name of a unit: the service, and its label value where units are told apart by one. */
export function unitName({ service, group }: Pick<FleetRow, 'service' | 'group'>): string {
  return group === null
    ? safeText(service, 80)
    : `${safeText(service, 80)} {${safeText(group.name, 40)}="${safeText(group.value, 60)}"}`;
}

const WORDS: Readonly<Partial<Record<Verdict, string>>> = {
  code_regression: 'code regression',
  leak: 'leak',
  contention: 'lock contention',
  moved: 'moved, not grown',
  inconclusive: 'changed, not explained',
};

/** The answer about a fleet as text. */
export function writeText(report: FleetReport): Block[] {
  const { window, baseline, rows } = report;
  const unit = report.groupBy === null ? 'service' : `unit (service and ${safeText(report.groupBy, 60)})`;
  const units = (count: number) => (report.groupBy === null ? plural(count, unit) : `${count} ${unit}s`);
  const accused = rows.filter(({ verdict }) => verdict !== 'moved' && verdict !== 'inconclusive').length;
  const lead =
    accused === 0
      ? 'no code, lock or leak stands out of the noise where profiles were compared'
      : `${units(accused)} with a cause in code, locks or a leak`;
  const notRead =
    report.notRead.length === 0
      ? ''
      : `; NOT READ: ${report.notRead.map(({ what, why }) => `${safeText(what, 80)} (${why})`).join(', ')}`;
  return [
    {
      rows: [
        `Triage of ${units(report.unitCount)}${report.selector === '{}' || report.selector === '' ? '' : ` of ${safeText(report.selector, 160)}`} from source ${safeText(report.source, 100)}${notRead}`,
        `Incident ${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)}); baseline ${formatTime(baseline.from)} to ${clock(baseline.to)}${baseline.isChosen ? ' (chosen: the time just before)' : ''}`,
        `Result: ${lead}; ${report.loadOnly.length} with more load only, ${report.unchanged.length} unchanged, ${report.notLookedAt.length} not looked at.`,
      ],
    },
    {
      rows: rows.slice(0, MAX_FLEET_ROWS).map((row, index) => `${index + 1}. ${rowText(row)}`),
      keep: MAX_FLEET_ROWS,
    },
    { rows: onsetRows(report) },
    {
      rows: [
        ...namesRow('Further, less severe', rows.slice(MAX_FLEET_ROWS).map(shortText), MAX_FURTHER),
        ...namesRow(
          'More load only',
          report.loadOnly.map(({ name, ratio }) => `${name}${ratio === null ? '' : ` x${ratio.toFixed(2)}`}`),
        ),
        ...notLookedAtRows(report),
        ...(report.unchanged.length === 0
          ? []
          : [`Unchanged: ${report.unchanged.length} (names: {"format":"json"}).`]),
      ],
    },
    { rows: report.notes.map((note) => `Note: ${note}`), keep: 2 },
    { rows: [`${report.requests} upstream requests.`, ...nextRows(report.next)], keep: 2 },
  ];
}

/** A unit in one line: verdict, function, before and after, since when, how sure. */
function rowText(row: FleetRow): string {
  const { finding, verdict } = row;
  const head = `${leadingName(unitName(row), 160)}: ${WORDS[verdict] ?? verdict}${row.isSoFar ? ' so far' : ''}`;
  const tail = [
    ...(row.since === null ? [] : [`since ${formatClock(row.since.after)}-${formatClock(row.since.before)}`]),
    ...(row.confidence === null ? [] : [`confidence ${row.confidence}`]),
    ...(row.severity > 0 ? [`severity ${row.severity.toFixed(3)}`] : []),
  ];
  if (finding === null) return [`${head}: ${row.change ?? 'see its types'}`, ...tail].join('; ');
  const { type, fn, valueBefore, valueAfter, shareBefore, shareAfter, label } = finding;
  const name = fn === null ? '' : ` ${displayBriefly(fn)}`;
  const shares = `${formatShare(shareBefore)} -> ${formatShare(shareAfter)} of ${type.alias}`;
  const perProfile = type.kind === 'instant' ? '' : ' per profile';
  const isLevel = finding.kind === 'leak' || finding.kind === 'contention';
  const where = label === null ? [] : [`only in ${safeText(label.name, 60)}=${safeText(label.value, 80)}`];
  const network = networkWait(finding) > 0 ? ['waits for what it calls'] : [];
  const measured = isLevel
    ? `${aliasRange(type, valueBefore, valueAfter)}${perProfile}`
    : `${shares} (${rangeText(valueBefore, valueAfter, type)}${perProfile})`;
  return [`${head}:${name} ${measured}`, ...where, ...network, ...tail].join('; ');
}

/** A unit by its name, and the function or verdict that it is listed for. */
function shortText(row: FleetRow): string {
  const fn = row.finding?.fn ?? null;
  return `${unitName(row)} (${fn === null ? (WORDS[row.verdict] ?? row.verdict) : displayBriefly(fn)})`;
}

function onsetRows({ commonOnset }: FleetReport): string[] {
  const [first] = commonOnset;
  const last = commonOnset.at(-1);
  if (first === undefined || last === undefined) return [];
  const names = commonOnset
    .slice(0, MAX_NAMES)
    .map(({ name, since }) => `${name} (${formatClock(since.before)})`)
    .join(', ');
  const isFirst = commonOnset.slice(1).every(({ since }) => first.since.before <= since.after);
  const order = isFirst
    ? `${first.name} began first; a cause comes before its effects.`
    : 'Their times overlap: which began first is not known.';
  return [`Common onset: ${commonOnset.length} of them began about the same time, by: ${names}. ${order}`];
}

function notLookedAtRows({ notLookedAt }: FleetReport): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of notLookedAt) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].flatMap(([reason, names]) => namesRow(`Not looked at (${reason})`, names));
}

function namesRow(title: string, names: readonly string[], max = MAX_NAMES): string[] {
  if (names.length === 0) return [];
  const more = names.length > max ? ` and ${names.length - max} more` : '';
  return [`${title}: ${names.slice(0, max).join(', ')}${more}.`];
}

/** Whole seconds: profiles are seconds apart. */
function clock(ms: number): string {
  return formatTime(Math.round(ms / 1000) * 1000);
}

/** Time of day in UTC, to the second. */
function formatClock(ms: number): string {
  return clock(ms).slice(11, 19);
}
