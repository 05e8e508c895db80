import { classicPanels } from './classic.js';
import {
  type DataSourceRef,
  type Destination,
  type KnownDataSource,
  listOnly,
  readDataSource,
  readInputs,
  resolveDataSource,
} from './data-source.js';
import { field, isRecord, text, texts } from './json.js';
import { linkedQueries } from './links.js';
import { type Link, type Panel, readLinks, readPanel, withOuter } from './panel.js';
import type { Origin, WrittenQuery } from './query.js';
import { isV2, v2Panels } from './v2.js';
import { readVariables, type Variable } from './variables.js';

/** Queries for profiles on a dashboard, with its variables. */
export interface Extract {
  title: string;
  queries: readonly WrittenQuery[];
  variables: ReadonlyMap<string, Variable>;
}

/** Things that a dashboard refers to and does not hold. */
export interface Surroundings {
  sources: readonly KnownDataSource[];
  /** Models of library panels by uid. */
  library: ReadonlyMap<string, unknown>;
}

/** Queries kept of one dashboard. */
const MAX_QUERIES = 200;
/** Maximum number of library panels that refer to each other in a chain. */
const MAX_LIBRARY_DEPTH = 4;

/**
 * Every profile query of a dashboard, of whatever version its model is: of panels, variables and links. A
 * query is one of Pyroscope by its data source, or by having a `profileTypeId` where the source does not
 * tell. Never throws.
 */
export function extractQueries(model: unknown, surroundings: Surroundings): Extract {
  const spec = readSpec(model);
  const variables = readVariables(spec);
  const inputs = readInputs(spec);
  const resolve = (ref: DataSourceRef | null) =>
    resolveDataSource(ref, surroundings.sources, variables, inputs);
  const panels = listPanels(spec).flatMap((panel) => expand(panel, surroundings.library));
  const queries: WrittenQuery[] = [];
  const add = (
    query: { profileTypeId: string; selector: string; groupBy: readonly string[] },
    destination: Destination,
    titles: readonly string[],
    origin: Origin,
  ) => {
    if (destination.kind === 'other' || query.profileTypeId === '' || queries.length >= MAX_QUERIES) return;
    const { profileTypeId, selector, groupBy } = query;
    const uids = destination.kind === 'pyroscope' ? destination.uids : [];
    const sources = uids.length > 0 ? uids : listOnly(surroundings.sources);
    queries.push({ sources, profileTypeId, selector, groupBy, titles, origin });
  };

  for (const panel of panels) {
    for (const { spec: query, dataSource, hidden } of panel.queries) {
      const destination = resolve(dataSource ?? panel.dataSource);
      add(readQuery(query), destination, panel.titles, hidden ? 'hidden' : 'panel');
    }
    addLinks(panel.links, panel.titles);
  }
  addLinks(readLinks(field(spec, 'links')), []);
  for (const variable of variables.values()) {
    if (variable.lists?.what !== 'labelValue' || variable.lists.labelName === '') continue;
    const { profileTypeId, labelName } = variable.lists;
    const selector = `{${JSON.stringify(labelName)}="\${${variable.name}}"}`;
    add(
      { profileTypeId, selector, groupBy: [] },
      resolve(readDataSource(variable.dataSource)),
      [],
      'variable',
    );
  }
  return { title: text(field(spec, 'title')), queries: queries, variables };

  function addLinks(links: readonly Link[], titles: readonly string[]) {
    for (const { title, url } of links) {
      for (const query of linkedQueries(url)) {
        add(query, resolve(query.dataSource), withOuter(title, titles), 'link');
      }
    }
  }
}

/** Uids of the library panels that a dashboard, or a library panel, stands on. */
export function libraryUids(model: unknown): string[] {
  const panels = [...listPanels(readSpec(model)), readPanel(libraryModel(model), [])];
  return [...new Set(panels.flatMap(({ library }) => library ?? []))];
}

/** A resource carries its model in `spec`. */
function readSpec(model: unknown): unknown {
  return isRecord(field(model, 'spec')) && !Array.isArray(field(model, 'panels'))
    ? field(model, 'spec')
    : model;
}

function listPanels(spec: unknown): Panel[] {
  return isV2(spec) ? v2Panels(spec) : classicPanels(spec);
}

/** The panel that a library panel stands for, under the title that it has here. */
function expand(panel: Panel, library: Surroundings['library'], depth = 0): Panel[] {
  if (panel.library === null || panel.queries.length > 0) return [panel];
  const model = library.get(panel.library);
  if (model === undefined || depth >= MAX_LIBRARY_DEPTH) return [panel];
  const inner = readPanel(libraryModel(model), []);
  const titles = [...new Set([...panel.titles, ...inner.titles])];
  return expand({ ...inner, titles, links: [...panel.links, ...inner.links] }, library, depth + 1);
}

/** `{result: {model}}` as the API answers, `{model}` as it lists, or the panel itself. */
function libraryModel(value: unknown): unknown {
  const result = field(value, 'result') ?? value;
  return field(result, 'model') ?? result;
}

function readQuery(query: unknown) {
  return {
    profileTypeId: text(field(query, 'profileTypeId')),
    selector: text(field(query, 'labelSelector')),
    groupBy: texts(field(query, 'groupBy')),
  };
}
