import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { UserError } from '../../errors.js';
import type { Log } from '../../telemetry/log.js';
import { type Meter, NO_METER } from '../../telemetry/meter.js';
import type { CallEnvironment } from '../call.js';
import { bracketed, checkExposure, namesOf } from './addresses.js';
import { refusal } from './answers.js';
import { createBearer } from './bearer.js';
import { dropBody, MAX_BODY_BYTES, readBody, tooLarge } from './body.js';
import { type CallLimitOptions, createCallLimits } from './call-limits.js';
import {
  boundConnections,
  CONNECTION_BOUNDS,
  type ConnectionBounds,
  closeQueuedResponses,
  waitForTurn,
} from './connections.js';
import { countResponses } from './count-responses.js';
import { createHttpFace, type HttpFace, type Operations } from './face.js';
import { closeGracefully, type ShutdownOptions } from './shutdown.js';
import { MCP_PATH, readTarget } from './target.js';

export interface HttpOptions {
  /** Address to bind; beyond loopback with tokens and names only. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Host names accepted in the Host header besides loopback. */
  hosts: readonly string[];
  /** Host names accepted in the Origin header besides loopback. */
  origins: readonly string[];
  /** Who is let in; by default everybody who reaches the address. */
  access?: { tokens: readonly string[]; tokenFile: string | null; allowUnauthenticated: boolean };
  /** By default calls are not limited. */
  limits?: CallLimitOptions;
  shutdown?: ShutdownOptions;
  bounds?: Partial<ConnectionBounds>;
  operations?: Operations;
  /** Told of every answer; nobody where it is left out. */
  meter?: Meter;
}

export interface HttpServer {
  /** With the port that was really taken. */
  url: string;
  /** Stops accepting, answers the calls in flight, ends those that take too long. */
  close(): Promise<void>;
}

const OPEN = { tokens: [], tokenFile: null, allowUnauthenticated: false };

/**
 * Serves MCP over HTTP until it is closed.
 *
 * @throws UsageError for an address that would be open to anybody, UserError when the port cannot be had
 */
export async function serveOverHttp(
  environmentOf: () => Promise<CallEnvironment>,
  log: Log,
  options: HttpOptions,
): Promise<HttpServer> {
  const { host, port, hosts, origins, access = OPEN, limits, operations, meter = NO_METER } = options;
  const authenticates = access.tokens.length > 0 || access.tokenFile !== null;
  checkExposure({ ...access, host, port, hosts, authenticates });
  const face = createHttpFace(environmentOf, log, {
    hosts: [...namesOf(host), ...hosts],
    origins,
    bearer: await createBearer(access, log),
    limits: limits === undefined ? null : await createCallLimits(limits),
    meter,
    ...(operations === undefined ? {} : { operations }),
  });
  const bounds = { ...CONNECTION_BOUNDS, ...options.bounds };
  const answer = answerWith(face, log);
  const answering = new Set<ServerResponse>();
  // Node.js would refuse a probe without a Host header by itself, and nothing would count the answer.
  const server = createServer({ ...bounds, requireHostHeader: false }, (request, response) => {
    // An open subscription never ends by itself: nobody waits for it when the server stops.
    if (request.headers['mcp-method'] !== 'subscriptions/listen') answering.add(response);
    response.once('close', () => answering.delete(response));
    void answer(request, response).catch((error: unknown) => {
      log.info(`http: request broken off: ${error instanceof Error ? error.message : error}`);
      response.destroy();
    });
  });
  boundConnections(server, bounds, log, meter);
  closeQueuedResponses(server);
  countResponses(server, meter);
  await listen(server, host, port);
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${bracketed(host)}:${taken}${MCP_PATH}`,
    close: () => closeGracefully(server, face, answering, options.shutdown),
  };
}

/** Passes requests of Node.js to the face; the body of a request is read only when its head is not refused. */
function answerWith(face: HttpFace, log: Log) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'POST' } = request;
    const target = readTarget(request);
    if ('fault' in target) {
      await dropBody(request);
      return send(response, refusal(400, target.fault));
    }
    // No request of the web can have this method.
    if (method === 'TRACE') return send(response, refusal(405, 'Use POST.'));
    const headers = { ...request.headers, host: target.host ?? undefined };
    const head = new Request(`http://localhost${target.path}`, { headers: webHeaders(headers) });
    const refused = await face.refuse(head);
    if (refused !== null) {
      await dropBody(request);
      return send(response, refused);
    }
    const body = await readBody(request);
    if (body === null) return send(response, tooLarge());
    if (!(await waitForTurn(response))) return;
    const chunks = async function* () {
      yield* body;
    };
    const peer = request.socket.remoteAddress;
    const handle = toNodeHandler(
      { fetch: (made) => face.fetch(made, peer) },
      { onerror: (error) => log.warn(`http: ${error.message}`), maxRequestBodySize: MAX_BODY_BYTES },
    );
    return handle({ method, url: target.path, headers, [Symbol.asyncIterator]: chunks }, response);
  };
}

function webHeaders(headers: IncomingMessage['headers']): Headers {
  const made = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const item of [value ?? []].flat()) made.append(name, item);
  }
  return made;
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  if (!(await waitForTurn(response))) return;
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), connection: 'close' });
  response.end(await answer.text());
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UserError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} of ${host} is in use.`
            : `Cannot listen on ${bracketed(host)}:${port} (${error.code ?? error.message}).`,
          'Choose another with --http [HOST:]PORT; port 0 takes a free one.',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
