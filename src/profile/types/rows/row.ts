/** How the values of a type behave, and so how an investigation reads them. */
export type Nature =
  /** Time in which code runs or stands: shares of it are what functions cost. */
  | 'time'
  /** Something that adds up: bytes allocated, exceptions thrown. */
  | 'amount'
  /** A state at one moment: a merge of several adds up snapshots. */
  | 'level'
  /** Time that was lost in waiting for others. */
  | 'wait';

/** What a unit measures. */
export type Dimension = 'time' | 'bytes' | 'count';

/** A kind of profile that an agent, a collector or a converter sends. */
export interface TypeRow {
  /**
   * Short name for arguments and headlines. Several rows may share it: the same thing under different names.
   */
  alias: string;
  nature: Nature;
  dimension: Dimension;
  /** First part of the id, the preferred one first. A name that is not listed is another type. */
  names: readonly string[];
  /** Second part of the id. */
  sampleTypes: readonly string[];
  /** Period types (fourth part of the id) that the row demands; without it any. */
  periods?: readonly string[];
  /** The row needs another type with the same name and this sample type to be there as well. */
  beside?: string;
  meaning: string;
  /** Plural noun for what a count counts. */
  noun?: string;
  /** Whether waiting threads are part of it and set apart. */
  wallClock?: true;
  /** Alias of the type whose samples or events this one counts. */
  countsOf?: string;
  /** Who sends it, and where that is written down. */
  source: string;
}
