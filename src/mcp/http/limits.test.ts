import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CallLimitOptions,
  type CallLimits,
  createCallLimits,
  createCallQueue,
  type NoPlace,
} from './limits.js';

const never = new AbortController().signal;
const WIDE: CallLimitOptions = {
  parallelCalls: 10,
  calls: 10,
  callsPerClient: 10,
  callsPerMinute: null,
  waitMs: 5,
};

async function refusal(limits: CallLimits, client: string) {
  const entered = await limits.enter(client, 7, never);
  if (!('refused' in entered)) throw new Error('was let in');
  const { status, headers } = entered.refused;
  const body: unknown = await entered.refused.json();
  return { status, wait: headers.get('retry-after'), body };
}

test('too many calls at once of one client: 429, with what to do', async () => {
  const limits = await createCallLimits({ ...WIDE, callsPerClient: 1 });
  await limits.enter('a', 1, never);
  expect(await refusal(limits, 'a')).toEqual({
    status: 429,
    wait: '1',
    body: {
      jsonrpc: '2.0',
      id: 7,
      error: {
        code: -32_000,
        message:
          'This client has as many calls under way as one client may have (1). Wait for an answer, then call again; ' +
          'send fewer calls at once. An operator raises the limit with --max-calls-per-client.',
      },
    },
  });
  expect(await limits.enter('b', 1, never)).toHaveProperty('leave');
});

test.each([
  ['more than may wait', { calls: 1 }],
  ['none that runs ends in time', { parallelCalls: 1 }],
])('too many calls of all, %s: 503', async (_name, few) => {
  const limits = await createCallLimits({ ...WIDE, ...few });
  const entered = await limits.enter('a', 1, never);
  expect(await refusal(limits, 'b')).toMatchObject({
    status: 503,
    wait: '5',
    body: {
      id: 7,
      error: { message: expect.stringContaining('Call again in 5 s with the same arguments.') },
    },
  });
  if ('leave' in entered) entered.leave();
  expect(await limits.enter('b', 1, never)).toHaveProperty('leave');
});

test('too many calls in a minute: 429 until it is over, and no place is taken', async () => {
  const limits = await createCallLimits({ ...WIDE, callsPerMinute: 2 });
  for (const id of [1, 2]) {
    const entered = await limits.enter('a', id, never);
    if ('leave' in entered) entered.leave();
  }
  const { status, wait, body } = await refusal(limits, 'a');
  expect(status).toBe(429);
  expect(Number(wait)).toBeGreaterThan(50);
  expect(Number(wait)).toBeLessThanOrEqual(60);
  expect(body).toMatchObject({
    error: {
      message: expect.stringContaining(
        'has made as many calls in a minute as one client may make (2). Call again in',
      ),
    },
  });
  expect(limits.running()).toBe(0);
  expect(await limits.enter('b', 1, never)).toHaveProperty('leave');
});

/** Longer than any test. */
const LONG = 60_000;

function place(taken: (() => void) | NoPlace): () => void {
  if (typeof taken === 'string') throw new Error(`refused: ${taken}`);
  return taken;
}

describe('places', () => {
  test('a client over its own limit is refused at once, others are not', async () => {
    const queue = createCallQueue({ places: 10, all: 10, perClient: 2, waitMs: LONG });
    const leave = place(await queue.take('a', never));
    place(await queue.take('a', never));
    expect(await queue.take('a', never)).toBe('client');
    place(await queue.take('b', never));
    leave();
    leave();
    place(await queue.take('a', never));
    expect(await queue.take('a', never)).toBe('client');
    expect([queue.running(), queue.waiting()]).toEqual([3, 0]);
  });

  test('a call that finds all places taken waits its turn', async () => {
    const queue = createCallQueue({ places: 1, all: 2, perClient: 3, waitMs: LONG });
    const first = place(await queue.take('a', never));
    const order: string[] = [];
    const second = queue.take('a', never).then((taken) => {
      order.push('second');
      return place(taken);
    });
    expect(queue.waiting()).toBe(1);
    expect(await queue.take('b', never)).toBe('all');
    first();
    const leaveSecond = await second;
    const third = queue.take('b', never).then((taken) => {
      order.push('third');
      return place(taken);
    });
    leaveSecond();
    (await third)();
    expect(order).toEqual(['second', 'third']);
    expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
  });

  test('places go to the clients in turn, and of one client in the order of arrival', async () => {
    const queue = createCallQueue({ places: 1, all: 20, perClient: 10, waitMs: LONG });
    const first = place(await queue.take('busy', never));
    const order: string[] = [];
    const calls = ['busy 1', 'busy 2', 'busy 3', 'busy 4', 'calm 1', 'third 1', 'calm 2'].map(
      async (name) => {
        const leave = place(await queue.take(name.split(' ')[0] ?? '', never));
        order.push(name);
        leave();
      },
    );
    first();
    await Promise.all(calls);
    expect(order).toEqual(['busy 1', 'calm 1', 'third 1', 'busy 2', 'calm 2', 'busy 3', 'busy 4']);
    expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
  });

  test('it waits for a short time only, and counts for its client while it waits', async () => {
    const queue = createCallQueue({ places: 1, all: 9, perClient: 1, waitMs: 5 });
    const leave = place(await queue.take('a', never));
    const waiting = queue.take('b', never);
    expect(await queue.take('b', never)).toBe('client');
    expect(await waiting).toBe('all');
    expect([queue.running(), queue.waiting()]).toEqual([1, 0]);
    leave();
    place(await queue.take('b', never))();
    expect(queue.running()).toBe(0);
  });

  test('a caller that leaves leaves the queue', async () => {
    const queue = createCallQueue({ places: 1, all: 9, perClient: 1, waitMs: LONG });
    const leave = place(await queue.take('a', never));
    const caller = new AbortController();
    const waiting = queue.take('b', caller.signal);
    caller.abort(new Error('hung up'));
    await expect(waiting).rejects.toThrow('hung up');
    await expect(queue.take('c', caller.signal)).rejects.toThrow('hung up');
    expect([queue.running(), queue.waiting()]).toEqual([1, 0]);
    leave();
    place(await queue.take('b', never))();
    expect(queue.running()).toBe(0);
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
          const queue = createCallQueue({ places, all, perClient, waitMs: LONG });
          const calls: { client: string; caller: AbortController; leave?: () => void; isOver: boolean }[] =
            [];
          const settle = () => new Promise((resolve) => setImmediate(resolve));
          for (const move of steps) {
            if (move.kind === 'take') {
              const made: (typeof calls)[number] = {
                client: move.client,
                caller: new AbortController(),
                isOver: false,
              };
              calls.push(made);
              queue.take(move.client, made.caller.signal).then(
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
              const picked = open[move.which % Math.max(1, open.length)];
              if (picked === undefined) continue;
              if (move.kind === 'hang up') picked.caller.abort(new Error('left'));
              if (picked.leave !== undefined) {
                picked.leave();
                picked.isOver = true;
              }
            }
            await settle();
            const running = calls.filter(({ isOver, leave }) => !isOver && leave !== undefined);
            expect(running.length).toBe(queue.running());
            expect(queue.running()).toBeLessThanOrEqual(places);
            expect(queue.running() + queue.waiting()).toBeLessThanOrEqual(all);
            expect(queue.waiting() === 0 || queue.running() === places).toBe(true);
            for (const client of ['a', 'b', 'c']) {
              const unfinished = calls.filter((call) => call.client === client && !call.isOver);
              expect(unfinished.length).toBeLessThanOrEqual(perClient);
            }
          }
          for (const call of calls) {
            call.caller.abort(new Error('left'));
            call.leave?.();
          }
          await settle();
          for (const call of calls) call.leave?.();
          expect([queue.running(), queue.waiting()]).toEqual([0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
