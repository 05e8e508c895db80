import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import {
  always,
  pods,
  type Question,
  readyFor,
  type SmallInstance,
} from '../../../test/support/small-service.js';
import { readLevels } from './levels.js';
import { NoRequestLeft } from './requests.js';

const level = (held: number): Stacks => ({ 'main serve cache.put': held, 'main boot': 100 });
/** Held samples rise by so many a minute from minute 0 on. */
const rising = (each: number) => ({
  profiles: { inuse: (minute: number) => level(100 + each * Math.max(0, minute)) },
});
const CALM = { inuse: always(level(100)) };

async function leakIn(instances: readonly SmallInstance[], question?: Question) {
  const { context, lens, profileTimes } = await readyFor('inuse', instances, question);
  const { leak, before, after } = await readLevels(context, lens, profileTimes);
  const site = leak === null ? null : leak.growth.joined.functions[leak.growth.site.fn]?.name;
  return {
    leaks: leak !== null,
    instance: leak?.instance ?? null,
    site,
    before,
    after,
    requests: context.requests,
  };
}

describe('a leak', () => {
  test.each([
    {
      what: 'of all instances is not one of a single instance',
      instances: pods(3, rising(60).profiles),
      leaks: true,
      instance: null,
    },
    {
      what: 'of one instance among calm ones is looked for',
      instances: pods(8, CALM, { c: rising(60) }),
      leaks: true,
      instance: { name: 'pod', value: 'c' },
    },
    {
      what: 'of a new instance is one against the past of the others',
      instances: pods(8, CALM, { c: { ...rising(60), minutes: { from: 0 } } }),
      leaks: true,
      instance: { name: 'pod', value: 'c' },
    },
    {
      what: 'of the strongest of several instances is named',
      instances: pods(16, CALM, { c: rising(40), d: rising(70), e: rising(50) }),
      leaks: true,
      instance: { name: 'pod', value: 'd' },
    },
    { what: 'of nobody is none', instances: pods(3, CALM), leaks: false, instance: null },
    {
      what: 'needs more than a new instance that holds as much as the others',
      instances: pods(3, CALM, { c: { minutes: { from: 0 } } }),
      leaks: false,
      instance: null,
    },
  ])('$what', async ({ instances, leaks, instance }) => {
    expect(await leakIn(instances)).toMatchObject({
      leaks,
      instance,
      site: leaks ? 'cache.put' : null,
    });
  });

  test('of less than a MiB is none, whatever its ratio', async () => {
    // Each sample stands for half a MiB.
    const tiny = (minute: number) => ({ 'main serve cache.put': minute < 0 ? 0.1 : 0.1 + 0.1 * minute });
    expect(await leakIn(pods(1, { inuse: tiny }))).toMatchObject({ leaks: false });
    const larger = (minute: number) => ({ 'main serve cache.put': minute < 0 ? 1 : 1 + minute });
    expect(await leakIn(pods(1, { inuse: larger }))).toMatchObject({ leaks: true });
  });

  test('of one instance shows the levels of that instance', async () => {
    const { before, after } = await leakIn(pods(8, CALM, { c: rising(60) }));
    expect(before).toBe(200 * 2 ** 19);
    // Above 600 samples more at the end of a quarter of an hour; the mean of all instances rises by an eighth
    // of that.
    expect(after).toBeGreaterThan((200 + 600) * 2 ** 19);
  });

  test('is not said where no request is left to see whose it is', async () => {
    const instances = pods(3, rising(60).profiles);
    // Label names, label sets and two series are asked before.
    expect(await leakIn(instances, { spent: 34 })).toMatchObject({ leaks: true });
    await expect(leakIn(instances, { spent: 35 })).rejects.toThrow(NoRequestLeft);
  });

  test('is not said where no function holds half of the growth', async () => {
    const spread = (minute: number) =>
      Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}`, 100 + 60 * Math.max(0, minute)]));
    expect(await leakIn(pods(1, { inuse: spread }))).toMatchObject({ leaks: false });
  });

  test('without any, the ends of both windows are told, and nothing more is asked', async () => {
    const { before, after, requests } = await leakIn(pods(3, CALM));
    expect([before, after]).toEqual([200 * 2 ** 19, 200 * 2 ** 19]);
    // Label names, label sets, and the two series of the test itself.
    expect(requests.made).toBe(4);
  });

  test('without a past there is no level before', async () => {
    expect(await leakIn(pods(1, CALM, { a: { minutes: { from: 0 } } }))).toMatchObject({
      leaks: false,
      before: null,
    });
  });
});

test('of very many instances only the sums are known: none of them is looked at alone', async () => {
  const many = Array.from({ length: 70 }, (_, index) => ({
    labels: { pod: `p${index}` },
    profiles: index === 0 ? rising(200).profiles : CALM,
  }));
  expect(await leakIn(many)).toMatchObject({ leaks: false, instance: null });
});
