import type { ProfileSource } from '../../sources/source.js';

/** Upstream requests that one investigation may make. */
export const MOST_REQUESTS = 40;
/** Requests in flight at once. */
const MOST_IN_FLIGHT = 8;

/** Counts and limits the requests of one investigation. */
export interface Requests {
  /** How many were made. */
  readonly made: number;
  /** How many are left. */
  readonly left: number;
  /** Runs one request when there is room for it. */
  run<T>(request: () => Promise<T>): Promise<T>;
}

/** @param onRequest told the number made after each one */
export function createRequests(onRequest: (made: number) => void = () => {}): Requests {
  let made = 0;
  let inFlight = 0;
  const waiting: (() => void)[] = [];
  return {
    get made() {
      return made;
    },
    get left() {
      return MOST_REQUESTS - made;
    },
    async run(request) {
      made++;
      if (inFlight < MOST_IN_FLIGHT) inFlight++;
      else await new Promise<void>((go) => waiting.push(go));
      try {
        return await request();
      } finally {
        // The place is handed on, so that nobody takes it before the one that waits has gone on.
        const next = waiting.shift();
        if (next === undefined) inFlight--;
        else next();
        onRequest(made);
      }
    },
  };
}

/** The same source with every request counted and limited. */
export function countedSource(source: ProfileSource, requests: Requests): ProfileSource {
  return {
    ...source,
    labelNames: (...args) => requests.run(() => source.labelNames(...args)),
    labelValues: (...args) => requests.run(() => source.labelValues(...args)),
    series: (...args) => requests.run(() => source.series(...args)),
    profile: (...args) => requests.run(() => source.profile(...args)),
    snapshots: (...args) => requests.run(() => source.snapshots(...args)),
    timeSeries: (...args) => requests.run(() => source.timeSeries(...args)),
  };
}
