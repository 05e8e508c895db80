interface Waiting {
  weight: number;
  enter: () => void;
}

/** Lets work in as long as all that is inside together weighs no more than a limit. */
export interface Gate {
  /**
   * Runs some work when there is room for it; in the order of arrival, so that heavy work is not overtaken
   * for ever. Work that weighs more than the limit runs alone.
   *
   * @throws the signal's reason when it aborts while the work waits, and what the work throws
   */
  run<T>(weight: number, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Weight of all that is inside. */
  inside(): number;
}

/** @param limit in the unit of the weights, such as bytes */
export function createGate(limit: number): Gate {
  const waiting = new Set<Waiting>();
  let inside = 0;

  const letIn = () => {
    for (const next of waiting) {
      if (inside + next.weight > limit) return;
      waiting.delete(next);
      inside += next.weight;
      next.enter();
    }
  };

  const enter = (weight: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const abort = () => {
        waiting.delete(next);
        reject(signal.reason);
        // The one behind it may be light enough.
        letIn();
      };
      const next: Waiting = {
        weight,
        enter() {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(next);
      letIn();
    });

  return {
    async run(weight, signal, work) {
      signal.throwIfAborted();
      const counted = Math.min(weight, limit);
      await enter(counted, signal);
      try {
        return await work();
      } finally {
        inside -= counted;
        letIn();
      }
    },
    inside: () => inside,
  };
}
