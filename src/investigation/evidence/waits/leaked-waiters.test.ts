import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../../test/support/contrast.js';
import {
  computeTime,
  pods,
  type Question,
  readAll,
  type SmallInstance,
} from '../../../../test/support/small-service.js';

const PLACE = 'main serve report';
/** A number at the place that grows with each minute of the incident, by so much. */
const growing =
  (each: number, stack = `${PLACE} runtime.selectgo`) =>
  (minute: number): Stacks => ({ 'main idle': 20, [stack]: Math.max(0, minute + 1) * each });
/** A number at the place that is the same in each minute of the incident. */
const constant =
  (number: number) =>
  (minute: number): Stacks => ({ 'main idle': 20, [`${PLACE} runtime.selectgo`]: minute < 0 ? 0 : number });

const LEAK = {
  cpu: () => ({ 'main serve': 100, 'main serve report': 1 }),
  goroutines: growing(20),
  block: growing(20_000),
};

async function readWaiters(profiles: SmallInstance['profiles'], question?: Question, more = {}) {
  const { waits, levels, context } = await readAll(pods(2, profiles, more), question);
  const contention = waits.find(({ lens }) => lens.type.alias === 'block')?.contention;
  return { waiters: contention?.waiters, contention, levels, made: context.requests.made };
}

describe('where goroutines become more and more and wait longer and longer', () => {
  test('more waits are those of goroutines that leak', async () => {
    expect(await readWaiters({ ...LEAK, block_contentions: growing(5) })).toMatchObject({ waiters: 'leak' });
  });

  test('as many waits are those of a queue, which began as its goroutines became more', async () => {
    const { waiters, contention } = await readWaiters({ ...LEAK, block_contentions: constant(50) });
    expect(waiters).toBe('queue');
    expect(contention?.since?.after).toBeGreaterThan(computeTime(-3));
    expect(contention?.since?.before).toBeLessThan(computeTime(2));
  });

  test('nothing is asked where the numbers of waits are not sent', async () => {
    const { waiters, made } = await readWaiters(LEAK);
    expect(waiters).toBeUndefined();
    const counted = await readWaiters({ ...LEAK, block_contentions: growing(5) });
    expect(counted.made).toBe(made + 2);
  });

  test('nothing is asked where the goroutines wait elsewhere', async () => {
    const goroutines = growing(20, 'main spawn runtime.selectgo');
    expect(
      (await readWaiters({ ...LEAK, goroutines, block_contentions: growing(5) })).waiters,
    ).toBeUndefined();
  });

  test('nothing is asked where goroutines stay', async () => {
    const goroutines = () => ({ 'main idle': 20 });
    expect(
      (await readWaiters({ ...LEAK, goroutines, block_contentions: growing(5) })).waiters,
    ).toBeUndefined();
  });

  test('nothing is asked of memory that leaks at the place', async () => {
    const { goroutines: _, ...profiles } = LEAK;
    const inuse = growing(20);
    expect(
      (await readWaiters({ ...profiles, inuse, block_contentions: growing(5) })).waiters,
    ).toBeUndefined();
  });

  test('nothing is asked with fewer than two requests left', async () => {
    const profiles = { ...LEAK, block_contentions: growing(5) };
    const { made } = await readWaiters(profiles);
    expect((await readWaiters(profiles, { spent: 40 - made })).waiters).toBe('leak');
    expect((await readWaiters(profiles, { spent: 41 - made })).waiters).toBeUndefined();
  });

  test('waits of a second type at the place are those of the same goroutines', async () => {
    const profiles = { ...LEAK, mutex: growing(20_000), block_contentions: growing(5) };
    const { waits } = await readAll(pods(2, profiles));
    expect(waits.map(({ lens, contention }) => [lens.type.alias, contention?.waiters])).toEqual([
      ['mutex', 'leak'],
      ['block', 'leak'],
    ]);
    const both = { ...profiles, mutex_contentions: growing(5) };
    expect((await readWaiters(both)).made).toBe((await readWaiters(profiles)).made);
  });

  test('goroutines that were there before the leak are none that were added', async () => {
    // The number of waits grows by a quarter between the halves, that of all goroutines by two fifths.
    const goroutines = (minute: number) => ({ ...growing(60)(minute), 'main idle': 400 });
    const waits = (minute: number) => ({ [`${PLACE} runtime.selectgo`]: minute < 0 ? 0 : 51 + 2.7 * minute });
    expect((await readWaiters({ ...LEAK, goroutines, block_contentions: waits })).waiters).toBe('queue');
  });

  test('while instances arrive the queue of each counts once it is there', async () => {
    // The second instance queues since minute 7: until then there are half as many waits.
    const profiles = { ...LEAK, block_contentions: constant(50) };
    const calm = { ...LEAK, goroutines: growing(0), block: growing(0), block_contentions: constant(0) };
    const instances = [
      { labels: { pod: 'a' }, profiles },
      { labels: { pod: 'b' }, minutes: { to: 6 }, profiles: calm },
      { labels: { pod: 'c' }, minutes: { from: 7 }, profiles },
    ];
    const { waits } = await readAll(instances);
    expect(waits[0]?.contention?.waiters).toBe('queue');
  });
});
