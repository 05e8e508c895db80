/** How many calls may run at once. */
export interface SlotLimits {
  /** Of all clients. */
  all: number;
  /** Of one client, those that wait counted. */
  perClient: number;
  /** How long a call waits for a place while all are taken, milliseconds. */
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
 * Bounds the calls that run at once. A client over its own limit is refused at once: it does not wait for its own
 * answers. When all places are taken, a call waits for a short time, in the order of arrival and no more calls than
 * there are places: agents do not try a refused call again, so that a burst should cost them time and not the answer.
 */
export function createSlots({ all, perClient, waitMs }: SlotLimits): Slots {
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
      if (running < all) {
        count(client, 1);
        running++;
        return placeOf(client);
      }
      if (queue.size >= all) return 'all';
      count(client, 1);
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
