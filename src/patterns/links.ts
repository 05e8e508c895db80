import { formatSelector } from '../sources/selector.js';
import type { Matcher } from '../sources/source.js';
import { type DataSourceRef, readDataSource } from './data-source.js';
import { field, isRecord, list, text, texts } from './json.js';

/** A profile query that a link opens. */
export interface LinkedQuery {
  dataSource: DataSourceRef | null;
  profileTypeId: string;
  selector: string;
  groupBy: readonly string[];
}

const OPERATORS = ['=', '!=', '=~', '!~'] as const;
/**
 * The profile queries behind a link: Explore (`panes=` and the older `left=`), Profiles Drilldown (`var-…`)
 * and Pyroscope's own pages (`query=`). Empty for any other address. Nothing is ever requested from it.
 */
export function linkedQueries(url: string): LinkedQuery[] {
  const query = url.indexOf('?');
  if (query < 0) return [];
  const parameters = new URLSearchParams(url.slice(query + 1).replace(/#.*$/s, ''));
  const path = url.slice(0, query);
  if (path.includes('/grafana-pyroscope-app/')) return drilldown(parameters);
  const panes = parameters.get('panes') ?? parameters.get('left');
  if (panes !== null) return explore(panes);
  return pyroscopePage(parameters.get('query') ?? '');
}

/** `panes={"a":{datasource, queries, range}}`; `left=` is one pane, or `["now-1h","now","name",{query}]`. */
function explore(json: string): LinkedQuery[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  if (Array.isArray(value)) {
    const [, , dataSource, ...queries] = value;
    return queries.flatMap((query: unknown) => exploreQuery(query, dataSource));
  }
  const panes = isRecord(value) && !Array.isArray(field(value, 'queries')) ? Object.values(value) : [value];
  return panes.slice(0, 10).flatMap((pane) =>
    list(field(pane, 'queries'))
      .slice(0, 20)
      .flatMap((query) => exploreQuery(query, field(pane, 'datasource'))),
  );
}

function exploreQuery(query: unknown, dataSource: unknown): LinkedQuery[] {
  const profileTypeId = text(field(query, 'profileTypeId'));
  if (profileTypeId === '') return [];
  return [
    {
      dataSource: readDataSource(field(query, 'datasource')) ?? readDataSource(dataSource),
      profileTypeId,
      selector: text(field(query, 'labelSelector')),
      groupBy: texts(field(query, 'groupBy')),
    },
  ];
}

function drilldown(parameters: URLSearchParams): LinkedQuery[] {
  const profileTypeId = parameters.get('var-profileMetricId') ?? '';
  if (profileTypeId === '') return [];
  const service = parameters.get('var-serviceName') ?? '';
  const matchers: Matcher[] = service === '' ? [] : [{ name: 'service_name', op: '=', value: service }];
  for (const filter of parameters.getAll('var-filters')) {
    const [name = '', operator = '', value = ''] = filter.split('|').map(unescapePart);
    const op = OPERATORS.find((candidate) => candidate === operator);
    if (name !== '' && op !== undefined) matchers.push({ name, op, value });
  }
  const groupBy = parameters.get('var-groupBy') ?? '';
  return [
    {
      dataSource: readDataSource(parameters.get('var-dataSource')),
      profileTypeId,
      selector: formatSelector(matchers),
      groupBy: groupBy === '' || groupBy === 'all' ? [] : [groupBy],
    },
  ];
}

/** How the app writes its separators inside a part of a filter. */
function unescapePart(part: string): string {
  return part.replaceAll('__gfp__', '|').replaceAll('__gfc__', ',');
}

/** A query of Pyroscope's own pages is a type id, then a selector. */
function pyroscopePage(query: string): LinkedQuery[] {
  const trimmed = query.trim();
  const brace = trimmed.indexOf('{');
  const profileTypeId = trimmed.slice(0, Math.max(0, brace)).trim();
  const selector = trimmed.slice(brace);
  if (!selector.endsWith('}') || profileTypeId.indexOf(':') < 1 || /\s/.test(profileTypeId)) return [];
  return [{ dataSource: null, profileTypeId, selector, groupBy: [] }];
}
