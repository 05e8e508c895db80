import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { UsageError } from '../config.js';
import { UserError } from '../errors.js';
import type { Log } from '../log.js';
import type { CallEnvironment } from './call.js';
import { createServerFactory } from './server.js';

const MCP_PATH = '/mcp';
const MAX_BODY_BYTES = 2 ** 20;
/** A body that is over the limit is still read up to here, then cut off. */
const MAX_DROPPED_BYTES = 16 * 2 ** 20;
/** From the first byte of a request to its last. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** How long calls in flight may still finish when the server is asked to stop. */
const LAST_ANSWERS_MS = 3_000;

export interface HttpOptions {
  /** Address to bind; loopback only. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Host names accepted in the Host header besides loopback. */
  hosts: readonly string[];
  /** Host names accepted in the Origin header besides loopback. */
  origins: readonly string[];
}

/** The server without a socket: requests in, responses out. */
export interface HttpFace {
  fetch(request: Request): Promise<Response>;
  /** Ends subscriptions and calls in flight. */
  close(): Promise<void>;
}

/**
 * Everything that happens to a request: `/healthz` (no checks, since probes come by address, and it reveals nothing),
 * then Host, Origin, path and batch checks, then MCP in both protocol eras without any session.
 *
 * @throws UsageError when an allowed name is not a host name
 */
export function createHttpFace(
  environmentOf: () => Promise<CallEnvironment>,
  log: Log,
  options: Pick<HttpOptions, 'hosts' | 'origins'>,
): HttpFace {
  const hosts = [...localhostAllowedHostnames(), ...options.hosts.map(hostname)];
  const origins = [...localhostAllowedOrigins(), ...options.origins.map(hostname)];
  const mcp = createMcpHandler(createServerFactory(environmentOf), {
    onerror: (error) => log.info(`http: ${error.message}`),
    maxRequestBodySize: MAX_BODY_BYTES,
  });
  return {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/healthz') return health(request);
      return (
        hostHeaderValidationResponse(request, hosts) ??
        originValidationResponse(request, origins) ??
        (pathname === MCP_PATH ? null : refusal(404, `There is nothing here; MCP is at ${MCP_PATH}.`)) ??
        (await refuseBatch(request)) ??
        (await withoutHop(mcp.fetch(request)))
      );
    },
    close: () => mcp.close(),
  };
}

/**
 * Serves MCP over HTTP until it is closed.
 *
 * @returns the address with the port that was really taken
 * @throws UsageError for an address beyond loopback, UserError when the port cannot be had
 */
export async function serveOverHttp(
  environmentOf: () => Promise<CallEnvironment>,
  log: Log,
  options: HttpOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port } = options;
  if (!isLoopback(host)) {
    throw new UsageError(
      `--http ${host}:${port} would open the server to the network, and it does not authenticate its callers.`,
      'Bind to 127.0.0.1 and put a proxy that authenticates in front; name its host with --allowed-hosts.',
    );
  }
  const face = createHttpFace(environmentOf, log, { ...options, hosts: [host, ...options.hosts] });
  const handle = toNodeHandler(face, {
    onerror: (error) => log.warn(`http: ${error.message}`),
    maxRequestBodySize: MAX_BODY_BYTES,
  });
  const answering = new Set<ServerResponse>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'POST', url = '/', headers } = request;
    if (!URL.canParse(`http://${headers.host ?? ''}${url}`)) {
      return send(response, refusal(400, 'The request line or the Host header is not valid.'));
    }
    const body = await readBody(request);
    if (body === null) return send(response, refusal(413, `A request is at most ${MAX_BODY_BYTES} bytes.`));
    const chunks = async function* () {
      yield* body;
    };
    return handle({ method, url, headers, [Symbol.asyncIterator]: chunks }, response);
  };
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    (request, response) => {
      // An open subscription never ends by itself: nobody waits for it when the server stops.
      if (request.headers['mcp-method'] !== 'subscriptions/listen') answering.add(response);
      response.once('close', () => answering.delete(response));
      void answer(request, response).catch((error: unknown) => {
        log.info(`http: request broken off: ${error instanceof Error ? error.message : error}`);
        response.destroy();
      });
    },
  );
  await listen(server, host, port);
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${bracketed(host)}:${taken}${MCP_PATH}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await settled(answering, LAST_ANSWERS_MS);
      await face.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The SDK promises `connection: keep-alive` even to a client or proxy that waits for the end of the connection. */
async function withoutHop(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  response.headers.delete('connection');
  return response;
}

function health(request: Request): Response {
  return request.method === 'GET' || request.method === 'HEAD'
    ? new Response('ok', { headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } })
    : refusal(405, 'Use GET.');
}

/** No current protocol has batches, and one that cancels its own call would hold its stream open for good. */
async function refuseBatch(request: Request): Promise<Response | null> {
  if (request.method !== 'POST' || !(await request.clone().text()).trimStart().startsWith('[')) return null;
  return refusal(
    400,
    'A JSON array (batch) is not accepted: send one JSON-RPC message per request.',
    -32_600,
  );
}

function refusal(status: number, message: string, code = -32_000): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, { 'content-type': 'application/json', connection: 'close' });
  response.end(await answer.text());
}

/** A name as the checks compare it: without scheme and port, IPv6 in brackets. */
function hostname(name: string): string {
  const url = name.includes('://') ? name : `http://${bracketed(name)}`;
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (host === '' || host.includes('*')) {
    throw new UsageError(
      `${JSON.stringify(name)} is not a host name.`,
      'Give names such as mcp.example.com; there are no wildcards.',
    );
  }
  return host;
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

function isLoopback(host: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return host === 'localhost' || loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UserError(
          error.code === 'EADDRINUSE'
            ? `Port ${port} of ${host} is in use.`
            : `Cannot listen on ${bracketed(host)}:${port} (${error.code ?? error.message}).`,
          'Choose another with --http [HOST:]PORT; port 0 takes a free one.',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

/**
 * Reads a request's body.
 * @returns null when it is over the limit; read to its end nevertheless, within reason: a connection that is closed
 * with bytes unread is reset, and the client would see that instead of the 413
 */
async function readBody(request: IncomingMessage): Promise<Uint8Array[] | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    if (size > MAX_DROPPED_BYTES) break;
  }
  return size <= MAX_BODY_BYTES ? chunks : null;
}

async function settled(open: ReadonlySet<unknown>, atMostMs: number): Promise<void> {
  const end = Date.now() + atMostMs;
  while (open.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}
