import { roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, plural } from '../../text/units.js';
import type { Answer, Block } from '../render.js';

/** The part of a source that a list covers. */
export interface ListScope {
  source: string;
  service: string | null;
  selector: string;
  window: { from: number; to: number };
  notes: readonly string[];
}

function toScope(scope: ListScope) {
  const { source, service, selector, window } = scope;
  return { source, service, selector, from: formatTime(window.from), to: formatTime(window.to) };
}

function windowText({ window, source }: ListScope): string {
  return `${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)}), source ${safeText(source, 100)}`;
}

function listAnswer(
  name: string,
  list: Answer['data'][string],
  scope: ListScope,
  blocks: readonly Block[],
  more: Answer['data'] = {},
): Answer {
  return {
    data: { scope: toScope(scope), [name]: list, ...more, notes: scope.notes },
    text: [...blocks, { rows: scope.notes.map((note) => `Note: ${note}`) }],
    lists: [name],
  };
}

export interface DataSourceRow {
  name: string;
  uid: string;
  kind: string;
  enabled: boolean;
  default: boolean;
  oldest: number | null;
  newest: number | null;
  /** A disabled or missing one was not asked; one that fails gave no answer. */
  state: 'answers' | 'fails' | 'disabled' | 'missing';
  /** Problems that an operator can mend, or the reason why the source does not answer. */
  problems: readonly string[];
}

/** Maximum number of problems listed for one source; the others are counted. */
const MAX_PROBLEMS = 20;

/** Answers which sources exist and the time range that each holds; `notes` say why sources are missing. */
export function dataSourcesAnswer(rows: readonly DataSourceRow[], notes: readonly string[]): Answer {
  const time = (ms: number | null) => (ms === null ? null : formatTime(ms));
  const range = ({ state, oldest, newest, problems }: DataSourceRow) => {
    if (state !== 'answers') return safeText(problems[0] ?? '', 400);
    if (newest === null) return 'no data in the last day, as far as is known';
    return oldest === null
      ? `data until ${formatTime(newest)}`
      : `data from ${formatTime(oldest)} to ${formatTime(newest)}`;
  };
  return {
    data: {
      data_sources: rows.map(({ problems, state, ...row }) => ({
        ...row,
        oldest: time(row.oldest),
        newest: time(row.newest),
        problems: problems.slice(0, MAX_PROBLEMS).map((problem) => safeText(problem, 400)),
        problem_count: problems.length,
      })),
      notes: notes.map((note) => safeText(note, 600)),
    },
    text: [
      {
        title: 'Data sources:',
        rows: rows.map(
          (row) =>
            `${leadingName(row.name, 100)} (uid ${safeText(row.uid, 100)}, ${row.kind}, ${row.state === 'answers' || row.state === 'fails' ? 'enabled' : row.state}${row.default ? ', default' : ''}): ${range(row)}`,
        ),
        keep: 10,
        more: 'ask with {"format":"json"}',
      },
      { rows: notes.map((note) => safeText(note, 600)) },
      {
        rows: rows
          .filter(({ state }) => state === 'answers')
          .flatMap((row) =>
            row.problems
              .slice(0, MAX_PROBLEMS)
              .map((problem) => `Note: ${safeText(row.name, 100)}: ${safeText(problem, 400)}`),
          ),
        keep: 3,
        more: '`pyroscope-mcp doctor` lists them all',
      },
    ],
    lists: ['data_sources'],
  };
}

export interface ServiceRow {
  name: string;
  types: readonly ProfileType[];
  /**
   * Share of the weighing type's total over all services listed; null for a service that does not emit it.
   */
  share: number | null;
}

/** Service names with their types, heaviest first. */
export function servicesAnswer(
  rows: readonly ServiceRow[],
  weighedBy: ProfileType | null,
  scope: ListScope,
): Answer {
  const none = rows.some(({ share }) => share === null) ? ', "-" where it emits none' : '';
  const by = weighedBy === null ? '' : ` with their shares of all ${weighedBy.alias}${none}`;
  return listAnswer(
    'services',
    rows.map((row) => ({
      name: safeText(row.name),
      profile_types: row.types.map((type) => type.alias),
      share: row.share === null ? null : roundShare(row.share),
    })),
    scope,
    [
      { rows: [`${plural(rows.length, 'service')}${by}; ${windowText(scope)}`] },
      {
        rows: rows.map(
          (row) =>
            `${row.share === null ? '    -' : formatShare(row.share).padStart(5)}  ${safeText(row.name, 120)}: ${row.types.map((type) => type.alias).join(', ')}`,
        ),
        keep: 5,
        more: 'narrow with selector, for example service_name=~".*checkout.*"',
      },
    ],
    { weighed_by: weighedBy?.id ?? null },
  );
}

export interface TypeRow {
  type: ProfileType;
  /** Number of services that emit it. */
  services: number;
}

/** Whose a list is: what stands for the service says more than that none was named. */
function whose({ service, selector }: ListScope): string {
  if (service !== null) return safeText(service, 120);
  return selector === '{}' ? 'all services' : `all services with ${safeText(selector, 200)}`;
}

/** Profile types with their meaning. */
export function profileTypesAnswer(rows: readonly TypeRow[], scope: ListScope): Answer {
  return listAnswer(
    'profile_types',
    rows.map(({ type, services }) => ({
      id: safeText(type.id),
      alias: type.alias,
      unit: type.unit,
      kind: type.kind,
      meaning: type.meaning,
      services,
    })),
    scope,
    [
      {
        rows: [`${plural(rows.length, 'profile type')} of ${whose(scope)}; ${windowText(scope)}`],
      },
      {
        rows: rows.map(
          ({ type, services }) =>
            `${leadingName(type.alias, 120)}: ${type.meaning}, ${type.unit}, ${type.kind === 'instant' ? 'instant (answers give the mean snapshot)' : 'cumulative'}; ${safeText(type.id, 200)}${scope.service === null ? `; ${plural(services, 'service')}` : ''}`,
        ),
        keep: 5,
        more: 'narrow with service',
      },
    ],
  );
}

/** Label names with their numbers of values; null where they were not counted. */
export function labelsAnswer(
  rows: readonly { name: string; values: number | null }[],
  scope: ListScope,
): Answer {
  return listAnswer(
    'labels',
    rows.map(({ name, values }) => ({ name: safeText(name), values })),
    scope,
    [
      {
        rows: [`${plural(rows.length, 'label')} of ${whose(scope)}; ${windowText(scope)}`],
      },
      {
        rows: rows.map(
          ({ name, values }) =>
            `${leadingName(name, 120)}${values === null ? '' : `: ${plural(values, 'value')}`}`,
        ),
        keep: 10,
        more: 'name one in `label` to see its values',
      },
    ],
  );
}

export interface LabelValueRow {
  value: string;
  /** Share of the type's total; null where the type has no profile with the value. */
  share: number | null;
}

/** Values of one label, heaviest first; `limit` of them in the text. */
export function labelValuesAnswer(
  label: string,
  rows: readonly LabelValueRow[],
  weighedBy: ProfileType | null,
  limit: number,
  scope: ListScope,
): Answer {
  const left = rows.slice(limit);
  const leftShare = left.reduce((sum, row) => sum + (row.share ?? 0), 0);
  const by =
    weighedBy === null
      ? ''
      : `, with their share of ${weighedBy.alias}${weighedBy.kind === 'instant' ? ' (summed over snapshots)' : ''}`;
  return listAnswer(
    'values',
    rows.slice(0, limit).map(({ value, share }) => ({
      value: safeText(value),
      share: share === null ? null : roundShare(share),
    })),
    scope,
    [
      {
        rows: [`${plural(rows.length, 'value')} of ${safeText(label, 120)}${by}; ${windowText(scope)}`],
      },
      {
        rows: rows
          .slice(0, limit)
          .map(
            ({ value, share }) =>
              `${share === null ? '    -' : formatShare(share).padStart(5)}  ${safeText(value, 120)}`,
          ),
        keep: 10,
        more: 'ask with a higher limit, or narrow with selector',
      },
      {
        rows:
          left.length === 0
            ? []
            : [
                `… ${left.length} more, together ${formatShare(leftShare)}: ask with a higher limit, or narrow with selector`,
              ],
      },
    ],
    { label: safeText(label), value_count: rows.length, weighed_by: weighedBy?.id ?? null },
  );
}
