import { createHash } from 'node:crypto';
import type { RequestId } from './message.js';

/** Header that carries the session id, in both directions. */
export const SESSION_HEADER = 'mcp-session-id';

/**
 * How long a cancel that came before its request is remembered, milliseconds. Each of them opens a connection of its own,
 * of which a busy machine serves one seconds after the other.
 */
const EARLY_MS = 20_000;
/** Maximum number of such cancels; the oldest go first. */
const MAX_EARLY = 1_024;

/** Where a request comes from, as far as it tells which cancels may concern it. */
export interface Origin {
  /** Client id of the token; null where the server wants none. */
  client: string | null;
  /** Session id that the caller sent; null where it sent none. */
  session: string | null;
}

/** Requests in flight that their clients can cancel with a message of its own. */
export interface Cancellations {
  /**
   * Begins a request.
   * @returns the signal that aborts when the client cancels the request, and what must be run when it is over
   */
  begin(origin: Origin, id: RequestId): { signal: AbortSignal; end(): void };
  cancel(origin: Origin, id: RequestId): void;
}

/**
 * Matches the cancels of the protocol before 2026-07-28 with requests. Each of both comes in an HTTP request of its own,
 * and request ids are only unique in one client: without a session id a cancel could end a call of another one. Holds
 * nothing of a session but its requests in flight, so that any session id is as good as a known one.
 */
export function createCancellations(now: () => number = () => performance.now()): Cancellations {
  const inFlight = new Map<string, Set<AbortController>>();
  /** Time of expiry by key, in the order of arrival. */
  const early = new Map<string, number>();
  const rememberEarly = (key: string) => {
    early.delete(key);
    for (const [oldest, expiry] of early) {
      if (early.size < MAX_EARLY && expiry > now()) break;
      early.delete(oldest);
    }
    early.set(key, now() + EARLY_MS);
  };
  return {
    begin(origin, id) {
      const controller = new AbortController();
      if (origin.session === null) return { signal: controller.signal, end() {} };
      const key = keyOf(origin, id);
      const controllers = inFlight.get(key) ?? new Set();
      inFlight.set(key, controllers.add(controller));
      if ((early.get(key) ?? 0) > now()) controller.abort();
      early.delete(key);
      return {
        signal: controller.signal,
        end() {
          // Run a second time, it must not touch a later request with the same id.
          if (controllers.delete(controller) && controllers.size === 0) inFlight.delete(key);
        },
      };
    },
    cancel(origin, id) {
      if (origin.session === null) return;
      const key = keyOf(origin, id);
      const controllers = inFlight.get(key);
      if (controllers === undefined) return rememberEarly(key);
      for (const controller of controllers) controller.abort();
    },
  };
}

/** Has the same length whatever a caller sends, which bounds what is held of cancels that came early. */
function keyOf({ client, session }: Origin, id: RequestId): string {
  return createHash('sha256')
    .update(JSON.stringify([client, session, id]))
    .digest('base64');
}
