import { refusal } from './responses.js';

/**
 * How long a call waits for a place, milliseconds: a usual one is then still done in the 60 s that clients
 * wait.
 */
export const WAIT_MS = 20_000;
/** Seconds after which a refused client may call again: an answer seldom takes longer. */
export const RETRY_CLIENT = 1;
export const RETRY_ALL = 5;

export interface CallLimitOptions {
  /** Calls that run at once; further ones wait. */
  parallelCalls: number;
  /** Calls that run or wait, of all clients. */
  calls: number;
  /** Calls that run or wait, of one client. */
  callsPerClient: number;
  /** Calls of one client in a minute; null: as many as it likes. */
  callsPerMinute: number | null;
  /** How long a call waits for a place, milliseconds; for tests. */
  waitMs?: number;
}

export interface CallLimits extends Pick<CallQueue, 'running' | 'waiting'> {
  /**
   * Lets a call in.
   * @returns what must be run when the call is over, or the answer for one that is refused
   * @throws the reason of the signal when the caller left while it waited
   */
  enter(
    client: string,
    id: string | number | null,
    signal: AbortSignal,
  ): Promise<{ leave: () => void } | { refused: Response }>;
}

/** Creates the limits of tool calls; all other requests of a client are cheap. */
export async function createCallLimits(options: CallLimitOptions): Promise<CallLimits> {
  const { parallelCalls, calls, callsPerClient, callsPerMinute, waitMs = WAIT_MS } = options;
  const queue = createCallQueue({ places: parallelCalls, all: calls, perClient: callsPerClient, waitMs });
  const waitOf = callsPerMinute === null ? null : await createRateLimit(callsPerMinute);
  return {
    running: queue.running,
    waiting: queue.waiting,
    async enter(client, id, signal) {
      const seconds = (await waitOf?.(client)) ?? 0;
      if (seconds > 0) {
        return refuse(
          429,
          id,
          seconds,
          `This client has made as many calls in a minute as one client may make (${callsPerMinute}). Call again in ` +
            `${seconds} s. An operator raises the limit with --max-calls-per-minute.`,
        );
      }
      const place = await queue.take(client, signal);
      if (place === 'client') {
        return refuse(
          429,
          id,
          RETRY_CLIENT,
          `This client has as many calls under way as one client may have (${callsPerClient}). Wait for an answer, then ` +
            'call again; send fewer calls at once. An operator raises the limit with --max-calls-per-client.',
        );
      }
      if (place === 'all') {
        return refuse(
          503,
          id,
          RETRY_ALL,
          `The server is busy: ${calls} calls are under way, or none of those that run ended in time. Call again in ` +
            `${RETRY_ALL} s with the same arguments. An operator starts another replica, or raises --parallel-calls.`,
        );
      }
      return { leave: place };
    },
  };
}

/**
 * Counts the calls of each client in windows of a minute.
 * @returns seconds to wait; 0 for a call that may go on
 */
async function createRateLimit(perMinute: number): Promise<(client: string) => Promise<number>> {
  const { RateLimiterMemory, RateLimiterRes } = await import('rate-limiter-flexible');
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  return async (client) => {
    try {
      await limiter.consume(client);
      return 0;
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
    }
  };
}

function refuse(status: number, id: string | number | null, seconds: number, message: string) {
  return { refused: refusal(status, message, { id, headers: { 'retry-after': String(seconds) } }) };
}

/** Limits of a call queue. */
export interface CallQueueLimits {
  /** Maximum number of running calls. */
  places: number;
  /** Maximum number of running and waiting calls of all clients. */
  all: number;
  /** Maximum number of running and waiting calls of one client. */
  perClient: number;
  /** Timeout of a waiting call, milliseconds. */
  waitMs: number;
}

/** Reason why a call got no place: too many calls of its client, or of all. */
export type NoPlace = 'client' | 'all';

/** A bounded number of places for running calls, and a queue for further ones. */
export interface CallQueue {
  /**
   * Takes a place, after a while in the queue if none is free.
   * @returns a function that gives the place back (further calls of it do nothing), or the reason of a
   *   refusal
   * @throws the reason of the signal when it aborts meanwhile
   */
  take(client: string, signal: AbortSignal): Promise<(() => void) | NoPlace>;
  /** Number of calls that have a place. */
  running(): number;
  /** Number of calls in the queue. */
  waiting(): number;
}

/**
 * Bounds the number of running calls and queues further ones. Running all of them at once would only slow
 * each down: each holds its profiles in memory, and the first would end hardly before the last. A free place
 * goes to the clients in turn, and within a client to the call that has waited longest, so that a client with
 * many calls does not hold up a client with few. A call is refused if its client or all clients have too
 * many, and when it has waited too long.
 */
export function createCallQueue({ places, all, perClient, waitMs }: CallQueueLimits): CallQueue {
  const byClient = new Map<string, number>();
  /**
   * Waiting calls of each client in the order of arrival; a call gets its place when its function is called.
   * Clients stand in the order of their turns, and a client that had its turn goes to the end. A client
   * without waiting calls is removed.
   */
  const queues = new Map<string, Set<() => void>>();
  let waiting = 0;
  let running = 0;

  const count = (client: string, change: 1 | -1) => {
    const calls = (byClient.get(client) ?? 0) + change;
    if (calls === 0) byClient.delete(client);
    else byClient.set(client, calls);
  };
  const findPlace = (client: string) => {
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      count(client, -1);
      const [nextQueue] = queues;
      const [next] = nextQueue?.[1] ?? [];
      // The place goes over to the next one, and `running` stays.
      if (nextQueue === undefined || next === undefined) {
        running--;
        return;
      }
      next();
      const [queuedClient, waiting] = nextQueue;
      if (queues.delete(queuedClient)) queues.set(queuedClient, waiting);
    };
  };
  const wait = (client: string, signal: AbortSignal) =>
    new Promise<boolean>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        waiting--;
        const clientQueue = queues.get(client);
        clientQueue?.delete(enter);
        if (clientQueue?.size === 0) queues.delete(client);
      };
      const enter = () => {
        leave();
        resolve(true);
      };
      const abort = () => {
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        leave();
        resolve(false);
      }, waitMs);
      signal.addEventListener('abort', abort, { once: true });
      waiting++;
      const clientQueue = queues.get(client) ?? new Set();
      queues.set(client, clientQueue.add(enter));
    });

  return {
    running: () => running,
    waiting: () => waiting,
    async take(client, signal) {
      signal.throwIfAborted();
      if ((byClient.get(client) ?? 0) >= perClient) return 'client';
      if (running + waiting >= all) return 'all';
      count(client, 1);
      if (running < places) {
        running++;
        return findPlace(client);
      }
      try {
        if (await wait(client, signal)) return findPlace(client);
      } catch (error) {
        count(client, -1);
        throw error;
      }
      count(client, -1);
      return 'all';
    },
  };
}
