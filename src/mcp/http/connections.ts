import type { Server } from 'node:http';
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
