import { type Measurement, round, roundShare } from '../../profile/measurement.js';
import { shareBase } from '../../profile/model.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatTime, formatValue, plural } from '../../text/units.js';
import { scopeData, scopeLines } from '../measurement.js';
import { callScope, type NextCall, nextCall, nextRows } from '../next.js';
import type { Answer } from '../render.js';

/** A single profile, or a span with its samples in one or more profiles. */
export interface ExemplarRow {
  /** Times of the first and last profile, Unix ms. */
  from: number;
  to: number;
  value: number;
  /** Number of profiles that a span has samples in, as far as they are listed. */
  profiles: number;
  instance: string | null;
  /** Name of the operation, where the profiler sends it. */
  operation: string | null;
  profileId: string | null;
  spanId: string | null;
  traceId: string | null;
}

export interface ListedExemplars {
  kind: 'profiles' | 'spans';
  /** Heaviest first. */
  rows: readonly ExemplarRow[];
  /** Number of all of them in the window; of spans, of pairs of a span and a profile. */
  counted: number;
  notes: readonly string[];
}

/** Number of rows that are shown. */
const ROWS = 10;

/** The heaviest single profiles or spans of a window, each with the call that shows its code. */
export function exemplarsAnswer(
  measured: Measurement,
  { kind, rows, counted, notes }: ListedExemplars,
): Answer {
  const shown = rows.slice(0, ROWS);
  const [first, second] = shown;
  const total = shareBase(measured.active) + measured.idle;
  const allNotes = [
    ...measured.notes,
    ...notes,
    ...emptyNotes(kind, rows),
    ...hiddenNotes(kind, rows, counted),
  ];
  const next = first === undefined ? [] : listNext(measured, first, second);
  const listed = `${rows.length < counted ? `${rows.length} of ` : ''}${kind === 'profiles' ? plural(counted, 'profile') : `${plural(counted, 'part')} of spans in profiles`}`;
  return {
    data: {
      ...scopeData(measured),
      exemplars: shown.map((row) => ({
        from: formatTime(row.from),
        to: formatTime(row.to),
        value: round(row.value),
        share: roundShare(total === 0 ? 0 : row.value / total),
        instance: row.instance === null ? null : safeText(row.instance),
        operation: row.operation === null ? null : safeText(row.operation),
        profile_id: row.profileId,
        span_id: row.spanId,
        trace_id: row.traceId,
        profiles: row.profiles,
      })),
      listed: rows.length,
      counted,
      notes: allNotes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: scopeLines(measured) },
      {
        title: `Heaviest ${kind} (${measured.idle > 0 ? 'value and share of the total, both with idle time' : 'value, share of the total'}, time, instance, id; ${listed} listed):`,
        rows: shown.map((row) => rowText(measured, row, total)),
        keep: 3,
      },
      { rows: allNotes.map((note) => `Note: ${note}`) },
      { rows: nextRows(next), apart: true },
    ],
    lists: ['exemplars'],
  };
}

function emptyNotes(kind: ListedExemplars['kind'], rows: readonly ExemplarRow[]): string[] {
  if (rows.length > 0) return [];
  return kind === 'profiles'
    ? ['The store lists no single profile here.']
    : [
        'No sample holds a span id here: the service does not send them. A profiler sends them with its OpenTelemetry package (otel-profiling-go, pyroscope-otel and the like).',
      ];
}

/** A server lists the heaviest of those that are alike: a span may have more parts than are listed. */
function hiddenNotes(kind: ListedExemplars['kind'], rows: readonly ExemplarRow[], counted: number): string[] {
  const parts = rows.reduce((sum, { profiles }) => sum + profiles, 0);
  if (rows.length === 0 || parts >= counted) return [];
  const spans = kind === 'spans' ? ' A span may have cost more than is listed; summarize_profile tells.' : '';
  return [`Of those that are alike in time and value only the heaviest is listed.${spans}`];
}

function rowText({ type }: Measurement, row: ExemplarRow, total: number): string {
  const share = total === 0 ? '' : ` ${formatShare(row.value / total)}`;
  const time =
    row.from === row.to ? formatTime(row.from) : `${formatTime(row.from)} to ${formatTime(row.to)}`;
  const instance = row.instance === null ? '' : ` ${safeText(row.instance, 80)}`;
  const operation = row.operation === null ? '' : ` ${JSON.stringify(safeText(row.operation, 80))}`;
  const trace = row.traceId === null ? '' : ` trace ${row.traceId}`;
  const id = row.spanId === null ? ` profile ${row.profileId ?? '?'}` : ` span ${row.spanId}${trace}`;
  return `${formatValue(row.value, type.unit, type.noun)}${share} ${time}${instance}${operation}${id}`;
}

/** The code of the heaviest one; of a span, too, how it differs from the others. */
function listNext(measured: Measurement, row: ExemplarRow, second: ExemplarRow | undefined): NextCall[] {
  const { from, to } = callScope(measured);
  const scope = { ...callScope(measured), from, to };
  if (row.spanId === null)
    return row.profileId === null
      ? []
      : [nextCall('summarize_profile', { ...scope, profile_id: row.profileId })];
  return [
    nextCall('summarize_profile', { ...scope, span_id: row.spanId }),
    ...(second === undefined ? [] : [nextCall('compare_profiles', { ...scope, span_id: row.spanId })]),
  ];
}
