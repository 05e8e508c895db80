import { setTimeout as wait } from 'node:timers/promises';
import { UpstreamError, UserError } from '../../errors.js';
import type { Breaker } from '../breaker.js';
import { type Echo, parseWithoutEchoes } from '../echoes.js';
import { isPage } from '../pyroscope/http/failure.js';
import {
  createPost,
  createTransport,
  type RawAnswer,
  type Transport,
  type TransportOptions,
} from '../pyroscope/http/transport.js';
import {
  failureOfGrafana,
  isFromDataSource,
  NOT_PYROSCOPE,
  notGrafana,
  withApiAdvice,
  withConnectionAdvice,
} from './failure.js';

/** Maximum size of an answer of Grafana's own API: 5,000 data sources or a huge dashboard still fit. */
const MAX_API_BYTES = 50 * 2 ** 20;
/** Pauses before the second and the third attempt, in milliseconds. */
const PAUSES_MS = [200, 800] as const;
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const CALLER_REFUSED = new UserError(
  'Grafana does not accept the credential with which this request asks it (HTTP 401).',
  'Whoever configured this client sends a valid one: a token of a Grafana service account of the same organisation in X-Grafana-Service-Account-Token, or what the gateway in front adds after signing in again. Where people sign in at this server, an operator looks whether Grafana knows this person, and at its auth.jwt or auth.proxy.',
);

export interface GrafanaOptions
  extends Pick<
    TransportOptions,
    | 'url'
    | 'token'
    | 'tokenFile'
    | 'username'
    | 'password'
    | 'provided'
    | 'caFile'
    | 'proxy'
    | 'timeoutMs'
    | 'maxResponseBytes'
    | 'meter'
  > {
  /** Organisation that the credentials must belong to; with user and password, the organisation to use. */
  orgId?: number | null;
  /** Circuit breaker for requests of Grafana's own API. */
  breaker?: Breaker | undefined;
  /** Further headers, for example for an access proxy in front. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * A client of a Grafana: its own API, read only, and the data source proxy, over the same few connections.
 * All requests go to the configured address with the configured credentials; a caller cannot change either.
 */
export interface GrafanaClient {
  /** Configured address: origin and sub-path. */
  readonly base: string;
  /**
   * Reads JSON from the API. After a transient failure (429, 502, 503, 504) the request is sent up to twice
   * more.
   * @param path below the address, starting with `/api` or `/apis`
   * @param accept media type, where any JSON is not enough
   * @throws UpstreamError
   */
  get(path: string, signal: AbortSignal, accept?: string): Promise<unknown>;
  /** Reads JSON as `get` does, together with the server's clock, Unix ms. */
  getDated(
    path: string,
    signal: AbortSignal,
    accept?: string,
  ): Promise<{ value: unknown; date: number | null }>;
  /** Transport for requests through the data source proxy. */
  readonly transport: Transport;
  close(): Promise<void>;
}

export function createGrafanaClient(options: GrafanaOptions): GrafanaClient {
  const { orgId, headers, breaker, ...rest } = options;
  const inner = createTransport({
    ...rest,
    headers: { ...headers, ...(orgId == null ? {} : { 'x-grafana-org-id': String(orgId) }) },
    failureOf: failureOfGrafana,
    kind: 'grafana',
  });
  const send: Transport['send'] = async (request) => {
    const answer = await inner.send(request).catch((error: unknown) => {
      const isOfCaller = options.provided != null && error instanceof UpstreamError && error.status === 401;
      throw isOfCaller ? CALLER_REFUSED : withConnectionAdvice(error);
    });
    if (isPage(answer.contentType, answer.bytes.subarray(0, 100).toString())) {
      throw isFromDataSource(answer)
        ? new UpstreamError('unreadable', 'an HTML page', { status: answer.status, advice: NOT_PYROSCOPE })
        : notReadable('an HTML page', 'Something else answers with a page instead of Grafana', answer);
    }
    return answer;
  };

  const ask = (path: string, accept?: string) => (signal: AbortSignal) =>
    send({ method: 'GET', path, signal, accept, maxBytes: MAX_API_BYTES });
  const read = async (path: string, signal: AbortSignal, accept?: string) => {
    const pendingAnswer =
      breaker === undefined ? ask(path, accept)(signal) : breaker.run(ask(path, accept), signal);
    const answer = await pendingAnswer.catch((error: unknown) => {
      throw withApiAdvice(error);
    });
    return { value: parse(answer, inner.echoes()), date: answer.date };
  };

  const getDated: GrafanaClient['getDated'] = async (path, signal, accept) => {
    for (const pause of PAUSES_MS) {
      try {
        return await read(path, signal, accept);
      } catch (error) {
        if (!isTransient(error)) throw error;
      }
      await wait(pause, undefined, { signal });
    }
    return read(path, signal, accept);
  };

  return {
    base: options.url,
    getDated,
    get: async (path, signal, accept) => (await getDated(path, signal, accept)).value,
    transport: {
      send,
      post: createPost(send, inner),
      redact: inner.redact,
      echoes: inner.echoes,
      close: async () => {},
    },
    close: () => inner.close(),
  };
}

function parse(answer: RawAnswer, echoes: readonly Echo[]): unknown {
  try {
    return parseWithoutEchoes(answer.bytes.toString(), echoes);
  } catch {
    throw notReadable('the answer is not JSON', 'Grafana sent something unreadable', answer);
  }
}

function notReadable(detail: string, what: string, { status }: RawAnswer): UpstreamError {
  return new UpstreamError('unreadable', detail, { status, advice: notGrafana(what) });
}

function isTransient(error: unknown): boolean {
  return error instanceof UpstreamError && error.status !== null && TRANSIENT_STATUS.has(error.status);
}
