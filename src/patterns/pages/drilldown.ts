import { formatSelector } from '../../sources/selector.js';
import type { Matcher } from '../../sources/source.js';
import { escapePattern } from '../../text/pattern.js';
import { readDataSource } from '../data-source.js';
import { NO_QUERY, type Page, type PageQuery, readParameter, readRange, splitIds } from './page.js';

/** Maximum number of filters that are read of one address. */
const MAX_FILTERS = 50;
/** Views without a service of their own: the address still holds the one that was looked at before. */
const VIEWS_OF_ALL: readonly string[] = ['all', 'favorites'];

/** The query of a page of Profiles Drilldown, whose variables stand in the address as `var-…`. */
export function readDrilldownPage(parameters: URLSearchParams): Page {
  const view = readParameter(parameters, 'explorationType') ?? '';
  const service = VIEWS_OF_ALL.includes(view) ? null : readParameter(parameters, 'var-serviceName');
  const groupBy = readParameter(parameters, 'var-groupBy') ?? 'all';
  const plain: PageQuery = {
    ...NO_QUERY,
    dataSource: readDataSource(readParameter(parameters, 'var-dataSource')),
    profileTypeId: readParameter(parameters, 'var-profileMetricId') ?? '',
    groupBy: groupBy === 'all' ? [] : [groupBy],
    range: readRange(parameters, 'from', 'to'),
    spanIds: splitIds([readParameter(parameters, 'var-spanSelector') ?? '']),
    profileIds: splitIds([readParameter(parameters, 'var-profileIdSelector') ?? '']),
    traceIds: splitIds([readParameter(parameters, 'var-traceIdSelector') ?? '']),
  };
  const withFilters = (name: string) => writeSelector(service, readFilters(parameters, name));
  if (view !== 'diff-flame-graph') {
    return {
      name: 'Profiles Drilldown',
      query: { ...plain, selector: withFilters('var-filters') },
      baseline: null,
      unused: [],
    };
  }
  const windows = [
    readRange(parameters, 'diffFrom', 'diffTo'),
    readRange(parameters, 'diffFrom-2', 'diffTo-2'),
  ];
  const [before, after] = windows;
  const areNamed = windows.every(({ from, to }) => from !== null && to !== null);
  if (before === undefined || after === undefined || !areNamed) {
    return {
      name: 'Profiles Drilldown',
      query: { ...plain, selector: withFilters('var-filtersComparison') },
      baseline: null,
      unused: ['the comparison, whose two time ranges are not in the link'],
    };
  }
  return {
    name: 'Profiles Drilldown',
    query: { ...plain, selector: withFilters('var-filtersComparison'), range: after },
    baseline: { ...plain, selector: withFilters('var-filtersBaseline'), range: before },
    unused: [],
  };
}

function writeSelector(service: string | null, filters: readonly Matcher[]): string {
  const matchers: Matcher[] = service === null ? [] : [{ name: 'service_name', op: '=', value: service }];
  return formatSelector([
    ...matchers,
    ...filters.filter(({ name }) => service === null || name !== 'service_name'),
  ]);
}

/** The filters of a variable: each one is `label|operator|value`. */
export function readFilters(parameters: URLSearchParams, name: string): Matcher[] {
  return parameters
    .getAll(name)
    .slice(0, MAX_FILTERS)
    .flatMap((filter) => readFilter(filter.toWellFormed()));
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;

/**
 * Reads one filter. Newer versions add what is shown behind a comma to label and value, and where the filter
 * comes from behind a hash; `=|` and `in` have several values.
 */
function readFilter(filter: string): Matcher[] {
  const [name = '', operator = '', ...values] = filter
    .replace(/#(?:dashboard|scope|restorable|nonApplicable)\b.*$/s, '')
    .split('|')
    .map((part) => unescapePart(part.split(',')[0] ?? ''));
  if (name === '') return [];
  const op = OPERATORS.find((candidate) => candidate === operator);
  const [value = ''] = values;
  if (op !== undefined) return [{ name, op, value }];
  if (operator === '=|') return [{ name, op: '=~', value: writeAlternatives(values) }];
  if (operator === '!=|') return [{ name, op: '!~', value: writeAlternatives(values) }];
  if (operator === 'in') return [{ name, op: '=~', value: writeAlternatives(value.split('|')) }];
  if (operator === 'not-in') return [{ name, op: '!~', value: writeAlternatives(value.split('|')) }];
  return operator === 'is-empty' ? [{ name, op: '=', value: '' }] : [];
}

function writeAlternatives(values: readonly string[]): string {
  return values.map(escapePattern).join('|');
}

/** The separators, as the app writes them inside a part of a filter. */
function unescapePart(part: string): string {
  return part.replaceAll('__gfp__', '|').replaceAll('__gfc__', ',').replaceAll('__gfh__', '#');
}
