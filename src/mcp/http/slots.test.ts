import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSlots, type NoSlot } from './slots.js';

const never = new AbortController().signal;
/** Longer than any test. */
const LONG = 60_000;

function place(taken: (() => void) | NoSlot): () => void {
  if (typeof taken === 'string') throw new Error(`refused: ${taken}`);
  return taken;
}

describe('places', () => {
  test('a client over its own limit is refused at once, others are not', async () => {
    const slots = createSlots({ places: 10, all: 10, perClient: 2, waitMs: LONG });
    const leave = place(await slots.take('a', never));
    place(await slots.take('a', never));
    expect(await slots.take('a', never)).toBe('client');
    place(await slots.take('b', never));
    leave();
    leave();
    place(await slots.take('a', never));
    expect(await slots.take('a', never)).toBe('client');
    expect([slots.running(), slots.waiting()]).toEqual([3, 0]);
  });

  test('a call that finds all places taken waits its turn', async () => {
    const slots = createSlots({ places: 1, all: 2, perClient: 3, waitMs: LONG });
    const first = place(await slots.take('a', never));
    const order: string[] = [];
    const second = slots.take('a', never).then((taken) => {
      order.push('second');
      return place(taken);
    });
    expect(slots.waiting()).toBe(1);
    expect(await slots.take('b', never)).toBe('all');
    first();
    const leaveSecond = await second;
    const third = slots.take('b', never).then((taken) => {
      order.push('third');
      return place(taken);
    });
    leaveSecond();
    (await third)();
    expect(order).toEqual(['second', 'third']);
    expect([slots.running(), slots.waiting()]).toEqual([0, 0]);
  });

  test('places go to the clients in turn, and of one client in the order of arrival', async () => {
    const slots = createSlots({ places: 1, all: 20, perClient: 10, waitMs: LONG });
    const first = place(await slots.take('busy', never));
    const order: string[] = [];
    const calls = ['busy 1', 'busy 2', 'busy 3', 'busy 4', 'calm 1', 'third 1', 'calm 2'].map(
      async (name) => {
        const leave = place(await slots.take(name.split(' ')[0] ?? '', never));
        order.push(name);
        leave();
      },
    );
    first();
    await Promise.all(calls);
    expect(order).toEqual(['busy 1', 'calm 1', 'third 1', 'busy 2', 'calm 2', 'busy 3', 'busy 4']);
    expect([slots.running(), slots.waiting()]).toEqual([0, 0]);
  });

  test('it waits for a short time only, and counts for its client while it waits', async () => {
    const slots = createSlots({ places: 1, all: 9, perClient: 1, waitMs: 5 });
    const leave = place(await slots.take('a', never));
    const waiting = slots.take('b', never);
    expect(await slots.take('b', never)).toBe('client');
    expect(await waiting).toBe('all');
    expect([slots.running(), slots.waiting()]).toEqual([1, 0]);
    leave();
    place(await slots.take('b', never))();
    expect(slots.running()).toBe(0);
  });

  test('a caller that leaves leaves the queue', async () => {
    const slots = createSlots({ places: 1, all: 9, perClient: 1, waitMs: LONG });
    const leave = place(await slots.take('a', never));
    const caller = new AbortController();
    const waiting = slots.take('b', caller.signal);
    caller.abort(new Error('hung up'));
    await expect(waiting).rejects.toThrow('hung up');
    await expect(slots.take('c', caller.signal)).rejects.toThrow('hung up');
    expect([slots.running(), slots.waiting()]).toEqual([1, 0]);
    leave();
    place(await slots.take('b', never))();
    expect(slots.running()).toBe(0);
  });

  test('whatever comes and goes, the limits hold and no place is lost', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), client: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constantFrom('leave' as const, 'hang up' as const), which: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, places) => {
          const [all, perClient] = [places + 2, 3];
          const slots = createSlots({ places, all, perClient, waitMs: LONG });
          const calls: { client: string; caller: AbortController; leave?: () => void; isOver: boolean }[] =
            [];
          const settle = () => new Promise((resolve) => setImmediate(resolve));
          for (const one of steps) {
            if (one.kind === 'take') {
              const made: (typeof calls)[number] = {
                client: one.client,
                caller: new AbortController(),
                isOver: false,
              };
              calls.push(made);
              slots.take(one.client, made.caller.signal).then(
                (taken) => {
                  if (typeof taken === 'string') made.isOver = true;
                  else made.leave = taken;
                },
                () => {
                  made.isOver = true;
                },
              );
            } else {
              const open = calls.filter(({ isOver }) => !isOver);
              const picked = open[one.which % Math.max(1, open.length)];
              if (picked === undefined) continue;
              if (one.kind === 'hang up') picked.caller.abort(new Error('left'));
              if (picked.leave !== undefined) {
                picked.leave();
                picked.isOver = true;
              }
            }
            await settle();
            const running = calls.filter(({ isOver, leave }) => !isOver && leave !== undefined);
            expect(running.length).toBe(slots.running());
            expect(slots.running()).toBeLessThanOrEqual(places);
            expect(slots.running() + slots.waiting()).toBeLessThanOrEqual(all);
            expect(slots.waiting() === 0 || slots.running() === places).toBe(true);
            for (const client of ['a', 'b', 'c']) {
              const own = calls.filter((call) => call.client === client && !call.isOver);
              expect(own.length).toBeLessThanOrEqual(perClient);
            }
          }
          for (const call of calls) {
            call.caller.abort(new Error('left'));
            call.leave?.();
          }
          await settle();
          for (const call of calls) call.leave?.();
          expect([slots.running(), slots.waiting()]).toEqual([0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
