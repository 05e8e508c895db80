import type { ProfileSource } from '../../../src/sources/source.js';
import { RpcError } from './connect.js';
import type { SeenRequest } from './loopback.js';
import type { Limits } from './queries.js';
import type { StorageMode } from './series.js';

/** How a server is set up. */
export interface PyroscopeBehaviour extends Limits {
  /** Default v2. */
  mode: StorageMode;
  /** Dual mode: time stamp of the oldest profile in the v2 storage; default the middle of the data. */
  split: number;
  /**
   * GetProfileStats says nothing (true), as before the first compaction, or nothing of the oldest profile
   * (`oldest`).
   */
  statsLag: boolean | 'oldest';
  /**
   * Multi-tenancy: sources by tenant id; the server's own source is then not used. `a|b` is answered for the
   * first of them that is known.
   */
  tenants: Readonly<Record<string, ProfileSource>>;
  /**
   * Version with its minor part as a number: 2.2 (default), 2.1, 1.16. An older one ignores what it does not
   * know, as every server does.
   */
  version: number;
}

export type Headers = SeenRequest['headers'];

/** Everything that the handlers of all methods share. */
export interface ServerContext {
  mode: StorageMode;
  split: number;
  statsLag: PyroscopeBehaviour['statsLag'];
  version: number;
  limits: Limits;
  /**
   * The source that a request is about; null for a tenant without data.
   * @throws RpcError where tenants are told apart and the header names none
   */
  createSource(headers: Headers): ProfileSource | null;
  /** Ids of the tenants that a request names; empty where tenants are not told apart. */
  readTenants(headers: Headers): string[];
}

const { signal } = new AbortController();

export async function createContext(
  source: ProfileSource,
  options: Partial<PyroscopeBehaviour>,
): Promise<ServerContext> {
  const { mode = 'v2', statsLag = false, tenants } = options;
  const listTenants = (headers: Headers) => (tenants === undefined ? [] : readTenants(headers));
  return {
    mode,
    split: options.split ?? (mode === 'dual' ? await findMiddle(source) : 0),
    statsLag,
    version: options.version ?? 2.2,
    limits: {
      maxQueryLength: options.maxQueryLength ?? null,
      maxQueryLookback: options.maxQueryLookback ?? null,
      now: options.now ?? Date.now,
    },
    readTenants: listTenants,
    createSource(headers) {
      if (tenants === undefined) return source;
      const known = listTenants(headers).find((id) => Object.hasOwn(tenants, id));
      return (known === undefined ? undefined : tenants[known]) ?? null;
    },
  };
}

/** Whether a request that starts here falls to the v1 storage, at least in part. */
export function reachesV1({ mode, split }: ServerContext, start: number): boolean {
  return mode === 'v1' || (mode === 'dual' && split >= start);
}

function readTenants(headers: Headers): string[] {
  const header = headers['x-scope-orgid'] ?? '';
  if (header === '') throw new RpcError('unauthenticated', 'no org id');
  const ids = header.split('|');
  for (const id of ids) {
    const stray = /[^A-Za-z0-9!\-_.*'()]/.exec(id)?.[0];
    if (stray === undefined) continue;
    throw new RpcError('unauthenticated', `tenant ID '${id}' contains unsupported character '${stray}'`);
  }
  return ids;
}

async function findMiddle(source: ProfileSource): Promise<number> {
  const range = await source.dataRange(signal);
  return range === null ? 0 : Math.floor((range.oldest + range.newest) / 2);
}
