import { describe, expect, test } from 'vitest';
import { createCancellations } from './request.js';

const ORIGIN = { client: 'team', session: 'one' };

describe('a cancel', () => {
  test('aborts every request in flight with that id, and none that is over or begins later', () => {
    const cancellations = createCancellations();
    const over = cancellations.begin(ORIGIN, 1);
    over.end();
    const [first, second] = [cancellations.begin(ORIGIN, 1), cancellations.begin(ORIGIN, 1)];
    // Run again, it ends nothing else.
    over.end();
    cancellations.cancel(ORIGIN, 1);
    expect([over, first, second].map(({ signal }) => signal.aborted)).toEqual([false, true, true]);
    first.end();
    second.end();
    expect(cancellations.begin(ORIGIN, 1).signal.aborted).toBe(false);
  });

  test('that overtakes its request counts for twenty seconds, once', () => {
    let now = 0;
    const cancellations = createCancellations(() => now);
    for (const id of [1, 2]) cancellations.cancel(ORIGIN, id);
    now = 19_999;
    expect(cancellations.begin(ORIGIN, 1).signal.aborted).toBe(true);
    expect(cancellations.begin(ORIGIN, 1).signal.aborted).toBe(false);
    now = 20_001;
    expect(cancellations.begin(ORIGIN, 2).signal.aborted).toBe(false);
  });

  test('is forgotten, the oldest first, where there are very many', () => {
    const cancellations = createCancellations(() => 0);
    for (let id = 0; id < 2_000; id++) cancellations.cancel(ORIGIN, id);
    const isRemembered = (id: number) => cancellations.begin(ORIGIN, id).signal.aborted;
    expect([0, 900, 1_999].map(isRemembered)).toEqual([false, false, true]);
  });
});
