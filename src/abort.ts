/**
 * Waits for a promise until the signal aborts; then throws its reason. The promise itself goes on: for work that
 * several callers share, or that cannot be stopped.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const left = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: left.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    left.abort();
  }
}
