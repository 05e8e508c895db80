import { round, roundShare } from '../../../profile/measurement.js';
import type { ProfileType } from '../../../profile/types/types.js';
import { leadingName, safeText } from '../../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, formatValue, plural } from '../../../text/units.js';
import { servicesLines } from '../../measurement.js';
import { type NextCall, nextRows } from '../../next.js';
import type { Answer, JsonObject } from '../../render.js';

/** Sum and number of profiles of a service on one side. */
export interface ServiceCost {
  value: number;
  profiles: number;
}

/** A service on both sides, in its own profile type. */
export interface ServiceRow {
  service: string;
  typeId: string;
  before: ServiceCost;
  after: ServiceCost;
}

/** Several services on two sides, each for itself. */
export interface ServicesComparison {
  source: string;
  type: ProfileType;
  typeArgument: string;
  before: { window: { from: number; to: number }; selector: string };
  after: { window: { from: number; to: number }; selector: string };
  /** Services, the one that changed most first. */
  rows: readonly ServiceRow[];
  leftOut: readonly { service: string; types: readonly string[] }[];
  notes: readonly string[];
  requests: number;
}

/** Rows that are never cut. */
const MIN_ROWS = 8;

/** Each of several services for itself: no verdict, since their profiles are not one. */
export function servicesComparisonAnswer(comparison: ServicesComparison, next: readonly NextCall[]): Answer {
  const { type, before, after, rows, leftOut } = comparison;
  const reason = `the selector covers ${plural(rows.length, 'service')}, and several services are not added up into one verdict; name one in \`service\``;
  const totals = computeTotals(comparison);
  return {
    data: {
      scope: {
        source: comparison.source,
        service: null,
        selector: after.selector,
        profile_type_id: type.id,
        unit: type.unit,
        from: formatTime(after.window.from),
        to: formatTime(after.window.to),
      },
      total: totalData(totals.after, type),
      baseline: {
        from: formatTime(before.window.from),
        to: formatTime(before.window.to),
        selector: before.selector,
        total: totalData(totals.before, type),
      },
      coverage: { kept_share: 1, truncated: false },
      verdict: null,
      verdict_reason: reason,
      load_factor: null,
      since: null,
      finding: null,
      collector: null,
      movers: [],
      tested_functions: 0,
      entry_points: [],
      attribution: [],
      services: rows.map((row) => rowData(row, totals)),
      services_left_out: leftOut.map(({ service, types }) => ({ service, profile_types: types })),
      upstream_requests: comparison.requests,
      not_determined: [],
      notes: comparison.notes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      {
        rows: [
          `${plural(rows.length, 'service')}, each for itself, NO VERDICT: ${reason}.`,
          `${leadingName(after.selector, 300)}: ${type.alias} (${type.meaning}) from source ${safeText(comparison.source, 100)}`,
          sideLine('Incident', after.window),
          sideLine('Baseline', before.window),
          ...(before.selector === after.selector
            ? []
            : [`Baseline selector ${safeText(before.selector, 300)}`]),
        ],
      },
      {
        title: `Services, most changed first (${type.kind === 'instant' ? 'mean snapshot' : 'per profile'}, share of the total of all${type.isWallClock ? ', idle time included' : ''}):`,
        rows: rows.map((row) => rowText(row, type, totals)),
        keep: MIN_ROWS,
        more: 'format=json, or narrow with selector',
      },
      { rows: servicesLines({ services: { added: [], leftOut }, type }).slice(1) },
      { rows: comparison.notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(next) },
    ],
    lists: ['services'],
  };
}

function sumCosts({ rows }: Pick<ServicesComparison, 'rows'>, side: 'before' | 'after'): ServiceCost {
  return {
    value: rows.reduce((sum, row) => sum + row[side].value, 0),
    profiles: rows.reduce((sum, row) => sum + row[side].profiles, 0),
  };
}

function each({ value, profiles }: ServiceCost): number | null {
  return profiles > 0 ? value / profiles : null;
}

function totalData(total: ServiceCost, type: ProfileType): JsonObject {
  return {
    value: round(type.kind === 'instant' ? (each(total) ?? 0) : total.value),
    unit: type.unit,
    rate: null,
    rate_unit: null,
    instances: null,
    samples: null,
    profiles: total.profiles,
    per_profile: null,
  };
}

function rowData(row: ServiceRow, totals: Totals): JsonObject {
  const [was, is] = [each(row.before), each(row.after)];
  return {
    service: row.service,
    profile_type_id: row.typeId,
    value_before: was === null ? null : round(was),
    value_after: is === null ? null : round(is),
    share_before: roundShare(shareIn(row, totals, 'before')),
    share_after: roundShare(shareIn(row, totals, 'after')),
    profiles_before: row.before.profiles,
    profiles_after: row.after.profiles,
  };
}

/** Sums of all services on both sides. */
type Totals = Readonly<Record<'before' | 'after', ServiceCost>>;

function computeTotals(comparison: ServicesComparison): Totals {
  return { before: sumCosts(comparison, 'before'), after: sumCosts(comparison, 'after') };
}

function shareIn(row: ServiceRow, totals: Totals, side: 'before' | 'after'): number {
  const { value } = totals[side];
  return value > 0 ? row[side].value / value : 0;
}

function rowText(row: ServiceRow, type: ProfileType, totals: Totals): string {
  const [was, is] = [each(row.before), each(row.after)];
  const amount = (value: number | null) =>
    value === null ? 'no profiles' : formatValue(value, type.unit, type.noun);
  const ratio = was === null || is === null || was <= 0 ? '' : ` (x${(is / was).toFixed(2)})`;
  const shares = `${formatShare(shareIn(row, totals, 'before'))} -> ${formatShare(shareIn(row, totals, 'after'))}`;
  const typeText = row.typeId === type.id ? '' : `, ${safeText(row.typeId, 100)}`;
  return `${leadingName(row.service, 100)}: ${amount(was)} -> ${amount(is)}${ratio}, ${shares}${typeText}; ${row.before.profiles} and ${row.after.profiles} profiles`;
}

function sideLine(title: string, { from, to }: { from: number; to: number }): string {
  return `${title} ${formatTime(from)} to ${formatTime(to)} (${formatSpan(to - from)})`;
}
