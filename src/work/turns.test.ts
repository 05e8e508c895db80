import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { createBreather, mapInTurns } from './turns.js';

afterEach(() => void vi.restoreAllMocks());

/**
 * A clock that a round of work moves on by five milliseconds; the turn that began by the real one is over.
 */
async function slowWork(): Promise<{ work<T>(entry: T): T }> {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    work(entry) {
      now += 5;
      return entry;
    },
  };
}

test('the results are those of a map', async () => {
  const { signal } = new AbortController();
  expect(await mapInTurns([1, 2, 3], (entry) => entry * 2, signal)).toEqual([2, 4, 6]);
  expect(await mapInTurns([], String, signal)).toEqual([]);
});

test('others have a turn after some rounds, however many loops follow each other', async () => {
  const { work } = await slowWork();
  let turns = 0;
  const count = () => {
    turns++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  // Each loop alone is short.
  for (let loop = 0; loop < 50; loop++) await mapInTurns([1, 2], work, new AbortController().signal);
  clearImmediate(immediate);
  expect(turns).toBeGreaterThan(10);
});

test('an abort ends the loop with its reason', async () => {
  const { work } = await slowWork();
  const controller = new AbortController();
  let rounds = 0;
  const loop = mapInTurns(
    Array.from({ length: 1_000 }, (_, index) => index),
    (entry) => {
      if (++rounds === 10) setImmediate(() => controller.abort(new Error('late')));
      return work(entry);
    },
    controller.signal,
  );
  await expect(loop).rejects.toThrow('late');
  expect(rounds).toBeLessThan(30);
  expect(createBreather(controller.signal)).toThrow('late');
});
