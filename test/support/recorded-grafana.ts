import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { fixture } from './ask.js';

const exchangeSchema = z.object({
  name: z.string(),
  request: z.object({ method: z.string(), path: z.string(), body: z.string().nullable() }),
  response: z.object({ status: z.number(), headers: z.record(z.string(), z.string()), body: z.string() }),
});
export type Exchange = z.output<typeof exchangeSchema>;

export const VERSIONS = ['9.4', '12.3'] as const;
export type GrafanaVersion = (typeof VERSIONS)[number];

const EXCHANGES = new Map(
  VERSIONS.map((version) => [
    version,
    z
      .array(exchangeSchema)
      .parse(JSON.parse(readFileSync(fixture('recorded', 'grafana', `${version}.json`), 'utf8'))),
  ]),
);

/** An exchange with a real Grafana, by the name under which it was recorded. */
export function exchange(version: GrafanaVersion, name: string): Exchange {
  const found = EXCHANGES.get(version)?.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no exchange ${name} of ${version}`);
  return found;
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
