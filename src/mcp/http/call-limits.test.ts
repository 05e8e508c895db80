import { expect, test } from 'vitest';
import { type CallLimitOptions, type CallLimits, createCallLimits } from './call-limits.js';

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
