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
 * Bounds the calls that run at once; further ones wait in the order of arrival. Calls that all run at once only slow each
 * other down: each holds its profiles in memory, and the first is done hardly before the last. A call is refused where
 * there are too many already, of its client or of all, and when it has waited too long.
 */
export function createSlots({ places, all, perClient, waitMs }: SlotLimits): Slots {
  const byClient = new Map<string, number>();
  /** In the order of arrival; each is given its place by calling it. */
  const queue = new Set<() => void>();
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
      const [next] = queue;
      // The place goes over to the next one, and `running` stays.
      if (next === undefined) running--;
      else next();
    };
  };
  const wait = (signal: AbortSignal) =>
    new Promise<boolean>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        queue.delete(enter);
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
      queue.add(enter);
    });

  return {
    running: () => running,
    waiting: () => queue.size,
    async take(client, signal) {
      signal.throwIfAborted();
      if ((byClient.get(client) ?? 0) >= perClient) return 'client';
      if (running + queue.size >= all) return 'all';
      count(client, 1);
      if (running < places) {
        running++;
        return placeOf(client);
      }
      try {
        if (await wait(signal)) return placeOf(client);
      } catch (error) {
        count(client, -1);
        throw error;
      }
      count(client, -1);
      return 'all';
    },
  };
}
