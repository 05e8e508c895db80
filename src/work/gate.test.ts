import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGate } from './gate.js';

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function held() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let isRunning = false;
  return {
    work: () => {
      isRunning = true;
      return ended;
    },
    end: () => end(),
    isRunning: () => isRunning,
  };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  test('never lets in more than its limit, and all in the end, whatever the weights', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 3 })), {
          maxLength: 30,
        }),
        async (jobs) => {
          const gate = createGate(10);
          let weight = 0;
          let most = 0;
          const done = await Promise.all(
            jobs.map(([size, turns]) =>
              gate.run(size, never, async () => {
                weight += Math.min(size, 10);
                most = Math.max(most, weight);
                for (let at = 0; at < turns; at++) await turn();
                weight -= Math.min(size, 10);
                return true;
              }),
            ),
          );
          expect(most).toBeLessThanOrEqual(10);
          expect(done).toEqual(jobs.map(() => true));
          expect(gate.inside()).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keeps the order of arrival: light work does not overtake heavy work for ever', async () => {
    const gate = createGate(10);
    const jobs = [6, 10, 1].map((weight) => ({ weight, ...held() }));
    const runs = jobs.map(({ weight, work }) => gate.run(weight, never, work));
    const running = () => jobs.map(({ isRunning }) => isRunning());
    await turn();
    expect(running()).toEqual([true, false, false]);
    jobs[0]?.end();
    await turn();
    expect(running()).toEqual([true, true, false]);
    jobs[1]?.end();
    await turn();
    expect(running()).toEqual([true, true, true]);
    jobs[2]?.end();
    await Promise.all(runs);
  });

  test('forgets work whose caller left while it waited, and lets in the next one', async () => {
    const gate = createGate(10);
    const [first, left, next] = [held(), held(), held()];
    const leaving = new AbortController();
    const running = gate.run(5, never, first.work);
    const gone = gate.run(10, leaving.signal, left.work);
    const behind = gate.run(5, never, next.work);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    await turn();
    expect([left.isRunning(), next.isRunning()]).toEqual([false, true]);
    first.end();
    next.end();
    await Promise.all([running, behind]);
    expect(gate.inside()).toBe(0);
  });

  test('lets in the next one after a failure', async () => {
    const gate = createGate(1);
    const failing = gate.run(1, never, () => Promise.reject(new Error('broken')));
    const next = gate.run(1, never, async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
