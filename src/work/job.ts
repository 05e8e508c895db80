/** Functions over plain data that a thread may run, by name. */
// Only `never` as arguments lets functions of every signature into one table.
export type JobTable = Readonly<Record<string, (...args: never) => unknown>>;

/** A job as it is sent to a thread. */
export interface JobRequest<Name = string> {
  name: Name;
  args: readonly unknown[];
}

/**
 * The outcome of a job as a thread sends it. Errors lose their class on the way: `name` and `details` restore
 * it.
 */
export type ThreadOutcome =
  | { kind: 'done'; value: unknown }
  | {
      kind: 'failed';
      name: string;
      message: string;
      stack: string;
      details: Readonly<Record<string, unknown>>;
    };
