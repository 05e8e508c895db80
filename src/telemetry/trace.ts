import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * W3C trace context and baggage of a caller, as headers of a request. Invalid values and all other headers
 * are left out.
 */
export interface TraceContext {
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly baggage?: string;
}

/** The call that some work belongs to. */
interface Call {
  /** Eight hexadecimal digits: joins the lines of the log, and the id that an internal error names. */
  readonly id?: string;
  readonly trace: TraceContext;
}

/**
 * Version, trace id, parent id, flags; ids of zeros and version ff are invalid
 * (https://www.w3.org/TR/trace-context/).
 */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const KEY = /^(?:[a-z][a-z\d_\-*/]{0,255}|[a-z\d][a-z\d_\-*/]{0,240}@[a-z][a-z\d_\-*/]{0,13})$/;
const STATE_VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_STATE = 512;
const MAX_STATE_MEMBERS = 32;
/** `token=value`, then properties, as https://www.w3.org/TR/baggage/ has it. */
const TOKEN = "[!#$%&'*+\\-.^_`|~\\dA-Za-z]+";
const OCTET = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]';
/**
 * Blanks after a value belong to the value: where they fit in two places, the time doubles with each
 * property.
 */
const VALUE = `=[ \\t]*(?:${OCTET}+[ \\t]*)?`;
const BAGGAGE_MEMBER = new RegExp(`^${TOKEN}[ \\t]*${VALUE}(?:;[ \\t]*${TOKEN}[ \\t]*(?:${VALUE})?)*$`);
/** Half of what the standard allows: a proxy in front of a store often refuses over 8 KiB of all headers. */
const MAX_BAGGAGE = 4_096;

const calls = new AsyncLocalStorage<Call>();

/**
 * The trace context in what a caller sent; values that break the format are dropped, and baggage from the
 * first member that does not fit.
 * @param sent reads a value by its name
 */
export function readTrace(sent: (name: 'traceparent' | 'tracestate' | 'baggage') => unknown): TraceContext {
  const traceparent = toText(sent('traceparent'));
  const valid = TRACEPARENT.test(traceparent);
  const tracestate = valid ? validState(toText(sent('tracestate'))) : '';
  const baggage = validBaggage(toText(sent('baggage')));
  return {
    ...(valid ? { traceparent } : {}),
    ...(tracestate === '' ? {} : { tracestate }),
    ...(baggage === '' ? {} : { baggage }),
  };
}

/**
 * Prefers the trace context of the message over that of its HTTP headers; parent and state are never mixed.
 */
export function preferTrace(first: TraceContext, second: TraceContext): TraceContext {
  const { baggage = second.baggage, ...preferred } = first;
  const { baggage: _, ...other } = second;
  return {
    ...(preferred.traceparent === undefined ? other : preferred),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** The span that a context names; null where it names none. */
export function parseParent({
  traceparent = '',
}: TraceContext): { traceId: string; spanId: string; traceFlags: number } | null {
  const [, traceId, spanId, flags = '00'] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

/** Does some work on behalf of a caller: its requests to profile stores carry the context. */
export function withTrace<T>(trace: TraceContext, work: () => T): T {
  return calls.run({ ...calls.getStore(), trace }, work);
}

/** Does the work of one call, within the trace of its caller if there is one. */
export function withCall<T>(id: string, work: () => T): T {
  return calls.run({ trace: calls.getStore()?.trace ?? {}, id }, work);
}

/**
 * The headers that a request to a profile store carries now. A request that several calls wait for carries
 * those of the call that began it.
 */
export function traceHeaders(): Record<string, string> {
  return { ...calls.getStore()?.trace };
}

/** Fields of a log line that name the call to which it belongs. */
export function callFields(): { call?: string; trace_id?: string } {
  const call = calls.getStore();
  const traceId = TRACEPARENT.exec(call?.trace.traceparent ?? '')?.[1];
  return {
    ...(call?.id === undefined ? {} : { call: call.id }),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
  };
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Takes the whole list or nothing: the rest of a damaged list would be another state. */
function validState(text: string): string {
  // Blanks and empty members do not count, but so many of them are no state.
  if (text.length > 8 * MAX_STATE) return '';
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = members.map((member) => member.slice(0, member.indexOf('=')));
  const valid =
    members.length <= MAX_STATE_MEMBERS &&
    new Set(keys).size === keys.length &&
    members.every((member, index) => {
      const key = keys[index] ?? '';
      return KEY.test(key) && STATE_VALUE.test(member.slice(key.length + 1));
    });
  const state = members.join(',');
  return valid && state.length <= MAX_STATE ? state : '';
}

function validBaggage(text: string): string {
  let kept = '';
  for (const part of text.slice(0, 2 * MAX_BAGGAGE).split(',')) {
    const member = part.trim();
    if (!BAGGAGE_MEMBER.test(member)) continue;
    const longer = kept === '' ? member : `${kept},${member}`;
    if (longer.length > MAX_BAGGAGE) break;
    kept = longer;
  }
  return kept;
}
