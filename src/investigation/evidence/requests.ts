import type { ProfileSource, SeriesQuery } from '../../sources/source.js';

/**
 * Questions that one investigation may ask upstream: each a request, more about windows over the server's
 * limit.
 */
export const MAX_REQUESTS = 40;
/** Requests in flight at once. */
const MAX_IN_FLIGHT = 8;

/** Thrown where a question would be one too many for one investigation. */
export class NoRequestLeft extends Error {
  override readonly name = 'NoRequestLeft';
}

/** Counts and limits the requests of one investigation. */
export interface Requests {
  /** How many requests were made, those counted one by one that a question over a long window takes. */
  readonly made: number;
  /** Number of questions that may still be asked. */
  readonly left: number;
  /** Number of requests that have ended, well or not. */
  readonly ended: number;
  /**
   * Sets the number of questions that may be asked in all; further ones are then refused.
   *
   * @throws NoRequestLeft from each of them
   */
  limitTo(max: number): void;
  /**
   * Asks one question when there is room for it.
   * @param requests how many requests it takes
   */
  run<T>(question: () => Promise<T>, requests?: number): Promise<T>;
}

/** @param onAnswered receives the number of requests that were answered, which grows with each call */
export function createRequests(
  onAnswered: (answered: number) => void = () => {},
  max: number = MAX_REQUESTS,
): Requests {
  let limit = max;
  let isStrict = false;
  let made = 0;
  let answered = 0;
  let started = 0;
  let inFlight = 0;
  const waiting: (() => void)[] = [];
  return {
    get made() {
      return made;
    },
    get left() {
      return limit - started;
    },
    get ended() {
      return answered;
    },
    limitTo(newLimit) {
      limit = newLimit;
      isStrict = true;
    },
    async run(question, requests = 1) {
      if (isStrict && started >= limit) throw new NoRequestLeft(`all ${limit} were asked`);
      started++;
      made += requests;
      if (inFlight < MAX_IN_FLIGHT) inFlight++;
      else await new Promise<void>((go) => waiting.push(go));
      try {
        return await question();
      } finally {
        // The place is handed on, so that no newcomer takes it before the waiting request has gone on.
        const next = waiting.shift();
        if (next === undefined) inFlight--;
        else next();
        answered += requests;
        onAnswered(answered);
      }
    },
  };
}

/** Wraps a source so that every request is counted and limited. */
export function countedSource(source: ProfileSource, requests: Requests): ProfileSource {
  const { exemplars } = source;
  const cost = ({ window }: SeriesQuery) => source.requestsFor?.(window) ?? 1;
  return {
    ...source,
    labelNames: (query, ...rest) => requests.run(() => source.labelNames(query, ...rest), cost(query)),
    labelValues: (name, query, ...rest) =>
      requests.run(() => source.labelValues(name, query, ...rest), cost(query)),
    series: (names, query, ...rest) => requests.run(() => source.series(names, query, ...rest), cost(query)),
    profile: (query, ...rest) => requests.run(() => source.profile(query, ...rest), cost(query)),
    snapshots: (query, ...rest) => requests.run(() => source.snapshots(query, ...rest), cost(query)),
    ...(exemplars === undefined
      ? {}
      : { exemplars: (query, ...rest) => requests.run(() => exemplars(query, ...rest), cost(query)) }),
    timeSeries: (query, ...rest) => requests.run(() => source.timeSeries(query, ...rest), cost(query)),
  };
}
