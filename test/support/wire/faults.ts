import type { ServerResponse } from 'node:http';
import type { Passing, Reply } from './loopback.js';

/** Faults of an answer. */
export type Fault =
  /** The right answer, later. */
  | { kind: 'slow'; ms: number }
  /** No answer, and the connection stays open. */
  | { kind: 'hang' }
  /** The connection is cut before an answer. */
  | { kind: 'reset' }
  /** The right answer's head and half of its body, then the connection is cut. */
  | { kind: 'half' }
  /** Half of the right answer, as if that were all of it: a proxy that ends what it cannot hold. */
  | { kind: 'short' }
  /** Status 200, the right content type, and bytes that are nothing. */
  | { kind: 'garbage' }
  /** Status 200, the right content type, and a body that never ends. */
  | { kind: 'endless' }
  /** An endless answer in small pieces, which stays below any cap of bytes. */
  | { kind: 'trickle' }
  /** Status 200 and a login page. */
  | { kind: 'html' }
  /** The right answer under another content type. */
  | { kind: 'content_type'; contentType: string }
  /** Another status, with the body that a server or a proxy sends with it unless one is given. */
  | { kind: 'status'; status: number; body?: string; headers?: Record<string, string> };

export interface Faults {
  /**
   * Faults from now on, in place of what was set before for the same requests.
   * @param where `on`: name of the requests (all, where left out); `times`: for so many requests, then no
   * more;
   *   `naming`: only requests whose body holds this text, such as the id of a profile type
   */
  set(fault: Fault, where?: { on?: string; times?: number; naming?: string }): void;
  /** Everything is well again, or the requests of one name are. */
  clear(name?: string): void;
}

export interface FaultBoard {
  faults: Faults;
  /** The fault that a request of this name with this body meets. */
  take(name: string, body: Buffer): Fault | null;
}

const ALL = '*';
const LOGIN_PAGE =
  '<!DOCTYPE html>\n<html lang="en-US">\n<head><title>Sign in</title></head>\n<body><form action="/login"></form></body>\n</html>\n';
const CODES: Readonly<Record<number, [code: string, message: string]>> = {
  401: ['unauthenticated', 'no org id'],
  403: ['permission_denied', 'access denied'],
  404: ['not_found', 'not found'],
  429: ['resource_exhausted', 'too many outstanding requests'],
  500: ['unknown', 'rpc error: code = Unknown desc = something went wrong'],
  501: ['unimplemented', 'this endpoint is not available in v1 frontend'],
  503: ['unavailable', 'the server is shutting down'],
  504: ['deadline_exceeded', 'request timed out, decrease the duration of the request'],
};

/** An empty list of faults. */
export function faultBoard(): FaultBoard {
  const set = new Map<string, { fault: Fault; left: number; naming: string }>();
  return {
    faults: {
      set: (fault, { on = ALL, times = Number.POSITIVE_INFINITY, naming = '' } = {}) => {
        set.set(on, { fault, left: times, naming });
      },
      clear(name) {
        if (name === undefined) set.clear();
        else set.delete(name);
      },
    },
    take(name, body) {
      const key = set.has(name) ? name : ALL;
      const entry = set.get(key);
      if (entry === undefined || !body.includes(entry.naming)) return null;
      entry.left--;
      if (entry.left <= 0) set.delete(key);
      return entry.fault;
    },
  };
}

/** Sends an answer as the fault spoils it. */
export async function deliver(
  fault: Fault | null,
  response: ServerResponse,
  answer: () => Promise<Reply | Passing>,
): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      return send(response, await answer());
    case 'slow': {
      const reply = await answer();
      const timer = setTimeout(() => send(response, reply), fault.ms);
      response.once('close', () => clearTimeout(timer));
      return;
    }
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'half':
      return sendHalf(response, whole(await answer()));
    case 'short': {
      const reply = whole(await answer());
      const bytes = Buffer.from(reply.body);
      return send(response, { ...reply, body: bytes.subarray(0, Math.floor(bytes.length / 2)) });
    }
    case 'garbage':
      return send(response, {
        ...whole(await answer()),
        body: Buffer.alloc(4096, '\x00\xff{]"garbage', 'latin1'),
      });
    case 'endless':
      return sendEndlessly(response, whole(await answer()));
    case 'trickle':
      return sendDrops(response, whole(await answer()));
    case 'html':
      return send(response, {
        status: 200,
        headers: { 'content-type': 'text/html; charset=UTF-8' },
        body: LOGIN_PAGE,
      });
    case 'content_type': {
      const reply = whole(await answer());
      return send(response, { ...reply, headers: { ...reply.headers, 'content-type': fault.contentType } });
    }
    case 'status':
      return send(response, statusReply(fault));
  }
}

function statusReply({ status, body, headers }: Extract<Fault, { kind: 'status' }>): Reply {
  const [code, message] = CODES[status] ?? ['unknown', `status ${status}`];
  return {
    status,
    headers: headers ?? { 'content-type': 'application/json' },
    body: body ?? JSON.stringify({ code, message }),
  };
}

/** Sends an answer as it is. */
export function send(response: ServerResponse, reply: Reply | Passing): void {
  if (typeof reply === 'function') {
    reply(response);
    return;
  }
  const { status, headers, body } = reply;
  response.writeHead(status, { ...headers, ...measureLength(status, body) });
  response.end(status === 204 || status === 304 ? undefined : body);
}

function sendHalf(response: ServerResponse, { status, headers, body }: Reply): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length + 1) });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

/** As fast as the client reads. */
function sendEndlessly(response: ServerResponse, { headers }: Reply): void {
  const { 'content-encoding': _, ...plain } = headers;
  response.writeHead(200, plain);
  response.write('{"names":["');
  const chunk = Buffer.alloc(64 * 1024, 'a');
  const more = (): void => {
    if (response.destroyed) return;
    if (response.write(chunk)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

function sendDrops(response: ServerResponse, { headers }: Reply): void {
  const { 'content-encoding': _, ...plain } = headers;
  response.writeHead(200, plain);
  response.write('{"names":["');
  const timer = setInterval(() => response.write('drip'), 100);
  response.once('close', () => clearInterval(timer));
}

function measureLength(status: number, body: Buffer | string): Record<string, string> {
  return status === 204 || status === 304 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

function whole(reply: Reply | Passing): Reply {
  if (typeof reply !== 'function') return reply;
  return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"names":["service_name"]}' };
}
