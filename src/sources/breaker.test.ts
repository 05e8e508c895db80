import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UpstreamError, UserError } from '../errors.js';
import { createBreaker } from './breaker.js';

const START = Date.parse('2026-11-20T15:00:00Z');
const refused = new UpstreamError('unreachable', 'connect ECONNREFUSED');

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterEach(() => void vi.useRealTimers());

/** A breaker over a source that answers or fails as it is told, and counts how often it is asked. */
function guarded() {
  const changes: (UpstreamError | null)[] = [];
  const breaker = createBreaker((failure) => changes.push(failure));
  const state = { asked: 0, next: refused as Error | string };
  const ask = (signal = new AbortController().signal) =>
    breaker.run(async () => {
      state.asked++;
      if (typeof state.next === 'string') return state.next;
      throw state.next;
    }, signal);
  const fails = async (times: number, error: Error = refused) => {
    state.next = error;
    for (let i = 0; i < times; i++) await expect(ask()).rejects.toBe(error);
  };
  return { breaker, changes, state, ask, fails };
}

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const paused = expect.objectContaining({ kind: 'paused' });

test('after five failures in a row requests fail at once, and say since when, what and until when', async () => {
  const { changes, state, ask, fails } = guarded();
  await fails(4);
  later(2_000);
  await fails(1);
  await expect(ask()).rejects.toMatchObject({
    kind: 'paused',
    detail:
      'failing since 2026-11-20T15:00:00Z; tried again at 2026-11-20T15:00:07Z; last failure: unreachable, connect ECONNREFUSED',
  });
  later(4_999);
  await expect(ask()).rejects.toEqual(paused);
  expect(state.asked).toBe(5);
  expect(changes).toEqual([refused]);
});

test('then one request tries it, and the others still fail at once', async () => {
  const { breaker, changes, state, ask, fails } = guarded();
  await fails(5);
  later(5_000);
  let answer: (text: string) => void = () => {};
  const trial = breaker.run(
    () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      }),
    new AbortController().signal,
  );
  await expect(ask()).rejects.toMatchObject({ detail: expect.stringContaining('is trying it right now') });
  answer('well');
  expect(await trial).toBe('well');
  state.next = 'well again';
  expect(await ask()).toBe('well again');
  expect(state.asked).toBe(6);
  expect(changes).toEqual([refused, null]);
});

test('the pause doubles with every trial that fails, up to a minute, and begins anew afterwards', async () => {
  const { ask, changes, fails, state } = guarded();
  await fails(5);
  for (const pause of [5, 10, 20, 40, 60, 60]) {
    later(pause * 1_000 - 1);
    await expect(ask()).rejects.toEqual(paused);
    later(1);
    await fails(1);
  }
  expect(changes).toHaveLength(1);
  later(60_000);
  state.next = 'well';
  expect(await ask()).toBe('well');
  await fails(5);
  await expect(ask()).rejects.toMatchObject({
    detail: expect.stringContaining('failing since 2026-11-20T15:04:15Z'),
  });
  later(5_000);
  await fails(1);
});

test('what the server wishes for counts, within bounds', async () => {
  const { ask, fails } = guarded();
  const busy = (seconds: number) =>
    new UpstreamError('overloaded', 'busy', { status: 429, retryAfterMs: seconds * 1_000 });
  await fails(4);
  await fails(1, busy(30));
  later(29_999);
  await expect(ask()).rejects.toEqual(paused);
  later(1);
  await fails(1, busy(86_400));
  later(299_999);
  await expect(ask()).rejects.toEqual(paused);
  later(1);
  await fails(1, busy(1));
  later(19_999);
  await expect(ask()).rejects.toEqual(paused);
});

test.each<[string, UpstreamError]>([
  ['refused', refused],
  ['no answer in time', new UpstreamError('timeout', 'no answer within 30 s')],
  ...[429, 502, 503, 504].map(
    (status) => [`HTTP ${status}`, new UpstreamError('failed', '', { status })] as [string, UpstreamError],
  ),
])('%s counts', async (_name, error) => {
  const { ask, fails } = guarded();
  await fails(5, error);
  await expect(ask()).rejects.toEqual(paused);
});

test.each<[string, UpstreamError]>([
  ...[400, 401, 404, 408, 500].map(
    (status) => [`HTTP ${status}`, new UpstreamError('rejected', '', { status })] as [string, UpstreamError],
  ),
  ['an answer that cannot be read', new UpstreamError('unreadable', '', { status: 200 })],
])('%s shows that somebody is there', async (_name, error) => {
  const { fails, ask, state } = guarded();
  await fails(20, error);
  await fails(4);
  await fails(1, error);
  await fails(4);
  state.next = 'well';
  expect(await ask()).toBe('well');
});

test('neither what fails on our side nor a caller that goes away counts', async () => {
  const { breaker, ask, fails, state } = guarded();
  const gone = new AbortController();
  gone.abort(new Error('gone'));
  await fails(4);
  await fails(5, new UserError('no token', 'give one'));
  for (let i = 0; i < 10; i++) {
    await expect(ask(gone.signal)).rejects.toThrow('gone');
    const leaving = new AbortController();
    const waits = breaker.run(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      leaving.signal,
    );
    // The first request loads the library.
    await new Promise((resolve) => setImmediate(resolve));
    leaving.abort(new Error('left'));
    await expect(waits).rejects.toThrow('left');
  }
  state.next = 'well';
  expect(await ask()).toBe('well');
});

test('a trial goes on when its caller has gone, and decides for the next', async () => {
  const { breaker, ask, fails, state } = guarded();
  await fails(5);
  later(5_000);
  const caller = new AbortController();
  let answer: (text: string) => void = () => {};
  let seen: AbortSignal | undefined;
  const trial = breaker.run((signal) => {
    seen = signal;
    return new Promise<string>((resolve) => {
      answer = resolve;
    });
  }, caller.signal);
  await new Promise((resolve) => setImmediate(resolve));
  caller.abort(new Error('left'));
  await expect(trial).rejects.toThrow('left');
  expect(seen?.aborted).toBe(false);
  answer('well');
  await new Promise((resolve) => setImmediate(resolve));
  state.next = 'well';
  expect(await ask()).toBe('well');
});
