import { describe, expect, test } from 'vitest';
import { directoryWith, manifest } from '../../../test/support/directory.js';
import { listStacks, pprofBytes } from '../../../test/support/profiles.js';
import type { Matcher } from '../source.js';
import { limitSets } from './file-head.js';
import { createFilesSource } from './source.js';

// Labels of samples are labels of profiles: to list, to select and to group by.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const T0 = Date.parse('2026-11-20T14:00:00Z');
const WINDOW = { from: T0, to: T0 + 600_000 };
const { signal } = new AbortController();
const is = (name: string, value: string, op: Matcher['op'] = '='): Matcher => ({ name, op, value });

/** Two profiles with two tenants, and work that belongs to none. */
async function twoTenants(labels: Record<string, string> = { service_name: 'shop', pod: 'a' }) {
  const contents = [1, 2].map((factor) =>
    pprofBytes({
      types: ['cpu/nanoseconds'],
      periodType: 'cpu/nanoseconds',
      stacks: [
        { frames: ['main', 'quote'], values: [70 * factor], labels: { tenant: 'acme', pod: 'db-1' } },
        { frames: ['main', 'quote'], values: [20 * factor], labels: { tenant: 'globex' } },
        { frames: ['main', 'idle'], values: [10 * factor] },
      ],
    }),
  );
  const listed = [0, 1].map((at) => ({
    file: `${at}.pb`,
    time: new Date(T0 + at * 60_000).toISOString(),
    labels,
  }));
  const directory = await directoryWith({
    'profiles.json': manifest(listed),
    ...Object.fromEntries(contents.map((content, at) => [`${at}.pb`, content])),
  });
  const source = createFilesSource({ directory });
  const query = (...matchers: Matcher[]) => ({ profileTypeId: CPU, matchers, window: WINDOW });
  return { source, query };
}

describe('labels of samples', () => {
  test('are listed with those of files; one that a file has as well is called exported_…', async () => {
    const { source, query } = await twoTenants();
    expect(await source.labelNames(query(), signal)).toEqual([
      'exported_pod',
      'pod',
      'service_name',
      'tenant',
    ]);
    expect(await source.labelValues('tenant', query(), signal)).toEqual(['acme', 'globex']);
    expect(await source.labelValues('pod', query(), signal)).toEqual(['a']);
    expect(await source.labelValues('exported_pod', query(), signal)).toEqual(['db-1']);
  });

  test('never change the service or the type of a profile', async () => {
    const directory = await directoryWith({
      'shop/cpu.pb': pprofBytes({
        types: ['cpu/nanoseconds'],
        stacks: [
          {
            frames: ['main'],
            values: [1],
            labels: { service_name: 'bank', __profile_type__: 'memory:x:y:z:w' },
          },
        ],
        timeNanos: BigInt(T0) * 1_000_000n,
      }),
    });
    const source = createFilesSource({ directory });
    const query = { matchers: [], window: WINDOW };
    expect(await source.labelValues('service_name', query, signal)).toEqual(['shop']);
    expect(await source.labelValues('__profile_type__', query, signal)).toEqual([
      'process_cpu:cpu:nanoseconds::',
    ]);
    expect(await source.labelValues('exported_service_name', query, signal)).toEqual(['bank']);
  });

  test.each([
    [[is('tenant', 'acme')], 210],
    [[is('tenant', 'acme|globex', '=~')], 270],
    [[is('tenant', 'acme', '!=')], 90],
    [[is('tenant', '')], 30],
    [[is('tenant', 'acme'), is('pod', 'a')], 210],
    [[is('tenant', 'acme'), is('pod', 'b')], 0],
    [[], 300],
  ])('select samples: %j', async (matchers, total) => {
    const { source, query } = await twoTenants();
    const { profile } = await source.profile(query(...matchers), signal);
    expect(listStacks(profile).reduce((sum, [, value]) => sum + value, 0)).toBe(total);
    const series = await source.timeSeries(query(...matchers), { groupBy: [], step: 600 }, signal);
    expect(series.flatMap(({ points }) => points).reduce((sum, { value }) => sum + value, 0)).toBe(total);
  });

  test('group, while a profile counts once in each group', async () => {
    const { source, query } = await twoTenants();
    const series = await source.timeSeries(query(), { groupBy: ['tenant'], step: 600 }, signal);
    expect(series.map(({ labels, points }) => [labels.tenant ?? null, points[0]?.value])).toEqual([
      ['acme', 210],
      ['globex', 60],
      [null, 30],
    ]);
    expect(await source.snapshots(query(), [], signal)).toEqual([{ labels: {}, profiles: 2 }]);
    expect((await source.snapshots(query(), ['tenant'], signal)).map(({ profiles }) => profiles)).toEqual([
      2, 2, 2,
    ]);
  });

  test('two selections of one file are two merges', async () => {
    const { source, query } = await twoTenants();
    const names = async (tenant: string) =>
      listStacks((await source.profile(query(is('tenant', tenant)), signal)).profile);
    expect((await names('acme')).map(([, value]) => value)).toEqual([70, 140]);
    expect((await names('globex')).map(([, value]) => value)).toEqual([20, 40]);
    expect((await names('acme')).map(([, value]) => value)).toEqual([70, 140]);
  });
});

test('a directory keeps a bounded number of sets of labels; files behind the bound keep their totals', () => {
  const bounded = limitSets(4);
  const head = {
    sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    periodType: null,
    timeNanos: 0n,
    durationNanos: 0n,
    defaultType: '',
    timeUnit: null,
    hasWrongTime: false,
    pruneRefused: null,
    droppedLabels: ['span_id'],
    locks: null,
    spans: { counts: [], heaviest: [] },
    sets: ['acme', 'globex', 'initech'].map((tenant, at) => ({
      labels: [['tenant', tenant] as const],
      totals: [at + 1],
    })),
  };
  expect(bounded(head)).toBe(head);
  expect(bounded(head)).toMatchObject({
    sets: [{ labels: [], totals: [6] }],
    droppedLabels: ['span_id', 'tenant'],
  });
  const plain = { ...head, sets: [{ labels: [], totals: [1] }] };
  expect(bounded(plain)).toBe(plain);
});

test('counters are reduced for a selection as for the whole', async () => {
  const heap = (acme: number, globex: number, at: number) =>
    pprofBytes({
      types: ['alloc_space/bytes', 'inuse_space/bytes'],
      periodType: 'space/bytes',
      timeNanos: BigInt(T0 + at * 60_000) * 1_000_000n,
      stacks: [
        { frames: ['main', 'load'], values: [acme, 5], labels: { tenant: 'acme' } },
        { frames: ['main', 'load'], values: [globex, 5], labels: { tenant: 'globex' } },
      ],
    });
  const directory = await directoryWith({
    'shop/heap-0.pb': heap(100, 1_000, 0),
    'shop/heap-1.pb': heap(130, 1_500, 1),
  });
  const source = createFilesSource({ directory });
  const ask = async (...matchers: Matcher[]) => {
    const query = { profileTypeId: 'memory:alloc_space:bytes:space:bytes', matchers, window: WINDOW };
    const { profile, isSinceStart } = await source.profile(query, signal);
    expect(isSinceStart).toBe(false);
    return listStacks(profile).reduce((sum, [, value]) => sum + value, 0);
  };
  expect(await ask()).toBe(530);
  expect(await ask(is('tenant', 'acme'))).toBe(30);
  expect(await ask(is('tenant', 'globex'))).toBe(500);
});

test('where only the start of a counter lies in the window, the values count since the start', async () => {
  const heap = (bytes: number, at: number) =>
    pprofBytes({
      types: ['alloc_space/bytes', 'inuse_space/bytes'],
      timeNanos: BigInt(T0 + at * 60_000) * 1_000_000n,
      stacks: [{ frames: ['main', 'load'], values: [bytes, 5] }],
    });
  const directory = await directoryWith({ 'shop/a.pb': heap(100, 0), 'shop/b.pb': heap(140, 1) });
  const source = createFilesSource({ directory });
  const ask = async (from: number, to: number) => {
    const query = { profileTypeId: 'memory:alloc_space:bytes::', matchers: [], window: { from, to } };
    const { profile, isSinceStart, notes } = await source.profile(query, signal);
    return { total: profile.values.reduce((sum, value) => sum + value, 0), sinceStart: isSinceStart, notes };
  };
  expect(await ask(T0, T0)).toEqual({
    total: 100,
    sinceStart: true,
    notes: [expect.stringContaining('one reading says nothing about a window')],
  });
  expect(await ask(T0 + 60_000, T0 + 60_000)).toMatchObject({ total: 40, sinceStart: false });
  expect(await ask(T0, T0 + 60_000)).toMatchObject({ total: 40, sinceStart: false });
});
