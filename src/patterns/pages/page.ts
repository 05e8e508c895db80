import type { DataSourceRef } from '../data-source.js';

/** Start and end as an address writes them: `now-1h`, an epoch or a date; null where it leaves one out. */
export interface PageRange {
  from: string | null;
  to: string | null;
}

/** A profile query as a page's address writes it. */
export interface PageQuery {
  dataSource: DataSourceRef | null;
  /** Id of five parts, or the short name of an older page; '' where the address names none. */
  profileTypeId: string;
  /** Selector as written; '' where the address has none. */
  selector: string;
  groupBy: readonly string[];
  range: PageRange;
  spanIds: readonly string[];
  profileIds: readonly string[];
  traceIds: readonly string[];
}

/** Kinds of pages that show profiles, by the names that people know. */
export type PageName = 'Grafana Explore' | 'Profiles Drilldown' | 'a Grafana dashboard' | 'Pyroscope';

/** The part of a page's address that says which profiles it shows. */
export interface Page {
  name: PageName;
  query: PageQuery;
  /** Other side of a page that compares; null for any other. */
  baseline: PageQuery | null;
  /** Parts of the address that say more than a query can hold, in words. */
  unused: readonly string[];
}

/** A query of which the address says nothing yet. */
export const NO_QUERY: PageQuery = {
  dataSource: null,
  profileTypeId: '',
  selector: '',
  groupBy: [],
  range: { from: null, to: null },
  spanIds: [],
  profileIds: [],
  traceIds: [],
};

/**
 * The value of the first parameter that is set; null where each is absent, empty or the word that an unset
 * variable leaves.
 */
export function readParameter(parameters: URLSearchParams, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = parameters.get(name)?.trim() ?? '';
    if (value !== '' && value !== 'undefined' && value !== 'null') return value.toWellFormed();
  }
  return null;
}

/** The range of two parameters. */
export function readRange(parameters: URLSearchParams, from: string, ...to: readonly string[]): PageRange {
  return { from: readParameter(parameters, from), to: readParameter(parameters, ...to) };
}

/** Ids in a list or a text with commas. */
export function splitIds(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(/[\s,|]+/)).filter((id) => id !== '' && id !== 'undefined');
}
