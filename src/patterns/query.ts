import type { Labels, Matcher } from '../sources/source.js';

/** Place of a query on a dashboard, which says how much it tells about the team's habits. */
export type Origin = 'panel' | 'traces' | 'link' | 'variable' | 'hidden';

/** A profile query as it stands in a dashboard, variables and all. */
export interface WrittenQuery {
  /**
   * Uids of the Pyroscope data sources it may go to, the preferred one first; empty where nothing says which.
   */
  sources: readonly string[];
  profileTypeId: string;
  selector: string;
  groupBy: readonly string[];
  /** The team's words for it: title of the panel, of its row or tab. */
  titles: readonly string[];
  origin: Origin;
}

/** The team's word for a value of a label: an entry of a custom variable such as `Payments : pay-svc-v2`. */
export interface ValueName {
  label: string;
  value: string;
  word: string;
}

/** A profile query without its variables. */
export interface LearnedQuery {
  sources: readonly string[];
  /** Five parts; null where a variable chooses the type. */
  profileTypeId: string | null;
  /** Conditions with fixed values, sorted by label. */
  matchers: readonly Matcher[];
  /** Labels whose value a variable fills in. Sorted. */
  variesBy: readonly string[];
  /** Last values of those variables, where each has one value. */
  current: Labels;
  groupBy: readonly string[];
  titles: readonly string[];
  valueNames: readonly ValueName[];
  origin: Origin;
}
