import { ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server';
import { type Progress, progressText } from '../query/context.js';
import type { ServedRequest } from '../telemetry/spans.js';
import { preferTrace, readTrace } from '../telemetry/trace.js';
import type { CallFailure } from './call.js';

/**
 * Aborts when the caller gives the call up. The SDK ends a call over HTTP of the older protocols only with a
 * connection that closes after the call has begun.
 */
export function callerSignal({ mcpReq, http }: ServerContext): AbortSignal {
  const connection = http?.req?.signal;
  return connection === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, connection]);
}

/**
 * Describes a request for its span, with the trace that it belongs to: that of the message, else of the HTTP
 * request that it came with.
 * @param target name of the tool or prompt, which exists; null for a resource
 */
export function describeRequest(
  method: ServedRequest['method'],
  target: string | null,
  { mcpReq, http }: ServerContext,
): ServedRequest {
  const meta = new Map(Object.entries(mcpReq._meta ?? {}));
  const headers = http?.req?.headers;
  const ofMessage = readTrace((name) => meta.get(name));
  return {
    method,
    target,
    requestId: mcpReq.id,
    transport: http === undefined ? 'stdio' : 'http',
    trace: preferTrace(
      ofMessage,
      readTrace((name) => headers?.get(name)),
    ),
    isTracedByMessage: ofMessage.traceparent !== undefined,
  };
}

/** Progress notifications for a request that came with a token; undefined for one without. */
export function progressTo({ _meta, notify }: ServerContext['mcpReq']): Progress | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return (progress, goal) => {
    const total = goal === undefined ? {} : { total: goal.total };
    const params = { progressToken, progress, ...total, message: progressText(progress, goal) };
    // A client that does not listen any more must not fail the call.
    notify({ method: 'notifications/progress', params }).catch(() => {});
  };
}

/** The failure of a call that reads a resource, as the protocol reports it. */
export function buildCallError({ outcome, failure }: CallFailure): ProtocolError {
  const code = outcome === 'refused' ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
  return new ProtocolError(code, failure);
}
