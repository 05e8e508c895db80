import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../../test/support/contrast.js';
import { readyFor, type SmallInstance, START } from '../../../../test/support/small-service.js';
import { type Alias, getSampleValue } from '../../../../test/support/type-ids.js';
import { readLevels } from '../levels.js';
import { findPlaceLeak } from './place-leak.js';

/** Old pods hold much since days; new ones begin with little. */
const old = (minute: number): Stacks => ({ 'main boot': 40, 'main serve cache.put': 20 + (minute % 7) });
const OLD = { minutes: { to: -1 }, profiles: { inuse: old } };

const replaced = (inuse: (minute: number) => Stacks): SmallInstance[] => [
  { labels: { pod: 'a' }, ...OLD },
  { labels: { pod: 'b' }, ...OLD },
  { labels: { pod: 'c' }, minutes: { from: 0 }, profiles: { inuse } },
  { labels: { pod: 'd' }, minutes: { from: 0 }, profiles: { inuse } },
];

async function leakIn(instances: readonly SmallInstance[], spent = 0) {
  const { context, lens, profileTimes } = await readyFor('inuse', instances, { spent });
  const { leak } = await readLevels(context, lens, profileTimes);
  const site = leak === null ? null : leak.growth.joined.functions[leak.growth.site.fn]?.name;
  return { site, leak };
}

const filling = (minute: number): Stacks => ({
  'main boot': 40,
  // The level swings as that of few objects does.
  'main serve cache.put': 10 + 5 * (minute % 3),
  'main serve meter': 3 * minute,
});

test('new instances that fill a place which held nothing before leak there, since they run', async () => {
  const { site, leak } = await leakIn(replaced(filling));
  expect(site).toBe('meter');
  expect(leak).toMatchObject({ isHidden: true, instance: null });
  // The first profile of a new one lies in the middle of the first minute, in a step of ten seconds.
  expect((leak?.since.before ?? 0) - START).toBeLessThan(36_000);
  expect(leak?.since.after).toBeLessThan(START);
});

test.each([
  {
    what: 'a place that comes to rest',
    inuse: (minute: number) => ({ ...filling(minute), 'main serve meter': Math.min(30, 10 * minute) }),
  },
  {
    what: 'a cache that the old ones had filled',
    inuse: (minute: number) => ({ 'main boot': 50, 'main serve cache.put': 2 * minute }),
  },
  {
    what: 'a whole that is no larger than before',
    inuse: (minute: number) => ({ ...filling(minute), 'main boot': 5 }),
  },
])('$what is no leak', async ({ inuse }) => {
  expect(await leakIn(replaced(inuse))).toEqual({ site: null, leak: null });
});

test('where instances stayed the place alone is not asked for', async () => {
  const stayed = replaced(filling).map((instance) => ({ ...instance, minutes: {} }));
  expect(await leakIn(stayed)).toMatchObject({ leak: null });
});

test('with fewer than four requests left it is not looked for', async () => {
  // Label names, label sets and two series are asked before.
  expect((await leakIn(replaced(filling), 32)).site).toBe('meter');
  expect(await leakIn(replaced(filling), 33)).toMatchObject({ leak: null });
});

describe('the levels of all instances, next to those of the place', () => {
  /** A place that holds some forty samples at the end. */
  const fill = (minute: number): Stacks => ({ 'main boot': 40, 'main serve meter': 3 * minute });

  /** Level at the end of a leak, in samples; null for none. The levels are numbers of samples. */
  async function levelAtEnd(
    baseline: readonly number[],
    incident: readonly number[],
    { inuse = fill, alias = 'inuse' }: { inuse?: (minute: number) => Stacks; alias?: Alias } = {},
  ): Promise<number | null> {
    const send = (minute: number) => ({ [alias]: minute < 0 ? old : inuse });
    const instances: SmallInstance[] = [
      { labels: { pod: 'a' }, minutes: { to: -1 }, profiles: send(-1) },
      { labels: { pod: 'c' }, minutes: { from: 0 }, profiles: send(0) },
      { labels: { pod: 'd' }, minutes: { from: 0 }, profiles: send(0) },
    ];
    const { context, lens, profileTimes } = await readyFor(alias, instances);
    const sample = getSampleValue(alias);
    const levels = (values: readonly number[]) =>
      values.map((value, at) => ({ time: START + at * 60_000, value: value * sample }));
    const leak = await findPlaceLeak(context, lens, profileTimes, {
      baseline: levels(baseline),
      incident: levels(incident),
      running: 2,
    });
    return leak === null ? null : leak.after / sample;
  }

  test('tell the end by the last quarter', async () => {
    expect(await levelAtEnd([80], [0, 0, 50, 50, 50, 50, 100, 110])).toBe(105);
  });

  test('are at least four', async () => {
    expect(await levelAtEnd([80], [0, 50, 50, 100])).toBe(100);
    expect(await levelAtEnd([80], [0, 50, 100])).toBeNull();
  });

  test.each([
    { what: 'by 15 %', before: 100, is: true },
    { what: 'by less', before: 101, is: false },
  ])('have risen $what: $is', async ({ before, is }) => {
    expect((await levelAtEnd([before], [0, 50, 50, 115])) !== null).toBe(is);
  });

  // A leak must add 15 % of 200 samples, and in the last half of the window half of that.
  test.each([
    { what: 'half of what matters', second: 185, is: true },
    { what: 'less', second: 186, is: false },
  ])('rise from the second quarter on by $what: $is', async ({ second, is }) => {
    expect((await levelAtEnd([100], [0, second, 190, 200])) !== null).toBe(is);
  });

  test('have a second quarter of their own', async () => {
    expect(await levelAtEnd([100], [0, 0, 180, 180, 195, 195, 200, 200])).toBe(200);
  });

  test.each([
    { what: 'a large part of the level', last: 200, is: true },
    { what: 'a small part of it', last: 400, is: false },
  ])('grow by the place where it holds $what: $is', async ({ last, is }) => {
    expect((await levelAtEnd([100], [0, 50, 50, last])) !== null).toBe(is);
  });

  test('tell nothing of a place that has come to rest, nor of goroutines', async () => {
    const rest = (minute: number): Stacks => ({
      'main boot': 40,
      'main serve meter': Math.min(40, 10 * minute),
    });
    expect(await levelAtEnd([80], [0, 50, 50, 100], { inuse: rest })).toBeNull();
    expect(await levelAtEnd([80], [0, 50, 50, 100], { alias: 'goroutines' })).toBeNull();
  });
});
