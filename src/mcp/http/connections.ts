import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../../telemetry/log.js';
import type { HttpPath, Meter } from '../../telemetry/meter.js';
import { readTarget } from './request.js';

/** Limits of a connection and of their number. Times are in milliseconds; the names are those of Node.js. */
export interface ConnectionBounds {
  /** From the first byte of a request to its last. */
  requestTimeout: number;
  headersTimeout: number;
  /** How often the two are looked at. */
  connectionsCheckingInterval: number;
  /** For how long a connection is kept between two requests. */
  keepAliveTimeout: number;
  /** A connection over which nothing goes for so long is cut; longer than a call takes. */
  idleTimeout: number;
  maxConnections: number;
}

export const CONNECTION_BOUNDS: ConnectionBounds = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  // Longer than load balancers keep an idle one (60 s): else a request goes into a connection that is being
  // closed.
  keepAliveTimeout: 75_000,
  idleTimeout: 120_000,
  // Five for each call that may be under way by default.
  maxConnections: 1_280,
};

/** Maximum number of requests of one connection without an answer; clients of MCP wait for each answer. */
export const MAX_UNANSWERED = 100;

/** Minimum time between two log lines about refused connections, milliseconds. */
const LOG_EVERY_MS = 10_000;

/**
 * Bounds what Node leaves open: the number of connections, and one that stands still in the middle of an
 * answer because its client does not read.
 */
export function boundConnections(
  server: Server,
  { maxConnections, idleTimeout }: ConnectionBounds,
  log: Log,
  meter: Pick<Meter, 'turnedAway'>,
): void {
  server.maxConnections = maxConnections;
  server.setTimeout(idleTimeout);
  let loggedAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    meter.turnedAway();
    const now = performance.now();
    if (now - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now;
    log.warn(`http: there are ${maxConnections} connections, further ones are turned away`);
  });
}

/**
 * Closes the responses that wait behind another one on a connection (pipelining) when the connection closes.
 * Node.js closes only the response that has the connection, so that the requests of the others would run on,
 * and a stop would wait for them. A connection with too many of them is cut.
 */
export function closeQueuedResponses(server: Server): void {
  const openBySocket = new WeakMap<Socket, Set<ServerResponse>>();
  server.on('connection', (socket: Socket) => {
    const open = new Set<ServerResponse>();
    openBySocket.set(socket, open);
    socket.once('close', () => {
      for (const response of open) {
        // Node.js closes a response that has its connection or has been sent.
        if (response.socket !== null || response.writableFinished) continue;
        response.destroy();
        response.emit('close');
      }
    });
  });
  server.on('request', ({ socket }, response) => {
    const open = openBySocket.get(socket);
    open?.add(response);
    response.once('close', () => open?.delete(response));
    if (open !== undefined && open.size > MAX_UNANSWERED) socket.destroy();
  });
}

/**
 * Waits until a response has its connection: its request is only answered when those before it are. Node.js
 * stops reading from a connection while the answers that wait on it are large, and would not notice that the
 * client leaves.
 * @returns whether there is still somebody to answer
 */
export async function waitForTurn(response: ServerResponse): Promise<boolean> {
  if (response.socket === null && !response.destroyed) {
    await new Promise<unknown>((resolve) => {
      response.once('socket', resolve);
      response.once('close', resolve);
    });
  }
  return !response.destroyed;
}

/** The paths that are told apart. */
const PATHS: ReadonlyMap<string, HttpPath> = new Map([
  ['/mcp', 'mcp'],
  ['/healthz', 'healthz'],
  ['/readyz', 'readyz'],
  ['/metrics', 'metrics'],
]);
/**
 * Faults of a request that Node.js finds before there is a request, each with the status that Node.js
 * answers.
 */
const UNREAD: ReadonlyMap<string | undefined, readonly [status: number, reason: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'Payload Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
]);
const UNREADABLE = [400, 'Bad Request'] as const;

/**
 * Tells a meter of every answer of a server: those to requests when their connection is done with them, and
 * those to what never became a request (its head is broken, or it took too long to arrive). Who listens for
 * the latter has to answer it, so this does, as Node does by itself.
 */
export function countResponses(server: Server, meter: Pick<Meter, 'http'>): void {
  const open = new Set<ServerResponse>();
  const answeredUnread = new WeakSet<Socket>();
  server.on('request', (request, response) => {
    const { socket } = request;
    const target = readTarget(request);
    const path = ('pathname' in target ? PATHS.get(target.pathname) : undefined) ?? 'other';
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      // A body that was too slow has had its answer.
      if (answeredUnread.has(socket)) return;
      meter.http(path, response.writableFinished ? response.statusCode : null);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isAnswering = [...open].some(({ req, headersSent }) => headersSent && req.socket === socket);
    if (error.code !== 'ECONNRESET' && socket.writable && !isAnswering) {
      const [status, reason] = UNREAD.get(error.code) ?? UNREADABLE;
      answeredUnread.add(socket);
      meter.http('unread', status);
      socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
    } else socket.destroy(error);
  });
}
