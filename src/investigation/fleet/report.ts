import type { ToolContext } from '../../query/context.js';
import { lookbackNotes } from '../../query/lookback.js';
import type { ProfileRequest } from '../../query/request.js';
import { allMatchers, selectorText, sourceArgument } from '../../query/selection.js';
import type { FleetReport, FleetRow } from '../../report/answers/fleet/answer.js';
import type { NextCall } from '../../report/next.js';
import { formatSelector } from '../../sources/selector.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { formatTime, formatValue } from '../../text/units.js';
import { newsIn } from '../agreement.js';
import { alignBaseline } from '../evidence/align-baseline.js';
import type { Requests } from '../evidence/requests.js';
import { commonOnset, rankFleet } from './ranking.js';
import { type JudgedUnit, readUnits, type Triage, triage } from './triage.js';
import type { Unit } from './units.js';

/** Ready calls, at the most. */
const MAX_CALLS = 10;
/** Onsets this part of the window apart count as one. */
const ONSET_PART = 0.05;

/** The parts of a report that the question gives. */
interface FleetFrame extends Pick<FleetReport, 'source' | 'selector' | 'groupBy' | 'window' | 'requests'> {
  /** Baseline as the caller gave it; null where it was chosen. */
  baseline: Window | null;
  /** Arguments that every ready call repeats. */
  callScope: { source?: string };
  /** Matchers of the question that do not name services. */
  matchers: readonly Matcher[];
  notes: readonly string[];
}

/** A question about all services, or all label values of some. */
export interface FleetAsked {
  request: ProfileRequest;
  window: Window;
  baseline: Window | null;
  groupBy: string | null;
  /** Counts and limits what `source` is asked. */
  requests: Requests;
  source: ProfileSource;
  /** Notes about how the question was understood. */
  notes: readonly string[];
}

/** A fleet's report; its only service where it has no other; null where there is no profile at all. */
export type FleetOutcome = { report: FleetReport } | { only: Unit } | null;

/** Judges all services that a question covers, each for itself. */
export async function investigateFleet(
  { request, window, baseline, groupBy, requests, source, notes }: FleetAsked,
  context: ToolContext,
): Promise<FleetOutcome> {
  const matchers = allMatchers(request);
  const sides = alignBaseline(source, window, matchers, { window: baseline, matchers });
  const question = { ...sides, matchers, incident: window, groupBy, requests };
  const found = await readUnits(question, context.signal);
  const [only] = found.units;
  if (only === undefined) return null;
  if (found.units.length === 1) return { only };
  const result = await triage(question, found, context);
  return {
    report: fleetReport(result, {
      source: request.source.name,
      selector: selectorText(request),
      groupBy,
      window,
      baseline,
      matchers: request.matchers.filter(({ name }) => name !== 'service_name'),
      callScope: await sourceArgument(request.source, context),
      notes: [
        ...notes,
        ...groupNotes(result),
        ...(await lookbackNotes(request.source, result.plan.baseline, context)),
      ],
      requests: requests.made,
    }),
  };
}

function groupNotes({ together: { units, largest } }: Triage): string[] {
  if (units === 0) return [];
  return [
    `${units} were compared only in groups of up to ${largest}, where a small change of one does not show.`,
  ];
}

/** Puts the triage of a fleet into the order in which it is told. */
function fleetReport(triage: Triage, frame: FleetFrame): FleetReport {
  const ranked = rankFleet(triage.units);
  const { from, to } = frame.window;
  const rows = ranked.suspects.map(buildRow);
  const together = commonOnset(ranked.suspects, ONSET_PART * (to - from));
  return {
    source: frame.source,
    selector: frame.selector,
    groupBy: frame.groupBy,
    window: frame.window,
    baseline: { ...(frame.baseline ?? triage.plan.baseline), isChosen: frame.baseline === null },
    unitCount: triage.units.length,
    rows,
    loadOnly: ranked.loadOnly.map(({ unit, ratio }) => ({ name: plainName(unit), ratio })),
    unchanged: ranked.unchanged.map(({ unit }) => plainName(unit)),
    notLookedAt: ranked.unknown.map(({ judged, reason }) => ({ name: plainName(judged.unit), reason })),
    commonOnset: (together ?? []).flatMap(({ unit, since }) =>
      since === null ? [] : [{ name: plainName(unit), since }],
    ),
    notRead: triage.notRead,
    notes: frame.notes,
    requests: frame.requests,
    next: ranked.suspects.slice(0, MAX_CALLS).map(({ unit }) => callFor(unit, frame)),
  };
}

function buildRow({ unit, verdict, isSoFar, findings, severity, since, rows }: JudgedUnit): FleetRow {
  const [first = null] = findings;
  const [moved] = newsIn(rows);
  return {
    service: unit.service,
    group: unit.group,
    verdict,
    isSoFar,
    finding: first,
    change:
      moved === undefined
        ? null
        : `${moved.type.alias} ${moved.verdict}, ${valueText(moved, moved.before)} -> ${valueText(moved, moved.after)}`,
    severity,
    since,
    confidence: first?.confidence ?? null,
  };
}

function valueText({ type }: JudgedUnit['rows'][number], value: number | null): string {
  return value === null ? 'none' : formatValue(value, type.unit, type.noun);
}

function plainName({ service, group }: Unit): string {
  return group === null ? service : `${service} {${group.name}="${group.value}"}`;
}

/** The ordinary investigation of one unit. */
function callFor({ service, group }: Unit, { callScope, matchers, window, baseline }: FleetFrame): NextCall {
  const own = group === null ? [] : [{ name: group.name, op: '=' as const, value: group.value }];
  const all = [...matchers, ...own];
  return {
    tool: 'investigate',
    arguments: {
      ...callScope,
      service,
      ...(all.length === 0 ? {} : { selector: formatSelector(all) }),
      from: formatTime(window.from),
      to: formatTime(window.to),
      ...(baseline === null
        ? {}
        : { baseline_from: formatTime(baseline.from), baseline_to: formatTime(baseline.to) }),
    },
  };
}
