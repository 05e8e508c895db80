import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { fixture } from './ask.js';
import { readTranscript } from './grafana-transcript.js';

/** An exchange with a real Grafana, as far as these tests use it. */
export interface Exchange {
  name: string;
  request: { method: string; path: string; body: string | null };
  response: { status: number; headers: Readonly<Record<string, string>>; body: string };
}

export const VERSIONS = ['9.4', '12.3'] as const;
export type GrafanaVersion = (typeof VERSIONS)[number];

const TRANSCRIPTS = new Map(
  VERSIONS.map((version) => [
    version,
    readTranscript(pathToFileURL(fixture('recorded', 'grafana', `${version}.txt`))),
  ]),
);
/** Headers of the connection that was recorded, which the replay has to leave out. */
const OF_CONNECTION = ['content-length', 'transfer-encoding', 'content-encoding'];

/** An exchange by the name under which it was recorded; the first of that name. */
export function exchange(version: GrafanaVersion, name: string): Exchange {
  const recorded = TRANSCRIPTS.get(version)?.find((candidate) => candidate.name === name);
  if (recorded === undefined) throw new Error(`no exchange ${name} of ${version}`);
  const { request, response } = recorded;
  return {
    name,
    request: {
      method: request.method,
      path: request.path,
      body: typeof request.body === 'string' ? request.body : null,
    },
    response: {
      status: response.status,
      headers: Object.fromEntries(
        Object.entries(response.headers).filter(([header]) => !OF_CONNECTION.includes(header)),
      ),
      body: typeof response.body === 'string' ? response.body : '',
    },
  };
}

/** Answers as it was recorded. */
export function replay({ response: { status, headers, body } }: Exchange, response: ServerResponse): void {
  response.writeHead(status, headers).end(body);
}

/** Answers with JSON. */
export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export interface Stub {
  url: string;
  /** Every request that came in, the oldest first. */
  seen: { method: string; path: string; headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** A server that answers what the test says, and remembers what it was asked. */
export async function startStub(answer: RequestListener): Promise<Stub> {
  const seen: Stub['seen'] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, path: url, headers });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
