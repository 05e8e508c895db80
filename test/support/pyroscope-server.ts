import type { ProfileSource } from '../../src/sources/source.js';
import { answerRpc } from './wire/connect.js';
import type { PyroscopeBehaviour } from './wire/context.js';
import type { Faults } from './wire/faults.js';
import { type Requests, type SeenRequest, startLoopback } from './wire/loopback.js';
import { createRpcs } from './wire/rpcs.js';

export interface PyroscopeServerOptions extends Partial<PyroscopeBehaviour> {
  /** Answers 401 to requests with another `Authorization` header, as a proxy in front would. */
  authorization?: string;
}

export interface TestPyroscope {
  /** Without a trailing slash. */
  url: string;
  /** Requests on the wire; they are named after their RPC (`SelectSeries`), others `GET /ready`. */
  requests: Requests;
  /** `faults.set({ kind: 'status', status: 503 }, { on: 'SelectSeries', times: 2 })`. */
  faults: Faults;
  close(): Promise<void>;
}

/**
 * A Pyroscope server on loopback over any source of profiles: its wire format (Connect with JSON or
 * protobuf), its arithmetic of points and windows, its truncation, its error texts, in each storage mode.
 * What of it was checked against real exchanges, and what was not, is listed in `pyroscope-server.test.ts`.
 *
 * The source is not closed with the server.
 */
export async function startPyroscopeServer(
  source: ProfileSource,
  options: PyroscopeServerOptions = {},
): Promise<TestPyroscope> {
  const rpcs = await createRpcs(source, options);
  const plain = new Map([
    ['/ready', { contentType: 'text/plain', body: 'ready' }],
    [
      '/api/v1/status/buildinfo',
      {
        contentType: 'application/json',
        body: JSON.stringify({
          status: 'success',
          data: {
            version: '',
            revision: '',
            branch: '',
            buildUser: '',
            buildDate: '',
            goVersion: 'go1.26.8',
          },
        }),
      },
    ],
  ]);

  const answer = async (seen: SeenRequest) => {
    if (options.authorization !== undefined && seen.headers.authorization !== options.authorization) {
      return {
        status: 401,
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          'www-authenticate': 'Basic realm="pyroscope"',
        },
        body: 'Unauthorized\n',
      };
    }
    const path = seen.path.replace(/\?.*$/s, '');
    const page = plain.get(path);
    if (page !== undefined && seen.method === 'GET') {
      return { status: 200, headers: { 'content-type': page.contentType }, body: page.body };
    }
    const rpc = rpcs.get(path);
    if (rpc !== undefined) return answerRpc(rpc, seen);
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    return { status: 404, headers, body: '404 page not found\n' };
  };
  return startLoopback({ getName: (method, path) => rpcName(path) ?? `${method} ${path}`, answer });
}

/** `SelectSeries` of `/querier.v1.QuerierService/SelectSeries`; null where a path is no RPC. */
export function rpcName(path: string): string | null {
  return /\/[a-z]+\.v\d+\.[A-Za-z]+\/([A-Za-z]+)(?:\?|$)/.exec(path)?.[1] ?? null;
}
