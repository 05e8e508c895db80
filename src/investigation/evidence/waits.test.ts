import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import {
  always,
  changing,
  computeTime,
  pods,
  type Question,
  readyFor,
  type SmallInstance,
} from '../../../test/support/small-service.js';
import { NoRequestLeft } from './requests.js';
import { readWaits, withoutAlikeWaits } from './waits.js';

const WORK = always({ 'main serve': 100 });
/** Milliseconds of waiting for a lock in each profile. */
const wait = (ms: number): Stacks => ({ 'main serve cache.get': ms, 'main log': 5 });
const service = (mutex: (minute: number) => Stacks) => pods(2, { cpu: WORK, mutex });

async function look(instances: readonly SmallInstance[], load = 1, question?: Question) {
  const { context, lens, profileTimes, main } = await readyFor('mutex', instances, question);
  const { contention, before, after } = await readWaits(context, lens, profileTimes, { main, load });
  const site =
    contention === null ? null : contention.growth.joined.functions[contention.growth.site.fn]?.name;
  return {
    site,
    added: contention?.added ?? null,
    since: contention?.since ?? null,
    before,
    after,
    requests: context.requests,
  };
}

describe('waiting for locks', () => {
  test.each([
    { what: 'grew', mutex: changing(wait(20), wait(400)), load: 1, site: 'cache.get' },
    { what: 'stayed', mutex: always(wait(20)), load: 1, site: null },
    { what: 'grew by what the load explains', mutex: changing(wait(20), wait(100)), load: 2, site: null },
    {
      what: 'grew by as much without any load',
      mutex: changing(wait(20), wait(100)),
      load: 1,
      site: 'cache.get',
    },
  ])('$what', async ({ mutex, load, site }) => {
    expect((await look(service(mutex), load)).site).toBe(site);
  });

  test('is told in seconds per profile, and what was added', async () => {
    const { before, after, added } = await look(service(changing(wait(20), wait(400))));
    expect([before, after, added]).toEqual([0.025, expect.closeTo(0.405, 9), expect.closeTo(0.38, 9)]);
  });

  test('profiles without a single wait are missing: the profiles of the main type count', async () => {
    // Every tenth profile before shows a wait of 200 ms: on average that is 20 ms, of which 400 ms is twenty
    // times.
    const instances = [
      { labels: { pod: 'a' }, profiles: { cpu: WORK } },
      ...[-55, -45, -35, -25, -15, -5].map((minute) => ({
        labels: { pod: 'a' },
        minutes: { from: minute, to: minute },
        profiles: { mutex: always(wait(200)) },
      })),
      { labels: { pod: 'a' }, minutes: { from: 0 }, profiles: { mutex: always(wait(400)) } },
    ];
    const { site, before } = await look(instances);
    expect(before).toBeCloseTo(0.0205, 4);
    expect(site).toBe('cache.get');
  });

  test('without a request left nobody is accused', async () => {
    const instances = service(changing(wait(20), wait(400)));
    // Label names, label sets and two series are asked before.
    expect((await look(instances, 1, { spent: 34 })).site).toBe('cache.get');
    await expect(look(instances, 1, { spent: 35 })).rejects.toThrow(NoRequestLeft);
  });

  test('that stayed asks for no profile', async () => {
    expect((await look(service(always(wait(20))))).requests.made).toBe(4);
  });
});

test.each([
  { what: 'with the window', minute: 0 },
  { what: 'inside the window', minute: 8 },
])('contention that began $what began between two profiles', async ({ minute }) => {
  const { since } = await look(service(changing(wait(20), wait(800), minute)));
  // Parts of two or three profileTimes tell it: the true time lies between the profile before it and the one
  // after it.
  expect(since?.after).toBeLessThan(computeTime(minute));
  expect(since?.after).toBeGreaterThanOrEqual(computeTime(minute - 4));
  expect(since?.before).toBeGreaterThanOrEqual(computeTime(minute));
  expect(since?.before).toBeLessThanOrEqual(computeTime(minute + 3));
});

describe('with the waits of another type', () => {
  const lock = (ms: number): Stacks => ({ 'main serve sync.Unlock': ms });
  const channel = (ms: number): Stacks => ({ 'main collect chanrecv': ms });
  /** The answers of both types where a lock waits nine times as long and channels as the test says. */
  const judge = async (blockAfter: number, load = 1, question?: Question) => {
    const instances = pods(2, {
      cpu: WORK,
      mutex: changing(lock(20), lock(180)),
      block: changing(channel(20), channel(blockAfter)),
    });
    const readings = [];
    const ready = await readyFor('mutex', instances, question);
    for (const alias of ['mutex', 'block'] as const) {
      const { lens, profileTimes } = await readyFor(alias, instances);
      const wait = await readWaits(ready.context, lens, profileTimes, { main: ready.main, load });
      readings.push({ wait, profileTimes });
    }
    const waits = await withoutAlikeWaits(ready.context, readings, ready.main, load);
    return waits.map(({ contention, dismissed }) => (contention === null ? dismissed : 'contention'));
  };

  test.each([
    { what: 'that grew as much: a throttled host', blockAfter: 180, expected: ['alike', 'alike'] },
    { what: 'that grew by less, but alike: so is it', blockAfter: 49, expected: ['alike', null] },
    { what: 'that stayed: contention', blockAfter: 20, expected: ['contention', null] },
    {
      what: 'that grew while the load did, too: contention',
      blockAfter: 49,
      load: 1.3,
      expected: ['contention', null],
    },
  ])('$what', async ({ blockAfter, load, expected }) => {
    expect(await judge(blockAfter, load)).toEqual(expected);
  });

  test('which no request is left for: contention', async () => {
    // Four requests are asked before, and two for the lock itself.
    expect(await judge(49, 1, { spent: 33 })).toEqual(['contention', null]);
    expect(await judge(49, 1, { spent: 32 })).toEqual(['alike', null]);
  });
});

describe('after waits of another type that grew alike', () => {
  const locks = (ms: number): Stacks => ({ 'main serve cache.get': ms, 'main order stock.get': ms });
  const channel = (ms: number): Stacks => ({ 'main collect chanrecv': ms });
  const judge = async (blockAfter: number) => {
    const instances = pods(2, {
      cpu: WORK,
      mutex: changing(locks(20), locks(80)),
      block: changing(channel(20), channel(blockAfter)),
    });
    const ready = await readyFor('mutex', instances);
    const mutex = await readWaits(ready.context, ready.lens, ready.profileTimes, {
      main: ready.main,
      load: 1,
    });
    const before = ready.context.requests.made;
    const { lens, profileTimes } = await readyFor('block', instances);
    const block = await readWaits(ready.context, lens, profileTimes, {
      main: ready.main,
      load: 1,
      others: [mutex],
    });
    const requests = ready.context.requests.made - before;
    return { mutex: mutex.dismissed, block: block.contention?.growth.site ?? block.dismissed, requests };
  };

  test('no profile is asked for where these grew no more', async () => {
    expect(await judge(100)).toEqual({ mutex: 'alike', block: 'alike', requests: 0 });
  });

  test('what grew by far more is looked at', async () => {
    expect(await judge(200)).toMatchObject({
      mutex: 'alike',
      block: { fn: expect.any(Number) },
      requests: 2,
    });
  });
});

describe('with goroutines that run, or could run', () => {
  const running = (count: number): Stacks => ({ 'main serve encode': count, 'main work runtime.gopark': 9 });
  interface Scene {
    after: number;
    load?: number;
    mutex?: (minute: number) => Stacks;
    /** Minutes with snapshots of goroutines; default all. */
    snapshots?: { from: number; to: number };
    time?: 'cpu' | 'wall';
  }
  const judge = async ({
    after,
    load = 1,
    mutex = changing(wait(20), wait(400)),
    snapshots = { from: -60, to: 14 },
    time = 'cpu',
  }: Scene) => {
    const instances = [
      ...pods(1, { [time]: WORK, mutex }),
      {
        labels: { pod: 'a' },
        minutes: snapshots,
        profiles: { goroutines: changing(running(1), running(after)) },
      },
    ];
    const ready = await readyFor('mutex', instances);
    const { lens, profileTimes } = ready;
    const readings = [
      { profileTimes, wait: await readWaits(ready.context, lens, profileTimes, { main: ready.main, load }) },
    ];
    const read = [await readyFor(time, instances), await readyFor('goroutines', instances)];
    const waits = await withoutAlikeWaits(ready.context, readings, ready.main, load, read);
    return waits.map(({ contention, dismissed }) => (contention === null ? dismissed : 'contention'));
  };
  const unsteady = (minute: number) => wait(minute >= 0 && minute % 7 === 3 ? 4_000 : 5);
  /** Ten snapshots before and three after: 6 instead of 1 that run stand out by 3.4 standard errors. */
  const few = { from: -10, to: 2 };

  test.each<{ what: string; scene: Scene; expected: string | null }>([
    {
      what: 'more of them at the same processor time: a throttled host',
      scene: { after: 9 },
      expected: 'starved',
    },
    { what: 'as many of them: contention', scene: { after: 1 }, expected: 'contention' },
    {
      what: 'more of them with more load: contention',
      scene: { after: 9, load: 1.3 },
      expected: 'contention',
    },
    {
      what: 'waits that come and go, and more of them',
      scene: { after: 9, mutex: unsteady },
      expected: 'starved',
    },
    {
      what: 'waits that come and go, and as many of them',
      scene: { after: 1, mutex: unsteady },
      expected: null,
    },
    { what: 'a few more', scene: { after: 6, snapshots: few, load: 0.86 }, expected: 'contention' },
    {
      what: 'a few more at less processor time',
      scene: { after: 6, snapshots: few, load: 0.85 },
      expected: 'starved',
    },
    {
      what: 'a few more at less time on the wall clock',
      scene: { after: 6, snapshots: few, load: 0.85, time: 'wall' },
      expected: 'contention',
    },
  ])('$what', async ({ scene, expected }) => {
    expect(await judge(scene)).toEqual([expected]);
  });
});

describe('waits of requests beneath those of goroutines that are idle', () => {
  const SERVE = 'net/http.(*conn).serve handle';
  const idle = (ms: number): Stacks => ({ 'main poll runtime.selectgo': ms });
  const judge = async (
    before: Stacks,
    after: Stacks,
    { alias = 'block' as 'block' | 'mutex', load = 1 } = {},
  ) => {
    const { context, ...ready } = await readyFor(
      alias,
      pods(2, { cpu: WORK, [alias]: changing(before, after) }),
    );
    const { contention } = await readWaits(context, ready.lens, ready.profileTimes, {
      main: ready.main,
      load,
      served: 1,
    });
    return contention === null ? null : contention.growth.joined.functions[contention.growth.site.fn]?.name;
  };

  test.each([
    {
      what: 'a place where requests wait anew',
      after: { [`${SERVE} store.get runtime.selectgo`]: 300 },
      site: 'store.get',
    },
    { what: 'a goroutine more that is idle', after: { 'refresh runtime.selectgo': 300 }, site: null },
    {
      what: 'waits that no caller feels',
      after: { [`${SERVE} store.get runtime.selectgo`]: 90 },
      idleMs: 300,
      site: null,
    },
    {
      what: 'a place where requests wait, in a total that rose by a fiftieth',
      after: { [`${SERVE} store.get runtime.selectgo`]: 120 },
      idleMs: 5_900,
      site: 'store.get',
    },
    {
      what: 'waits that the total does not show',
      after: { [`${SERVE} store.get runtime.selectgo`]: 120 },
      idleMs: 6_100,
      site: null,
    },
    {
      what: 'as long a wait while the load rose',
      after: { [`${SERVE} store.get runtime.selectgo`]: 300 },
      load: 3,
      was: 10,
      site: null,
    },
    {
      what: 'a lock in a type of locks alone',
      after: { [`${SERVE} store.get sync.Unlock`]: 300 },
      alias: 'mutex' as const,
      site: null,
    },
  ])('$what: $site', async ({ after, site, idleMs = 1000, was = 1, ...options }) => {
    const before = { ...idle(idleMs), [`${SERVE} store.get runtime.selectgo`]: was };
    expect(await judge(before, { ...idle(idleMs), ...after }, options)).toBe(site);
  });
});
