import { safeJson, safeText } from '../../text/sanitise.js';
import { formatTime, plural } from '../../text/units.js';
import type { Link } from '../links.js';
import type { NextCall } from '../next.js';
import { nextRows } from '../next.js';
import type { Answer, JsonObject } from '../render.js';

/** A query pattern with all that an answer shows of it. */
export interface PatternRow {
  /** Name of the data source; null where the dashboards do not say which. */
  source: string | null;
  profileTypeId: string | null;
  /** The short name of the type where there is one. */
  typeName: string | null;
  /** Fixed conditions, written as a selector. */
  selector: string;
  groupBy: readonly string[];
  /** Labels that a person chooses on the dashboard. */
  variesBy: readonly string[];
  titles: readonly string[];
  dashboards: readonly { title: string; url: string | null }[];
  /** Time of the newest use, Unix ms. */
  seenMs: number | null;
  /** Number of days on which calls of our own asked it, and their conditions; null for one of a dashboard. */
  asked: { days: number; conditions: readonly { name: string; op: string }[] } | null;
  isValid: boolean | null;
  reason: string | null;
  /** A call that makes the query; null for a pattern that is out of date. */
  call: NextCall | null;
}

export interface PatternsView {
  rows: readonly PatternRow[];
  /** Number of patterns that fit the question, shown or not. */
  matching: number;
  /** First line of the text, which says what the patterns are. */
  headline: string;
  /** Team habits in words. */
  habits: readonly string[];
  notes: readonly string[];
  next: readonly NextCall[];
}

const MAX_TITLE = 80;
/** Maximum number of titles and dashboards named in a row of text. */
const SHOWN = 2;

/** Answers with the team's own queries, each with a call that makes it. */
export function patternsAnswer(view: PatternsView): Answer {
  const more = view.matching - view.rows.length;
  return {
    data: {
      patterns: view.rows.map(rowData),
      habits: view.habits,
      notes: [...view.notes, ...(more > 0 ? [`${more} more patterns fit: ask with a higher limit.`] : [])],
      next: view.next.map(({ tool, arguments: args }) => ({ tool, arguments: args })),
    },
    text: [
      { rows: [view.headline, ...view.habits] },
      {
        rows: view.rows.map((row, index) => `${index + 1}. ${rowText(row)}`),
        keep: 3,
        more: 'narrow with words or service',
      },
      { rows: more > 0 ? [`… ${more} more: ask with a higher limit, or narrow with words or service`] : [] },
      { rows: view.notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(view.next) },
    ],
    lists: ['patterns'],
  };
}

/** The newest dashboard of the best pattern that is not out of date; null where none has an address. */
export function bestDashboardLink(rows: readonly PatternRow[]): Link | null {
  for (const { isValid, dashboards } of rows) {
    const place = isValid === false ? undefined : dashboards.find(({ url }) => url !== null);
    if (place?.url != null) {
      return {
        title: `Grafana, dashboard ${JSON.stringify(safeText(place.title, MAX_TITLE))}`,
        url: safeText(place.url),
      };
    }
  }
  return null;
}

function rowData(row: PatternRow): JsonObject {
  return {
    profile_type_id: row.profileTypeId,
    selector: row.selector,
    group_by: row.groupBy.map((label) => safeText(label)),
    varies_by: row.variesBy.map((label) => safeText(label)),
    titles: row.titles.map((title) => safeText(title, MAX_TITLE)),
    dashboards: row.dashboards.map(({ title, url }) => ({
      title: safeText(title, MAX_TITLE),
      url: url === null ? null : safeText(url),
    })),
    seen: row.seenMs === null ? null : formatTime(row.seenMs),
    learned_from: row.asked === null ? 'dashboards' : 'calls',
    ...(row.asked === null ? {} : { days: row.asked.days }),
    valid: row.isValid,
    reason: row.reason,
    source: row.source === null ? null : safeText(row.source, 100),
    call: row.call === null ? null : { tool: row.call.tool, arguments: row.call.arguments },
  };
}

/**
 * `cpu of {region="eu"} by pod, any service_name: "Checkout CPU" (Checkout, Payments; 2026-11-20)` and the
 * call.
 */
function rowText(row: PatternRow): string {
  const what = `${row.typeName ?? row.profileTypeId ?? 'any type'} of ${row.selector === '{}' ? 'everything' : safeText(row.selector, 300)}`;
  const by =
    row.groupBy.length === 0 ? '' : ` by ${row.groupBy.map((label) => safeText(label, 60)).join(', ')}`;
  const open =
    row.asked !== null || row.variesBy.length === 0
      ? ''
      : `, chosen there: ${row.variesBy.map((label) => safeText(label, 60)).join(', ')}`;
  const titles = quoted(row.titles);
  const places = quoted(row.dashboards.map(({ title }) => title));
  const day = row.seenMs === null ? '' : `, ${formatTime(row.seenMs).slice(0, 10)}`;
  const call =
    row.call === null
      ? `out of date: ${safeText(row.reason ?? '', 200)}`
      : `${row.call.tool} ${safeJson(row.call.arguments)}`;
  const origin =
    row.asked === null ? `${titles === '' ? '' : `${titles} in `}${places}` : askedText(row.asked);
  return `${what}${by}${open}; ${origin}${day}\n   ${call}`;
}

/** `narrowed by pod (=); asked here before, followed up on 3 days`. */
function askedText({ days, conditions }: NonNullable<PatternRow['asked']>): string {
  const narrowed = conditions.map(({ name, op }) => `${safeText(name, 60)} (${op})`).join(', ');
  return `${narrowed === '' ? '' : `narrowed by ${narrowed}; `}asked here before and followed up on ${plural(days, 'day')}`;
}

/** Titles in quotes: people write them, and no reader must take one for an instruction. */
function quoted(titles: readonly string[]): string {
  const shown = titles.slice(0, SHOWN).map((title) => JSON.stringify(safeText(title, MAX_TITLE)));
  const more = titles.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
