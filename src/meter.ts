import type { UpstreamKind } from './errors.js';

/** How a call of a tool ended. */
export type CallOutcome =
  | 'answered'
  /** The caller can mend it: unknown argument, no such service, a disabled source. */
  | 'refused'
  /** The profile store failed. */
  | 'upstream_failed'
  /** The deadline of the call was over. */
  | 'deadline'
  /** The caller gave up. */
  | 'cancelled'
  /** The server was stopped. */
  | 'stopped'
  /** A bug. */
  | 'internal_error';

export interface CallEnd {
  outcome: CallOutcome;
  /** Class of the error: the kind of upstream failure, or the outcome; null for an answer. */
  error: UpstreamKind | Exclude<CallOutcome, 'answered' | 'upstream_failed'> | null;
  seconds: number;
  /** UTF-8 bytes of the answer. */
  bytes: number;
}

export type UpstreamSource = 'pyroscope' | 'grafana';

export interface UpstreamEnd {
  source: UpstreamSource;
  /** What was asked for, by a fixed list of names. */
  route: string;
  outcome: 'ok' | 'cancelled' | UpstreamKind;
  seconds: number;
}

/** Where a question about the schema was answered from. */
export type SchemaResult =
  | 'hit'
  /** The source was asked. */
  | 'miss'
  /** An old answer, while the source is asked anew or does not answer. */
  | 'stale';

/** Counts what happens in this process. Nothing that it is told names a service, a label or an address. */
export interface Meter {
  /** A call begins; what is given back is told how it ended. */
  call(tool: string): (end: CallEnd) => void;
  upstream(end: UpstreamEnd): void;
  schema(result: SchemaResult): void;
  /** A source is not asked for a while, because it failed; or is asked again. */
  breaker(source: UpstreamSource, open: boolean): void;
}

/** For processes that nobody scrapes. */
export const NO_METER: Meter = {
  call: () => () => {},
  upstream() {},
  schema() {},
  breaker() {},
};
