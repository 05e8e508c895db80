import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { PACKAGE } from '../version.js';
import { type CallOutcome, type Meter, OPERATIONS, type UpstreamSource } from './meter.js';

/**
 * Bytes of an answer a token takes: whole answers of this repository have 2.3 to 4.4 with o200k_base, 2.9 on
 * average.
 */
export const BYTES_PER_TOKEN = 2.9;
/** Seconds: from an answer out of memory to the default deadline of a call. */
const CALL_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45];
/** Seconds, up to the default deadline of a request. */
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Buckets in seconds: a text takes no time, and completion waits for names for up to 2 s. */
const OPERATION_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 5];
/** Buckets in seconds that the OpenTelemetry conventions for MCP name. */
const CONVENTION_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
/** The label of a tool that is not in the table. */
const UNKNOWN = 'unknown';

/** Everything that is counted, in the text format of Prometheus. */
export interface Metrics {
  meter: Meter;
  contentType: string;
  render(): Promise<string>;
  /** Describes each metric for the docs. */
  describe(): Promise<readonly { name: string; type: string; help: string }[]>;
}

/**
 * Metrics of this process. Labels have few values: tools of the table, outcomes, kinds of source, routes of a
 * fixed list, names of configured stores; never a service, an address or anything else of a caller.
 *
 * @param tools names of the tools there are
 * @param resources names of resources whose reading is a call
 */
export function createMetrics(tools: readonly string[], resources: readonly string[] = []): Metrics {
  const register = new Registry();
  const registers = [register];
  const known = new Set([...tools, ...resources]);

  const calls = new Counter({
    name: 'pyroscope_mcp_calls_total',
    help: 'Calls of tools that ended',
    labelNames: ['tool', 'outcome'] as const,
    registers,
  });
  const errors = new Counter({
    name: 'pyroscope_mcp_call_errors_total',
    help: 'Calls that ended with an error, by its class: the kind of upstream failure, refused, deadline, cancelled, internal_error',
    labelNames: ['class'] as const,
    registers,
  });
  const callSeconds = new Histogram({
    name: 'pyroscope_mcp_call_duration_seconds',
    help: 'How long calls took, all outcomes',
    labelNames: ['tool'] as const,
    buckets: CALL_SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: 'pyroscope_mcp_calls_in_flight',
    help: 'Calls that are being answered',
    registers,
  });
  const bytes = new Counter({
    name: 'pyroscope_mcp_answer_bytes_total',
    help: 'UTF-8 bytes of answers, errors included',
    labelNames: ['tool'] as const,
    registers,
  });
  const tokens = new Counter({
    name: 'pyroscope_mcp_answer_tokens_estimated_total',
    help: `Tokens of answers, estimated as bytes / ${BYTES_PER_TOKEN}`,
    labelNames: ['tool'] as const,
    registers,
  });
  const requests = new Counter({
    name: 'pyroscope_mcp_upstream_requests_total',
    help: 'Requests to profile stores and Grafana that ended',
    labelNames: ['source', 'store', 'route', 'outcome'] as const,
    registers,
  });
  const requestSeconds = new Histogram({
    name: 'pyroscope_mcp_upstream_request_duration_seconds',
    help: 'How long those requests took, all outcomes',
    labelNames: ['source', 'store', 'route'] as const,
    buckets: REQUEST_SECONDS,
    registers,
  });
  const notRead = new Counter({
    name: 'pyroscope_mcp_parts_not_read_total',
    help: 'Parts of answers, such as a profile type, that could not be read: the kind of upstream failure, no_time, no_request_left',
    labelNames: ['reason'] as const,
    registers,
  });
  const schema = new Counter({
    name: 'pyroscope_mcp_schema_answers_total',
    help: 'Questions about services, labels and types: hit (remembered), miss (the source was asked), stale (an old answer)',
    labelNames: ['result'] as const,
    registers,
  });
  const recent = new Counter({
    name: 'pyroscope_mcp_recent_answers_total',
    help: 'Questions about profiles: hit (asked a moment ago), joined (being asked already), miss, unsettled (a window that reaches near now: always asked)',
    labelNames: ['result'] as const,
    registers,
  });
  const operations = new Counter({
    name: 'pyroscope_mcp_operations_total',
    help: 'Requests of clients other than tool calls: prompts filled in, names completed, the guide read',
    labelNames: ['operation', 'outcome'] as const,
    registers,
  });
  const operationSeconds = new Histogram({
    name: 'pyroscope_mcp_operation_duration_seconds',
    help: 'How long those took, all outcomes',
    labelNames: ['operation'] as const,
    buckets: OPERATION_SECONDS,
    registers,
  });
  const served = new Histogram({
    name: 'mcp_server_operation_duration_seconds',
    help: 'The same calls and requests by the OpenTelemetry conventions for MCP (mcp.server.operation.duration)',
    labelNames: ['mcp_method_name', 'gen_ai_tool_name', 'error_type'] as const,
    buckets: CONVENTION_SECONDS,
    registers,
  });
  const responses = new Counter({
    name: 'pyroscope_mcp_http_responses_total',
    help: 'Answers over HTTP, by path and status; status none: the connection ended before the answer did',
    labelNames: ['path', 'status'] as const,
    registers,
  });
  const turnedAway = new Counter({
    name: 'pyroscope_mcp_http_connections_refused_total',
    help: 'Connections that were turned away, since there were too many',
    registers,
  });
  const open = new Gauge({
    name: 'pyroscope_mcp_breakers_open',
    help: 'Sources that are not asked at the moment, since they failed again and again',
    labelNames: ['source', 'store'] as const,
    registers,
  });
  const opened = new Counter({
    name: 'pyroscope_mcp_breaker_opened_total',
    help: 'How often a source failed so often that it got no requests for a while',
    labelNames: ['source', 'store'] as const,
    registers,
  });
  const info = new Gauge({
    name: 'pyroscope_mcp_build_info',
    help: 'Always 1; the version is a label',
    labelNames: ['version'] as const,
    registers,
  });
  inFlight.set(0);
  info.set({ version: PACKAGE.version }, 1);
  for (const source of ['pyroscope', 'grafana']) {
    open.set({ source }, 0);
    opened.inc({ source }, 0);
  }
  for (const result of ['hit', 'miss', 'stale']) schema.inc({ result }, 0);
  for (const result of ['hit', 'joined', 'miss', 'unsettled']) recent.inc({ result }, 0);
  for (const operation of OPERATIONS) operations.inc({ operation, outcome: 'answered' }, 0);
  // The series exist from the start, so that the first refusal is an increase that an alert can see.
  for (const status of [401, 403, 408, 413, 429, 503]) responses.inc({ path: 'mcp', status }, 0);
  collectDefaultMetrics({ register });

  const meter: Meter = {
    call(name) {
      const tool = known.has(name) ? name : UNKNOWN;
      inFlight.inc();
      return (end) => {
        inFlight.dec();
        calls.inc({ tool, outcome: end.outcome });
        if (end.error !== null) errors.inc({ class: end.error });
        callSeconds.observe({ tool }, end.seconds);
        const method = resources.includes(name)
          ? { mcp_method_name: 'resources/read' }
          : { mcp_method_name: 'tools/call', gen_ai_tool_name: tool };
        served.observe({ ...method, ...nameErrorType(end.outcome) }, end.seconds);
        bytes.inc({ tool }, end.bytes);
        tokens.inc({ tool }, Math.round(end.bytes / BYTES_PER_TOKEN));
      };
    },
    upstream({ source, store, route, outcome, seconds }) {
      requests.inc({ ...nameSource(source, store), route, outcome });
      requestSeconds.observe({ ...nameSource(source, store), route }, seconds);
    },
    notRead: (reason) => notRead.inc({ reason }),
    schema: (result) => schema.inc({ result }),
    recent: (result) => recent.inc({ result }),
    operation({ operation, outcome, seconds }) {
      operations.inc({ operation, outcome });
      operationSeconds.observe({ operation }, seconds);
      const error = outcome === 'answered' ? {} : { error_type: outcome };
      served.observe({ mcp_method_name: operation, ...error }, seconds);
    },
    http: (path, status) => responses.inc({ path, status: status ?? 'none' }),
    turnedAway: () => turnedAway.inc(),
    breaker(source, isOpen, store) {
      const labels = nameSource(source, store);
      if (isOpen) {
        open.inc(labels);
        opened.inc(labels);
      } else open.dec(labels);
    },
  };
  return {
    meter,
    contentType: register.contentType,
    render: () => register.metrics(),
    async describe() {
      const all = await register.getMetricsAsJSON();
      return all.map(({ name, type, help }) => ({ name, type: String(type), help }));
    },
  };
}

/** Labels of a source; one that flags configure has no label of a store, as before there were stores. */
function nameSource(source: UpstreamSource, store: string | undefined) {
  return store === undefined ? { source } : { source, store };
}

/** The conventions call every error that is a result of a tool by one name; ours tell more. */
function nameErrorType(outcome: CallOutcome): { error_type?: string } {
  if (outcome === 'answered') return {};
  return { error_type: outcome === 'cancelled' ? 'cancelled' : 'tool_error' };
}
