import type { Profile } from '../profile/model.js';
import type { GrafanaPlace } from './place.js';

/** Unix milliseconds, both ends included: a profile stamped exactly `to` counts. */
export interface Window {
  from: number;
  to: number;
}

/** One condition of a label selector. Regular expressions are RE2 and match the whole value. */
export interface Matcher {
  name: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

export type Labels = Readonly<Record<string, string>>;

/** Which profiles are meant: all matchers hold and the time stamp lies in the window. */
export interface SeriesQuery {
  matchers: readonly Matcher[];
  window: Window;
}

/** The same for one profile type (five parts, `name:sample_type:unit:period_type:period_unit`). */
export interface ProfileQuery extends SeriesQuery {
  profileTypeId: string;
}

/** Number of stored profiles of one label set. */
export interface SnapshotCount {
  labels: Labels;
  profiles: number;
}

/**
 * Sum of all sample values per step. A point at `time` covers `(time - step, time]`; steps without data have
 * none.
 */
export interface TimeSeries {
  labels: Labels;
  points: { time: number; value: number }[];
}

export interface MergedProfile {
  /** Sum of all profiles of the query, untruncated; no stacks when nothing matched. */
  profile: Profile;
  /** What a reader must know about how it came about (files left out, counters differenced). */
  notes: readonly string[];
  /** Seconds of profiling in the merge, all instances together, where the store knows it; else null. */
  profiledSeconds: number | null;
  /** Whether the values count since the process started, so that they say nothing about the window. */
  sinceStart?: boolean;
}

/** What can be had of a merge that is too large to be read whole. */
export interface ReducedMerge {
  /**
   * All stacks, each cut to its call sites nearest to the leaf before they were merged: the own cost of every
   * function is exact, and so are its callers within them; nothing is known of what lies above.
   */
  leaves: Profile;
  /** Number of these call sites; inlined functions share one. */
  callSites: number;
  /**
   * The call tree from the entry points, by function only, without its light branches: those are put together
   * as callees named `other`. Totals in it are lower bounds. Null where the store did not give one.
   */
  tree: Profile | null;
}

/**
 * The view of a store that credentials give. Two views that differ in anything never share what is
 * remembered.
 */
export interface SourceOwner {
  /** Address of the server. */
  origin: string;
  /** Organisation or tenant; null for the default. */
  org: string | null;
  /** Uid of the data source. */
  source: string;
  /**
   * Everything that the server is shown to be let in, as it is at the moment: a token in a file may be
   * rotated.
   * @throws UserError when it cannot be read
   */
  credential(): Promise<readonly (string | null)[]>;
}

/**
 * Where profiles come from. Everything above is the same code whatever the kind. Every method throws
 * UpstreamError when the store fails, and stops when the signal is aborted; nothing matching is an empty
 * answer.
 */
export interface ProfileSource {
  readonly name: string;
  readonly uid: string;
  /** What people call this kind of source: `files`, `pyroscope`, `grafana`. Only shown, never asked. */
  readonly kind: string;
  /**
   * Whether profiles keep arriving, as in a server. A source at rest, as a directory, knows its range exactly
   * and is looked at whole.
   */
  readonly isLive: boolean;
  /** How the source is reached, without secrets, for the doctor. */
  readonly description?: string;
  /** Whose view of the store the answers are; left out where answers are not worth keeping. */
  readonly owner?: SourceOwner;
  /** Where people look at this source in their Grafana; links are built from it. */
  readonly place?: GrafanaPlace;
  /** Names of the labels of the matching series, private ones (`__…__`) left out. Sorted. */
  labelNames(query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /** Values of one label over the matching series. Sorted. `__profile_type__` lists type ids. */
  labelValues(name: string, query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /** Distinct combinations of the named labels; a label that a series lacks is left out of its row. */
  series(labelNames: readonly string[], query: SeriesQuery, signal: AbortSignal): Promise<Labels[]>;
  /** Ids of the types by which profiles ask to be read (`default_sample_type`), the newest profile's last. */
  preferredTypes?(query: SeriesQuery, signal: AbortSignal): Promise<string[]>;
  /** The merge of all matching profiles. */
  profile(query: ProfileQuery, signal: AbortSignal): Promise<MergedProfile>;
  /**
   * The merge as far as it can be had where the whole is too large; what has not come by `soon` is left out.
   * Missing where a source has whole profiles only.
   */
  reduced?(query: ProfileQuery, soon: AbortSignal, signal: AbortSignal): Promise<ReducedMerge>;
  /** How many profiles the merge holds, per combination of the `groupBy` labels. */
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
   * Time stamps of the oldest and newest profile, in Unix ms; null where the store holds nothing or does not
   * say (a hint: a Pyroscope server may lag by tens of minutes, so never conclude "no data" from it).
   */
  dataRange(signal: AbortSignal): Promise<{ oldest: number; newest: number } | null>;
  /**
   * The oldest time that the store answers about, Unix ms: what lies before it leaves out without a word.
   * Null where there is no such limit, or none is known. Left out where there can be none.
   */
  reachesBack?(signal: AbortSignal): Promise<number | null>;
  /** How many requests a question about a window takes, as far as it is known; 1 where left out. */
  requestsFor?(window: Window): number;
  /** What an operator should mend, in words: files that cannot be read. Empty when all is well. */
  problems(signal: AbortSignal): Promise<string[]>;
  close(): Promise<void>;
}
