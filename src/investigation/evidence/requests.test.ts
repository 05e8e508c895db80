import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemorySource } from '../../../test/evaluation/generator/memory-source.js';
import { countedSource, createRequests, MAX_REQUESTS } from './requests.js';

/** Requests that end when they are told to. */
function gate() {
  const open: ((end: 'ok' | 'failed') => void)[] = [];
  let most = 0;
  return {
    open,
    get most() {
      return most;
    },
    request: () =>
      new Promise<string>((resolve, reject) => {
        open.push((end) => (end === 'ok' ? resolve('answer') : reject(new Error('upstream'))));
        most = Math.max(most, open.length);
      }),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('createRequests', () => {
  test('counts what was made and tells after each one', async () => {
    const told: number[] = [];
    const requests = createRequests((made) => told.push(made));
    expect([requests.made, requests.left]).toEqual([0, MAX_REQUESTS]);
    expect(await requests.run(async () => 7)).toBe(7);
    await expect(requests.run(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect([requests.made, requests.left, told]).toEqual([2, MAX_REQUESTS - 2, [1, 2]]);
  });

  test('tells how many requests were answered, not how many were made', async () => {
    const told: number[] = [];
    const { open, request } = gate();
    const requests = createRequests((answered) => told.push(answered));
    const all = [1, 3, 1].map((cost) => requests.run(request, cost));
    for (const end of [...open]) {
      end('ok');
      await settle();
    }
    await Promise.all(all);
    expect(told).toEqual([1, 4, 5]);
  });

  test('the ninth waits for one of eight, and a failure makes room, too', async () => {
    const { open, request } = gate();
    const requests = createRequests();
    const all = Promise.allSettled(Array.from({ length: 10 }, () => requests.run(request)));
    await settle();
    expect([open.length, requests.made]).toEqual([8, 10]);
    open.shift()?.('failed');
    await settle();
    expect(open).toHaveLength(8);
    while (open.length > 0) {
      open.shift()?.('ok');
      await settle();
    }
    expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  test('a request that is made in the moment in which one ends does not slip past those that wait', async () => {
    const { open, request } = gate();
    const requests = createRequests();
    const all = Array.from({ length: 9 }, () => requests.run(request));
    await settle();
    open.shift()?.('ok');
    // Between the end of the first and the start of the one that waits.
    for (let tick = 0; tick < 6; tick++) {
      all.push(requests.run(request));
      await Promise.resolve();
    }
    await settle();
    expect(open.length).toBeLessThanOrEqual(8);
    while (open.length > 0) {
      open.shift()?.('ok');
      await settle();
    }
    expect(await Promise.all(all)).toHaveLength(15);
  });

  test('never more than eight in flight, however requests come and go', async () => {
    const steps = fc.array(fc.record({ starts: fc.nat(4), ends: fc.nat(4), ticks: fc.nat(3) }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const started = gate();
        const requests = createRequests();
        const all: Promise<string>[] = [];
        for (const { starts, ends, ticks } of plan) {
          for (let end = 0; end < ends; end++) started.open.shift()?.('ok');
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
          for (let start = 0; start < starts; start++) all.push(requests.run(started.request));
        }
        for (await settle(); started.open.length > 0; await settle()) started.open.shift()?.('ok');
        await Promise.all(all);
        expect(started.most).toBeLessThanOrEqual(8);
        expect(requests.made).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });
});

test('every question to a counted source counts', async () => {
  const requests = createRequests();
  const source = countedSource(
    createMemorySource('empty', () => []),
    requests,
  );
  const { signal } = new AbortController();
  const query = { matchers: [], window: { from: 0, to: 1 }, profileTypeId: 'a:b:c:d:e' };
  await source.labelNames(query, signal);
  await source.labelValues('pod', query, signal);
  await source.series(['pod'], query, signal);
  await source.profile(query, signal);
  await source.snapshots(query, [], signal);
  await source.timeSeries(query, { groupBy: [], step: 1 }, signal);
  expect(requests.made).toBe(6);
});

test('an investigation may ask forty questions', () => {
  expect(createRequests().left).toBe(40);
});
