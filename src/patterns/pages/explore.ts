import { type DataSourceRef, isPyroscopeType, readDataSource } from '../data-source.js';
import { field, isRecord, list, text, texts } from '../json.js';
import { NO_QUERY, type Page, type PageQuery, type PageRange, splitIds } from './page.js';

/** Panes and queries that are read of one address. */
const MAX_PANES = 10;
const MAX_QUERIES = 20;

/** A pane of Explore: its queries of profiles, and the traces that it shows. */
export interface Pane {
  queries: readonly PageQuery[];
  traceIds: readonly string[];
  spanIds: readonly string[];
  range: PageRange;
}

/**
 * The panes of an address of Explore: `panes=` of Grafana 10 and newer, else `left=` and `right=`, each a
 * pane as JSON or the list `["now-1h","now","name",{query}]`. Null where it has no such parameter.
 */
export function readExplorePanes(parameters: URLSearchParams): Pane[] | null {
  const panes = parameters.get('panes');
  if (panes !== null) {
    const value = readJson(panes);
    return isRecord(value) ? Object.values(value).slice(0, MAX_PANES).map(readPane) : [];
  }
  const sides = [parameters.get('left'), parameters.get('right')].filter((side) => side !== null);
  if (sides.length === 0) return null;
  return sides.map((side) => readPane(readJson(side)));
}

/** JSON, which a chat or a mail may have escaped once more; undefined where it is none. */
function readJson(json: string): unknown {
  try {
    return JSON.parse(/^\s*%(?:7B|5B)/i.test(json) ? decodeURIComponent(json) : json);
  } catch {
    return undefined;
  }
}

function readPane(pane: unknown): Pane {
  if (Array.isArray(pane)) {
    const [from, to, dataSource, ...queries] = pane;
    const range = { from: readTimeText(from), to: readTimeText(to) };
    return buildPane(queries, dataSource, range, null);
  }
  const range = {
    from: readTimeText(field(pane, 'range', 'from')),
    to: readTimeText(field(pane, 'range', 'to')),
  };
  const spanId = text(field(pane, 'panelsState', 'trace', 'spanId'));
  return buildPane(list(field(pane, 'queries')), field(pane, 'datasource'), range, spanId);
}

function buildPane(
  entries: readonly unknown[],
  dataSource: unknown,
  range: PageRange,
  spanId: string | null,
): Pane {
  const visible = entries.slice(0, MAX_QUERIES).filter((query) => field(query, 'hide') !== true);
  const queries = visible.flatMap((query) => readQuery(query, dataSource, range));
  return {
    queries,
    traceIds: queries.length > 0 ? [] : visible.flatMap(readTraceId),
    spanIds: splitIds([spanId ?? '']),
    range,
  };
}

/** A time in JSON is a text or a number of milliseconds. */
function readTimeText(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(Math.round(value));
  return text(value).trim() || null;
}

/** A query of profiles: of a Pyroscope data source, or with a profile type. */
function readQuery(query: unknown, paneSource: unknown, range: PageRange): PageQuery[] {
  const dataSource = readDataSource(field(query, 'datasource')) ?? readDataSource(paneSource);
  const profileTypeId = text(field(query, 'profileTypeId')).trim();
  const isOfProfiles = profileTypeId !== '' || isOfPyroscope(dataSource, query);
  if (!isOfProfiles) return [];
  return [
    {
      ...NO_QUERY,
      dataSource,
      profileTypeId,
      selector: text(field(query, 'labelSelector')),
      groupBy: texts(field(query, 'groupBy')),
      range,
      spanIds: splitIds(texts(field(query, 'spanSelector'))),
      profileIds: splitIds(texts(field(query, 'profileIdSelector'))),
      traceIds: splitIds(texts(field(query, 'traceIdSelector'))),
    },
  ];
}

function isOfPyroscope(dataSource: DataSourceRef | null, query: unknown): boolean {
  return isPyroscopeType(dataSource?.type ?? null) || text(field(query, 'labelSelector')) !== '';
}

/**
 * A query for one trace by its id, as Tempo, Jaeger and Zipkin write it: without the zeros at its beginning,
 * which a trace of 64 bits has in samples.
 */
function readTraceId(query: unknown): string[] {
  const id = text(field(query, 'query')).trim();
  return /^[\da-f]{15,32}$/i.test(id) ? [id.padStart(32, '0')] : [];
}

/**
 * The query of a page of Explore, whose panes side by side are a comparison of the left with the right. A
 * pane with a trace tells which spans are meant. Null where no pane shows profiles or a trace.
 */
export function readExplorePage(panes: readonly Pane[]): Page | null {
  const withProfiles = panes.filter(({ queries }) => queries.length > 0);
  const traces = panes.filter(({ traceIds }) => traceIds.length > 0);
  const [first, second] = withProfiles.map(({ queries }) => queries[0]);
  if (first === undefined) {
    const [trace] = traces;
    if (trace === undefined) return null;
    const { traceIds, spanIds, range } = trace;
    return {
      name: 'Grafana Explore',
      query: { ...NO_QUERY, traceIds, spanIds, range },
      baseline: null,
      unused: [],
    };
  }
  const isComparison = second !== undefined && JSON.stringify(first) !== JSON.stringify(second);
  const query = isComparison ? second : first;
  const further = withProfiles.reduce((sum, { queries }) => sum + queries.length - 1, 0);
  const hidden = Math.max(0, withProfiles.length - 2);
  return {
    name: 'Grafana Explore',
    query:
      traces.length === 0 || hasIds(query)
        ? query
        : { ...query, traceIds: traces.flatMap(({ traceIds }) => traceIds) },
    baseline: isComparison ? first : null,
    unused: further + hidden === 0 ? [] : [`${further + hidden} further queries`],
  };
}

function hasIds({ spanIds, profileIds, traceIds }: PageQuery): boolean {
  return spanIds.length + profileIds.length + traceIds.length > 0;
}
