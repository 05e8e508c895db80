import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpPath, Meter } from '../../telemetry/meter.js';
import { readTarget } from './target.js';

/** The paths that are told apart. */
const PATHS: ReadonlyMap<string, HttpPath> = new Map([
  ['/mcp', 'mcp'],
  ['/healthz', 'healthz'],
  ['/readyz', 'readyz'],
  ['/metrics', 'metrics'],
]);
/** What Node finds wrong with a request before there is one, and the answer that it then gives. */
const UNREAD: ReadonlyMap<string | undefined, readonly [status: number, reason: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'Payload Too Large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout']],
]);
const UNREADABLE = [400, 'Bad Request'] as const;

/**
 * Tells a meter of every answer of a server: those to requests when their connection is done with them, and those to what
 * never became a request (its head is broken, or it took too long to arrive). Who listens for the latter has to answer
 * it, so this does, as Node does by itself.
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
