import { AsyncLocalStorage } from 'node:async_hooks';
import type { Identity } from '../access/identity.js';
import type { CallEnvironment } from './call.js';

/** The sender of a request. */
export interface Caller {
  identity: Identity;
  /** Aborts when the request is over, so that nothing needs to stay open for it any more. */
  ended: AbortSignal;
}

/** Gives the environment in which a caller's calls run. It stays open until `ended` aborts. */
export type EnvironmentOf = (identity: Identity, ended: AbortSignal) => Promise<CallEnvironment>;

const callers = new AsyncLocalStorage<Caller>();

/**
 * Runs some work for a caller. The SDK hands the sender of a request on to tools and resources, but not to
 * completions, so the sender does not go through it.
 */
export function withCaller<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work);
}

/** Client id of the caller that the running code works for; null where there is only one. */
export function clientNow(): string | null {
  return callers.getStore()?.identity.client ?? null;
}

/**
 * Gives the caller that the running code works for.
 * @throws Error outside of `withCaller`: work without a caller must not get anybody's rights
 */
export function currentCaller(): Caller {
  const caller = callers.getStore();
  if (caller === undefined) throw new Error('a request has no caller');
  return caller;
}
