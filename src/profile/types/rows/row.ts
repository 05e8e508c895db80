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

/** The dimension of a unit. */
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
  /** Second part of the id, in any of its spellings. */
  sampleTypes: readonly string[];
  /** Period types (fourth part of the id) that the row fits; any where it is left out. */
  periods?: readonly string[];
  /** Sample type of another type with the same name, without which the row does not fit. */
  beside?: string;
  meaning: string;
  /** Plural noun for what a count counts. */
  noun?: string;
  /** Whether the values include waiting threads, which are set apart. */
  isWallClock?: true;
  /** Alias of the type whose samples or events this one counts. */
  countsOf?: string;
  /** The senders of the type, and the source files that say so. */
  source: string;
}
