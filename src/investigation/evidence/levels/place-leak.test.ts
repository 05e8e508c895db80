import { expect, test } from 'vitest';
import type { Stacks } from '../../../../test/support/contrast.js';
import { readyFor, type SmallInstance, START } from '../../../../test/support/small-service.js';
import { readLevels } from '../levels.js';

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
