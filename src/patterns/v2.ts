import { type DataSourceRef, readDataSource } from './data-source.js';
import { field, isRecord, list, text } from './json.js';
import { MAX_PANELS, MAX_QUERIES, type Panel, type PanelQuery, readLinks, withOuter } from './panel.js';

/** Whether a model is one of `dashboard.grafana.app/v2…`: its panels are the named `elements`. */
export function isV2(model: unknown): boolean {
  return isRecord(field(model, 'elements'));
}

/** The panels of a v2 model; rows and tabs of the layout give the outer titles. */
export function v2Panels(model: unknown): Panel[] {
  const elements = field(model, 'elements');
  if (!isRecord(elements)) return [];
  const outer = titlesByElement(field(model, 'layout'));
  return Object.entries(elements)
    .slice(0, MAX_PANELS)
    .map(([name, element]) => readElement(element, outer.get(name) ?? []));
}

function readElement(element: unknown, outer: readonly string[]): Panel {
  const spec = field(element, 'spec');
  const queries = list(field(spec, 'data', 'spec', 'queries')).slice(0, MAX_QUERIES);
  return {
    titles: withOuter(text(field(spec, 'title')), outer),
    dataSource: null,
    queries: queries.map((query) => readQuery(field(query, 'spec'))),
    links: [
      ...readLinks(field(spec, 'links')),
      ...readLinks(field(spec, 'vizConfig', 'spec', 'fieldConfig', 'defaults', 'links')),
    ],
    library: text(field(spec, 'libraryPanel', 'uid')) || null,
  };
}

/**
 * Reads a query of the second schema. v2beta1 and v2: `query {kind: "DataQuery", group: TYPE, datasource
 * {name: UID}, spec}`; v2alpha1: `datasource {type, uid}` next to `query {kind: TYPE, spec}`.
 */
function readQuery(panelQuery: unknown): PanelQuery {
  const query = field(panelQuery, 'query');
  const kind = text(field(query, 'kind'));
  const type = kind === 'DataQuery' ? text(field(query, 'group')) : kind;
  const ownRef = readDataSource({ type, uid: field(query, 'datasource', 'name') });
  const outerRef = readDataSource(field(panelQuery, 'datasource'));
  return {
    dataSource: merge(ownRef, outerRef),
    hidden: field(panelQuery, 'hidden') === true,
    spec: field(query, 'spec'),
  };
}

function merge(ownRef: DataSourceRef | null, outerRef: DataSourceRef | null): DataSourceRef | null {
  if (ownRef === null || outerRef === null) return ownRef ?? outerRef;
  return { type: ownRef.type ?? outerRef.type, id: ownRef.id ?? outerRef.id };
}

/**
 * The titles of the rows and tabs around each element, whatever the kinds of layout and how deep they are
 * nested.
 */
function titlesByElement(layout: unknown): Map<string, readonly string[]> {
  const titles = new Map<string, readonly string[]>();
  const pending: { value: unknown; outer: readonly string[] }[] = [{ value: layout, outer: [] }];
  for (let visited = 0; visited < 4 * MAX_PANELS; visited++) {
    const entry = pending.pop();
    if (entry === undefined) break;
    const spec = field(entry.value, 'spec');
    const name = text(field(spec, 'element', 'name'));
    if (name !== '') titles.set(name, entry.outer);
    const inner = withOuter(text(field(spec, 'title')), entry.outer);
    const parts = [
      ...['rows', 'tabs', 'items', 'elements'].flatMap((part) =>
        list(field(spec, part)).slice(0, MAX_PANELS),
      ),
      field(spec, 'layout'),
    ];
    for (const value of parts) if (isRecord(value)) pending.push({ value, outer: inner });
  }
  return titles;
}
