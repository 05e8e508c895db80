import type { Attributes, Context, Link, Span, SpanContext } from '@opentelemetry/api';
import { parseParent, type TraceContext, traceHeaders, withTrace } from './trace.js';

// Spans by the OpenTelemetry conventions for MCP (docs/gen-ai/mcp.md of semantic-conventions-genai) and for
// HTTP clients. They exist only where the operator loads an OpenTelemetry SDK into the process
// (`node --import`); its settings say where they go.

type Api = typeof import('@opentelemetry/api');

/**
 * Key of the global object at which an SDK registers, with one entry for each signal. The package of the API
 * is loaded only then: it costs a start some milliseconds. It is pinned to an old version, since it finds
 * only an SDK whose API is not older than itself.
 */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');
/** With this key in a context, instrumentation of HTTP clients leaves requests alone: they have our spans. */
const SUPPRESS = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** The API, and the name under which the spans are ours; null until there is an SDK. */
let opened: { api: Api; scope: { name: string; version: string } } | null = null;

async function open() {
  const [api, { PACKAGE }] = await Promise.all([import('@opentelemetry/api'), import('../version.js')]);
  return { api, scope: PACKAGE };
}

function hasSdk(): boolean {
  const registered: unknown = Reflect.get(globalThis, REGISTERED);
  return typeof registered === 'object' && registered !== null && 'trace' in registered;
}

/** An MCP request as its span describes it. */
export interface ServedRequest {
  method: 'tools/call' | 'prompts/get' | 'resources/read';
  /** Name of the tool or prompt, from our own tables; null for a resource. */
  target: string | null;
  /** Id of the JSON-RPC request. */
  requestId: string | number;
  transport: 'http' | 'stdio';
  /** Trace context in the message, else in the head of its HTTP request. */
  trace: TraceContext;
  /** Whether the message itself carries it. */
  isTracedByMessage: boolean;
}

/**
 * Serves a request in a span of its own, which continues the trace of the caller; what the work asks of
 * others belongs to the span. Without an SDK the work is done in the trace of the caller.
 *
 * @param isFailed whether a result is an error that the caller reads (`isError`)
 */
export async function serveInSpan<T>(
  request: ServedRequest,
  work: () => Promise<T>,
  isFailed: (result: T) => boolean = () => false,
): Promise<T> {
  if (!hasSdk()) return withTrace(request.trace, work);
  opened ??= await open();
  const { api } = opened;
  const { trace, context, SpanKind } = api;
  const ambient = context.active();
  const { parent, links } = findParent(api, request, ambient);
  const attributes = describeRequest(request);
  const name = request.target === null ? request.method : `${request.method} ${request.target}`;
  const span = getTracer(opened).startSpan(name, { kind: SpanKind.SERVER, attributes, links }, parent);
  return context.with(trace.setSpan(parent, span), () =>
    withTrace(carry(span.spanContext(), request.trace.baggage), async () => {
      try {
        const result = await work();
        if (isFailed(result)) fail(span, 'tool_error');
        return result;
      } catch (error) {
        fail(span, nameError(error));
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}

/** A request to a profile store or Grafana as its span describes it. */
export interface SentRequest {
  method: string;
  /** Name of the route, from a fixed list. */
  route: string;
  origin: URL;
}

/**
 * Sends a request in a span of its own, whose context the request carries. Without an SDK it carries that of
 * the call.
 */
export async function sendInSpan<T extends { status: number }>(
  request: SentRequest,
  work: () => Promise<T>,
): Promise<T> {
  if (opened === null || !hasSdk()) return work();
  const { trace, context, SpanKind } = opened.api;
  const { method, route, origin } = request;
  const attributes: Attributes = {
    'http.request.method': method,
    'server.address': origin.hostname,
    'server.port': Number(origin.port) || (origin.protocol === 'https:' ? 443 : 80),
  };
  const span = getTracer(opened).startSpan(`${method} ${route}`, { kind: SpanKind.CLIENT, attributes });
  const inside = trace.setSpan(context.active(), span).setValue(SUPPRESS, true);
  return context.with(inside, () =>
    withTrace(carry(span.spanContext(), traceHeaders().baggage), async () => {
      try {
        const answer = await work();
        span.setAttribute('http.response.status_code', answer.status);
        return answer;
      } catch (error) {
        const status = readStatus(error);
        if (status !== null) span.setAttribute('http.response.status_code', status);
        fail(span, nameError(error));
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}

/** HTTP status that a failure names; null for a request without an answer. */
function readStatus(error: unknown): number | null {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : null;
  return typeof status === 'number' ? status : null;
}

function getTracer({ api, scope }: NonNullable<typeof opened>) {
  return api.trace.getTracer(scope.name, scope.version);
}

/**
 * The context that the caller sent is the parent. That of the HTTP request, which the operator's
 * instrumentation may have continued already, is linked where the message has its own.
 */
function findParent(
  { trace, ROOT_CONTEXT, createTraceState }: Api,
  { trace: sent, isTracedByMessage }: ServedRequest,
  ambient: Context,
): { parent: Context; links: Link[] } {
  const current = trace.getSpanContext(ambient);
  if (current !== undefined && !isTracedByMessage) return { parent: ambient, links: [] };
  const links = current === undefined ? [] : [{ context: current }];
  const remote = parseParent(sent);
  if (remote === null) return { parent: ROOT_CONTEXT, links };
  const { tracestate } = sent;
  const spanContext = {
    ...remote,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  };
  return { parent: trace.setSpanContext(ROOT_CONTEXT, spanContext), links };
}

function describeRequest({ method, target, requestId, transport }: ServedRequest): Attributes {
  return {
    'mcp.method.name': method,
    'jsonrpc.request.id': String(requestId),
    ...(method === 'tools/call' && target !== null
      ? { 'gen_ai.tool.name': target, 'gen_ai.operation.name': 'execute_tool' }
      : {}),
    ...(method === 'prompts/get' && target !== null ? { 'gen_ai.prompt.name': target } : {}),
    ...(transport === 'http'
      ? { 'network.transport': 'tcp', 'network.protocol.name': 'http' }
      : { 'network.transport': 'pipe' }),
  };
}

/** The headers that carry a span to a server that is asked on its behalf. */
function carry({ traceId, spanId, traceFlags, traceState }: SpanContext, baggage: string | undefined) {
  const state = traceState?.serialize() ?? '';
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    ...(state === '' ? {} : { tracestate: state }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** @param type class of the error, from a fixed list */
function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: 2 });
}

/** Class of an error: the kind of an upstream failure, a JSON-RPC code, or the name of its class. */
function nameError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '_OTHER';
  if ('kind' in error && typeof error.kind === 'string') return error.kind;
  if ('code' in error && typeof error.code === 'number') return String(error.code);
  return error instanceof Error ? error.name : '_OTHER';
}
