import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { directoryWith, manifest } from '../../../test/support/directory.js';
import { pprofBytes, pprofFile } from '../../../test/support/profiles.js';
import { totalValue } from '../../profile/model.js';
import type { Window } from '../source.js';
import { counterSteps, stackValues } from './counters.js';
import { createFilesSource } from './source.js';

const EVER: Window = { from: 0, to: Date.parse('2100-01-01T00:00:00Z') };
const T0 = Date.parse('2026-11-20T14:00:00Z');
const MINUTE = 60_000;
const { signal } = new AbortController();

const at = (minute: number) => new Date(T0 + minute * MINUTE).toISOString();

/** Snapshots with the same stacks: a row of values each. */
const snapshots = (...rows: number[][]) =>
  rows.map((row) => new Map(row.map((value, index) => [`stack${index}`, value])));
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
  expect([...stackValues(file, 1).values()]).toEqual([50, 20]);
});

describe('counterSteps', () => {
  test('a counter: every snapshot less the one before it, the first dropped', () => {
    expect(counterSteps(snapshots(wide(5), wide(6), wide(9), wide(9)))).toEqual(['drop', 0, 1, 2]);
  });

  test('new stacks may appear', () => {
    expect(counterSteps(snapshots(wide(5), [...wide(6), 3], [...wide(7), 4]))).toEqual(['drop', 0, 1]);
  });

  test('a total that falls is a restart', () => {
    expect(counterSteps(snapshots(wide(5), wide(6), wide(9), wide(1), wide(2)))).toEqual([
      'drop',
      0,
      1,
      'keep',
      3,
    ]);
  });

  test.each([
    ['one stack falls while the total rises', [wide(5), wide(6), [...wide(9).slice(1), 0]]],
    ['too few snapshots', [wide(5), wide(6)]],
    ['none', []],
    ['nothing ever rises', [wide(5), wide(5), wide(5)]],
    ['as many falls as rises', [wide(5), wide(6), wide(1), wide(2), wide(1)]],
    ['a single stack that rises twice: chance', [[5], [7], [9]]],
    ['a single stack that rises three times of four: chance', [[5], [7], [9], [3], [4]]],
    [
      'three stacks in two steps: chance',
      [
        [1, 1, 1],
        [2, 2, 2],
        [3, 3, 3],
      ],
    ],
  ])('no counter: %s', (_, rows) => {
    expect(counterSteps(snapshots(...rows))).toBeNull();
  });

  test('a single stack that rises in each of many snapshots is a counter', () => {
    const rows = Array.from({ length: 8 }, (_, index) => [index + 1]);
    expect(counterSteps(snapshots(...rows))).toEqual(['drop', 0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('a source of counters since process start', () => {
  const ALLOC = 'memory:alloc_space:bytes:space:bytes';
  const INUSE = 'memory:inuse_space:bytes:space:bytes';
  const NAMES = ['parse', 'render', 'log', 'hash', 'copy', 'sort', 'join', 'query'];

  /** A heap profile in which the n-th function has allocated n times `bytes`, and holds `held`. */
  const heap = (bytes: number, held = 100) =>
    pprofBytes({
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
    return ask;
  }

  const NOTE = 'These files hold counters since process start; each was reduced by the one before it.';

  test('each is reduced by the one before it; the first has none before it and is left out', async () => {
    const ask = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    expect(await ask(ALLOC)).toEqual({ total: all(350), summed: all(350), counted: ['a 3'], notes: [NOTE] });
  });

  test('a window inside gives what was allocated in it, reduced by a reading before it', async () => {
    const ask = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    const window = { from: T0 + 2 * MINUTE, to: T0 + 2 * MINUTE };
    expect(await ask(ALLOC, window)).toMatchObject({ total: all(200), summed: all(200), counted: ['a 1'] });
  });

  test('after a restart it counts from zero', async () => {
    const ask = await scraped({ a: [1_000, 1_100, 1_300, 50, 90] });
    expect(await ask(ALLOC)).toMatchObject({ total: all(100 + 200 + 50 + 40), counted: ['a 4'] });
  });

  test('two instances are counted apart', async () => {
    const ask = await scraped({ a: [1_000, 1_100, 1_300], b: [10, 20, 40, 70] });
    expect(await ask(ALLOC)).toMatchObject({ total: all(300 + 60), counted: ['a 2', 'b 3'] });
  });

  test('live heap is a state and stays as it is', async () => {
    const ask = await scraped({ a: [1_000, 1_100, 1_300, 1_350] });
    expect(await ask(INUSE)).toEqual({
      total: 4 * 8 * 100,
      summed: 4 * 8 * 100,
      counted: ['a 4'],
      notes: [],
    });
  });

  test('profiles of one interval each are summed as they are', async () => {
    const ask = await scraped({ a: [120, 80, 130, 70] });
    const deltas = await ask(ALLOC);
    expect(deltas).toMatchObject({ total: all(400), counted: ['a 4'], notes: [] });
  });

  test('the demo incident has profiles of one interval', async () => {
    const source = createFilesSource({ directory: fixture('demo') });
    const { notes } = await source.profile({ profileTypeId: ALLOC, matchers: [], window: EVER }, signal);
    expect(notes).toEqual([]);
  });
});
