import type { CircuitBreakerPolicy } from 'cockatiel';
import { UpstreamError } from '../errors.js';
import { untilAborted } from '../work/shared.js';
import { createPost, type Transport } from './pyroscope/http/transport.js';

/**
 * Failures in a row after which requests are paused. A single call that sends several requests to a dead
 * server has as many.
 */
const MAX_FAILURES = 5;
/** First and longest pause, in milliseconds; each failed trial doubles the pause. */
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 60_000;
/** Longest pause that a server may request with Retry-After, in milliseconds. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;
/** HTTP statuses of a server, or of a proxy in front of it, that cannot answer now. */
const CANNOT_ANSWER: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Keeps requests from a source that does not answer. */
export interface Breaker {
  /**
   * @param work sends a request with the given signal. This is the caller's signal; only a trial has its own,
   *   so that it goes on when its caller has left.
   * @throws UpstreamError `paused`, without a request, during a pause; else the error of `work`
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

interface Pause {
  /** Time of the first failure, Unix ms. */
  since: number;
  /** Time of the next trial, Unix ms. */
  until: number;
  /** The last failure. */
  last: UpstreamError;
}

/** Loads the library of policies, apart from the rest. */
export function loadPolicies() {
  return import('cockatiel');
}

/**
 * Creates a circuit breaker: after some failures in a row requests fail at once for a while, then a single
 * request tries whether the source answers again. A failure counts only if the source cannot be reached or
 * cannot answer. A response that refuses a request shows that the source works; a caller that leaves shows
 * nothing.
 *
 * @param onChange called when a pause begins, with the last failure, and when the source answers again, with
 *   null
 */
export function createBreaker(onChange: (failure: UpstreamError | null) => void = () => {}): Breaker {
  let firstFailure: number | null = null;
  let pause: Pause | null = null;
  let loaded: Promise<LoadedPolicy> | undefined;

  const load = async (): Promise<LoadedPolicy> => {
    // The package is loaded with the first request, so that the start stays fast.
    const { CircuitState, ConsecutiveBreaker, circuitBreaker, DelegateBackoff, handleWhen } =
      await loadPolicies();
    let pauseFor = FIRST_PAUSE_MS;
    const policy = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(MAX_FAILURES),
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
      const isFirst = pause === null;
      const now = Date.now();
      pause = { since: firstFailure ?? now, until: now + pauseFor, last };
      if (isFirst) onChange(last);
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
        throw pausedError(pause, !isOpen());
      }
      const isTrial = isOpen();
      const attemptSignal = isTrial ? new AbortController().signal : signal;
      const attempt = policy.execute(async () => {
        try {
          const value = await work(attemptSignal);
          firstFailure = null;
          return { value };
        } catch (error) {
          if (isOutage(error)) firstFailure ??= Date.now();
          else if (error instanceof UpstreamError) {
            // The source answered, even though it refused the request.
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

interface LoadedPolicy {
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

/** Whether a failure shows that the source cannot be reached, or cannot answer now. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  if (error.status !== null) return CANNOT_ANSWER.has(error.status);
  return error.kind === 'unreachable' || error.kind === 'timeout';
}

/** @param attempt 1 for the first pause */
function pauseMs(attempt: number, retryAfterMs: number | null): number {
  const usual = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), MAX_PAUSE_MS);
  return Math.max(usual, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

function pausedError({ since, until, last }: Pause, isBeingTried: boolean): UpstreamError {
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  const next = isBeingTried ? 'a request is trying it right now' : `tried again at ${time(until)}`;
  const status = last.status === null ? '' : `, HTTP ${last.status}`;
  return new UpstreamError(
    'paused',
    `failing since ${time(since)}; ${next}; last failure: ${last.kind}${status}, ${last.detail}`,
    { cause: last },
  );
}
