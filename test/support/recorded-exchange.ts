import { MockAgent } from 'undici';
import { expect } from 'vitest';
import { createTransport } from '../../src/sources/pyroscope/http/transport.js';

const ORIGIN = 'http://recorded.test';
const { signal } = new AbortController();

/** A recorded request with its answer. */
export interface Exchange {
  name: string;
  request: {
    method: 'GET' | 'POST' | 'PUT';
    path: string;
    headers: Record<string, string>;
    body?: unknown;
    bodyBase64?: string;
  };
  response: { status: number; headers: Record<string, string>; body?: unknown; bodyBase64?: string };
}

/** Sends the recorded request and returns what the transport makes of the recorded answer. */
export async function replay(exchange: Exchange): Promise<unknown> {
  const { transport, sent } = serveExchange(exchange);
  const { method, path, headers, body, bodyBase64 } = exchange.request;
  const contentType = headers['Content-Type'];
  const bytes = bodyBase64 === undefined ? null : Buffer.from(bodyBase64, 'base64');
  const recordedBytes =
    bytes ?? Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  try {
    if (method === 'POST' && contentType === 'application/json' && typeof body === 'object') {
      return await transport.post(path, body, { codec: 'json', signal });
    }
    if (method === 'POST' && contentType === 'application/proto' && bytes !== null) {
      return await transport.post(path, bytes, { codec: 'proto', signal });
    }
    const answer = await transport.send({
      method,
      path,
      signal,
      ...(method === 'GET' ? {} : { body: recordedBytes }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    return JSON.parse(String(answer.bytes));
  } finally {
    expect({ method: sent.method, path: sent.path, body: sent.body.toString() }).toEqual({
      method,
      path,
      body: recordedBytes.toString(),
    });
    expect(sent.headers['content-type']).toBe(contentType);
    expect(sent.headers['x-scope-orgid']).toBe(headers['X-Scope-OrgID']);
    expect(sent.headers.accept).toBe(headers.Accept ?? '*/*;allow-utf8-labelnames=true');
  }
}

/**
 * A transport whose server gives the recorded answer, twice where it is asked again, and what that server was
 * sent.
 */
export function serveExchange({ request, response }: Exchange) {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const sent = { method: '', path: '', body: Buffer.alloc(0), headers: {} as Record<string, string> };
  const body =
    response.bodyBase64 === undefined
      ? typeof response.body === 'string'
        ? response.body
        : JSON.stringify(response.body)
      : Buffer.from(response.bodyBase64, 'base64');
  agent
    .get(ORIGIN)
    .intercept({ path: () => true, method: () => true })
    .reply((options) => {
      const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
        name.toLowerCase(),
        String(value),
      ]);
      Object.assign(sent, {
        method: options.method,
        path: options.path,
        body: encodeBytes(options.body),
        headers: Object.fromEntries(headers),
      });
      return { statusCode: response.status, data: body, responseOptions: { headers: response.headers } };
    })
    .times(2);
  const { 'Content-Type': _, 'X-Scope-OrgID': tenant = null, ...headers } = request.headers;
  return { transport: createTransport({ url: ORIGIN, dispatcher: agent, tenant, headers }), sent };
}

function encodeBytes(body: unknown): Buffer {
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(typeof body === 'string' ? body : '');
}
