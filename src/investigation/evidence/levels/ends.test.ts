import { describe, expect, test } from 'vitest';
import { always, pods, readyFor, type SmallInstance } from '../../../../test/support/small-service.js';
import { getSampleValue } from '../../../../test/support/type-ids.js';
import { readEnds } from './ends.js';

/** Held memory grows by a sample a minute from the first minute of the baseline on. */
const growing = (minute: number) => ({ 'main serve keep': 61 + minute });

/** Samples and profiles at the end of both windows. */
async function ends(
  instances: readonly SmallInstance[],
  instance: string | null = null,
  { parts, label }: { parts?: number; label?: string | null } = {},
) {
  const { context, lens, profileTimes } = await readyFor('inuse', instances);
  const { fleet } = context;
  const asked = {
    ...context,
    fleet: { ...fleet, instanceLabel: label === undefined ? fleet.instanceLabel : label },
  };
  const { before, after } = await readEnds(asked, lens, profileTimes, instance, parts);
  return [before, after].map(({ costs, profiles }) => [costs.total / getSampleValue('inuse'), profiles]);
}

const TWO: SmallInstance[] = [
  { labels: { pod: 'a' }, profiles: { inuse: always({ 'main serve': 10 }) } },
  { labels: { pod: 'b' }, profiles: { inuse: always({ 'main serve': 30 }) } },
];

describe('the ends of both windows', () => {
  test('are their last quarters', async () => {
    // Minutes -15 to -1, and 11 to 14: the profiles of a quarter of each.
    const [before, after] = await ends(pods(1, { inuse: growing }));
    expect(before).toEqual([15 * (61 - 8), 15]);
    expect(after?.[1]).toBeLessThanOrEqual(4);
    expect((after?.[0] ?? 0) / (after?.[1] ?? 1)).toBeGreaterThan(61 + 11);
  });

  test('are all of the windows where these have one part', async () => {
    expect(await ends(TWO, null, { parts: 1 })).toEqual([
      [60 * 40, 120],
      [15 * 40, 30],
    ]);
  });

  test('are those of all instances, or of the one that is asked for', async () => {
    const [all] = await ends(TWO);
    expect(all).toEqual([15 * 40, 30]);
    const [a] = await ends(TWO, 'a');
    expect(a).toEqual([15 * 10, 15]);
    const [b] = await ends(TWO, 'b');
    expect(b).toEqual([15 * 30, 15]);
  });

  test('of a new instance begin with those of the others', async () => {
    const fresh = {
      labels: { pod: 'c' },
      minutes: { from: 0 },
      profiles: { inuse: always({ 'main serve': 5 }) },
    };
    const [before, after] = await ends([...TWO, fresh], 'c');
    expect(before).toEqual([15 * 40, 30]);
    expect((after?.[0] ?? 0) / (after?.[1] ?? 1)).toBe(5);
  });

  test('are those of all where instances are not told apart', async () => {
    const [before] = await ends(TWO, 'a', { label: null });
    expect(before).toEqual([15 * 40, 30]);
  });

  test.each([
    { left: 2, is: true },
    { left: 1, is: false },
  ])('take two requests: with $left left they are read: $is', async ({ left, is }) => {
    const { context, lens, profileTimes } = await readyFor('inuse', TWO);
    while (context.requests.left > left) await context.requests.run(async () => null);
    const reading = readEnds(context, lens, profileTimes);
    if (is) expect((await reading).before.profiles).toBe(30);
    else await expect(reading).rejects.toThrow('two merges are needed');
  });
});
