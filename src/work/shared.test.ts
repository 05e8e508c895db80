import { describe, expect, test } from 'vitest';
import { sharedWork } from './shared.js';

const { signal } = new AbortController();

/** Work that ends when the test says so. */
function pending(until?: AbortSignal) {
  const runs: { resolve(value: number): void; reject(error: Error): void; signal: AbortSignal }[] = [];
  const ask = sharedWork<number>(
    (signal) =>
      new Promise((resolve, reject) => {
        runs.push({ resolve, reject, signal });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    until,
  );
  return { ask, runs };
}

describe('sharedWork', () => {
  test('runs once for all who ask, also afterwards', async () => {
    const { ask, runs } = pending();
    const both = Promise.all([ask(signal), ask(signal)]);
    runs[0]?.resolve(7);
    expect(await both).toEqual([7, 7]);
    expect(await ask(signal)).toBe(7);
    expect(runs).toHaveLength(1);
  });

  test('a failed run is forgotten', async () => {
    const { ask, runs } = pending();
    const failed = ask(signal);
    runs[0]?.reject(new Error('broken'));
    await expect(failed).rejects.toThrow('broken');
    const again = ask(signal);
    runs[1]?.resolve(8);
    expect(await again).toBe(8);
  });

  test('the abort of one caller leaves the work to the others', async () => {
    const { ask, runs } = pending();
    const first = new AbortController();
    const [aborted, other] = [ask(first.signal), ask(signal)];
    first.abort(new Error('gone'));
    await expect(aborted).rejects.toThrow('gone');
    expect(runs[0]?.signal.aborted).toBe(false);
    runs[0]?.resolve(9);
    expect(await other).toBe(9);
  });

  test('the abort of the last caller aborts the work, and the next caller starts anew', async () => {
    const { ask, runs } = pending();
    const callers = [new AbortController(), new AbortController()];
    const answers = callers.map((caller) => ask(caller.signal));
    for (const caller of callers) caller.abort(new Error('gone'));
    for (const answer of answers) await expect(answer).rejects.toThrow('gone');
    expect(runs[0]?.signal.aborted).toBe(true);
    const again = ask(signal);
    runs[1]?.resolve(1);
    expect(await again).toBe(1);
  });

  test('work that lasts goes on when the last caller leaves, and the next one joins it', async () => {
    const { ask, runs } = pending(signal);
    const only = new AbortController();
    const answer = ask(only.signal);
    only.abort(new Error('gone'));
    await expect(answer).rejects.toThrow('gone');
    expect(runs[0]?.signal.aborted).toBe(false);
    const again = ask(signal);
    runs[0]?.resolve(5);
    expect(await again).toBe(5);
    expect(runs).toHaveLength(1);
  });

  test('work that lasts ends with what it was bound to', async () => {
    const owner = new AbortController();
    const { ask, runs } = pending(owner.signal);
    const answer = ask(signal);
    owner.abort(new Error('closed'));
    await expect(answer).rejects.toThrow('closed');
    expect(runs[0]?.signal.aborted).toBe(true);
  });
});
