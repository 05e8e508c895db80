import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { directoryWith, manifest } from '../../../test/support/directory.js';
import { pprofBytes, pprofFile } from '../../../test/support/profiles.js';
import { UpstreamError } from '../../errors.js';
import { totalValue } from '../../profile/model.js';
import type { Window } from '../source.js';
import { type CounterVerdict, counterDetector, stackKeys, stackValues } from './counters.js';
import { createFilesSource } from './source.js';

const EVER: Window = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const T0 = Date.parse('2026-11-20T14:00:00Z');
const MINUTE = 60_000;
const { signal } = new AbortController();

const at = (minute: number) => new Date(T0 + minute * MINUTE).toISOString();

/** Snapshots with the same stacks: a row of values each. */
const snapshots = (...rows: number[][]) =>
  rows.map((row) => new Map(row.map((value, index) => [index, value])));
const verdictOn = (...readings: number[][]): CounterVerdict => {
  const detector = counterDetector();
  for (const values of snapshots(...readings)) detector.add(values);
  return detector.verdict();
};
/** The steps of a counter, else what it is instead. */
const counterSteps = (...readings: number[][]) => {
  const verdict = verdictOn(...readings);
  return verdict.kind === 'counter' ? verdict.steps : verdict.kind;
};
const wide = (value: number) => Array.from({ length: 8 }, (_, index) => value * (index + 1));

test('stackValues adds up what has the same functions and lines', () => {
  const at = (line: number) => ({ name: 'work', file: 'w.go', line });
  const file = pprofFile({
    types: ['objects/count', 'space/bytes'],
    stacks: [
      { frames: ['main', at(1)], values: [1, 10] },
      { frames: ['main', at(2)], values: [1, 20] },
      { frames: ['main', at(1)], values: [1, 40] },
    ],
  });
  expect([...stackValues(file, 1, stackKeys(file)).values()]).toEqual([50, 20]);
});

test('a stack has the same key whatever else the file holds, and wherever its name costs most', () => {
  const frame = (file: string, line: number) => ({ name: 'Reset', file, line });
  const [buffer, other] = [frame('buffer.go', 3), frame('stream.go', 3)];
  const listKeys = (values: [number, number], more: string[] = []) => {
    const file = pprofFile({
      stacks: [
        ...more.map((name) => ({ frames: [name], values: [1] })),
        { frames: ['main', buffer], values: [values[0]] },
        { frames: ['main', other], values: [values[1]] },
        { frames: ['main', buffer, 'leaf'], values: [1] },
        { frames: [], values: [1] },
      ],
    });
    return [...stackKeys(file)].slice(more.length);
  };
  const keys = listKeys([1, 9]);
  expect(new Set(keys).size).toBe(4);
  expect(listKeys([9, 1])).toEqual(keys);
  expect(listKeys([9, 1], ['first', 'second'])).toEqual(keys);
});

describe('counterDetector', () => {
  test('a counter: every snapshot less the one before it, the first dropped', () => {
    expect(counterSteps(wide(5), wide(6), wide(9), wide(9))).toEqual(['drop', 0, 1, 2]);
  });

  test('new stacks may appear', () => {
    expect(counterSteps(wide(5), [...wide(6), 3], [...wide(7), 4])).toEqual(['drop', 0, 1]);
  });

  test('a total that falls is a restart', () => {
    expect(counterSteps(wide(5), wide(6), wide(9), wide(1), wide(2))).toEqual(['drop', 0, 1, 'keep', 3]);
  });

  test.each([
    ['one stack falls while the total rises', [wide(5), wide(6), [...wide(9).slice(1), 0]]],
    ['none', []],
    ['one', [wide(5)]],
    ['nothing ever rises', [wide(5), wide(5), wide(5)]],
    ['as many falls as rises', [wide(5), wide(6), wide(1), wide(2), wide(1)]],
    ['a single stack that rises three times of four: chance', [[5], [7], [9], [3], [4]]],
    ['intervals that rise and fall', [wide(120), wide(80), wide(130), wide(70)]],
  ])('no counter: %s', (_, rows) => {
    expect(verdictOn(...rows)).toEqual({ kind: 'none' });
  });

  test.each([
    ['two snapshots', [wide(5), wide(6)]],
    ['a single stack that rises twice', [[5], [7], [9]]],
    [
      'three stacks in two steps',
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
      ],
    ],
    ['two instances in turn', [wide(1_000), wide(10), wide(1_100), wide(20), wide(1_300), wide(40)]],
    ['the smaller one first', [wide(10), wide(1_000), wide(20), wide(1_100), wide(40), wide(1_300)]],
    ['three instances', [1, 100, 1_000, 2, 110, 1_100, 3, 120, 1_200].map(wide)],
    [
      'two instances of different code',
      [
        [...wide(9), 0],
        [0, ...wide(9)],
        [...wide(10), 0],
        [0, ...wide(10)],
      ],
    ],
  ])('perhaps a counter: %s', (_, rows) => {
    expect(verdictOn(...rows)).toEqual({ kind: 'suspected' });
  });

  test('one instance that overtakes its earlier self after a restart is one instance', () => {
    const rows = [100, 200, 300, 50, 150, 250, 350, 450].map(wide);
    expect(counterSteps(...rows)).toEqual(['drop', 0, 1, 'keep', 3, 4, 5, 6]);
  });

  test('a single stack that rises in each of many snapshots is a counter', () => {
    const rows = Array.from({ length: 8 }, (_, index) => [index + 1]);
    expect(counterSteps(...rows)).toEqual(['drop', 0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('a source of counters since process start', () => {
  const ALLOC = 'memory:alloc_space:bytes:space:bytes';
  const INUSE = 'memory:inuse_space:bytes:space:bytes';
  const NAMES = ['parse', 'render', 'log', 'hash', 'copy', 'sort', 'join', 'query'];

  /** A heap profile in which the n-th function has allocated n times `bytes`, and holds `held`. */
  const heap = (bytes: number, held = 100, timeNanos = 0n) =>
    pprofBytes({
      timeNanos,
      types: ['alloc_space/bytes', 'inuse_space/bytes'],
      periodType: 'space/bytes',
      stacks: NAMES.map((name, index) => ({ frames: ['main', name], values: [bytes * (index + 1), held] })),
    });
  /** Allocated in all by such a process: 1 + 2 + … + 8 times the bytes. */
  const all = (bytes: number) => 36 * bytes;

  async function scraped(series: Record<string, number[]>) {
    const listed: { file: string; time: string; labels: Record<string, string>; type_name: string }[] = [];
    const files: Record<string, Uint8Array> = {};
    for (const [pod, readings] of Object.entries(series)) {
      readings.forEach((bytes, index) => {
        const file = `${pod}-${index}.pb`;
        files[file] = heap(bytes);
        listed.push({ file, time: at(index), labels: { service_name: 'shop', pod }, type_name: 'memory' });
      });
    }
    const directory = await directoryWith({ ...files, 'profiles.json': manifest(listed) });
    const source = createFilesSource({ directory });
    const remove = (...names: string[]) =>
      Promise.all(names.map((name) => rm(path.join(directory, `${name}.pb`))));
    const ask = async (profileTypeId: string, window = EVER) => {
      const query = { profileTypeId, matchers: [], window };
      const { profile, notes } = await source.profile(query, signal);
      const counted = await source.snapshots(query, ['pod'], signal);
      const series = await source.timeSeries(query, { groupBy: [], step: 60 }, signal);
      return {
        total: totalValue(profile),
        summed: series.flatMap(({ points }) => points).reduce((sum, { value }) => sum + value, 0),
        counted: counted.map(({ labels, profiles }) => `${labels.pod} ${profiles}`),
        notes,
      };
    };
    return { ask, source, remove };
  }

  const NOTE = 'These files hold counters since process start; each was reduced by the one before it.';

  test('each is reduced by the one before it; the first has none before it and is left out', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    expect(await ask(ALLOC)).toEqual({ total: all(350), summed: all(350), counted: ['a 3'], notes: [NOTE] });
  });

  test('a window inside gives what was allocated in it, reduced by a reading before it', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    const window = { from: T0 + 2 * MINUTE, to: T0 + 2 * MINUTE };
    expect(await ask(ALLOC, window)).toMatchObject({ total: all(200), summed: all(200), counted: ['a 1'] });
  });

  test('after a restart it counts from zero', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100, 1_300, 50, 90] });
    expect(await ask(ALLOC)).toMatchObject({ total: all(100 + 200 + 50 + 40), counted: ['a 4'] });
  });

  test('two instances are counted apart', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100, 1_300], b: [10, 20, 40, 70] });
    expect(await ask(ALLOC)).toMatchObject({ total: all(300 + 60), counted: ['a 2', 'b 3'] });
  });

  test('readings that are listed or named in another order are put in order', async () => {
    const files = Object.fromEntries(
      [1_000, 1_100, 1_300, 1_350].map((bytes, index) => [
        `shop/heap-${9 - index}.pb`,
        heap(bytes, 100, BigInt(T0 + index * MINUTE) * 1_000_000n),
      ]),
    );
    const source = createFilesSource({ directory: await directoryWith(files) });
    const { profile, notes } = await source.profile(
      { profileTypeId: ALLOC, matchers: [], window: EVER },
      signal,
    );
    expect({ total: totalValue(profile), notes }).toEqual({ total: all(350), notes: [NOTE] });
  });

  test('heap-10 comes after heap-9 where times are the same', async () => {
    const readings = Array.from({ length: 11 }, (_, index) => [
      `shop/heap-${index}.pb`,
      heap(100 + index, 100, BigInt(T0) * 1_000_000n),
    ]);
    const source = createFilesSource({ directory: await directoryWith(Object.fromEntries(readings)) });
    const query = { profileTypeId: ALLOC, matchers: [], window: EVER };
    expect(totalValue((await source.profile(query, signal)).profile)).toBe(all(10));
  });

  test('of a run only its ends are read, and sums over time read nothing', async () => {
    const { source, remove } = await scraped({ a: [1_000, 1_100, 1_300, 1_350, 50, 90, 130] });
    const query = { profileTypeId: ALLOC, matchers: [], window: EVER };
    await source.dataRange(signal);
    await remove('a-1', 'a-2', 'a-4', 'a-5');
    const { profile } = await source.profile(query, signal);
    expect(totalValue(profile)).toBe(all(350 + 130));
    await remove('a-0', 'a-3', 'a-6');
    expect((await source.profile(query, signal)).profile).toBe(profile);
    await source.close();
    const series = await source.timeSeries(query, { groupBy: [], step: 60 }, signal);
    expect(series.flatMap(({ points }) => points.map(({ value }) => value))).toEqual(
      [100, 200, 50, 50, 40, 40].map(all),
    );
    expect(await source.snapshots(query, [], signal)).toEqual([{ labels: {}, profiles: 6 }]);
    await expect(source.profile(query, signal)).rejects.toThrow(UpstreamError);
  });

  const DOUBT = expect.stringContaining('may count since process start (scraped)');

  test('two scrapes are too few to tell: they are summed, and the answer says that it may mean nothing', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100] });
    expect(await ask(ALLOC)).toEqual({
      total: all(2_100),
      summed: all(2_100),
      counted: ['a 2'],
      notes: [DOUBT],
    });
    expect((await ask(INUSE)).notes).toEqual([]);
  });

  test('a doubt about one instance is no doubt about a window without it', async () => {
    const { source } = await scraped({ a: [1_000, 1_100], b: [120, 80, 130] });
    const readNotes = async (pod: string) => {
      const matchers = [{ name: 'pod', op: '=' as const, value: pod }];
      return (await source.profile({ profileTypeId: ALLOC, matchers, window: EVER }, signal)).notes;
    };
    expect(await readNotes('a')).toEqual([DOUBT]);
    expect(await readNotes('b')).toEqual([]);
  });

  test('instances that no label tells apart: the same doubt', async () => {
    const files = [1_000, 1_100, 1_300, 1_350].flatMap((bytes, index) => {
      const time = (seconds: number) => BigInt(T0 + index * MINUTE + seconds * 1_000) * 1_000_000n;
      return [
        [`shop/heap-a-${index}.pb`, heap(bytes, 100, time(0))],
        [`shop/heap-b-${index}.pb`, heap(bytes / 10, 100, time(5))],
      ];
    });
    const source = createFilesSource({ directory: await directoryWith(Object.fromEntries(files)) });
    const { profile, notes } = await source.profile(
      { profileTypeId: ALLOC, matchers: [], window: EVER },
      signal,
    );
    expect({ total: totalValue(profile), notes }).toEqual({ total: all(4_750 * 1.1), notes: [DOUBT] });
  });

  test('a function whose name stands in two files, of which now one and now the other costs more', async () => {
    const reset = (file: string) => ({ name: 'Reset', file, line: 3 });
    const rows = [
      [10, 5, 4],
      [11, 30, 4],
      [60, 30, 8],
      [61, 90, 9],
      [120, 90, 9],
    ];
    const files = rows.map(([first = 0, other = 0, more = 0], index) => [
      `shop/heap-${index}.pb`,
      pprofBytes({
        types: ['alloc_space/bytes'],
        periodType: 'space/bytes',
        timeNanos: BigInt(T0 + index * MINUTE) * 1_000_000n,
        stacks: [
          { frames: ['main', reset('buffer.go')], values: [first] },
          { frames: ['main', reset('stream.go')], values: [other] },
          ...NAMES.map((name) => ({ frames: ['main', name], values: [more] })),
        ],
      }),
    ]);
    const source = createFilesSource({ directory: await directoryWith(Object.fromEntries(files)) });
    const { profile, notes } = await source.profile(
      { profileTypeId: ALLOC, matchers: [], window: EVER },
      signal,
    );
    expect({ total: totalValue(profile), notes }).toEqual({ total: 110 + 85 + 8 * 5, notes: [NOTE] });
  });

  test('live heap is a state and stays as it is', async () => {
    const { ask } = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    expect(await ask(INUSE)).toEqual({
      total: 4 * 8 * 100,
      summed: 4 * 8 * 100,
      counted: ['a 4'],
      notes: [],
    });
  });

  test('profiles of one interval each are summed as they are', async () => {
    const { ask } = await scraped({ a: [120, 80, 130, 70] });
    const deltas = await ask(ALLOC);
    expect(deltas).toMatchObject({ total: all(400), counted: ['a 4'], notes: [] });
  });

  test('the demo incident has profiles of one interval', async () => {
    const source = createFilesSource({ directory: fixture('demo') });
    const { notes } = await source.profile({ profileTypeId: ALLOC, matchers: [], window: EVER }, signal);
    expect(notes).toEqual([]);
  });
});
