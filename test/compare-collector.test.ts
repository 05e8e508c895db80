import { describe, expect, test } from 'vitest';
import { createMemorySource, type StoredProfile } from './evaluation/generator/memory-source.js';
import { asker, NOW } from './support/ask.js';

// The garbage collector costs more here, and no code of the team: one type tells so much of it.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const MINUTE = 60_000;
const FROM = NOW - 15 * MINUTE;
const iso = (time: number) => new Date(time).toISOString();
const frame = (name: string, file: string) => ({
  fn: { name, file, startLine: 1, isSymbolised: true },
  line: 2,
});
const PATHS = [
  ...['parse', 'query', 'render'].map((name) => [
    frame('main.main', 'shop.dev/shop/main.go'),
    frame(`shop.dev/shop.${name}`, 'shop.dev/shop/shop.go'),
  ]),
  [frame('runtime.gcBgMarkWorker', 'runtime/mgc.go'), frame('runtime.gcDrain', 'runtime/mgcmark.go')],
];

/** A shop that works as before, and whose collector takes so many samples of each profile in the incident. */
function createShop(collected: number) {
  return createMemorySource('m', () =>
    Array.from({ length: 300 }, (_, index): StoredProfile[] => {
      const time = NOW - 1_000 - index * 15_000;
      const counts = [70, 110, 130, time >= FROM ? collected : 40];
      return ['a', 'b'].map((pod) => ({
        time,
        seconds: 15,
        labels: { service_name: 'shop', pod },
        paths: PATHS,
        values: new Map([[CPU, Float64Array.from(counts, (count) => count * 10_000_000)]]),
      }));
    }).flat(),
  );
}

describe('compare_profiles of cpu alone', () => {
  const ask = async (collected: number, format: 'json' | 'text') => {
    const question = { service: 'shop', profile_type: 'cpu', from: iso(FROM), to: iso(NOW), format };
    return (await asker(createShop(collected))('compare_profiles', question)).text;
  };

  test('names the collector where it costs more for itself, and says what to compare first', async () => {
    expect(JSON.parse(await ask(200, 'json'))).toMatchObject({
      verdict: 'code_regression',
      finding: expect.stringContaining('runtime.gcBgMarkWorker mgc.go:2 grew: 11.4% -> 39.2%'),
    });
    const text = await ask(200, 'text');
    expect(text).toContain('(allocations were not compared): compare alloc first');
    expect(text).not.toContain('Garbage collector:');
  });

  test('tells a smaller growth beside the verdict, and claims no cause of it', async () => {
    expect(JSON.parse(await ask(56, 'json'))).toMatchObject({ verdict: 'no_change', finding: null });
    expect(await ask(56, 'text')).toContain(
      'compare alloc, since more allocations cause it, or a setting or more live memory',
    );
  });
});
