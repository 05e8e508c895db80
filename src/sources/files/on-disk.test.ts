import { appendFile, rm, symlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { cpu, directoryWith, manifest } from '../../../test/support/directory.js';
import { listStacks, pprofBytes } from '../../../test/support/profiles.js';
import { UpstreamError, UserError } from '../../errors.js';
import { totalValue } from '../../profile/model.js';
import type { Window } from '../source.js';
import { createFilesSource } from './source.js';

// Directories with and without a manifest, with whole and broken files.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const EVER: Window = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const T0 = Date.parse('2026-11-20T14:00:00Z');
const STAMP = '2026-11-20T14:00:00Z';
const { signal } = new AbortController();

describe('a directory without a manifest', () => {
  const START = BigInt(T0) * 1_000_000n;
  const inFolders = () =>
    directoryWith({
      'shop/pod-1/cpu-0.pb.gz': gzipSync(
        cpu({ main: 1 }, { timeNanos: START, durationNanos: 10_000_000_000n }),
      ),
      'shop/pod-1/zone/heap.pb': pprofBytes({
        types: ['inuse_objects/count', 'inuse_space/bytes'],
        periodType: 'space/bytes',
        timeNanos: START,
        stacks: [{ frames: ['main'], values: [1, 64] }],
      }),
      'shop/goroutine': pprofBytes({
        types: ['goroutine/count'],
        periodType: 'goroutine/count',
        timeNanos: START,
        stacks: [{ frames: ['main'], values: [9] }],
      }),
      'mailer/block.pprof': pprofBytes({
        types: ['contentions/count', 'delay/nanoseconds'],
        periodType: 'contentions/count',
        timeNanos: START,
        stacks: [],
      }),
      'blocklist/mutex.out': pprofBytes({
        types: ['contentions/count', 'delay/nanoseconds'],
        periodType: 'contentions/count',
        timeNanos: START,
        stacks: [],
      }),
      'mailer/wall.pb': pprofBytes({
        types: ['samples/count', 'wall/nanoseconds'],
        periodType: 'wall/nanoseconds',
        timeNanos: START,
        stacks: [],
      }),
      'README.md': 'profiles of the shop',
      'shop/profile.json': '{}',
      'shop/cpu.txt': 'flat flat%',
    });

  test('takes every pprof file below it: service and instance from the folders, types from the file', async () => {
    const source = createFilesSource({ directory: await inFolders() });
    const query = { matchers: [], window: EVER };
    expect(await source.series(['service_name', 'instance', '__profile_type__'], query, signal)).toEqual([
      { service_name: 'blocklist', __profile_type__: 'mutex:contentions:count:contentions:count' },
      { service_name: 'blocklist', __profile_type__: 'mutex:delay:nanoseconds:contentions:count' },
      { service_name: 'mailer', __profile_type__: 'block:contentions:count:contentions:count' },
      { service_name: 'mailer', __profile_type__: 'block:delay:nanoseconds:contentions:count' },
      { service_name: 'mailer', __profile_type__: 'wall:samples:count:wall:nanoseconds' },
      { service_name: 'mailer', __profile_type__: 'wall:wall:nanoseconds:wall:nanoseconds' },
      { service_name: 'shop', __profile_type__: 'goroutine:goroutine:count:goroutine:count' },
      { service_name: 'shop', instance: 'pod-1', __profile_type__: CPU },
      { service_name: 'shop', instance: 'pod-1', __profile_type__: SAMPLES },
      {
        service_name: 'shop',
        instance: 'pod-1/zone',
        __profile_type__: 'memory:inuse_objects:count:space:bytes',
      },
      {
        service_name: 'shop',
        instance: 'pod-1/zone',
        __profile_type__: 'memory:inuse_space:bytes:space:bytes',
      },
    ]);
    expect(await source.problems(signal)).toEqual([]);
  });

  test('time and duration come from the file', async () => {
    const source = createFilesSource({ directory: await inFolders() });
    expect(await source.dataRange(signal)).toEqual({ oldest: T0, newest: T0 });
    const merged = await source.profile({ profileTypeId: CPU, matchers: [], window: EVER }, signal);
    expect(merged.profiledSeconds).toBe(10);
    const other = { profileTypeId: 'goroutine:goroutine:count:goroutine:count', matchers: [], window: EVER };
    expect((await source.profile(other, signal)).profiledSeconds).toBeNull();
  });

  test('a profile at the top belongs to a service named like the directory', async () => {
    const directory = await directoryWith({ 'cpu.pb': cpu({ main: 1 }) });
    const source = createFilesSource({ directory });
    expect(await source.labelValues('service_name', { matchers: [], window: EVER }, signal)).toEqual([
      path.basename(directory),
    ]);
  });

  test('a profile without a time gets its modification time, and the answer says so', async () => {
    const directory = await directoryWith({
      'shop/cpu.pb': cpu({ main: 1 }),
      'shop/cpu-2.pb': cpu({ main: 2 }, { timeNanos: START }),
    });
    await utimes(path.join(directory, 'shop/cpu.pb'), new Date(T0 + 5_000), new Date(T0 + 5_000));
    const source = createFilesSource({ directory });
    const readAt = (from: number, to: number) =>
      source.profile({ profileTypeId: SAMPLES, matchers: [], window: { from, to } }, signal);
    const undated = await readAt(T0 + 5_000, T0 + 5_000);
    expect(totalValue(undated.profile)).toBe(1);
    expect(undated.notes).toEqual([
      '1 file without a time of its own: the modification time was taken for shop/cpu.pb.',
    ]);
    expect((await readAt(T0, T0)).notes).toEqual([]);
  });
});

describe('files that cannot be read', () => {
  test('are left out, named in the notes, and the others answer', async () => {
    const whole = cpu({ 'main;work': 3 }, { timeNanos: BigInt(T0) * 1_000_000n });
    const directory = await directoryWith({
      'shop/good.pb': whole,
      'shop/cut.pb': whole.subarray(0, whole.length / 2),
      'shop/cut.pb.gz': gzipSync(whole).subarray(0, 60),
      'shop/empty.pb': '',
      'shop/garbage.pb': Buffer.alloc(64, 0xff),
      'shop/text.pprof': 'flat  flat%   sum%        cum   cum%',
    });
    const source = createFilesSource({ directory });
    const { profile, notes } = await source.profile(
      { profileTypeId: SAMPLES, matchers: [], window: EVER },
      signal,
    );
    expect(totalValue(profile)).toBe(3);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /^5 files could not be read and are left out: shop\/cut\.pb \(.+\), shop\/cut\.pb\.gz \(cut short: unexpected end of the gzip data\), shop\/empty\.pb \(an empty file, which is not read\. Fetch it again.+\) and 2 more\.$/,
    );
    const problems = await source.problems(signal);
    expect(problems).toHaveLength(5);
    expect(problems[1]).toBe(
      'shop/cut.pb.gz could not be read and is left out: cut short: unexpected end of the gzip data.',
    );
    expect(problems[4]).toMatch(/^shop\/text\.pprof could not be read and is left out: .+\.$/);
  });

  test('listed but missing, or outside the directory: refused without being opened', async () => {
    const outside = await directoryWith({ 'secret.pb': cpu({ secret: 1 }) });
    const directory = await directoryWith({
      'profiles.json': manifest(
        [
          'good.pb',
          'gone.pb',
          `../${path.basename(outside)}/secret.pb`,
          path.join(outside, 'secret.pb'),
          'a/../../x.pb',
          '..\\x.pb',
        ].map((file) => ({ file, time: STAMP, labels: { service_name: 'shop' } })),
      ),
      'good.pb': cpu({ main: 2 }),
    });
    const source = createFilesSource({ directory });
    const { profile, notes } = await source.profile(
      { profileTypeId: SAMPLES, matchers: [], window: EVER },
      signal,
    );
    expect(listStacks(profile)).toEqual([[['main'], 2]]);
    expect(notes[0]).toContain('5 files could not be read');
    expect(notes[0]).toContain('gone.pb (no such file)');
    expect(notes[0]).toContain('secret.pb (lies outside the directory)');
  });

  test('one that goes away after the listing is a failure of the store that names the file', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb': cpu({ main: 1 }) });
    // Without room for decoded files it must be read again.
    const source = createFilesSource({ directory, maxDecodedBytes: 0 });
    await source.dataRange(signal);
    await rm(path.join(directory, 'shop/cpu.pb'));
    const reading = source.profile({ profileTypeId: CPU, matchers: [], window: EVER }, signal);
    await expect(reading).rejects.toThrow(UpstreamError);
    await expect(reading).rejects.toMatchObject({ kind: 'unreadable', detail: 'shop/cpu.pb: no such file' });
  });
});

describe('a directory that cannot be read', () => {
  test('a missing one is named', async () => {
    const directory = path.join(await directoryWith({}), 'missing');
    const reading = createFilesSource({ directory }).dataRange(signal);
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(`"${directory}"`);
  });

  test('a file in its place is served alone, under the service of its folder', async () => {
    const folder = await directoryWith({
      'shop/cpu.pb': cpu({ main: 1 }),
      'shop/other.pb': cpu({ main: 100 }),
    });
    const source = createFilesSource({ directory: path.join(folder, 'shop/cpu.pb') });
    const { profile } = await source.profile({ profileTypeId: SAMPLES, matchers: [], window: EVER }, signal);
    expect(totalValue(profile)).toBe(1);
    expect(await source.labelValues('service_name', { matchers: [], window: EVER }, signal)).toEqual([
      'shop',
    ]);
  });

  test('a file in its place may be called anything, and be reached through a link', async () => {
    const folder = await directoryWith({ 'shop/snapshot-17': cpu({ main: 1 }), 'links/empty': '' });
    await symlink('../shop/snapshot-17', path.join(folder, 'links/latest'));
    for (const file of ['shop/snapshot-17', 'links/latest']) {
      const source = createFilesSource({ directory: path.join(folder, file) });
      expect(await source.problems(signal), file).toEqual([]);
      expect(await source.dataRange(signal), file).not.toBeNull();
    }
  });

  test('a file in its place that is no profile is named', async () => {
    const file = path.join(await directoryWith({ 'shop/page': '<!doctype html><p>Hi' }), 'shop/page');
    expect(await createFilesSource({ directory: file }).problems(signal)).toEqual([
      expect.stringMatching(/^page could not be read and is left out: an HTML page, which is not read\. /),
    ]);
  });

  test.each([
    ['{"profiles":[', 'JSON'],
    ['[]', 'expected object'],
    ['{}', 'at profiles'],
    ['{"profiles":{}}', 'at profiles'],
  ])('an invalid manifest %s: the error names the file and %s', async (content, problem) => {
    const directory = await directoryWith({ 'profiles.json': content, 'a.pb': cpu({ main: 1 }) });
    const reading = createFilesSource({ directory }).dataRange(signal);
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(
      `The manifest "${path.join(directory, 'profiles.json')}" is not valid: `,
    );
    await expect(reading).rejects.toThrow(problem);
  });

  test('a manifest that was mended is read again', async () => {
    const directory = await directoryWith({ 'profiles.json': '{"profiles":[', 'a.pb': cpu({ main: 1 }) });
    const source = createFilesSource({ directory });
    await expect(source.dataRange(signal)).rejects.toThrow(UserError);
    await appendFile(path.join(directory, 'profiles.json'), ']}');
    expect(await source.dataRange(signal)).toBeNull();
  });
});

describe('a manifest with an entry that is not valid', () => {
  const entry = { time: STAMP, type_name: 'process_cpu', labels: { service_name: 'shop' } };
  const good = { ...entry, file: 'good.pb' };

  test.each([
    ['no labels', { ...entry, file: 'a.pb', labels: undefined }, 'a.pb', 'at profiles[1].labels'],
    [
      'a label that is no text',
      { ...entry, file: 'a.pb', labels: { pod: 1 } },
      'a.pb',
      'at profiles[1].labels.pod',
    ],
    ['no type', { ...entry, file: 'a.pb', type_name: undefined }, 'a.pb', 'at profiles[1].type_name'],
    ['a whole type id', { ...entry, file: 'a.pb', type_name: 'cpu:cpu' }, 'a.pb', 'without a colon'],
    ['a time in words', { ...entry, file: 'a.pb', time: 'yesterday' }, 'a.pb', 'at profiles[1].time'],
    ['no zone', { ...entry, file: 'a.pb', time: '2026-11-20T14:00:00' }, 'a.pb', 'at profiles[1].time'],
    ['less than no time', { ...entry, file: 'a.pb', duration_s: -1 }, 'a.pb', 'at profiles[1].duration_s'],
    ['no file', entry, 'profiles[1]', 'at profiles[1].file'],
    ['nothing', null, 'profiles[1]', 'expected object'],
  ])('%s: it is reported and the others answer', async (_, bad, name, problem) => {
    const directory = await directoryWith({
      'profiles.json': JSON.stringify({ profiles: [good, bad, { ...good, file: 'other.pb' }] }),
      'good.pb': cpu({ main: 2 }),
      'other.pb': cpu({ main: 3 }),
      'a.pb': cpu({ main: 100 }),
    });
    const source = createFilesSource({ directory });
    const { profile, notes } = await source.profile(
      { profileTypeId: SAMPLES, matchers: [], window: EVER },
      signal,
    );
    expect(totalValue(profile)).toBe(5);
    expect(notes).toEqual([
      expect.stringContaining(`1 file could not be read and is left out: ${name} (in the manifest: `),
    ]);
    expect(notes[0]).toContain(problem);
    expect(await source.problems(signal)).toEqual([expect.stringContaining(problem)]);
  });
});
