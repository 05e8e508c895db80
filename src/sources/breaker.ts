import type { CircuitBreakerPolicy } from 'cockatiel';
import { UpstreamError } from '../errors.js';
import { untilAborted } from '../work/shared.js';
import { createPost, type Transport } from './pyroscope/transport.js';

/**
 * Failures one after another, without an answer in between, after which a source is left in peace: one call
 * that asks several things at once and meets a dead server has as many.
 */
const FAILURES = 5;
/** How long it is left in peace at first, and at most, milliseconds; doubled with every trial that fails. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** The longest pause that a server may ask for with Retry-After, milliseconds. */
const LONGEST_WISH_MS = 5 * 60_000;
/** Statuses of a server, or of something in front of it, that cannot answer now. */
const CANNOT_ANSWER: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Keeps requests from a source that does not answer. */
export interface Breaker {
  /**
   * @param work a request. Its signal is the caller's, but for a trial: that goes on when its caller has
   *   gone.
   * @throws UpstreamError `paused`, at once, while the source is left in peace; else what the work throws
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Pause {
  /** When the first of the failures was. Unix ms. */
  since: number;
  /** When a request is let through again. Unix ms. */
  until: number;
  /** What failed last. */
  last: UpstreamError;
}

/**
 * A circuit breaker: after some failures in a row requests fail at once for a while, then a single one is let
 * through to see whether the source answers again. Only what says that a source cannot be reached, or cannot
 * answer, counts. An answer that refuses a request shows that it is there; a caller that goes away shows
 * nothing.
 *
 * @param onChange told when the source is left in peace, with what failed last, and when it answers again,
 *   with null
 */
export function createBreaker(onChange: (failure: UpstreamError | null) => void = () => {}): Breaker {
  let firstFailure: number | null = null;
  let pause: Pause | null = null;
  let loaded: Promise<Parts> | undefined;

  const load = async (): Promise<Parts> => {
    // Loaded with the first request: start-up counts.
    const { CircuitState, ConsecutiveBreaker, circuitBreaker, DelegateBackoff, handleWhen } = await import(
      'cockatiel'
    );
    let pauseFor = FIRST_PAUSE_MS;
    const policy = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(FAILURES),
      halfOpenAfter: new DelegateBackoff(({ attempt, result }) => {
        const last = 'error' in result && result.error instanceof UpstreamError ? result.error : null;
        pauseFor = pauseMs(attempt, last?.retryAfterMs ?? null);
        return pauseFor;
      }),
    });
    policy.onStateChange((state) => {
      if (state !== CircuitState.Closed) return;
      [firstFailure, pause] = [null, null];
      onChange(null);
    });
    policy.onBreak((reason) => {
      const last = 'error' in reason ? reason.error : null;
      if (!(last instanceof UpstreamError)) return;
      const begins = pause === null;
      const now = Date.now();
      pause = { since: firstFailure ?? now, until: now + pauseFor, last };
      if (begins) onChange(last);
    });
    return {
      policy,
      isOpen: () => policy.state === CircuitState.Open,
      isClosed: () => policy.state === CircuitState.Closed,
    };
  };

  return {
    async run(work, signal) {
      loaded ??= load();
      const { policy, isOpen, isClosed } = await loaded;
      signal.throwIfAborted();
      if (pause !== null && !isClosed() && (!isOpen() || Date.now() < pause.until)) {
        throw paused(pause, !isOpen());
      }
      const isTrial = isOpen();
      const own = isTrial ? new AbortController().signal : signal;
      const attempt = policy.execute(async () => {
        try {
          const value = await work(own);
          firstFailure = null;
          return { value };
        } catch (error) {
          if (isOutage(error)) firstFailure ??= Date.now();
          else if (error instanceof UpstreamError) {
            // An answer nevertheless: not as asked, but from there.
            firstFailure = null;
            return { error };
          }
          throw error;
        }
      });
      const outcome = await (isTrial ? untilAborted(attempt, signal) : attempt);
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    },
  };
}

interface Parts {
  policy: CircuitBreakerPolicy;
  isOpen(): boolean;
  isClosed(): boolean;
}

/** A transport whose requests go through a breaker. */
export function throughBreaker(transport: Transport, breaker: Breaker): Transport {
  const send: Transport['send'] = (request) =>
    breaker.run((signal) => transport.send({ ...request, signal }), request.signal);
  return {
    send,
    post: createPost(send, transport),
    redact: transport.redact,
    echoes: transport.echoes,
    close: () => transport.close(),
  };
}

/** Whether a failure says that nobody can be reached there, or that nobody can answer now. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  if (error.status !== null) return CANNOT_ANSWER.has(error.status);
  return error.kind === 'unreachable' || error.kind === 'timeout';
}

/** @param attempt 1 for the first pause */
function pauseMs(attempt: number, wishMs: number | null): number {
  const usual = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return Math.max(usual, Math.min(wishMs ?? 0, LONGEST_WISH_MS));
}

function paused({ since, until, last }: Pause, isBeingTried: boolean): UpstreamError {
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const next = isBeingTried ? 'a request is trying it right now' : `tried again at ${time(until)}`;
  const status = last.status === null ? '' : `, HTTP ${last.status}`;
  return new UpstreamError(
    'paused',
    `failing since ${time(since)}; ${next}; last failure: ${last.kind}${status}, ${last.detail}`,
    { cause: last },
  );
}
