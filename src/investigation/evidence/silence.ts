/** A signal for one step of a call, and what ends the watch over it. */
export interface ReplyDeadline {
  signal: AbortSignal;
  stop(): void;
}

/**
 * A signal that also aborts after half of the call's time (`early`), where the step has been met by silence
 * until then: a profile type that never answers must not use up the time of those that would.
 *
 * @param deadline the signal of the whole reading
 * @param progress.ended returns the number of requests that have ended so far
 * @param progress.others whether an answer shows that others were answered and the rest is silent (requests
 *   that were sent together), instead of that the step itself goes on
 */
export function unlessSilent(
  deadline: AbortSignal,
  early: AbortSignal | undefined,
  progress: { ended: () => number; others: boolean },
): ReplyDeadline {
  if (early === undefined || early.aborted) return { signal: deadline, stop: () => {} };
  const before = progress.ended();
  const silence = new AbortController();
  const onEarly = () => {
    const hasAnswers = progress.ended() > before;
    if (hasAnswers === progress.others) silence.abort(new Error('no answer after half of the time'));
  };
  early.addEventListener('abort', onEarly, { once: true });
  return {
    signal: AbortSignal.any([deadline, silence.signal]),
    stop: () => early.removeEventListener('abort', onEarly),
  };
}
