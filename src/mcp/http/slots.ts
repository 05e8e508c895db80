/** How many calls there may be at once. */
export interface SlotLimits {
  /** That run. */
  places: number;
  /** That run or wait, of all clients. */
  all: number;
  /** That run or wait, of one client. */
  perClient: number;
  /** How long a call waits for a place, milliseconds. */
  waitMs: number;
}

/** Why a call got no place: its client has too many, or the server has. */
export type NoSlot = 'client' | 'all';

/** Places for calls. */
export interface Slots {
  /**
   * Takes a place, and waits a little for one.
   * @returns what gives it back (once; again does nothing), or why there is none
   * @throws the reason of the signal when it aborts meanwhile
   */
  take(client: string, signal: AbortSignal): Promise<(() => void) | NoSlot>;
  /** Calls that have a place. */
  running(): number;
  /** Calls that wait for one. */
  waiting(): number;
}

/**
 * Bounds the calls that run at once; further ones wait. A free place goes to the clients in turn, and of one client to the
 * call that has waited longest, so that one with many calls does not hold up one with few. Calls that all run at once only slow each
 * other down: each holds its profiles in memory, and the first is done hardly before the last. A call is refused where
 * there are too many already, of its client or of all, and when it has waited too long.
 */
export function createSlots({ places, all, perClient, waitMs }: SlotLimits): Slots {
  const byClient = new Map<string, number>();
  /**
   * Of each client in the order of arrival; each call is given its place by calling it. The clients stand in the order of
   * their turns: whose turn it was goes to the end. None is here without a call.
   */
  const queues = new Map<string, Set<() => void>>();
  let waiting = 0;
  let running = 0;

  const count = (client: string, by: 1 | -1) => {
    const calls = (byClient.get(client) ?? 0) + by;
    if (calls === 0) byClient.delete(client);
    else byClient.set(client, calls);
  };
  const placeOf = (client: string) => {
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      count(client, -1);
      const [turn] = queues;
      const [next] = turn?.[1] ?? [];
      // The place goes over to the next one, and `running` stays.
      if (turn === undefined || next === undefined) {
        running--;
        return;
      }
      next();
      const [whose, others] = turn;
      if (queues.delete(whose)) queues.set(whose, others);
    };
  };
  const wait = (client: string, signal: AbortSignal) =>
    new Promise<boolean>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        waiting--;
        const own = queues.get(client);
        own?.delete(enter);
        if (own?.size === 0) queues.delete(client);
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
      const own = queues.get(client) ?? new Set();
      queues.set(client, own.add(enter));
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
        return placeOf(client);
      }
      try {
        if (await wait(client, signal)) return placeOf(client);
      } catch (error) {
        count(client, -1);
        throw error;
      }
      count(client, -1);
      return 'all';
    },
  };
}
