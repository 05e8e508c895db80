import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { askFiles, fixture } from '../support/ask.js';

// Small profiles in the shape that agents and converters send, in fixtures/field, with the values that go
// tool pprof or the library of google/pprof read from them. Here: which type is which, in what unit, and
// whether it is read.

const WINDOW = { from: '2026-09-21T14:13:20Z', to: '2026-09-21T14:29:20Z' };
const BASELINE = { baseline_from: '2026-09-21T13:41:20Z', baseline_to: '2026-09-21T14:13:20Z' };

const investigation = z.looseObject({
  verdict: z.string(),
  scope: z.looseObject({ profile_type_id: z.string() }),
  findings: z.array(
    z.looseObject({
      function: z.string().nullable(),
      profile_type_id: z.string(),
      value_before: z.number(),
      value_after: z.number(),
    }),
  ),
  lenses: z.array(
    z.looseObject({
      profile_type_id: z.string(),
      verdict: z.string(),
      rate_before: z.number().nullable(),
      rate_after: z.number().nullable(),
      smallest_change: z.string().nullable(),
      same_as: z.string().nullable(),
    }),
  ),
});

async function investigated(folder: string, service: string) {
  const args = { service, ...WINDOW, ...BASELINE };
  const ask = askFiles(fixture('field', folder));
  const { text } = await ask('investigate', args);
  const json = await ask('investigate', { ...args, format: 'json' });
  return { text, answer: investigation.parse(JSON.parse(json.text)) };
}

describe('investigate', () => {
  test.each([
    {
      folder: '01-cpu-alias-stolen/inv-dotnet-gc',
      service: 'orders',
      verdict: 'code_regression',
      type: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
      fn: 'Shop.Orders!OrderController.Price',
      ratio: 3,
    },
    {
      folder: '02-types-not-read/inv-java-alloc',
      service: 'cart',
      verdict: 'code_regression',
      type: 'memory:alloc_sample_bytes:bytes:space:bytes',
      fn: 'com/acme/shop/Cart.toJson',
      ratio: 5,
    },
    {
      folder: '02-types-not-read/inv-custom',
      service: 'svc',
      verdict: 'code_regression',
      type: 'network:net_bytes:bytes::',
      fn: 'app.upload',
      ratio: 10,
    },
    {
      folder: '02-types-not-read/inv-threadcreate',
      service: 'svc',
      verdict: 'load_increase',
      type: 'threadcreate:threadcreate:count:threadcreate:count',
      fn: null,
      ratio: 6,
    },
    {
      folder: '03-false-no-data/inv-samples',
      service: 'svc',
      verdict: 'code_regression',
      type: 'samples:samples:count:cpu:nanoseconds',
      fn: 'app::hash::digest',
      ratio: 3,
    },
    {
      folder: '03-false-no-data/inv-cpu-samples',
      service: 'svc',
      verdict: 'code_regression',
      type: 'process_cpu:samples:count:cpu:nanoseconds',
      fn: 'main.py work',
      ratio: 3,
    },
    {
      folder: '05-wall-cpu/inv-node-cpu',
      service: 'shop',
      verdict: 'code_regression',
      type: 'wall:cpu:nanoseconds:wall:nanoseconds',
      fn: './src/price.js:quote:42',
      ratio: 3,
    },
    {
      folder: '06-verdict-ignores-lens/inv-exceptions',
      service: 'orders',
      verdict: 'load_increase',
      type: 'exception:exception:count:cpu:nanoseconds',
      fn: 'Shop.Orders!Parser.Parse',
      ratio: 18,
    },
  ])('$folder: $verdict in $fn', async ({ folder, service, verdict, type, fn, ratio }) => {
    const { text, answer } = await investigated(folder, service);
    const [first] = answer.findings;
    expect(answer.verdict).toBe(verdict);
    expect(first?.profile_type_id).toBe(type);
    expect(first?.function).toBe(fn);
    const grew = (first?.value_after ?? 0) / (first?.value_before ?? 1);
    expect(grew).toBeGreaterThan(0.9 * ratio);
    expect(grew).toBeLessThan(1.1 * ratio);
    // The sentence that explains the verdict speaks of the type that changed.
    expect(text).not.toContain('NO CHANGE');
  });

  test('threads: both levels stand in the answer', async () => {
    const { text } = await investigated('02-types-not-read/inv-threadcreate', 'svc');
    expect(text).toContain('threads rose, 40 -> 240 threads mean snapshot');
  });

  test('time on CPU and wall-clock time of one profiler are two types', async () => {
    const { answer } = await investigated('05-wall-cpu/inv-node-cpu', 'shop');
    const [cpu, wall] = answer.lenses;
    expect(cpu?.profile_type_id).toBe('wall:cpu:nanoseconds:wall:nanoseconds');
    expect((cpu?.rate_after ?? 0) / 1e9).toBeCloseTo(2.86, 1);
    expect(wall?.profile_type_id).toBe('wall:wall:nanoseconds:wall:nanoseconds');
    expect((wall?.rate_after ?? 0) / 1e9).toBeCloseTo(10.9, 1);
  });

  test.each([
    ['01-cpu-alias-stolen/inv-dotnet-gc', 'orders', 4],
    ['02-types-not-read/inv-java-alloc', 'cart', 3],
    ['05-wall-cpu/inv-node-cpu', 'shop', 3],
  ])('%s: every type is read, or named as not read with the reason', async (folder, service, types) => {
    const { text, answer } = await investigated(folder, service);
    expect(answer.lenses).toHaveLength(types);
    for (const { verdict, same_as: sameAs } of answer.lenses) {
      if (verdict === 'not_read')
        expect(text).toMatch(new RegExp(`not read, the same samples: .*as ${sameAs}`));
    }
  });
});

const summary = z.looseObject({
  scope: z.looseObject({ profile_type_id: z.string() }),
  total: z.looseObject({ value: z.number().nullable(), since_start: z.number().optional() }),
  idle: z.looseObject({ value: z.number() }).optional(),
});

describe('summarize_profile', () => {
  test.each([
    {
      folder: '01-cpu-alias-stolen/gc-cpu',
      service: 'orders',
      type: 'cpu',
      id: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
      total: 9e9,
      says: ['9 s', 'Shop.Orders!OrderController.Price'],
    },
    {
      folder: '05-wall-cpu/wall-cpu',
      service: 'orders',
      type: 'cpu',
      id: 'wall:cpu:nanoseconds:wall:nanoseconds',
      total: 950e6,
      says: ['950 ms', 'time on CPU, measured by the wall-clock profiler'],
    },
    {
      folder: '05-wall-cpu/wall-cpu',
      service: 'orders',
      type: 'wall',
      id: 'wall:wall:nanoseconds:wall:nanoseconds',
      total: 1e9,
      idle: 9e9,
      says: ['1 s', 'wall-clock time'],
    },
    {
      folder: '07-missing-type-words/java-alloc-sample',
      service: 'cart',
      type: 'alloc',
      id: 'memory:alloc_sample_bytes:bytes:space:bytes',
      total: 60 * 2 ** 20,
      says: ['60 MiB', 'com/acme/shop/Cart.toJson'],
    },
    {
      folder: '07-missing-type-words/java-alloc-sample',
      service: 'cart',
      type: 'native_alloc',
      id: 'memory:malloc_bytes:bytes::',
      total: 2 ** 20,
      says: ['1 MiB'],
    },
    ...['fgprof', 'fgprof-plain'].map((name) => ({
      folder: `07-missing-type-words/${name}`,
      service: 'shop',
      type: 'wall',
      id: 'fgprof:time:nanoseconds:wallclock:nanoseconds',
      total: 6.9e9,
      idle: 89.1e9,
      says: ['6.9 s', 'example.com/shop/price.quote', '100%'],
    })),
    {
      folder: '07-missing-type-words/java-live',
      service: 'svc',
      type: 'inuse',
      id: 'memory:live:count:objects:count',
      total: 400,
      says: ['400 objects'],
    },
    {
      folder: '07-missing-type-words/samples-only-cpu',
      service: 'svc',
      type: 'cpu',
      id: 'process_cpu:samples:count:cpu:nanoseconds',
      total: 990,
      says: ['990 samples'],
    },
    {
      folder: '10-block-or-mutex/block-or-mutex',
      service: 'shop',
      type: 'block',
      id: 'block:delay:nanoseconds:contentions:count',
      // A single reading of a counter tells nothing about the window, only about the time since the process
      // started.
      total: null,
      sinceStart: 75e9,
      says: [
        'time blocked on channels and locks',
        'Total unknown in this window: 1.25 min since the process started',
      ],
    },
    {
      folder: '18-empty-type-name/empty-type',
      service: 'svc',
      type: undefined,
      id: 'unknown:unnamed:::',
      total: 53,
      says: ['Total 53', 'main.work'],
    },
    ...[
      ['unit-us', '1.5 s', 'us', 1.5e6],
      ['unit-ms', '1.5 s', 'ms', 1500],
      ['unit-kilobytes', '2 MiB', 'kilobytes', 2048],
      ['unit-megabytes', '12 MiB', 'megabytes', 12],
    ].map(([name, words, unit, total]) => ({
      folder: `20-units-and-nouns/${name}`,
      service: 'svc',
      type: undefined,
      id: `thing:thing:${unit}::`,
      total: Number(total),
      says: [`Total ${words}`],
    })),
    {
      folder: '24-wall-accept/wall-accept',
      service: 'svc',
      type: 'wall',
      id: 'wall:wall:nanoseconds:wall:nanoseconds',
      total: 1e9,
      idle: 9e9,
      says: ['com/acme/shop/Cart.total', '100%', '90.0% of the wall clock was idle'],
    },
  ])('$folder $type: $id', async ({ folder, service, type, id, total, says, ...rest }) => {
    const ask = askFiles(fixture('field', folder));
    const args = {
      service,
      from: '2026-09-21T14:00:00Z',
      to: '2026-09-21T15:00:00Z',
      ...(type === undefined ? {} : { profile_type: type }),
    };
    const { text } = await ask('summarize_profile', args);
    for (const words of says) expect(text).toContain(words);
    const json = await ask('summarize_profile', { ...args, format: 'json' });
    const answer = summary.parse(JSON.parse(json.text));
    expect(answer.scope.profile_type_id).toBe(id);
    expect(answer.total.value).toBe(total);
    expect(answer.total.since_start).toBe('sinceStart' in rest ? rest.sinceStart : undefined);
    expect(answer.idle?.value).toBe('idle' in rest ? rest.idle : answer.idle?.value);
  });
});
