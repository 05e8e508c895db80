import type { Labels, Matcher } from '../sources/source.js';
import type { Condition } from './asked/asked-query.js';
import type { ValueName } from './query.js';

/** A dashboard (or a data source that links traces to profiles) as a person finds it. */
export interface PatternPlace {
  uid: string;
  title: string;
  url: string | null;
}

/** A query that the team uses, learned from all the places where it stands. */
export interface QueryPattern {
  /** The data source it goes to; null where nothing says which. */
  sourceUid: string | null;
  /** Five parts; null where a variable chooses the type. */
  profileTypeId: string | null;
  /** Conditions with fixed values, sorted by label. */
  matchers: readonly Matcher[];
  /** Labels whose value a person chooses on the dashboard. Sorted. */
  variesBy: readonly string[];
  /** Last values of those labels, where each has one value. */
  current: Labels;
  groupBy: readonly string[];
  /** The team's words for it, the most used first. */
  titles: readonly string[];
  /** The newest first. */
  dashboards: readonly PatternPlace[];
  valueNames: readonly ValueName[];
  /** Last change of its newest place, or the last day on which it worked, Unix ms; null where unknown. */
  seen: number | null;
  /** Number of its places, each weighed by its age and by where in it the query stands. */
  score: number;
  /** Whether its type, labels and service exist; null where that is unknown. */
  valid: boolean | null;
  /**
   * Name of the thing that does not exist (any more), in words; null for a pattern that is not known to be
   * invalid.
   */
  reason: string | null;
  /** Days and conditions of a pattern that comes from calls of our own; left out for those of dashboards. */
  asked?: { days: number; conditions: readonly Condition[] };
}

/** The label that names the service in Pyroscope. */
export const SERVICE_LABEL = 'service_name';

/**
 * A service as its profiles are labelled: usually by `service_name`, else by the label that the team uses.
 */
export interface NamedService {
  label: string;
  value: string;
}

/** The service that a pattern is about; null where it is open or matched by a regular expression. */
export function findService(pattern: Pick<QueryPattern, 'matchers'>, label = SERVICE_LABEL): string | null {
  return pattern.matchers.find(({ name, op }) => name === label && op === '=')?.value ?? null;
}
