import { sharedWork } from '../../work/shared.js';
import type { Matcher, ProfileSource, Window } from '../source.js';
import { type LengthRefusal, lengthRefusal } from './steps.js';

/** Time for which learned limits are kept: an operator changes them seldom. */
const CACHE_MS = 3_600_000;
/** Distance of a clipped window from the lookback limit, which moves while requests are sent. */
const MARGIN_MS = 60_000;
/** Maximum difference from rounding, and from requests that begin an instant earlier. */
const SLACK_MS = 1_000;
/** Timeout of the request for the lookback limit, which is only a side question. */
const PROBE_TIMEOUT_MS = 3_000;
/** A matcher that matches nothing, so that a request for all of time costs the server almost nothing. */
const MATCHES_NOTHING: Matcher = {
  name: 'service_name',
  op: '=',
  value: 'pyroscope-mcp-asks-how-far-back-you-answer',
};

/**
 * The limits of a server on windows: the longest (`max_query_length`) and the lookback (`max_query_lookback`,
 * 7 d by default).
 *
 * A server leaves data before the lookback limit out without an error. But where it refuses a window as too
 * long, it names the length after it clipped the start, which shows the lookback. The lookback is kept as a
 * distance from our own clock, so that a wrong clock does not matter.
 */
export interface QueryLimits {
  /** Longest allowed window, in ms; null where no window was refused yet. */
  longest(): number | null;
  /**
   * Clips a window to the lookback limit. The window stays as it is where the limit is unknown, or where
   * nothing would be left.
   */
  clip(window: Window): Window;
  /** Learns from a refusal; `window` is given where it was queried as a whole. */
  learn(refusal: LengthRefusal, window: Window | null): void;
  /**
   * Finds the oldest time that the server answers about, Unix ms; null where there is no limit, or where the
   * server does not tell. Once an hour this sends a request for a window that is too long for any limit.
   */
  ask(signal: AbortSignal): Promise<number | null>;
}

/** @param now our clock, Unix ms */
export function createQueryLimits(
  source: Pick<ProfileSource, 'labelValues'>,
  now: () => number,
): QueryLimits {
  let lengthEntry: { longest: number; until: number } | null = null;
  let lookbackEntry: { lookback: number | null; until: number } | null = null;

  const oldest = () => {
    const lookback = lookbackEntry !== null && now() < lookbackEntry.until ? lookbackEntry.lookback : null;
    return lookback === null ? null : now() - lookback;
  };
  const learn = ({ limit, actual }: LengthRefusal, window: Window | null) => {
    lengthEntry = { longest: limit, until: now() + CACHE_MS };
    if (window === null || window.to - window.from - actual <= SLACK_MS) return;
    lookbackEntry = { lookback: now() - (window.to - actual), until: now() + CACHE_MS };
  };

  const probe = async (signal: AbortSignal): Promise<void> => {
    const window = { from: 1, to: now() };
    const probeSignal = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    const pendingAnswer = source.labelValues(
      'service_name',
      { matchers: [MATCHES_NOTHING], window },
      probeSignal,
    );
    // After any other failure the limit stays unknown for an hour, so that no call waits for it again.
    const refusal = await pendingAnswer.then(() => null, lengthRefusal);
    signal.throwIfAborted();
    lookbackEntry = { lookback: null, until: now() + CACHE_MS };
    if (refusal !== null) learn(refusal, window);
  };
  let sharedProbe = sharedWork(probe);

  return {
    longest: () => (lengthEntry !== null && now() < lengthEntry.until ? lengthEntry.longest : null),
    learn,

    clip(window) {
      const from = (oldest() ?? Number.NEGATIVE_INFINITY) + MARGIN_MS;
      return window.from < from && from < window.to ? { from: Math.ceil(from), to: window.to } : window;
    },

    async ask(signal) {
      if (lookbackEntry === null || now() >= lookbackEntry.until) {
        await sharedProbe(signal);
        sharedProbe = sharedWork(probe);
      }
      return oldest();
    },
  };
}
