import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { UserError } from '../../errors.js';
import type { Log } from '../../telemetry/log.js';
import { type Meter, NO_METER } from '../../telemetry/meter.js';
import type { EnvironmentOf } from '../caller.js';
import { bracketed, checkExposure, createBearer, listNames } from './auth.js';
import { type CallerAccess, withCallerCredentials } from './callers.js';
import {
  boundConnections,
  CONNECTION_BOUNDS,
  type ConnectionBounds,
  closeQueuedResponses,
  countResponses,
  waitForTurn,
} from './connections.js';
import { createHttpHandler, type HttpHandler, type Operations } from './handler.js';
import { type CallLimitOptions, createCallLimits } from './limits.js';
import type { OAuthAccess } from './oauth.js';
import { dropBody, MAX_BODY_BYTES, MCP_PATH, readBody, readTarget, tooLarge } from './request.js';
import { refusal } from './responses.js';

export interface HttpOptions {
  /** Address to bind; beyond loopback with tokens and names only. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Host names accepted in the Host header, in addition to loopback. */
  hosts: readonly string[];
  /** Host names accepted in the Origin header, in addition to loopback. */
  origins: readonly string[];
  /** Callers that are let in; by default every caller that reaches the address. */
  access?: { tokens: readonly string[]; tokenFile: string | null; allowUnauthenticated: boolean };
  /** Identity provider at which callers sign in; left out where they do not. */
  oauth?: OAuthAccess | null;
  /** Grafana credentials that requests bring; null where all use the server's own, which is the default. */
  callers?: CallerAccess | null;
  /** By default calls are not limited. */
  limits?: CallLimitOptions;
  shutdown?: ShutdownOptions;
  bounds?: Partial<ConnectionBounds>;
  operations?: Operations;
  /** Whether `/view` shows a person the pages of calls. */
  hasView?: boolean;
  /** Meter that counts every response; left out where they are not counted. */
  meter?: Meter;
}

export interface HttpServer {
  /** Address of the server, with the port that was taken. */
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
  environmentOf: EnvironmentOf,
  log: Log,
  options: HttpOptions,
): Promise<HttpServer> {
  const { host, port, origins, access = OPEN, limits, operations, meter = NO_METER } = options;
  const signIn = options.oauth ?? null;
  const hosts = [...options.hosts, ...(signIn === null ? [] : [new URL(signIn.settings.publicUrl).hostname])];
  const authenticates = access.tokens.length > 0 || access.tokenFile !== null || signIn !== null;
  checkExposure({ ...access, host, port, hosts, authenticates });
  // Its libraries are loaded only where callers sign in.
  const oauth = signIn === null ? null : await (await import('./oauth.js')).openOAuth(signIn, log);
  const bearer = await createBearer(access, log, oauth);
  const { callers = null } = options;
  const handler = createHttpHandler(environmentOf, log, {
    hosts: [...listNames(host), ...hosts],
    origins,
    bearer: callers === null ? bearer : withCallerCredentials(bearer, callers),
    documents: oauth,
    limits: limits === undefined ? null : await createCallLimits(limits),
    meter,
    hasView: options.hasView ?? false,
    ...(operations === undefined ? {} : { operations }),
  });
  const bounds = { ...CONNECTION_BOUNDS, ...options.bounds };
  const answer = answerWith(handler, log);
  const answering = new Set<ServerResponse>();
  // Node.js would refuse a probe without a Host header by itself, and that answer would not be counted.
  const server = createServer({ ...bounds, requireHostHeader: false }, (request, response) => {
    // An open subscription never ends by itself, so a stop does not wait for it.
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
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${bracketed(host)}:${boundPort}${MCP_PATH}`,
    async close() {
      await closeGracefully(server, handler, answering, options.shutdown);
      await oauth?.close();
    },
  };
}

/**
 * Passes requests of Node.js to the handler; the body of a request is read only when its head is not refused.
 */
function answerWith(handler: HttpHandler, log: Log) {
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
    const refused = await handler.refuse(head);
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
      { fetch: (request) => handler.fetch(request, peer) },
      { onerror: (error) => log.warn(`http: ${error.message}`), maxRequestBodySize: MAX_BODY_BYTES },
    );
    return handle({ method, url: target.path, headers, [Symbol.asyncIterator]: chunks }, response);
  };
}

function webHeaders(headers: IncomingMessage['headers']): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const item of [value ?? []].flat()) result.append(name, item);
  }
  return result;
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

export interface ShutdownOptions {
  /** Time for which requests are still accepted while `/readyz` says 503, milliseconds. */
  delayMs: number;
  /** Time that calls in flight may take to end, milliseconds. */
  graceMs: number;
}

/** Default times of a shutdown: container platforms kill after 30 s. */
const DEFAULT: ShutdownOptions = { delayMs: 0, graceMs: 25_000 };
/** Time that the answers of ended calls may take to reach their clients, milliseconds. */
const LAST_ANSWERS_MS = 1_000;
/** Time after which a client that reads nothing of its answer is given up, milliseconds. */
const STALLED_MS = 1_000;

/**
 * Stops a server without losing a call: it reports that it is not ready, accepts no more requests and lets
 * those in flight end. Calls that take too long get an answer that says so.
 * @param answering the requests in flight
 */
export async function closeGracefully(
  server: Server,
  handler: HttpHandler,
  answering: ReadonlySet<ServerResponse>,
  { delayMs, graceMs }: ShutdownOptions = DEFAULT,
): Promise<void> {
  handler.stopSoon();
  if (delayMs > 0) await wait(delayMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept connection must not bring the next request.
  for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close');
  await waitUntilSettled(answering, graceMs);
  handler.endCalls();
  await waitUntilSettled(answering, LAST_ANSWERS_MS);
  await handler.close();
  server.closeAllConnections();
  await closed;
}

/** Waits until all responses are closed, and closes the connections whose clients have stopped reading. */
async function waitUntilSettled(open: ReadonlySet<ServerResponse>, atMostMs: number): Promise<void> {
  const end = Date.now() + atMostMs;
  const isStalled = stallWatch();
  while (open.size > 0 && Date.now() < end) {
    for (const { socket } of open) if (socket !== null && isStalled(socket)) socket.destroy();
    await wait(20);
  }
}

/**
 * Watches connections for stalls; it is called again and again.
 * @returns whether the number of waiting bytes of a connection has not changed for too long
 */
function stallWatch(): (socket: Socket) => boolean {
  const stalled = new WeakMap<Socket, { waiting: number; since: number }>();
  return (socket) => {
    const waiting = socket.writableLength;
    const last = stalled.get(socket);
    if (last?.waiting === waiting) return waiting > 0 && Date.now() - last.since > STALLED_MS;
    stalled.set(socket, { waiting, since: Date.now() });
    return false;
  };
}
