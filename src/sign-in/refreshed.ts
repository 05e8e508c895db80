/** A value of a provider that is read again from time to time. */
export interface Refreshed<T> {
  /** Gives the value, read again where it is old. @throws the failure of the reading, where no value holds */
  get(): Promise<T>;
  /** Reads the value again, unless that was just wished for or just failed. */
  refresh(): Promise<T>;
}

export interface RefreshOptions {
  /** Time for which a value is used without a further look, milliseconds. */
  freshMs: number;
  /** Time for which an old value goes on where it cannot be read again, milliseconds. */
  staleMs: number;
  /** Shortest time between two readings that were wished for, and after a failure, milliseconds. */
  pauseMs: number;
  now: () => number;
}

/**
 * Keeps a value that is read once for all who ask meanwhile. A provider that is down is asked again only
 * after a pause, so that its callers are refused at once.
 */
export function createRefreshed<T>(
  read: () => Promise<T>,
  { freshMs, staleMs, pauseMs, now }: RefreshOptions,
): Refreshed<T> {
  let kept: { value: T; at: number } | null = null;
  let failed: { error: unknown; at: number } | null = null;
  let reading: Promise<T> | null = null;
  let wishedAt = Number.NEGATIVE_INFINITY;

  const readOnce = (): Promise<T> => {
    reading ??= read()
      .then(
        (value) => {
          kept = { value, at: now() };
          failed = null;
          return value;
        },
        (error: unknown) => {
          failed = { error, at: now() };
          throw error;
        },
      )
      .finally(() => {
        reading = null;
      });
    return reading;
  };

  const orKept = (error: unknown): T => {
    if (kept !== null && now() - kept.at < staleMs) return kept.value;
    throw error;
  };

  return {
    async get() {
      if (kept !== null && now() - kept.at < freshMs) return kept.value;
      if (reading === null && failed !== null && now() - failed.at < pauseMs) return orKept(failed.error);
      return readOnce().catch(orKept);
    },
    async refresh() {
      const hasJustFailed = failed !== null && now() - failed.at < pauseMs;
      if (reading === null && (hasJustFailed || now() - wishedAt < pauseMs)) return this.get();
      wishedAt = now();
      return readOnce().catch(orKept);
    },
  };
}
