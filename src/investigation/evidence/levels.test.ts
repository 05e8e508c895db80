import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import {
  always,
  changing,
  pods,
  type Question,
  readyFor,
  type SmallInstance,
  START,
} from '../../../test/support/small-service.js';
import { type Alias, getSampleValue } from '../../../test/support/type-ids.js';
import type { SiteGrowth } from '../../profile/compare/growth.js';
import { readLevels } from './levels.js';
import type { ProfileTimes } from './profile-times.js';
import { NoRequestLeft } from './requests.js';

const level = (held: number): Stacks => ({ 'main serve cache.put': held, 'main boot': 100 });
/** Held samples rise by so many a minute from minute 0 on. */
const rising = (each: number) => ({
  profiles: { inuse: (minute: number) => level(100 + each * Math.max(0, minute)) },
});
const CALM = { inuse: always(level(100)) };
const CALM_AT_END = { minutes: { from: 12 } };

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
    {
      what: 'of all instances, of which one is far ahead, is one of all',
      // The mean does not double.
      instances: pods(8, rising(5).profiles, { c: rising(40) }),
      leaks: true,
      instance: null,
    },
    {
      what: 'of half of the instances is not one of a single instance',
      instances: pods(4, CALM, { c: rising(20), d: rising(20) }),
      leaks: true,
      instance: null,
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

  const AHEAD = pods(8, rising(5).profiles, { c: rising(40) });
  test('of all instances is read in all of them, and shows the levels of all', async () => {
    const { before, after, requests } = await leakIn(AHEAD);
    const sample = getSampleValue('inuse');
    expect(before).toBe(200 * sample);
    expect(after).toBe((200 + (14 * (7 * 5 + 40)) / 8) * sample);
    expect(requests.made).toBe(6);
  });

  test('of new instances that came one after the other began with the first of them', async () => {
    const since = (first: number) => (minute: number) => level(100 + 40 * Math.max(0, minute - first));
    const old = (to: number) => ({ profiles: { inuse: always(level(180)) }, minutes: { to } });
    const instances = [
      { labels: { pod: 'a' }, ...old(1) },
      { labels: { pod: 'b' }, ...old(6) },
      { labels: { pod: 'c' }, minutes: { from: 2 }, profiles: { inuse: since(2) } },
      { labels: { pod: 'd' }, minutes: { from: 7 }, profiles: { inuse: since(7) } },
    ];
    const { context, lens, profileTimes } = await readyFor('inuse', instances);
    const { leak } = await readLevels(context, lens, profileTimes);
    expect(((leak?.since.before ?? 0) - START) / 60_000).toBeCloseTo(2.5, 0);
    expect(leak?.instances).toMatchObject({ risen: ['c', 'd'], all: 2 });
  });

  test('of new instances began with their arrival, where the levels alone leave several minutes', async () => {
    const wobble = (minute: number) => 6 * ((minute * 7) % 3);
    const old = { profiles: { inuse: (minute: number) => level(100 + wobble(minute)) }, minutes: { to: 3 } };
    const fresh = {
      profiles: { inuse: (minute: number) => level(100 + 30 * Math.max(0, minute - 5) + wobble(minute)) },
      minutes: { from: 5 },
    };
    const instances = [old, old, fresh, fresh].map((one, at) => ({
      ...one,
      labels: { pod: 'abcd'[at] ?? '' },
    }));
    const { context, lens, profileTimes } = await readyFor('inuse', instances);
    const { leak } = await readLevels(context, lens, profileTimes);
    const minutes = [leak?.since.after ?? 0, leak?.since.before ?? 0].map((time) => (time - START) / 60_000);
    // The last profile of the old ones is of 3, the first of the new ones of 5.
    expect(minutes[0]).toBeCloseTo(3.5, 0);
    expect(minutes[1]).toBeCloseTo(5.5, 0);
  });

  test('of one next to others that came too late to tell is shown in all', async () => {
    const instances = pods(4, CALM, { a: rising(40), b: CALM_AT_END, c: CALM_AT_END, d: CALM_AT_END });
    expect(await leakIn(instances)).toMatchObject({ leaks: true, instance: null, site: 'cache.put' });
  });

  test('of several is shown in the strongest where another one hides it from the whole', async () => {
    const fell = { profiles: { inuse: changing(level(2_100), level(100)) } };
    const instances = pods(3, CALM, { a: rising(40), b: rising(8), c: fell });
    expect(await leakIn(instances)).toMatchObject({
      leaks: true,
      instance: { name: 'pod', value: 'a' },
      site: 'cache.put',
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

/** Reads levels in samples, and times in seconds since the incident began, with the number of requests. */
async function readTold(
  instances: readonly SmallInstance[],
  {
    alias = 'inuse',
    explained = 0,
    change = (times) => times,
  }: { alias?: Alias; explained?: number; change?: (times: ProfileTimes) => ProfileTimes } = {},
) {
  const { context, lens, profileTimes } = await readyFor(alias, instances);
  const asked = context.requests.made;
  const { leak, rise, ...levels } = await readLevels(context, lens, change(profileTimes), explained);
  const nameSite = (growth: SiteGrowth | null) =>
    growth === null ? null : growth.joined.functions[growth.site.fn]?.name;
  const inSeconds = (since: { after: number; before: number } | null) =>
    since === null ? null : [since.after, since.before].map((time) => Math.round((time - START) / 1_000));
  const inSamples = (value: number | null) => (value === null ? null : value / getSampleValue(alias));
  return {
    before: inSamples(levels.before),
    after: inSamples(levels.after),
    smallestHidden: inSamples(levels.smallestHidden),
    leak: leak && {
      isHidden: leak.isHidden,
      instance: leak.instance,
      site: nameSite(leak.growth),
      since: inSeconds(leak.since),
    },
    rise: rise && { site: nameSite(rise.growth), since: inSeconds(rise.since) },
    requests: context.requests.made - asked,
  };
}

describe('a leak that is told', () => {
  test('its place, its beginning and that the whole level shows it', async () => {
    expect(await readTold(pods(1, rising(60).profiles))).toEqual({
      before: 200,
      // The mean of the last quarter.
      after: 200 + 60 * 13,
      smallestHidden: 30,
      leak: { isHidden: false, instance: null, site: 'cache.put', since: [-25, 95] },
      rise: null,
      requests: 2,
    });
  });

  test('of all instances is not one of that which leaks most', async () => {
    const { leak } = await readTold(pods(2, rising(60).profiles, { b: rising(80) }));
    expect(leak).toMatchObject({ instance: null, isHidden: false });
  });

  test('an instance that always held more is compared with its own past', async () => {
    const large = { profiles: { inuse: (minute: number) => level(1_000 + 60 * Math.max(0, minute)) } };
    const { leak } = await readTold(pods(8, CALM, { c: large }));
    // It did not double.
    expect(leak).toBeNull();
  });

  test.each([
    { what: 'ten goroutines more', each: 1, is: true },
    { what: 'fewer', each: 0.99, is: false },
  ])('$what are a leak: $is', async ({ each, is }) => {
    // Ten minutes of growth lie before the last quarter's middle.
    const waiting = (minute: number) => ({ 'main serve': 4 + each * Math.max(0, minute - 3) });
    const { leak } = await readTold(pods(1, { goroutines: waiting }), { alias: 'goroutines' });
    expect(leak !== null).toBe(is);
  });

  test.each([
    { what: 'that stayed leak', to: 14, from: -60, is: true },
    { what: 'that came new hold more from the first on', to: -1, from: 0, is: false },
  ])('of higher levels that swing, instances $what', async ({ to, from, is }) => {
    const inuse = (minute: number): Stacks => ({
      'main serve cache.put': minute < 0 ? 100 : 200 + 8 * minute + 60 * (minute % 3),
    });
    const { leak } = await readTold(pods(2, { inuse }, { a: { minutes: { to } }, b: { minutes: { from } } }));
    expect(leak !== null).toBe(is);
  });
});

describe('a leak beneath a level that is large without it', () => {
  const beneath = (held: number, each: number, other = 0) => ({
    inuse: (minute: number): Stacks => ({
      'main boot': 1_000,
      'serve cache.put': held + each * Math.max(0, minute),
      'job other': 10 + other * Math.max(0, minute),
    }),
  });

  test('is told with its place', async () => {
    expect(await readTold(pods(1, beneath(10, 20)))).toEqual({
      before: 1_020,
      // The mean of the last quarter.
      after: 1_020 + 20 * 13,
      smallestHidden: 153,
      leak: { isHidden: true, instance: null, site: 'cache.put', since: [-25, 95] },
      rise: null,
      requests: 2,
    });
  });

  test.each([
    { what: 'holds four fifths of the growth', held: 10, each: 16, other: 4, is: true },
    { what: 'holds less', held: 10, each: 15, other: 4, is: false },
    { what: 'doubled', held: 250, each: 20, is: true },
    { what: 'did not double', held: 251, each: 20, is: false },
  ])('is none unless one place does: $what', async ({ held, each, other, is }) => {
    const { leak } = await readTold(pods(1, beneath(held, each, other)));
    expect(leak !== null).toBe(is);
  });
});

describe('a level that rose and came to rest', () => {
  const step = (before: Stacks, after: Stacks, minute = 5) => ({ inuse: changing(before, after, minute) });
  const held = (put: number, boot = 50): Stacks => ({ 'main boot': boot, 'main serve cache.put': put });
  const told = (before: Stacks, after: Stacks) => readTold(pods(1, step(before, after)));

  test('is told with its place and its beginning', async () => {
    expect(await told(held(50), held(450))).toEqual({
      before: 100,
      after: 500,
      smallestHidden: 15,
      leak: null,
      rise: { site: 'cache.put', since: [245, 365] },
      requests: 2,
    });
  });

  test('that begins with the incident is told between its first profile and the last before', async () => {
    const { rise } = await readTold(pods(1, step(held(50), held(450), 0)));
    expect(rise).toEqual({ site: 'cache.put', since: [-55, 65] });
  });

  test('may be one of two profiles', async () => {
    const two = pods(1, step(held(50), held(450), 0), { a: { minutes: { from: -1, to: 0 } } });
    expect((await readTold(two)).rise).toMatchObject({ since: [-55, 65] });
  });

  test('from nothing has a beginning as well', async () => {
    const { rise } = await told({ 'main boot': 0 }, held(450));
    expect(rise).toEqual({ site: null, since: [245, 365] });
  });

  test.each([
    { what: 'more than that', explained: 5.1, site: null, requests: 0 },
    { what: 'just that', explained: 5, site: 'cache.put', requests: 2 },
  ])('is looked at, unless the load explains $what', async ({ explained, site, requests }) => {
    const rose = await readTold(pods(1, step(held(50), held(450))), { explained });
    expect(rose).toMatchObject({ rise: { site }, requests });
  });

  test.each<[string, Stacks, Stacks, string | null]>([
    ['the rest rose by less than a fifth', held(50, 50), held(450, 59), 'cache.put'],
    ['the rest rose by a fifth', held(50, 50), held(450, 60), null],
    ['the rest held a tenth', held(90, 10), held(450, 10), 'cache.put'],
    ['the rest held less', held(91, 9), held(450, 9), null],
    ['there is no rest', held(50, 0), held(450, 0), null],
    [
      'the runtime holds it',
      { 'main boot': 50, 'runtime.goexit runtime.park': 50 },
      { 'main boot': 50, 'runtime.goexit runtime.park': 450 },
      null,
    ],
  ])('has one place, or none: %s', async (_, before, after, site) => {
    expect((await told(before, after)).rise).toMatchObject({ site });
  });

  test.each([
    { what: 'by half', before: held(1_000), after: held(1_550) },
    {
      what: 'by fewer objects than the sampling of the heap explains',
      before: held(6, 0),
      after: held(12, 0),
    },
  ])('is none $what', async ({ before, after }) => {
    expect(await told(before, after)).toMatchObject({ leak: null, rise: null });
  });
});

describe('levels at the ends of both windows', () => {
  test('are those of the last profiles', async () => {
    const inuse = (minute: number) => level(100 + ((minute + 60) % 4));
    // Minutes 59 and 74.
    expect(await readTold(pods(1, { inuse }))).toMatchObject({ before: 203, after: 202 });
  });

  test('are the mean of one round of all instances, whenever each of them sends', async () => {
    const instances = pods(2, CALM, { b: { profiles: { inuse: always(level(300)) } } });
    const change = ({ series, ...times }: ProfileTimes): ProfileTimes => ({
      ...times,
      series: [
        ...series.map(({ labels, points }) => ({
          labels,
          // The second one sends half a minute later.
          points:
            labels.pod === 'b' ? points.map((point) => ({ ...point, time: point.time + 20_000 })) : points,
        })),
        { labels: { pod: 'silent' }, points: [] },
      ],
    });
    expect(await readTold(instances, { change })).toMatchObject({ before: 300, after: 300 });
  });

  test('are unknown where the service is gone', async () => {
    const gone = pods(1, CALM, { a: { minutes: { to: -1 } } });
    expect(await readTold(gone)).toMatchObject({ before: 200, after: null, leak: null, rise: null });
  });
});
