import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { HttpFace } from './face.js';

export interface ShutdownOptions {
  /** How long requests are still accepted while `/readyz` says that none should come, milliseconds. */
  delayMs: number;
  /** How long calls in flight may take to end, milliseconds. */
  graceMs: number;
}

/** Container platforms kill after 30 s. */
const DEFAULT: ShutdownOptions = { delayMs: 0, graceMs: 25_000 };
/** How long the answers of calls that were ended may take to reach their clients. */
const LAST_ANSWERS_MS = 1_000;
/** A client that takes nothing of a waiting answer for so long is not waited for. */
const STALLED_MS = 1_000;

/**
 * Stops a server without losing a call: it says that it is not ready, accepts no more, lets the requests in flight
 * end, and ends those that do not with an answer that says so.
 * @param answering the requests in flight
 */
export async function closeGracefully(
  server: Server,
  face: HttpFace,
  answering: ReadonlySet<ServerResponse>,
  { delayMs, graceMs }: ShutdownOptions = DEFAULT,
): Promise<void> {
  face.stopSoon();
  if (delayMs > 0) await wait(delayMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept connection must not bring the next request.
  for (const response of answering) if (!response.headersSent) response.setHeader('connection', 'close');
  await settled(answering, graceMs);
  face.endCalls();
  await settled(answering, LAST_ANSWERS_MS);
  await face.close();
  server.closeAllConnections();
  await closed;
}

/** Waits until all responses are closed, and closes the connections whose clients have stopped reading. */
async function settled(open: ReadonlySet<ServerResponse>, atMostMs: number): Promise<void> {
  const end = Date.now() + atMostMs;
  const isStalled = stallWatch();
  while (open.size > 0 && Date.now() < end) {
    for (const { socket } of open) if (socket !== null && isStalled(socket)) socket.destroy();
    await wait(20);
  }
}

/** @returns whether the bytes that wait on a connection have been the same for too long, asked again and again */
function stallWatch(): (socket: Socket) => boolean {
  const seen = new WeakMap<Socket, { waiting: number; since: number }>();
  return (socket) => {
    const waiting = socket.writableLength;
    const last = seen.get(socket);
    if (last?.waiting === waiting) return waiting > 0 && Date.now() - last.since > STALLED_MS;
    seen.set(socket, { waiting, since: Date.now() });
    return false;
  };
}
