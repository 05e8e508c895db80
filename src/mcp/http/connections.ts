import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../../telemetry/log.js';
import type { Meter } from '../../telemetry/meter.js';

/** What one connection may cost, and how many there may be: times in milliseconds, as Node names them. */
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
  // Longer than load balancers keep an idle one (60 s): else a request goes into a connection that is being closed.
  keepAliveTimeout: 75_000,
  idleTimeout: 120_000,
  // Five for each call that may be under way by default.
  maxConnections: 1_280,
};

/** Maximum number of requests of one connection without an answer; clients of MCP wait for each answer. */
const MAX_UNANSWERED = 100;

/** One log line in so many milliseconds for connections that are turned away. */
const LOG_EVERY_MS = 10_000;

/**
 * Bounds what Node leaves open: the number of connections, and one that stands still in the middle of an answer because
 * its client does not read.
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
 * Closes the responses that wait behind another one on a connection (pipelining) when the connection closes. Node.js
 * closes only the response that has the connection, so that the requests of the others would run on, and a stop would
 * wait for them. A connection with too many of them is cut.
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
 * Waits until a response has its connection: its request is only answered when those before it are. Node.js stops reading
 * from a connection while the answers that wait on it are large, and would not notice that the client leaves.
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
