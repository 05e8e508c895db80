/** Time that passes only when a test says so, for the deadlines of a call. */
export interface ManualTimer {
  timer(ms: number): AbortSignal;
  /**
   * Lets so much time pass since the first call of `timer`: what is due by then aborts, the earliest first.
   */
  advanceTo(ms: number): void;
}

export function createManualTimer(): ManualTimer {
  const waiting: { ms: number; controller: AbortController }[] = [];
  return {
    timer(ms) {
      const controller = new AbortController();
      waiting.push({ ms, controller });
      return controller.signal;
    },
    advanceTo(until) {
      const due = waiting.filter(({ ms }) => ms <= until).sort((a, b) => a.ms - b.ms);
      for (const { controller } of due) {
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      }
    },
  };
}

/** Resolves when something has held for twenty turns of the event loop without a break. */
export async function untilQuiet(isQuiet: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < 20; quiet = isQuiet() ? quiet + 1 : 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
