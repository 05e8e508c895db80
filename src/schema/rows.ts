/** Names the form of what is kept: it changes with that form. */
export const ROWS_FORM = 'rows-1';
/** Rows that have not changed for so long are forgotten, milliseconds. */
export const ROWS_KEPT_MS = 90 * 86_400_000;

/** A change of rows: some are written, others dropped. */
export interface RowChange {
  put: ReadonlyMap<string, string>;
  drop: readonly string[];
}

/**
 * Small texts by name, kept for months, of one owner. Several processes may change them at once: none of them
 * undoes the change of another row.
 */
export interface KeptRows {
  /** @throws Error of the file system or the server */
  read(): Promise<ReadonlyMap<string, string>>;
  /** @throws Error of the file system or the server */
  change(changeOf: (rows: ReadonlyMap<string, string>) => RowChange): Promise<void>;
}

/** A place for rows, shared by all owners of a process. */
export interface RowStore {
  rowsFor(identity: string): KeptRows;
  close(): Promise<void>;
}
