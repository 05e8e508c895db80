import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import type { Log } from '../../telemetry/log.js';
import { type Meter, NO_METER } from '../../telemetry/meter.js';
import type { CallEnvironment } from '../call.js';
import { createServerFactory } from '../server.js';
import { acceptedForms, EVERY_FORM, inAcceptedForm, notAcceptable } from './accept.js';
import { hostname } from './addresses.js';
import { plain, refusal, whenRead } from './answers.js';
import type { Bearer } from './bearer.js';
import { MAX_BODY_BYTES, tooLarge } from './body.js';
import type { CallLimits } from './call-limits.js';
import { createCancellations, type Origin, SESSION_HEADER } from './cancellations.js';
import { type Message, readMessage } from './message.js';
import { MCP_PATH, OPEN_PATHS } from './target.js';

/** Whose client it is that named no token and has no address: tests, and nobody else. */
const NOBODY = 'nobody';

/** Who sent a message. */
interface Caller {
  /** Whose limits count: client id of the token, else the address. */
  client: string;
  origin: Origin;
}

/** Answers `/readyz` and paths of its own; null leaves a path to the face. */
export type Operations = (request: Request) => Promise<Response | null>;

export interface FaceOptions {
  /** Host names accepted in the Host header besides loopback. */
  hosts: readonly string[];
  /** Host names accepted in the Origin header besides loopback. */
  origins: readonly string[];
  /** Null: callers need no token. */
  bearer?: Bearer | null;
  /** Null: calls are not limited. */
  limits?: CallLimits | null;
  operations?: Operations;
  /** Told of what is asked; nobody where it is left out. */
  meter?: Meter;
}

/** The server without a socket: requests in, responses out. */
export interface HttpFace {
  /**
   * What a request gets whose address and headers suffice to refuse it; null for one whose body is worth reading.
   * `fetch` asks the same again.
   */
  refuse(head: Request): Promise<Response | null>;
  /** @param peer address of the caller, which tells clients without a token apart */
  fetch(request: Request, peer?: string): Promise<Response>;
  /** From now on `/readyz` says that no further requests should come. */
  stopSoon(): void;
  /** Ends the calls in flight with an answer that says so. */
  endCalls(): void;
  /** Ends subscriptions, and calls in flight without an answer. */
  close(): Promise<void>;
}

/**
 * Everything that happens to a request: `/healthz` and `/readyz` to anybody; then Host, Origin, token and path; then
 * the limits of calls, and MCP in both protocol eras. A session id is handed out to clients of the older one and
 * demanded of nobody: it only tells whose request a cancel means. Nothing of a request but its MCP message goes further
 * than this.
 *
 * @throws UsageError when an allowed name is not a host name
 */
export function createHttpFace(
  environmentOf: () => Promise<CallEnvironment>,
  log: Log,
  options: FaceOptions,
): HttpFace {
  const { bearer = null, limits = null, operations = async () => null, meter = NO_METER } = options;
  const hosts = [...localhostAllowedHostnames(), ...options.hosts.map(hostname)];
  const origins = [...localhostAllowedOrigins(), ...options.origins.map(hostname)];
  const ended = new AbortController();
  // Every call in flight listens to it.
  setMaxListeners(0, ended.signal);
  let isStopping = false;
  const cancellations = createCancellations();
  const mcp = createMcpHandler(createServerFactory(environmentOf, { stopped: ended.signal, meter }), {
    onerror: (error) => log.info(`http: ${error.message}`),
    maxRequestBodySize: MAX_BODY_BYTES,
  });

  const probe = async (request: Request, path: string): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, 'Use GET.');
    if (path === '/healthz') return plain(200, 'ok');
    if (isStopping) return plain(503, 'stopping');
    return (await operations(request)) ?? plain(200, 'ready');
  };

  const admit = async (head: Request): Promise<{ client: string | null } | { refused: Response }> => {
    const path = new URL(head.url).pathname;
    if (OPEN_PATHS.has(path)) return { client: null };
    const host = head.headers.get('host');
    if (host === null && path === MCP_PATH) {
      return {
        refused: refusal(403, 'The request has no Host header: name the host of this server in one.'),
      };
    }
    // Scrapers come by address, too. A web page that got here through a name of its own (DNS rebinding) has no token, and
    // cannot leave the Host out.
    const isAnyHost = path !== MCP_PATH && (bearer !== null || host === null);
    if (!isAnyHost && hostHeaderValidationResponse(head, hosts) !== undefined)
      return { refused: foreign('Host', '--allowed-hosts') };
    if (originValidationResponse(head, origins) !== undefined)
      return { refused: foreign('Origin', '--allowed-origins') };
    return bearer === null ? { client: null } : bearer.check(head.headers.get('authorization'));
  };

  const exchange = async (request: Request, message: Message, caller: Caller): Promise<Response> => {
    if (message.cancels !== null) cancellations.cancel(caller.origin, message.cancels);
    const tracked = message.id === null ? null : cancellations.begin(caller.origin, message.id);
    // A signal that lived longer would keep what follows it (Node.js 20).
    const cancelled = tracked?.signal ?? new AbortController().signal;
    let end = () => tracked?.end();
    try {
      if (message.isCall && limits !== null) {
        const waits = AbortSignal.any([request.signal, cancelled]);
        const entered = await limits.enter(caller.client, message.id, waits);
        if ('refused' in entered) {
          end();
          log.info(`http: call refused with ${entered.refused.status}`);
          return entered.refused;
        }
        end = () => {
          tracked?.end();
          entered.leave();
        };
      }
      // The SDK does not look whether the caller has gone before.
      request.signal.throwIfAborted();
      cancelled.throwIfAborted();
      // Without the message the SDK clones a request of the older protocols, and the signal of a clone does not tell that
      // the caller has gone once the clone is collected as garbage.
      const response = withoutHop(await mcp.fetch(request, { parsedBody: message.body }));
      if (message.method === 'initialize' && response.ok) response.headers.set(SESSION_HEADER, randomUUID());
      return whenRead(response, { left: request.signal, cancelled }, end);
    } catch (error) {
      end();
      if (request.signal.aborted || cancelled.aborted) return unanswered();
      throw error;
    }
  };

  const answer = async (request: Request, client: string | null, peer: string): Promise<Response> => {
    const accept = request.headers.get('accept');
    const forms = acceptedForms(accept);
    // The SDK refuses a request that does not name both, whatever it would be answered with.
    request.headers.set('accept', EVERY_FORM);
    const message = await readMessage(request);
    if (message === 'too large') return tooLarge();
    if (message === 'batch') {
      return refusal(400, 'A JSON array (batch) is not accepted: send one JSON-RPC message per request.', {
        code: -32_600,
      });
    }
    // What is no message gets its answer from the SDK, which knows the protocol's own errors.
    if (message === null) return withoutHop(await mcp.fetch(request));
    const { id, method } = message;
    const takesOne = method === 'subscriptions/listen' ? forms.events : forms.json || forms.events;
    if (id !== null && !takesOne) return notAcceptable(accept, id);
    const origin = { client, session: request.headers.get(SESSION_HEADER) };
    return inAcceptedForm(await exchange(request, message, { client: client ?? peer, origin }), forms, id);
  };

  return {
    async refuse(head) {
      const admitted = await admit(head);
      return 'refused' in admitted ? admitted.refused : null;
    },
    async fetch(request, peer = NOBODY) {
      const path = new URL(request.url).pathname;
      const admitted = await admit(request);
      if ('refused' in admitted) return admitted.refused;
      if (OPEN_PATHS.has(path)) return closing(await probe(request, path));
      if (path !== MCP_PATH) {
        return (await operations(request)) ?? refusal(404, `There is nothing here; MCP is at ${MCP_PATH}.`);
      }
      return answer(request, admitted.client, peer);
    },
    stopSoon() {
      isStopping = true;
    },
    endCalls: () => ended.abort(),
    close: () => mcp.close(),
  };
}

/** Most often a proxy that sends a name of its own: who reads this must learn where names are given. */
function foreign(header: string, option: string): Response {
  return refusal(
    403,
    `Invalid ${header}: this server does not know the name in that header. Its operator adds it with ${option}.`,
  );
}

/** The SDK promises `connection: keep-alive` even to a client or proxy that waits for the end of the connection. */
function withoutHop(response: Response): Response {
  response.headers.delete('connection');
  return response;
}

/** Connections of anybody are not kept: those of probes alone could take all places. */
function closing(response: Response): Response {
  response.headers.set('connection', 'close');
  return response;
}

/** The answer to a request that its client cancelled or left: the protocol wants none, and a stream without events is. */
function unanswered(): Response {
  return new Response('', { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}
