import type { IdSelection } from '../profile/ids.js';
import type { Profile } from '../profile/model.js';
import type { GrafanaPlace } from './place.js';

/** Unix milliseconds, both ends included: a profile stamped exactly `to` counts. */
export interface Window {
  from: number;
  to: number;
}

/** A condition of a label selector. Regular expressions are RE2 and match the whole value. */
export interface Matcher {
  name: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

export type Labels = Readonly<Record<string, string>>;

/** Selects profiles for which all matchers hold and whose time stamp lies in the window. */
export interface SeriesQuery {
  matchers: readonly Matcher[];
  window: Window;
}

/** Selects profiles of a single type (five parts, `name:sample_type:unit:period_type:period_unit`). */
export interface ProfileQuery extends SeriesQuery {
  profileTypeId: string;
  /**
   * Whether functions stay as the profiles name them, one per name, file and start line; else those with the
   * same normal name are one.
   */
  isApart?: boolean;
}

/** Selects profiles of a type, and of their samples those of some requests where `only` is given. */
export interface MergeQuery extends ProfileQuery {
  only?: IdSelection;
}

/** A single profile, or the samples of a span in a single profile. */
export interface Exemplar {
  /** Unix ms. */
  time: number;
  /** Sum of its values, in the unit of the profile type. */
  value: number;
  /** Labels that all of its samples share, without private ones. */
  labels: Labels;
  /** UUID; null for a span. */
  profileId: string | null;
  /** 16 hexadecimal digits; null for a profile. */
  spanId: string | null;
  /** 32 hexadecimal digits; null for a profile, or where the span was stored without its trace. */
  traceId: string | null;
}

export type ExemplarKind = 'profiles' | 'spans';

/** The heaviest profiles or spans of a window. */
export interface Exemplars {
  /** Heaviest first. */
  rows: Exemplar[];
  /** Number of all profiles, or of all pairs of a span and a profile, in the window. */
  counted: number;
  /** Notes for the reader, such as parts of the window that are left out. */
  notes: readonly string[];
}

/** Number of stored profiles of a label set. */
export interface SnapshotCount {
  labels: Labels;
  profiles: number;
}

/**
 * Sum of all sample values per step. A point at `time` covers `(time - step, time]`; a step without data has
 * no point.
 */
export interface TimeSeries {
  labels: Labels;
  points: { time: number; value: number }[];
}

export interface MergedProfile {
  /** Sum of all profiles of the query with all of their stacks; empty when nothing matched. */
  profile: Profile;
  /** Notes on how the profile was made, for the reader (files left out, counters subtracted). */
  notes: readonly string[];
  /** Seconds of profiling in the merge, summed over all instances; null where the store does not know. */
  profiledSeconds: number | null;
  /** Whether the values count since the process started, so that they say nothing about the window. */
  isSinceStart?: boolean;
  /** Whether the store gave names of functions alone, without files and lines. */
  isNamesOnly?: boolean;
}

/** A merge that is too large to be read whole, in two reduced forms. */
export interface ReducedMerge {
  /**
   * All stacks, each cut to the call sites nearest to its leaf. The own cost of every function is exact, and
   * so are its callers within these call sites; callers above them are unknown.
   */
  leaves: Profile;
  /** Number of these call sites; inlined functions share one. */
  callSites: number;
  /**
   * The call tree from the entry points, by function only. Light branches are merged into callees named
   * `other`, so totals are lower bounds. Null where the store did not give a tree.
   */
  tree: Profile | null;
}

/**
 * The view of a store that credentials give. Two views that differ in anything never share cache entries.
 */
export interface SourceOwner {
  /** Address of the server. */
  origin: string;
  /** Organisation or tenant; null for the default. */
  org: string | null;
  /** Uid of the data source. */
  source: string;
  /** Hash of the matchers that restrict the view to a part of the store; left out for the whole. */
  part?: string;
  /**
   * All credentials that are sent to the server, as they are at the moment: a token in a file may be rotated.
   * @throws UserError when it cannot be read
   */
  credential(): Promise<readonly (string | null)[]>;
}

/**
 * A store of profiles. Code that uses it does not depend on the kind of store. Every method throws
 * UpstreamError when the store fails, and stops when the signal is aborted; without a match the answer is
 * empty.
 */
export interface ProfileSource {
  readonly name: string;
  readonly uid: string;
  /** Name of the configured store that it belongs to; missing where flags configure the store. */
  readonly store?: string;
  /**
   * Name of this kind of source: `files`, `pyroscope`, `grafana`. It is only shown; no code depends on it.
   */
  readonly kind: string;
  /**
   * Whether profiles keep arriving, as in a server. A directory does not change, knows the range of its data
   * exactly and is searched whole.
   */
  readonly isLive: boolean;
  /** The source that this one is a view of; missing for a source of its own. */
  readonly original?: ProfileSource;
  /** Address of the source without secrets, for the doctor. */
  readonly description?: string;
  /** Identity for cache entries; left out where answers are not worth keeping. */
  readonly owner?: SourceOwner;
  /** Matchers that every query carries in addition to its own; left out where the whole store is seen. */
  readonly enforced?: readonly Matcher[];
  /** The page of this source in Grafana, from which links are built. */
  readonly place?: GrafanaPlace;
  /** Address of the server's own pages, without secrets; missing for a source without any. */
  readonly pages?: string;
  /** Sorted names of the labels of the matching series, without private ones (`__…__`). */
  labelNames(query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /** Sorted values of a label over the matching series. `__profile_type__` lists type ids. */
  labelValues(name: string, query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /** Distinct combinations of the named labels; a label that a series lacks is left out of its row. */
  series(labelNames: readonly string[], query: SeriesQuery, signal: AbortSignal): Promise<Labels[]>;
  /**
   * Ids of the default types that profiles declare (`default_sample_type`), that of the newest profile last.
   */
  preferredTypes?(query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /**
   * The merge of all matching profiles, or of the samples that `only` selects in them.
   * @throws UserError where the store cannot select by such ids
   */
  profile(query: MergeQuery, signal: AbortSignal): Promise<MergedProfile>;
  /**
   * The heaviest profiles or spans of a window, some thousand at most. Missing for a store that knows none.
   * @throws UserError where this version or mode of the store lists none
   */
  exemplars?(query: ProfileQuery, kind: ExemplarKind, signal: AbortSignal): Promise<Exemplars>;
  /**
   * A reduced merge, where the whole one is too large; parts that have not arrived by `soon` are left out.
   * Missing where a source has only whole profiles.
   */
  reduced?(query: ProfileQuery, soon: AbortSignal, signal: AbortSignal): Promise<ReducedMerge>;
  /** Number of profiles in the merge, per combination of the `groupBy` labels. */
  snapshots(query: ProfileQuery, groupBy: readonly string[], signal: AbortSignal): Promise<SnapshotCount[]>;
  /**
   * Sums over time per combination of the `groupBy` labels, heaviest first; `step` in seconds, points at `to
   * − k·step`.
   */
  timeSeries(
    query: ProfileQuery,
    options: { groupBy: readonly string[]; step: number; limit?: number },
    signal: AbortSignal,
  ): Promise<TimeSeries[]>;
  /**
   * Time stamps of the oldest and newest profile, in Unix ms; null where the store is empty or does not tell.
   * A Pyroscope server may lag by tens of minutes, so this never proves that there is no data.
   */
  dataRange(signal: AbortSignal): Promise<{ oldest: number; newest: number } | null>;
  /**
   * The store's lookback limit, Unix ms: it leaves older data out without an error. Null where there is no
   * limit, or where it is unknown. Missing for a kind of source that has none.
   */
  lookbackLimit?(signal: AbortSignal): Promise<number | null>;
  /** Number of requests that a question about a window takes, as far as known; 1 where missing. */
  requestsFor?(window: Window): number;
  /** Problems for the operator in words, such as files that cannot be read. Empty when all is well. */
  problems(signal: AbortSignal): Promise<string[]>;
  close(): Promise<void>;
}
