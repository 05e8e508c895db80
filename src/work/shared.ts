/**
 * Runs some work once for all callers who ask meanwhile and afterwards. The abort of one caller ends its own
 * wait, not the work of the others; the work is aborted when no caller waits for it any more. A failed run is
 * forgotten.
 *
 * @param stopSignal where it is given, the work goes on without a caller until this signal aborts it
 */
export function sharedWork<T>(
  work: (signal: AbortSignal) => Promise<T>,
  stopSignal?: AbortSignal,
): (signal: AbortSignal) => Promise<T> {
  let run: { result: Promise<T>; waiting: number; controller: AbortController } | undefined;

  const start = () => {
    const controller = new AbortController();
    const signal =
      stopSignal === undefined ? controller.signal : AbortSignal.any([controller.signal, stopSignal]);
    const started = { result: work(signal), waiting: 0, controller };
    started.result.catch(() => {
      if (run === started) run = undefined;
    });
    return started;
  };

  return async (signal) => {
    signal.throwIfAborted();
    run ??= start();
    const joined = run;
    joined.waiting++;
    try {
      return await untilAborted(joined.result, signal);
    } catch (error) {
      if (signal.aborted && joined.waiting === 1 && stopSignal === undefined) {
        if (run === joined) run = undefined;
        joined.controller.abort(signal.reason);
      }
      throw error;
    } finally {
      joined.waiting--;
    }
  };
}

/** Waits for a promise until the signal aborts; then throws its reason. The promise itself goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
