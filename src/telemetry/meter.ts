import type { NotReadReason, UpstreamKind } from '../errors.js';

/** Outcome of a tool call. */
export type CallOutcome =
  | 'answered'
  /** The caller can mend the call: an unknown argument, a missing service, a disabled source. */
  | 'refused'
  /** The profile store failed. */
  | 'upstream_failed'
  /** The deadline of the call was over. */
  | 'deadline'
  /** The caller gave up. */
  | 'cancelled'
  /** The server was stopped. */
  | 'stopped'
  /** A bug of this server. */
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
  /** Name of the configured store; missing where flags configure it. */
  store?: string;
  /** Kind of the request, from a fixed list of names. */
  route: string;
  outcome: 'ok' | 'cancelled' | UpstreamKind;
  seconds: number;
}

/** Origin of an answer about the schema. */
export type SchemaResult =
  | 'hit'
  /** The source was asked. */
  | 'miss'
  /** An old answer was given: the source is asked again in the background, or does not answer. */
  | 'stale';

/** Origin of an answer about profiles that may have been given a moment ago. */
export type RecentResult =
  | 'hit'
  /** A request that was already running. */
  | 'joined'
  | 'miss'
  /** The window reaches so near to now that its answers are not remembered. */
  | 'unsettled';

/** Methods other than tool calls that run code of this server. */
export const OPERATIONS = ['prompts/get', 'completion/complete', 'resources/read'] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface OperationEnd {
  operation: Operation;
  /** As for calls; `busy`: too many were under way. */
  outcome: 'answered' | 'refused' | 'busy' | 'upstream_failed' | 'deadline' | 'internal_error';
  seconds: number;
}

/** Paths over HTTP; `unread`: the head of the request, or its body in time, did not arrive. */
export type HttpPath = 'mcp' | 'healthz' | 'readyz' | 'metrics' | 'other' | 'unread';

/** Counts the events of this process. No argument names a service, a label or an address. */
export interface Meter {
  /** Counts the begin of a call; the returned function takes its outcome. */
  call(tool: string): (end: CallEnd) => void;
  upstream(end: UpstreamEnd): void;
  /** A part of an answer, such as a profile type, could not be read; the answer says so. */
  notRead(reason: NotReadReason): void;
  schema(result: SchemaResult): void;
  recent(result: RecentResult): void;
  operation(end: OperationEnd): void;
  /** @param status null: the connection ended before the answer did */
  http(path: HttpPath, status: number | null): void;
  /** Counts a connection that was refused because there are too many. */
  turnedAway(): void;
  /** Counts a source that gets no requests for a while because it failed, or gets them again. */
  breaker(source: UpstreamSource, open: boolean, store?: string): void;
}

/** Makes the meter of a configured store. */
export function nameStoreIn(meter: Meter, store: string | null): Meter {
  if (store === null) return meter;
  return {
    ...meter,
    upstream: (end) => meter.upstream({ ...end, store }),
    breaker: (source, open) => meter.breaker(source, open, store),
  };
}

/** Meter of processes without a scraper. */
export const NO_METER: Meter = {
  call: () => () => {},
  upstream() {},
  notRead() {},
  schema() {},
  recent() {},
  operation() {},
  http() {},
  turnedAway() {},
  breaker() {},
};

/** Counts the begin of an operation; the returned function takes its outcome. */
export function operationStarted(operation: Operation, meter: Pick<Meter, 'operation'>) {
  const started = performance.now();
  return (outcome: OperationEnd['outcome']) =>
    meter.operation({ operation, outcome, seconds: (performance.now() - started) / 1000 });
}
