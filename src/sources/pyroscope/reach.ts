import { sharedWork } from '../../work/shared.js';
import type { Matcher, ProfileSource, Window } from '../source.js';
import { type LengthRefusal, lengthRefusal } from './steps.js';

/** How long it holds what was learned: an operator changes limits seldom. */
const KNOWN_FOR_MS = 3_600_000;
/**
 * The server's border moves on while a question is asked; a window that is cut off at it keeps this distance.
 */
const MARGIN_MS = 60_000;
/** What rounding and an instant more at the start of a request come to. */
const SLACK_MS = 1_000;
/** It is a side question. */
const PATIENCE_MS = 3_000;
/** Meets nothing, so that asking about all of time costs the server next to nothing. */
const NOBODY: Matcher = {
  name: 'service_name',
  op: '=',
  value: 'pyroscope-mcp-asks-how-far-back-you-answer',
};

/**
 * What is known about the windows that a server answers: the longest (`max_query_length`), and how far back
 * (`max_query_lookback`, 7 d by default).
 *
 * What lies before the lookback a server leaves out without a word. But where it refuses a window as too
 * long, it names the length that was left after it had cut off the start, and that gives the lookback away.
 * It is kept as a distance from our own clock, so that it does not matter how far that is off.
 */
export interface Reach {
  /** Longest window, ms; null where none was refused yet. */
  longest(): number | null;
  /**
   * The part of a window that is answered; the window itself where that is not known, or where nothing would
   * be left.
   */
  clip(window: Window): Window;
  /** Notes a refusal, of this window where it was asked as a whole. */
  learn(refusal: LengthRefusal, window: Window | null): void;
  /**
   * The oldest time that the server answers about, Unix ms; null where it is not limited, or does not say.
   * Asks it once an hour, by a window that is too long for any limit.
   */
  ask(signal: AbortSignal): Promise<number | null>;
}

/** @param now our clock, Unix ms */
export function createReach(source: Pick<ProfileSource, 'labelValues'>, now: () => number): Reach {
  let length: { longest: number; until: number } | null = null;
  let back: { lookback: number | null; until: number } | null = null;

  const oldest = () => {
    const lookback = back !== null && now() < back.until ? back.lookback : null;
    return lookback === null ? null : now() - lookback;
  };
  const learn = ({ limit, actual }: LengthRefusal, window: Window | null) => {
    length = { longest: limit, until: now() + KNOWN_FOR_MS };
    if (window === null || window.to - window.from - actual <= SLACK_MS) return;
    back = { lookback: now() - (window.to - actual), until: now() + KNOWN_FOR_MS };
  };

  const probe = async (signal: AbortSignal): Promise<void> => {
    const window = { from: 1, to: now() };
    const own = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const asked = source.labelValues('service_name', { matchers: [NOBODY], window }, own);
    // A failure leaves it unknown, as an answer does: nobody waits for this twice.
    const refusal = await asked.then(() => null, lengthRefusal);
    signal.throwIfAborted();
    back = { lookback: null, until: now() + KNOWN_FOR_MS };
    if (refusal !== null) learn(refusal, window);
  };
  let asking = sharedWork(probe);

  return {
    longest: () => (length !== null && now() < length.until ? length.longest : null),
    learn,

    clip(window) {
      const from = (oldest() ?? Number.NEGATIVE_INFINITY) + MARGIN_MS;
      return window.from < from && from < window.to ? { from: Math.ceil(from), to: window.to } : window;
    },

    async ask(signal) {
      if (back === null || now() >= back.until) {
        await asking(signal);
        asking = sharedWork(probe);
      }
      return oldest();
    },
  };
}
