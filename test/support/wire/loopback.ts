import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deliver, type FaultBoard, type Faults, faultBoard } from './faults.js';

/** A request as it came over the wire. */
export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  /**
   * Name of the request: the RPC (`SelectSeries`), or the route (`GET /api/search`, `proxy SelectSeries`).
   */
  name: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** As sent. */
  body: Buffer;
  /** The body as JSON, whichever way it was encoded; null where it is none. */
  message: unknown;
}

/** Requests that a server got, so that tests can watch the wire. */
export interface Requests {
  /** In the order of arrival. */
  readonly log: readonly SeenRequest[];
  /** Number of requests of one name, or of all. */
  count(name?: string): number;
  /** Number of requests by name. */
  counts(): Record<string, number>;
  /** The most requests that were open at once, from their arrival to the end of their answer. */
  mostInFlight(): number;
  /** Requests that are open now: neither answered in full nor given up by the client. */
  inFlight(): number;
  clear(): void;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer | string;
}

/** An answer that is passed on as it comes in. */
export type Passing = (response: ServerResponse) => void;

export interface Loopback {
  /** Without a trailing slash. */
  url: string;
  requests: Requests;
  faults: Faults;
  /** Cuts all connections, those of faults that never end among them. */
  close(): Promise<void>;
}

export interface Routes {
  /** The name under which a request is counted and faults are set. */
  getName(method: string, path: string): string;
  answer(request: SeenRequest): Promise<Reply | Passing>;
}

/**
 * An HTTP server on a free port of the loopback interface, with a log of its requests and switchable faults.
 */
export async function startLoopback({ getName, answer }: Routes): Promise<Loopback> {
  const board: FaultBoard = faultBoard();
  const { requests, arrive } = requestLog();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    const name = getName(method, url);
    response.once('close', arrive());
    const seen: SeenRequest = {
      method,
      path: url,
      name,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([key, value]) => [key, String(value)]),
      ),
      body: Buffer.alloc(0),
      message: null,
    };
    requests.log.push(seen);
    seen.body = await readBody(request);
    seen.message = parseJson(seen.body);
    await deliver(board.take(name, seen.body), response, () => answer(seen));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A bug of the test server must not look like an answer of the real one.
      if (!response.headersSent) response.writeHead(599, { 'content-type': 'text/plain' });
      response.end(`test server failed: ${error instanceof Error ? error.stack : error}`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // A TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    faults: board.faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function requestLog(): { requests: Requests & { log: SeenRequest[] }; arrive(): () => void } {
  const log: SeenRequest[] = [];
  let open = 0;
  let most = 0;
  const counts = (): Record<string, number> => {
    const byName: Record<string, number> = {};
    for (const { name } of log) byName[name] = (byName[name] ?? 0) + 1;
    return byName;
  };
  return {
    requests: {
      log,
      count: (name) => (name === undefined ? log.length : (counts()[name] ?? 0)),
      counts,
      mostInFlight: () => most,
      inFlight: () => open,
      clear() {
        log.length = 0;
        most = open;
      },
    },
    arrive() {
      open++;
      most = Math.max(most, open);
      return () => {
        open--;
      };
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
