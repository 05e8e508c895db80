import type { Dispatcher } from 'undici';
import { isSecureAddress } from '../config/oauth/read.js';
import type { ProxySettings } from '../sources/pyroscope/http/connections.js';
import { openConnections } from '../sources/pyroscope/http/connections.js';

/** Deadline of a request to an identity provider: a caller waits for it. */
const TIMEOUT_MS = 5_000;
/** Maximum size of an answer: metadata and keys have some kilobytes. */
const MAX_BYTES = 2 ** 20;

/** An identity provider could not be asked, or did not answer as it should. The text shows no token. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
}

/** A refusal of the provider: its status, and the OAuth error code where it names one. */
export interface ProviderRefusal {
  status: number;
  error: string | null;
}

/** Sends requests to identity providers. */
export interface ProviderClient {
  /** Reads a JSON object. @throws ProviderError */
  get(url: string): Promise<JsonObject>;
  /**
   * Posts a form, as the client that the header names.
   * @throws ProviderError, except for status 400 and 401 with an OAuth error, which it returns
   */
  post(
    url: string,
    form: Readonly<Record<string, string>>,
    authorization: string,
  ): Promise<{ body: JsonObject } | { refusal: ProviderRefusal }>;
  close(): Promise<void>;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ProviderClientOptions {
  proxy: ProxySettings | null;
  timeoutMs?: number;
}

/**
 * Creates the client for identity providers. Requests go to TLS or to this machine only, follow no redirect,
 * and end after five seconds.
 */
export function createProviderClient({
  proxy,
  timeoutMs = TIMEOUT_MS,
}: ProviderClientOptions): ProviderClient {
  const pools = new Map<string, Promise<Dispatcher>>();
  const openPool = (origin: string) => {
    const pool = pools.get(origin) ?? openConnections(origin, { timeoutMs, proxy });
    pools.set(origin, pool);
    return pool;
  };

  const send = async (url: string, request: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>) => {
    if (!isSecureAddress(url)) throw new ProviderError(`the address ${describe(url)} is not https`);
    const { origin, pathname, search } = new URL(url);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const pool = await openPool(origin);
      const { statusCode, body } = await pool.request({
        ...request,
        origin,
        path: `${pathname}${search}`,
        signal,
      });
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of body) {
        size += chunk.length;
        if (size > MAX_BYTES) throw new ProviderError(`${describe(url)} answers with more than 1 MiB`);
        chunks.push(chunk);
      }
      return { status: statusCode, value: parseObject(Buffer.concat(chunks).toString()) };
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError(
        signal.aborted
          ? `${describe(url)} does not answer within ${timeoutMs / 1000} s`
          : `${describe(url)} cannot be reached (${nameFailure(error)})`,
      );
    }
  };

  return {
    async get(url) {
      const { status, value } = await send(url, { method: 'GET', headers: HEADERS });
      if (status !== 200) throw new ProviderError(`${describe(url)} answers with status ${status}`);
      if (value === null) throw new ProviderError(`${describe(url)} answers with something else than JSON`);
      return value;
    },
    async post(url, form, authorization) {
      const { status, value } = await send(url, {
        method: 'POST',
        headers: { ...HEADERS, authorization, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
      });
      if (status === 200 && value !== null) return { body: value };
      const error = typeof value?.error === 'string' ? value.error.slice(0, 100) : null;
      if ((status === 400 || status === 401) && error !== null) return { refusal: { status, error } };
      throw new ProviderError(`${describe(url)} answers with status ${status}`);
    },
    async close() {
      await Promise.all([...pools.values()].map(async (pool) => (await pool).destroy()));
    },
  };
}

const HEADERS = { accept: 'application/json', 'user-agent': 'pyroscope-mcp' };

/** An address without its query, which may hold something. */
function describe(url: string): string {
  if (!URL.canParse(url)) return 'of the provider';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function nameFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** A JSON text as an object; null where it is none. */
function parseObject(text: string): JsonObject | null {
  try {
    return readObject(JSON.parse(text));
  } catch {
    return null;
  }
}

/** A value as an object with names; null for everything else. */
export function readObject(value: unknown): JsonObject | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(Object.entries(value));
}
