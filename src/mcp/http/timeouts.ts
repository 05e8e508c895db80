import type { Server } from 'node:http';
import type { Log } from '../../log.js';

/** Bounds of one connection, milliseconds: a client that is slow on purpose holds it no longer than this. */
export const CONNECTION_LIMITS = {
  /** From the first byte of a request to its last. */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  /** How often the two are looked at; by default only every half minute. */
  connectionsCheckingInterval: 5_000,
  /** Longer than load balancers keep a connection that is not used (60 s): else one sends into a closed one. */
  keepAliveTimeout: 75_000,
};

/** Five for each call that may run at once, by default. */
const MAX_CONNECTIONS = 1_280;
/** A connection over which nothing goes for so long is cut, when nothing else is asked for. */
const IDLE_MS = 120_000;
/** One log line in so many milliseconds for connections that are turned away. */
const LOG_EVERY_MS = 10_000;

/**
 * Bounds the connections of a server: their number, and how long one may stand still in the middle of an answer that its
 * client does not read.
 */
export function boundConnections(server: Server, log: Log, idleMs = IDLE_MS): void {
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(idleMs);
  let loggedAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    const now = performance.now();
    if (now - loggedAt < LOG_EVERY_MS) return;
    loggedAt = now;
    log.warn(`http: more than ${MAX_CONNECTIONS} connections, further ones are turned away`);
  });
}
