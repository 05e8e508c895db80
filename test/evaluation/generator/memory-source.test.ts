import { expect, test } from 'vitest';
import { listStacks } from '../../support/profiles.js';
import { chain } from './frame.js';
import { createMemorySource, type StoredProfile } from './memory-source.js';

const signal = new AbortController().signal;
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';
const paths = [chain('main.main @ main.go:3\nmain.work @ main.go:9'), chain('main.main @ main.go:3')];

function stored(
  time: number,
  pod: string,
  values: number[],
  more: Record<string, string> = {},
): StoredProfile {
  return {
    time,
    seconds: 10,
    labels: { service_name: 'shop', pod, ...more, __session_id__: 'x' },
    paths,
    values: new Map([
      [SAMPLES, Float64Array.from(values)],
      [CPU, Float64Array.from(values, (value) => value * 1e7)],
    ]),
  };
}

const heap: StoredProfile = {
  ...stored(2_000, 'b', []),
  values: new Map([[HEAP, Float64Array.of(0, 64)]]),
};
const source = createMemorySource('shop', () => [
  stored(3_000, 'a', [5, 0]),
  stored(1_000, 'a', [1, 2], { version: '1' }),
  stored(2_000, 'b', [3, 0]),
  heap,
]);
const window = { from: 1_000, to: 3_000 };
const all = { matchers: [], window };
const cpu = { ...all, profileTypeId: CPU };

test('labels and series', async () => {
  expect(await source.labelNames(all, signal)).toEqual(['pod', 'service_name', 'version']);
  expect(await source.labelValues('pod', all, signal)).toEqual(['a', 'b']);
  expect(await source.labelValues('__profile_type__', all, signal)).toEqual([HEAP, CPU, SAMPLES]);
  expect(await source.series(['version', 'pod'], all, signal)).toEqual([
    { pod: 'a' },
    { pod: 'b' },
    { version: '1', pod: 'a' },
  ]);
  const typed = { ...all, matchers: [{ name: '__profile_type__', op: '=~', value: 'memory.*' } as const] };
  expect(await source.series(['pod', '__profile_type__'], typed, signal)).toEqual([
    { pod: 'b', __profile_type__: HEAP },
  ]);
});

test('a merge adds stacks up, entry point and leaf in their places, and leaves out the empty ones', async () => {
  const { profile, profiledSeconds } = await source.profile(cpu, signal);
  expect(listStacks(profile)).toEqual([
    [['main.main', 'main.work'], 9e7],
    [['main.main'], 2e7],
  ]);
  expect([profile.sampleType, profile.unit, profiledSeconds]).toEqual(['cpu', 'nanoseconds', 30]);
  const late = await source.profile({ ...cpu, window: { from: 1_001, to: 3_000 } }, signal);
  expect(listStacks(late.profile)).toEqual([[['main.main', 'main.work'], 8e7]]);
});

test('windows are closed, a missing label is the empty value, nothing matching is an empty answer', async () => {
  const count = async (query: typeof cpu) => (await source.snapshots(query, [], signal))[0]?.profiles ?? 0;
  expect(await count(cpu)).toBe(3);
  expect(await count({ ...cpu, window: { from: 1_000, to: 1_999 } })).toBe(1);
  const unversioned = [{ name: 'version', op: '!=', value: '1' } as const];
  const query = { ...cpu, matchers: unversioned };
  expect(await source.snapshots(query, ['pod'], signal)).toEqual([
    { labels: { pod: 'b' }, profiles: 1 },
    { labels: { pod: 'a' }, profiles: 1 },
  ]);
  const nothing = await source.profile({ ...cpu, window: { from: 0, to: 5 } }, signal);
  expect(nothing.profile.values.length).toBe(0);
});

test('series over time have right edges, heaviest first', async () => {
  const options = { groupBy: ['pod'], step: 1 };
  expect(await source.timeSeries(cpu, options, signal)).toEqual([
    {
      labels: { pod: 'a' },
      points: [
        { time: 2_000, value: 3e7 },
        { time: 3_000, value: 5e7 },
      ],
    },
    { labels: { pod: 'b' }, points: [{ time: 2_000, value: 3e7 }] },
  ]);
  expect(await source.timeSeries(cpu, { ...options, limit: 1 }, signal)).toHaveLength(1);
});

test('range, problems, abort and close', async () => {
  expect(await source.dataRange(signal)).toEqual({ oldest: 1_000, newest: 3_000 });
  expect(await createMemorySource('none', () => []).dataRange(signal)).toBeNull();
  expect(await source.problems(signal)).toEqual([]);
  await expect(source.profile(cpu, AbortSignal.abort())).rejects.toThrow();
  await source.close();
});
