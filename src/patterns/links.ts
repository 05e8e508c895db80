import type { DataSourceRef } from './data-source.js';
import { readDrilldownPage } from './pages/drilldown.js';
import { readExplorePanes } from './pages/explore.js';
import type { PageQuery } from './pages/page.js';
import { readPyroscopePage } from './pages/pyroscope-page.js';

/** A profile query that a link opens. */
export interface LinkedQuery {
  dataSource: DataSourceRef | null;
  profileTypeId: string;
  selector: string;
  groupBy: readonly string[];
}

/**
 * The profile queries behind a link of a dashboard: Explore (`panes=` and the older `left=`), Profiles
 * Drilldown (`var-…`) and Pyroscope's own pages (`query=`). Empty for any other address. Nothing is ever
 * requested from it.
 */
export function linkedQueries(url: string): LinkedQuery[] {
  const query = url.indexOf('?');
  if (query < 0) return [];
  const parameters = new URLSearchParams(url.slice(query + 1).replace(/#.*$/s, ''));
  return readPageQueries(url.slice(0, query), parameters)
    .filter(({ profileTypeId }) => profileTypeId !== '')
    .map(({ dataSource, profileTypeId, selector, groupBy }) => ({
      dataSource,
      profileTypeId,
      selector,
      groupBy,
    }));
}

function readPageQueries(path: string, parameters: URLSearchParams): readonly PageQuery[] {
  if (path.includes('/grafana-pyroscope-app/')) return [readDrilldownPage(parameters).query];
  const panes = readExplorePanes(parameters);
  if (panes !== null) return panes.flatMap(({ queries }) => queries);
  const page = readPyroscopePage('/', parameters);
  // A query of other data has no type id; a selector that is not closed was cut off.
  return page === null || !page.query.profileTypeId.includes(':') || !page.query.selector.endsWith('}')
    ? []
    : [page.query];
}
