import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time after which long work lets the event loop do other work, ms. */
const TURN_MS = 20;

/** Time at which this turn of the event loop was first looked at; null before that. */
let began: number | null = null;

/**
 * Makes what long loops call with each round: it lets others have a turn once the running one is long, and
 * ends the loop when the signal aborts. Loops that follow each other without a wait share their turn.
 *
 * @returns undefined where the loop can go on at once: awaiting nothing would cost more than most rounds
 */
export function createBreather(signal: AbortSignal): () => Promise<void> | undefined {
  return () => {
    signal.throwIfAborted();
    const now = performance.now();
    if (began === null) {
      began = now;
      setImmediate(() => {
        began = null;
      });
      return undefined;
    }
    return now - began < TURN_MS ? undefined : nextTurn();
  };
}

/** Does the same with every entry, and lets others have their turns meanwhile. */
export async function mapInTurns<Entry, Result>(
  entries: readonly Entry[],
  work: (entry: Entry) => Result,
  signal: AbortSignal,
): Promise<Result[]> {
  const breathe = createBreather(signal);
  const results: Result[] = [];
  for (const entry of entries) {
    results.push(work(entry));
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  return results;
}
