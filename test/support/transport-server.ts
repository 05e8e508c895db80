import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { UpstreamError } from '../../src/errors.js';
import {
  createTransport,
  type Transport,
  type TransportOptions,
} from '../../src/sources/pyroscope/http/transport.js';

const { signal: never } = new AbortController();
const closers: (() => unknown)[] = [];

/** Registers work for {@link closeTransports}. */
export function atEnd(close: () => unknown): void {
  closers.push(close);
}

/** Closes all servers and transports of a test, to be called after each. */
export async function closeTransports(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

/** Starts a server on a free port of this machine, and makes a transport to it. */
export async function serve(listener: RequestListener, options: Partial<TransportOptions> = {}) {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
  });
  const url = await listen(server);
  const transport = createTransport({ url, ...options });
  const stop = () => close(server);
  closers.push(stop, transport.close);
  return { url, transport, sockets, stop };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Posts an empty JSON message. */
export function postJson(transport: Transport, signal = never): Promise<unknown> {
  return transport.post('/x', {}, { codec: 'json', signal });
}

/** Waits until the pool knows that the connection is free. */
export const idle = () => new Promise((resolve) => setTimeout(resolve, 20));

/** The failure of a request that must fail. */
export async function failure(answer: Promise<unknown>): Promise<UpstreamError> {
  const error: unknown = await answer.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof UpstreamError) return error;
  throw error;
}
