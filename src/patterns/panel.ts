import type { DataSourceRef } from './data-source.js';
import { readDataSource } from './data-source.js';
import { field, list, text } from './json.js';

/** A panel of any version of the model, as far as it matters here. */
export interface Panel {
  /** Its own title, then those of the rows and tabs around it, the nearest first. */
  titles: readonly string[];
  dataSource: DataSourceRef | null;
  queries: readonly PanelQuery[];
  /** Links on the panel and on its data. */
  links: readonly Link[];
  /** Uid of the library panel that it stands for; null where it has its own model. */
  library: string | null;
}

export interface Link {
  title: string;
  url: string;
}

export interface PanelQuery {
  dataSource: DataSourceRef | null;
  hidden: boolean;
  /** The query's own fields: `profileTypeId`, `labelSelector`, `groupBy`. */
  spec: unknown;
}

/** Panels and rows read of one dashboard. */
export const MAX_PANELS = 2_000;
/** Queries and links read of one panel. */
export const MAX_QUERIES = 100;
/** Titles kept of what surrounds a panel. */
const MAX_OUTER_TITLES = 3;

/** A panel of the classic model; library panels have the same form. */
export function readPanel(panel: unknown, outerTitles: readonly string[]): Panel {
  return {
    titles: withOuter(text(field(panel, 'title')), outerTitles),
    dataSource: readDataSource(field(panel, 'datasource')),
    queries: list(field(panel, 'targets')).slice(0, MAX_QUERIES).map(readTarget),
    links: [
      ...readLinks(field(panel, 'links')),
      ...readLinks(field(panel, 'fieldConfig', 'defaults', 'links')),
    ],
    library: text(field(panel, 'libraryPanel', 'uid')) || null,
  };
}

function readTarget(target: unknown): PanelQuery {
  return {
    dataSource: readDataSource(field(target, 'datasource')),
    hidden: field(target, 'hide') === true,
    spec: target,
  };
}

/** The links of a list that lead somewhere. */
export function readLinks(links: unknown): Link[] {
  return list(links)
    .slice(0, MAX_QUERIES)
    .map((link) => ({ title: text(field(link, 'title')), url: text(field(link, 'url')) }))
    .filter(({ url }) => url !== '');
}

/** Titles from the panel outwards: its own, then those of the rows and tabs around it; without empty ones. */
export function withOuter(title: string, outer: readonly string[]): string[] {
  return [title, ...outer].filter((entry) => entry !== '').slice(0, 1 + MAX_OUTER_TITLES);
}
