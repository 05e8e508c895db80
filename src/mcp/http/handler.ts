import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { type Identity, SERVER_RIGHTS } from '../../access/identity.js';
import type { Log } from '../../telemetry/log.js';
import { type Meter, NO_METER } from '../../telemetry/meter.js';
import { currentCaller, type EnvironmentOf, withCaller } from '../caller.js';
import { createServerFactory } from '../server.js';
import { type Bearer, hostname } from './auth.js';
import type { CallLimits } from './limits.js';
import type { OAuth } from './oauth.js';
import {
  createCancellations,
  MAX_BODY_BYTES,
  MCP_PATH,
  type Message,
  OPEN_PATHS,
  type Origin,
  readMessage,
  SESSION_HEADER,
  tooLarge,
} from './request.js';
import {
  acceptedForms,
  EVERY_FORM,
  inAcceptedForm,
  notAcceptable,
  refusal,
  textResponse,
  whenRead,
} from './responses.js';
import { answerView, askForPassword, refuseView, VIEW_PATH, withPassword } from './view.js';

/** Client id used when there is neither a token nor a peer address (tests only). */
const NO_CLIENT = 'unknown';

/** Who sent a message. */
interface Sender {
  /** Its client id is that of the token, else the address. */
  identity: Identity;
  origin: Origin;
}

/** Answers `/readyz` and paths of its own; null leaves a path to the handler. */
export type Operations = (request: Request) => Promise<Response | null>;

export interface HandlerOptions {
  /** Host names accepted in the Host header, in addition to loopback. */
  hosts: readonly string[];
  /** Host names accepted in the Origin header, in addition to loopback. */
  origins: readonly string[];
  /** Null: callers need no token. */
  bearer?: Bearer | null;
  /** Documents that every caller may read; by default there are none. */
  documents?: Pick<OAuth, 'isPublic' | 'answer'> | null;
  /** Null: calls are not limited. */
  limits?: CallLimits | null;
  operations?: Operations;
  /** Whether `/view` shows a person the pages of calls; by default it does not. */
  hasView?: boolean;
  /** Meter that counts operations; left out where they are not counted. */
  meter?: Meter;
}

/** The server without a socket: requests in, responses out. */
export interface HttpHandler {
  /**
   * Refuses a request whose address and headers already suffice for that.
   * @returns null for a request whose body is worth reading; `fetch` checks the head again
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
 * Handles a request from its head to its response. `/healthz` and `/readyz` answer every caller. All other
 * paths check Host, Origin and token first; then come the limits of calls, and MCP in both protocol eras.
 * Clients of the older era get a session id, which no request must send back: it only tells which request a
 * cancel means. Only the MCP message of a request goes further than this.
 *
 * @throws UsageError when an allowed name is not a host name
 */
export function createHttpHandler(
  environmentOf: EnvironmentOf,
  log: Log,
  options: HandlerOptions,
): HttpHandler {
  const {
    bearer = null,
    documents = null,
    limits = null,
    operations = async () => null,
    meter = NO_METER,
  } = options;
  const viewPath = options.hasView === true ? VIEW_PATH : null;
  const hosts = [...localhostAllowedHostnames(), ...options.hosts.map(hostname)];
  const origins = [...localhostAllowedOrigins(), ...options.origins.map(hostname)];
  const ended = new AbortController();
  // Every call in flight listens to it.
  setMaxListeners(0, ended.signal);
  let isStopping = false;
  const cancellations = createCancellations();
  const environmentOfCaller = async () => {
    const caller = currentCaller();
    return environmentOf(caller.identity, caller.ended);
  };
  const mcp = createMcpHandler(createServerFactory(environmentOfCaller, { stopped: ended.signal, meter }), {
    onerror: (error) => log.info(`http: ${error.message}`),
    maxRequestBodySize: MAX_BODY_BYTES,
  });

  const probe = async (request: Request, path: string): Promise<Response> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, 'Use GET.');
    if (path === '/healthz') return textResponse(200, 'ok');
    if (isStopping) return textResponse(503, 'stopping');
    return (await operations(request)) ?? textResponse(200, 'ready');
  };

  const admit = async (head: Request): Promise<{ identity: Identity | null } | { refused: Response }> => {
    const path = new URL(head.url).pathname;
    if (OPEN_PATHS.has(path) || documents?.isPublic(path)) return { identity: null };
    const host = head.headers.get('host');
    const isCalling = path === MCP_PATH || path === viewPath;
    if (host === null && isCalling) {
      return {
        refused: refusal(403, 'The request has no Host header: name the host of this server in one.'),
      };
    }
    // Scrapers come by address, too. A web page that got here through a name of its own (DNS rebinding) has
    // no token, and cannot leave the Host out.
    const isAnyHost = !isCalling && (bearer !== null || host === null);
    if (!isAnyHost && hostHeaderValidationResponse(head, hosts) !== undefined)
      return { refused: refuseForeign('Host', '--allowed-hosts') };
    if (originValidationResponse(head, origins) !== undefined)
      return { refused: refuseForeign('Origin', '--allowed-origins') };
    if (bearer === null) return { identity: null };
    if (path !== viewPath) return bearer.check(head.headers);
    const checked = await bearer.check(withPassword(head.headers));
    return 'refused' in checked ? { refused: askForPassword(checked.refused) } : checked;
  };

  const exchange = async (request: Request, message: Message, sender: Sender): Promise<Response> => {
    const { identity, origin } = sender;
    if (message.cancels !== null) cancellations.cancel(origin, message.cancels);
    const tracked = message.id === null ? null : cancellations.begin(origin, message.id);
    // A signal that lived longer would keep what follows it (Node.js 20).
    const cancelled = tracked?.signal ?? new AbortController().signal;
    const over = new AbortController();
    let end = () => {
      tracked?.end();
      over.abort();
    };
    try {
      if (message.isCall && limits !== null) {
        const waits = AbortSignal.any([request.signal, cancelled]);
        const admission = await limits.enter(identity.client, message.id, waits);
        if ('refused' in admission) {
          end();
          log.info(`http: call refused with ${admission.refused.status}`);
          return admission.refused;
        }
        end = () => {
          tracked?.end();
          over.abort();
          admission.leave();
        };
      }
      // The SDK does not look whether the caller has gone before.
      request.signal.throwIfAborted();
      cancelled.throwIfAborted();
      // Without the message the SDK clones a request of the older protocols, and the signal of a clone does
      // not tell that the caller has gone once the clone is collected as garbage.
      const response = withoutHop(
        await withCaller({ identity, ended: over.signal }, () =>
          mcp.fetch(request, { parsedBody: message.body }),
        ),
      );
      if (message.method === 'initialize' && response.ok) response.headers.set(SESSION_HEADER, randomUUID());
      return whenRead(response, { disconnected: request.signal, cancelled }, end);
    } catch (error) {
      end();
      if (request.signal.aborted || cancelled.aborted) return unanswered();
      throw error;
    }
  };

  /** Answers a person's request for a page: it counts as a call. */
  const showView = async (request: Request, identity: Identity): Promise<Response> => {
    const refused = refuseView(request);
    if (refused !== null) return refused;
    const admission = (await limits?.enter(identity.client, null, request.signal)) ?? null;
    if (admission !== null && 'refused' in admission) return admission.refused;
    const over = new AbortController();
    try {
      const environment = await environmentOf(identity, over.signal);
      return await withCaller({ identity, ended: over.signal }, () =>
        answerView(request, { ...environment, stopped: ended.signal }, request.signal),
      );
    } finally {
      over.abort();
      admission?.leave();
    }
  };

  const answer = async (request: Request, admitted: Identity | null, peer: string): Promise<Response> => {
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
    // The SDK answers a body that is not a message, since it knows the protocol's own errors.
    if (message === null) return withoutHop(await mcp.fetch(request));
    const { id, method } = message;
    const acceptsResponse = method === 'subscriptions/listen' ? forms.events : forms.json || forms.events;
    if (id !== null && !acceptsResponse) return notAcceptable(accept, id);
    const origin = { client: admitted?.client ?? null, session: request.headers.get(SESSION_HEADER) };
    const identity = admitted ?? serverIdentity(peer);
    return inAcceptedForm(await exchange(request, message, { identity, origin }), forms, id);
  };

  return {
    async refuse(head) {
      const admitted = await admit(head);
      return 'refused' in admitted ? admitted.refused : null;
    },
    async fetch(request, peer = NO_CLIENT) {
      const path = new URL(request.url).pathname;
      const admitted = await admit(request);
      if ('refused' in admitted) return admitted.refused;
      if (OPEN_PATHS.has(path)) return closing(await probe(request, path));
      if (documents?.isPublic(path)) return closing(documents.answer(request));
      if (path === viewPath) return showView(request, admitted.identity ?? serverIdentity(peer));
      if (path !== MCP_PATH) {
        return (await operations(request)) ?? refusal(404, `There is nothing here; MCP is at ${MCP_PATH}.`);
      }
      return answer(request, admitted.identity, peer);
    },
    stopSoon() {
      isStopping = true;
    },
    endCalls: () => ended.abort(),
    close: () => mcp.close(),
  };
}

/** The identity of a caller who needs no token. */
function serverIdentity(client: string): Identity {
  return { client, rights: SERVER_RIGHTS };
}

/** Most often a proxy that sends a name of its own: who reads this must learn where names are given. */
function refuseForeign(header: string, option: string): Response {
  return refusal(
    403,
    `Invalid ${header}: this server does not know the name in that header. Its operator adds it with ${option}.`,
  );
}

/**
 * The SDK promises `connection: keep-alive` even to a client or proxy that waits for the end of the
 * connection.
 */
function withoutHop(response: Response): Response {
  response.headers.delete('connection');
  return response;
}

/** Connections of anybody are not kept: those of probes alone could take all places. */
function closing(response: Response): Response {
  response.headers.set('connection', 'close');
  return response;
}

/**
 * The answer to a request that its client cancelled or left: the protocol wants none, and a stream without
 * events is.
 */
function unanswered(): Response {
  return new Response('', { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}
