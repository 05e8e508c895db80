import { setTimeout as wait } from 'node:timers/promises';
import { UpstreamError } from '../../errors.js';
import type { Breaker } from '../breaker.js';
import { type Echo, parseWithoutEchoes } from '../echoes.js';
import { isPage } from '../pyroscope/failure.js';
import {
  createPost,
  createTransport,
  type RawAnswer,
  type Transport,
  type TransportOptions,
} from '../pyroscope/transport.js';
import {
  failureOfGrafana,
  isPassedOn,
  NOT_PYROSCOPE,
  notGrafana,
  ofGrafanaItself,
  onTheWayToGrafana,
} from './failure.js';

/** Answers of Grafana's own API are small; a list of 5,000 data sources or a huge dashboard still fits. */
const MAX_API_BYTES = 50 * 2 ** 20;
/** Pauses before a second and a third try, milliseconds. */
const PAUSES_MS = [200, 800] as const;
const PASSING_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface GrafanaOptions
  extends Pick<
    TransportOptions,
    | 'url'
    | 'token'
    | 'tokenFile'
    | 'username'
    | 'password'
    | 'caFile'
    | 'proxy'
    | 'timeoutMs'
    | 'maxResponseBytes'
    | 'meter'
  > {
  /** Organisation that the credentials must belong to; with a user and password, the one to use. */
  orgId?: number | null;
  /** Keeps requests of Grafana's own API from a Grafana that does not answer. */
  breaker?: Breaker | undefined;
  /** Further headers, such as an access proxy in front wants. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * One Grafana: its own API, read only, and the way through it to its data sources, over the same few
 * connections. All requests go to the configured address with the configured credentials; nothing that a
 * caller says changes either.
 */
export interface GrafanaClient {
  /** Configured address: origin and sub-path. */
  readonly base: string;
  /**
   * Reads JSON from the API. A passing failure (429, 502, 503, 504) is tried twice more.
   * @param path below the address, starting with `/api` or `/apis`
   * @param accept media type, where not just any JSON will do
   * @throws UpstreamError
   */
  get(path: string, signal: AbortSignal, accept?: string): Promise<unknown>;
  /** The same with the clock of the server, Unix ms. */
  getDated(
    path: string,
    signal: AbortSignal,
    accept?: string,
  ): Promise<{ value: unknown; date: number | null }>;
  /** Everything else: requests through the data source proxy. */
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
      throw onTheWayToGrafana(error);
    });
    if (isPage(answer.contentType, answer.bytes.subarray(0, 100).toString())) {
      throw isPassedOn(answer)
        ? new UpstreamError('unreadable', 'an HTML page', { status: answer.status, advice: NOT_PYROSCOPE })
        : notReadable('an HTML page', 'Something else answers with a page instead of Grafana', answer);
    }
    return answer;
  };

  const ask = (path: string, accept?: string) => (signal: AbortSignal) =>
    send({ method: 'GET', path, signal, accept, maxBytes: MAX_API_BYTES });
  const read = async (path: string, signal: AbortSignal, accept?: string) => {
    const asked = breaker === undefined ? ask(path, accept)(signal) : breaker.run(ask(path, accept), signal);
    const answer = await asked.catch((error: unknown) => {
      throw ofGrafanaItself(error);
    });
    return { value: parse(answer, inner.echoes()), date: answer.date };
  };

  const getDated: GrafanaClient['getDated'] = async (path, signal, accept) => {
    for (const pause of PAUSES_MS) {
      try {
        return await read(path, signal, accept);
      } catch (error) {
        if (!isPassing(error)) throw error;
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

function isPassing(error: unknown): boolean {
  return error instanceof UpstreamError && error.status !== null && PASSING_STATUS.has(error.status);
}
