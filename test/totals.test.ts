import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { askFiles, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';
import { pprofBytes } from './support/profiles.js';

// A total is a rate where the profiles cover the window, a value per profile where they do not, and the mean
// snapshot of an instant type for any window.

const START = Date.parse('2026-11-20T14:00:00Z');

/** Two instances, each with `count` profiles of `seconds`, one every `every` seconds. */
async function fleet(
  type: string,
  unit: string,
  value: number,
  count: number,
  every: number,
  seconds: number,
) {
  const directory = await mkdtemp(path.join(tmpdir(), 'fleet-'));
  for (const instance of ['a', 'b']) {
    await mkdir(path.join(directory, 'shop', instance), { recursive: true });
    for (let index = 0; index < count; index++) {
      const stacks = [{ frames: ['main.main', 'shop/cart.Add', 'runtime.mallocgc'], values: [value] }];
      const timeNanos = BigInt(START + index * every * 1000) * 1_000_000n;
      await writeFile(
        path.join(directory, 'shop', instance, `${String(index).padStart(3, '0')}.pb`),
        pprofBytes({
          types: [`${type}/${unit}`],
          stacks,
          timeNanos,
          durationNanos: BigInt(seconds) * 1_000_000_000n,
        }),
      );
    }
  }
  return askFiles(directory);
}

async function total(ask: ReturnType<typeof askFiles>, minutes: number, profile_type: string) {
  const args = {
    service: 'shop',
    profile_type,
    from: '2026-11-20T14:00:00Z',
    to: new Date(START + minutes * 60_000).toISOString(),
  };
  const text = (await ask('summarize_profile', args)).text;
  const json = JSON.parse((await ask('summarize_profile', { ...args, format: 'json' })).text);
  return {
    line: text.split('\n').find((row) => row.startsWith('Total')),
    total: json.total,
    top: json.top_functions[0],
  };
}

describe('cumulative types', () => {
  test('continuous coverage gives a rate over all instances', async () => {
    // 15 s of each 15 s with 7.5 s of CPU: half a core on each of two instances.
    const measured = await total(await fleet('cpu', 'nanoseconds', 7_500_000_000, 20, 15, 15), 5, 'cpu');
    expect(measured.line).toBe('Total 1 core on average, 5 min (7.5 s per profile)');
    expect(measured.total).toMatchObject({
      rate: 1,
      rate_unit: 'cores',
      instances: 2,
      profiles: 40,
      value: 3e11,
    });
  });

  test('bytes have a rate, too', async () => {
    const measured = await total(await fleet('alloc_space', 'bytes', 15 * 2 ** 20, 20, 15, 15), 5, 'alloc');
    expect(measured.line).toBe('Total 2 MiB/s on average, 600 MiB (15 MiB per profile)');
  });

  test('a few seconds of each minute give none', async () => {
    const measured = await total(await fleet('cpu', 'nanoseconds', 2_000_000_000, 5, 60, 4), 5, 'cpu');
    expect(measured.line).toBe('Total 20 s (2 s per profile)');
    expect(measured.total).toMatchObject({ rate: null, rate_unit: null });
  });
});

describe('instant types are the mean snapshot', () => {
  test.each([5, 30])('over %i minutes', async (minutes) => {
    const measured = await total(
      await fleet('inuse_space', 'bytes', 100 * 2 ** 20, 40, 60, 0),
      minutes,
      'inuse',
    );
    expect(measured.line).toBe('Total 100 MiB: the mean snapshot of one instance');
    expect(measured.total).toMatchObject({ value: 104857600, rate: null });
    expect(measured.top).toMatchObject({ self: 104857600, self_share: 1, charged_to: 'shop/cart.Add' });
  });

  test('goroutines are counted as goroutines', async () => {
    const measured = await total(await fleet('goroutine', 'count', 1_200, 3, 60, 0), 5, 'goroutines');
    expect(measured.line).toBe('Total 1.2k goroutines: the mean snapshot of one instance');
  });
});

describe('samples are what the sibling type counts', () => {
  test.each(INCIDENTS)('$name', async ({ directory, service, name }) => {
    const ask = askFiles(directory);
    const [type, sibling] = name.startsWith('16') ? ['wall', 'wall_samples'] : ['cpu', 'cpu_samples'];
    const count = async (profile_type: string | undefined) =>
      JSON.parse(
        (await ask('summarize_profile', { service, profile_type, format: 'json', ...INCIDENT_WINDOW })).text,
      ).total;
    expect((await count(type)).samples).toBe((await count(sibling)).value);
  });

  test('few stacks of the same value do not pass for one sample', async () => {
    const ask = await fleet('cpu', 'nanoseconds', 1_250_000_000, 8, 60, 4);
    const { total: measured } = await total(ask, 10, 'cpu');
    expect(measured.samples).toBeNull();
  });
});

describe('no rate where the profiles do not cover the window', () => {
  test.each([
    ['a window much longer than the data', 20, 15, 15, 30],
    ['a window of a few seconds', 20, 15, 15, 0.1],
    ['two profiles', 2, 15, 15, 0.5],
  ])('%s', async (_what, count, every, seconds, minutes) => {
    const ask = await fleet('cpu', 'nanoseconds', 7_500_000_000, count, every, seconds);
    expect((await total(ask, minutes, 'cpu')).total.rate).toBeNull();
  });
});
