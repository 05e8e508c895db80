import { request as send } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A recorded request and its answer. */
export interface Exchange {
  name: string;
  request: {
    method: string;
    path: string;
    headers?: Readonly<Record<string, string>>;
    body?: unknown;
    bodyBase64?: string;
  };
  response: {
    status: number;
    headers: Readonly<Record<string, string>>;
    body?: unknown;
    bodyBase64?: string;
  };
}

export interface RawResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Inflated. */
  bytes: Buffer;
}

/** Sends a recorded request as it is, through a client that adds no header of its own. */
export async function replay(url: string, { request }: Pick<Exchange, 'request'>): Promise<RawResponse> {
  const { method, path, headers = {}, body, bodyBase64 } = request;
  const bytes = bodyBase64 === undefined ? toText(body) : Buffer.from(bodyBase64, 'base64');
  return new Promise((resolve, reject) => {
    const sent = send(`${url}${path}`, { method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => {
        const entries = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
        const headersSent = Object.fromEntries(entries);
        const raw = Buffer.concat(parts);
        resolve({
          status: answer.statusCode ?? 0,
          headers: headersSent,
          bytes: headersSent['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw,
        });
      });
    });
    sent.once('error', reject);
    sent.end(bytes);
  });
}

/** The body of a recorded answer, inflated. */
export function recordedBytes({ response }: Exchange): Buffer {
  if (response.bodyBase64 === undefined) return Buffer.from(toText(response.body) ?? '');
  const bytes = Buffer.from(response.bodyBase64, 'base64');
  return response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
}

/** A body as JSON, or as text where it is none. */
export function readBody(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

function toText(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === 'string' ? body : JSON.stringify(body);
}
