import { refusal } from './answers.js';
import { createSlots, type Slots } from './slots.js';

/** How long a call waits for a place, milliseconds: a usual one is then still done in the 60 s that clients wait. */
const WAIT_MS = 20_000;
/** What a refused client is asked to wait, seconds: an answer seldom takes longer. */
const RETRY_CLIENT = 1;
const RETRY_ALL = 5;

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

export interface CallLimits extends Pick<Slots, 'running' | 'waiting'> {
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

/** The limits of tool calls; everything else that a client asks costs next to nothing. */
export async function createCallLimits(options: CallLimitOptions): Promise<CallLimits> {
  const { parallelCalls, calls, callsPerClient, callsPerMinute, waitMs = WAIT_MS } = options;
  const slots = createSlots({ places: parallelCalls, all: calls, perClient: callsPerClient, waitMs });
  const waitOf = callsPerMinute === null ? null : await rateLimit(callsPerMinute);
  return {
    running: slots.running,
    waiting: slots.waiting,
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
      const place = await slots.take(client, signal);
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

/** Counts the calls of each client in windows of a minute. @returns seconds to wait, 0 for a call that may go on */
async function rateLimit(perMinute: number): Promise<(client: string) => Promise<number>> {
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
