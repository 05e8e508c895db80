import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { cpu, directoryWith, manifest } from '../../../test/support/directory.js';
import { listStacks } from '../../../test/support/profiles.js';
import { UserError } from '../../errors.js';
import { totalValue } from '../../profile/model.js';
import type { Matcher, Window } from '../source.js';
import { createFilesSource } from './source.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const EVER: Window = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const T0 = Date.parse('2026-11-20T14:00:00Z');
const MINUTE = 60_000;
const { signal } = new AbortController();

const at = (minute: number) => new Date(T0 + minute * MINUTE).toISOString();
const matchers = (...some: [name: string, op: Matcher['op'], value: string][]): Matcher[] =>
  some.map(([name, op, value]) => ({ name, op, value }));

/** Two services: three profiles of the shop's two pods, one of the mailer. */
async function fleet() {
  const directory = await directoryWith({
    'profiles.json': manifest([
      { file: 'a0.pb', time: at(0), labels: { service_name: 'shop', pod: 'a', version: '1' } },
      { file: 'a1.pb.gz', time: at(10), labels: { service_name: 'shop', pod: 'a', version: '2' } },
      { file: 'b1.pb', time: at(10), labels: { service_name: 'shop', pod: 'b', version: '1' } },
      { file: 'm.pb', time: at(5), labels: { service_name: 'mailer', 'k8s.zone': 'eu' } },
    ]),
    'a0.pb': cpu({ 'main;work': 1 }),
    'a1.pb.gz': gzipSync(cpu({ 'main;work': 2, 'main;log': 10 })),
    'b1.pb': cpu({ 'main;work': 4 }),
    'm.pb': cpu({ 'main;send': 7 }),
  });
  return createFilesSource({ directory, name: 'fleet' });
}

const shop = matchers(['service_name', '=', 'shop']);

describe('what is there', () => {
  test('a source has the name of its directory unless it is given one', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb': cpu({ main: 1 }) });
    expect(createFilesSource({ directory })).toMatchObject({ name: path.basename(directory), kind: 'files' });
    expect(createFilesSource({ directory, name: 'demo', uid: 'files' })).toMatchObject({
      name: 'demo',
      uid: 'files',
    });
  });

  test('label names: those of the matching series, without private ones', async () => {
    const source = await fleet();
    expect(await source.labelNames({ matchers: [], window: EVER }, signal)).toEqual([
      'k8s.zone',
      'pod',
      'service_name',
      'version',
    ]);
    expect(await source.labelNames({ matchers: shop, window: EVER }, signal)).toEqual([
      'pod',
      'service_name',
      'version',
    ]);
    const directory = await directoryWith({
      'profiles.json': manifest([
        { file: 'a.pb', time: at(0), labels: { service_name: 's', __private__: 'x' } },
      ]),
      'a.pb': cpu({ main: 1 }),
    });
    const secretive = createFilesSource({ directory });
    expect(await secretive.labelNames({ matchers: [], window: EVER }, signal)).toEqual(['service_name']);
  });

  test('label values, and the profile types as one of them', async () => {
    const source = await fleet();
    const values = (name: string, query: { matchers?: Matcher[]; window?: Window } = {}) =>
      source.labelValues(name, { matchers: [], window: EVER, ...query }, signal);
    expect(await values('service_name')).toEqual(['mailer', 'shop']);
    expect(await values('pod', { matchers: matchers(['version', '=', '1']) })).toEqual(['a', 'b']);
    expect(await values('pod', { matchers: matchers(['service_name', '=', 'mailer']) })).toEqual([]);
    expect(await values('nonsense')).toEqual([]);
    expect(await values('__profile_type__')).toEqual([CPU, SAMPLES]);
    expect(await values('__profile_type__', { matchers: matchers(['__profile_type__', '=', CPU]) })).toEqual([
      CPU,
    ]);
    expect(
      await values('service_name', { matchers: matchers(['__profile_type__', '=~', 'memory:.*']) }),
    ).toEqual([]);
  });

  test('series: distinct combinations; a label that a series lacks is left out of its row', async () => {
    const source = await fleet();
    expect(await source.series(['pod', 'version'], { matchers: [], window: EVER }, signal)).toEqual([
      { pod: 'a', version: '1' },
      { pod: 'a', version: '2' },
      { pod: 'b', version: '1' },
      {},
    ]);
    const typed = matchers(['__profile_type__', '=', CPU]);
    expect(
      await source.series(['service_name', '__profile_type__'], { matchers: typed, window: EVER }, signal),
    ).toEqual([
      { service_name: 'mailer', __profile_type__: CPU },
      { service_name: 'shop', __profile_type__: CPU },
    ]);
  });

  test('the range of the data', async () => {
    expect(await (await fleet()).dataRange(signal)).toEqual({ oldest: T0, newest: T0 + 10 * MINUTE });
    expect(await createFilesSource({ directory: await directoryWith({}) }).dataRange(signal)).toBeNull();
  });
});

describe('which profiles are meant', () => {
  test.each([
    ['=', 'a', 13],
    ['!=', 'a', 11],
    ['=~', 'a|b', 17],
    ['=~', '[ab', null],
    ['!~', 'a|b', 7],
    ['!~', 'a', 11],
    ['=', '', 7],
    ['!=', '', 17],
    ['=~', '.*', 24],
    ['=~', '', 7],
  ] as const)('pod%s"%s"', async (op, value, samples) => {
    const source = await fleet();
    const query = { profileTypeId: SAMPLES, matchers: matchers(['pod', op, value]), window: EVER };
    if (samples === null) await expect(source.profile(query, signal)).rejects.toThrow(UserError);
    else expect(totalValue((await source.profile(query, signal)).profile)).toBe(samples);
  });

  test('all matchers must hold', async () => {
    const query = {
      profileTypeId: SAMPLES,
      matchers: matchers(['pod', '=', 'a'], ['version', '!=', '1']),
      window: EVER,
    };
    expect(totalValue((await (await fleet()).profile(query, signal)).profile)).toBe(12);
  });

  test.each([
    [0, 10, 17],
    [0, 9.999, 1],
    [0.001, 10, 16],
    [10, 10, 16],
    [0, 0, 1],
    [11, 20, 0],
  ])('the window from minute %d to %d is closed at both ends', async (from, to, samples) => {
    const source = await fleet();
    const window = { from: T0 + from * MINUTE, to: T0 + to * MINUTE };
    const query = { profileTypeId: SAMPLES, matchers: shop, window };
    const { profile } = await source.profile(query, signal);
    expect(totalValue(profile)).toBe(samples);
    const counted = await source.snapshots(query, [], signal);
    expect(counted.length === 0).toBe(samples === 0);
  });

  test('a type that no profile has is an empty answer', async () => {
    const source = await fleet();
    const query = { profileTypeId: 'memory:inuse_space:bytes:space:bytes', matchers: [], window: EVER };
    const merged = await source.profile(query, signal);
    expect(listStacks(merged.profile)).toEqual([]);
    expect(merged.profile).toMatchObject({ sampleType: 'inuse_space', unit: 'bytes' });
    expect(await source.snapshots(query, ['pod'], signal)).toEqual([]);
    expect(await source.timeSeries(query, { groupBy: [], step: 60 }, signal)).toEqual([]);
  });
});

describe('merging', () => {
  test('adds up the stacks of all matching profiles, in each sample type', async () => {
    const source = await fleet();
    const merge = async (profileTypeId: string) => {
      const { profile, profiledSeconds, notes } = await source.profile(
        { profileTypeId, matchers: shop, window: EVER },
        signal,
      );
      const sums = new Map<string, number>();
      for (const [names, value] of listStacks(profile)) {
        sums.set(names.join(';'), (sums.get(names.join(';')) ?? 0) + value);
      }
      return { sums: Object.fromEntries(sums), profiledSeconds, notes };
    };
    expect(await merge(SAMPLES)).toEqual({
      sums: { 'main;work': 7, 'main;log': 10 },
      profiledSeconds: 30,
      notes: [],
    });
    expect((await merge(CPU)).sums).toEqual({ 'main;work': 70_000_000, 'main;log': 100_000_000 });
  });

  test('counts the merged profiles per combination of labels', async () => {
    const source = await fleet();
    const count = (groupBy: string[]) =>
      source.snapshots({ profileTypeId: CPU, matchers: [], window: EVER }, groupBy, signal);
    expect(await count(['pod'])).toEqual([
      { labels: { pod: 'a' }, profiles: 2 },
      { labels: {}, profiles: 1 },
      { labels: { pod: 'b' }, profiles: 1 },
    ]);
    expect(await count([])).toEqual([{ labels: {}, profiles: 4 }]);
  });

  test('a file may be listed twice with other labels', async () => {
    const directory = await directoryWith({
      'profiles.json': manifest([
        { file: 'a.pb', time: at(0), labels: { service_name: 'shop', pod: 'a' } },
        { file: 'a.pb', time: at(1), labels: { service_name: 'shop', pod: 'b' } },
      ]),
      'a.pb': cpu({ main: 3 }),
    });
    const source = createFilesSource({ directory });
    expect(
      await source.snapshots({ profileTypeId: CPU, matchers: [], window: EVER }, ['pod'], signal),
    ).toEqual([
      { labels: { pod: 'a' }, profiles: 1 },
      { labels: { pod: 'b' }, profiles: 1 },
    ]);
  });

  test('the same answer for the same question, whatever was asked before', async () => {
    const query = { profileTypeId: CPU, matchers: shop, window: EVER };
    const [first, other] = [await fleet(), await fleet()];
    await other.labelValues('pod', { matchers: [], window: EVER }, signal);
    await other.profile({ ...query, matchers: [] }, signal);
    expect((await first.profile(query, signal)).profile).toEqual(
      (await other.profile(query, signal)).profile,
    );
  });
});

describe('time series', () => {
  const series = async (
    step: number,
    options: { groupBy?: string[]; limit?: number; window?: Window } = {},
  ) => {
    const { groupBy = [], window = { from: T0, to: T0 + 10 * MINUTE }, ...limit } = options;
    const source = await fleet();
    const all = await source.timeSeries(
      { profileTypeId: SAMPLES, matchers: [], window },
      { groupBy, step, ...limit },
      signal,
    );
    return all.map(({ labels, points }) => ({
      labels,
      points: points.map(({ time, value }) => [(time - T0) / MINUTE, value]),
    }));
  };

  test('a point at a time covers the step before it; steps without data have none', async () => {
    expect(await series(60)).toEqual([
      {
        labels: {},
        points: [
          [1, 1],
          [5, 7],
          [10, 16],
        ],
      },
    ]);
    expect(await series(300)).toEqual([
      {
        labels: {},
        points: [
          [5, 8],
          [10, 16],
        ],
      },
    ]);
    expect(await series(240)).toEqual([
      {
        labels: {},
        points: [
          [2, 1],
          [6, 7],
          [10, 16],
        ],
      },
    ]);
    expect(await series(600)).toEqual([{ labels: {}, points: [[10, 24]] }]);
  });

  test('grouped, heaviest first, as many as asked for', async () => {
    const expected = [
      {
        labels: { pod: 'a' },
        points: [
          [5, 1],
          [10, 12],
        ],
      },
      { labels: {}, points: [[5, 7]] },
      { labels: { pod: 'b' }, points: [[10, 4]] },
    ];
    expect(await series(300, { groupBy: ['pod'] })).toEqual(expected);
    expect(await series(300, { groupBy: ['pod'], limit: 2 })).toEqual(expected.slice(0, 2));
  });

  test('sums to the total of the merge', async () => {
    const all = await series(7, { groupBy: ['pod', 'version'] });
    const sum = all.flatMap(({ points }) => points).reduce((total, [, value = 0]) => total + value, 0);
    expect(sum).toBe(24);
  });
});

describe('a real incident', () => {
  test('answers as the manifest says', async () => {
    const source = createFilesSource({ directory: fixture('demo') });
    const listed: {
      profiles: { file: string; time: string; type_name: string; labels: Record<string, string> }[];
    } = JSON.parse(await readFile(fixture('demo', 'profiles.json'), 'utf8'));
    const cpus = listed.profiles.filter((profile) => profile.type_name === 'process_cpu');
    const counted = await source.snapshots(
      { profileTypeId: CPU, matchers: [], window: EVER },
      ['pod', 'region'],
      signal,
    );
    expect(counted.reduce((sum, { profiles }) => sum + profiles, 0)).toBe(cpus.length);
    expect(counted.map(({ labels }) => labels)).toEqual([
      { pod: 'checkout-api-7d9f4-m4qzt', region: 'us-east-1' },
      { pod: 'checkout-api-7d9f4-x2k8p', region: 'eu-central-1' },
    ]);
    const times = listed.profiles.map(({ time }) => Date.parse(time));
    expect(await source.dataRange(signal)).toEqual({
      oldest: Math.min(...times),
      newest: Math.max(...times),
    });
    expect(await source.problems(signal)).toEqual([]);
  });
});

describe('callers at the same time', () => {
  test('read the directory once', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb': cpu({ main: 1 }) });
    const source = createFilesSource({ directory });
    const first = source.dataRange(signal);
    const others = Array.from({ length: 5 }, () =>
      source.labelValues('service_name', { matchers: [], window: EVER }, signal),
    );
    await first;
    await rm(directory, { recursive: true });
    expect(await Promise.all(others)).toEqual(Array.from({ length: 5 }, () => ['shop']));
    expect(await source.labelNames({ matchers: [], window: EVER }, signal)).toEqual(['service_name']);
  });

  test('the abort of the first does not fail the others', async () => {
    const source = await fleet();
    const first = new AbortController();
    const query = { profileTypeId: CPU, matchers: shop, window: EVER };
    const aborted = source.profile(query, first.signal);
    const other = source.profile(query, signal);
    first.abort(new Error('caller went away'));
    await expect(aborted).rejects.toThrow('caller went away');
    expect(totalValue((await other).profile)).toBe(170_000_000);
  });

  test('the abort of the only one fails nobody later', async () => {
    const source = await fleet();
    const only = new AbortController();
    const aborted = source.dataRange(only.signal);
    only.abort();
    await expect(aborted).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await source.dataRange(signal)).toEqual({ oldest: T0, newest: T0 + 10 * MINUTE });
  });

  test('a caller that is already gone is not answered', async () => {
    const source = await fleet();
    await expect(source.dataRange(AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });
});
