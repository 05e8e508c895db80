import { describe, expect, test } from 'vitest';
import { createRandom, normal } from '../../../test/evaluation/generator/random.js';
import { findHiddenLeak, findLeak, findRamp, fitLine, type Level, smallestHiddenLeak } from './leak.js';

const MINUTE = 60_000;
const levels = (from: number, values: readonly number[]): Level[] =>
  values.map((value, at) => ({ time: from + at * MINUTE, value }));
/** Shape of a simulated level: its value at each part of the incident, from 0 to 1. */
interface Shape {
  snapshots?: number;
  spread?: number;
  level: (at: number) => number;
}

const calm = levels(0, [10, 11, 10, 9, 10, 10, 11, 10]);
const later = (...values: number[]) => levels(8 * MINUTE, values);

/** The interval of an onset, four fifths of a gap before and after the foot of the rise. */
const around = (foot: number) => ({ after: foot - 0.8 * MINUTE, before: foot + 0.8 * MINUTE });

describe('findLeak', () => {
  test('a level that rises through the incident, with the time around its foot', () => {
    const leak = findLeak(calm, later(10, 12, 18, 24, 30, 36, 42, 48));
    expect(leak).toMatchObject({ before: 10, after: 45 });
    // The line has 10 at 8:40.
    expect(leak?.since).toEqual(around(8 * MINUTE + 40_000));
  });

  test('a rise that began with the incident begins between the windows', () => {
    expect(findLeak(calm, later(16, 22, 28, 34, 40, 46))?.since).toEqual(around(7 * MINUTE));
  });

  test('a rise that began with the first snapshot began no earlier', () => {
    expect(findLeak(levels(7 * MINUTE, [10]), later(20, 30, 40, 50, 60))?.since.after).toBe(7 * MINUTE);
  });

  test('one ramp and then a plateau is warm-up', () => {
    expect(findLeak(calm, later(20, 30, 40, 40, 41, 40, 39, 40))).toBeNull();
    expect(findLeak(calm, later(40, 40, 40, 40))).toBeNull();
  });

  test('less than twice the level, or no faster than before, is no leak', () => {
    expect(findLeak(calm, later(11, 12, 14, 15, 16, 18))).toBeNull();
    const rising = levels(0, [10, 20, 30, 40, 50, 60, 70, 80]);
    expect(findLeak(rising, later(90, 110, 130, 150, 160, 170))).toBeNull();
  });

  test('a rise that came back down is no leak', () => {
    expect(findLeak(calm, later(20, 40, 60, 40, 20, 10))).toBeNull();
  });

  test.each([
    { what: 'follows the rise', past: [20, 22, 21, 20, 21], now: [25, 31, 36, 40, 47], isLeak: true },
    { what: 'follows it roughly', past: [20, 30, 18, 26, 21], now: [34, 30, 48, 46, 62], isLeak: true },
    // Levels of one instance of a Node service at rest, in MiB: it ends at twice the last of the past.
    {
      what: 'swings',
      past: [35.5, 27.3, 19.8, 22.9, 16.7],
      now: [27.5, 25.4, 33.1, 23.9, 33.6],
      isLeak: false,
    },
    { what: 'swings higher', past: [20, 31, 17, 29, 15], now: [18, 30, 16, 22, 34], isLeak: false },
  ])('a level that $what: $isLeak', ({ past, now, isLeak }) => {
    expect(findLeak(levels(0, past), levels(5 * MINUTE, now)) !== null).toBe(isLeak);
  });

  test.each([
    { what: 'rise themselves', now: [12, 18, 22, 30, 33, 41, 44, 50], isLeak: true },
    { what: 'rise roughly', now: [12, 20, 16, 34, 28, 40, 36, 50], isLeak: true },
    // Two new pods of a service that makes more garbage since, in MiB: it is held between collections.
    {
      what: 'hold more from the first on',
      now: [7.4, 15.6, 11.6, 17.1, 13.6, 17.4, 11.7, 18.5, 18.7, 18.9, 16.7, 14.4],
      isLeak: false,
      past: [6.2, 6.5, 6.3, 6.4, 6, 6.1, 6, 6.5],
    },
    { what: 'hold more and less', now: [30, 41, 29, 44, 31, 46, 30, 47], isLeak: false },
  ])('new instances that $what: $isLeak', ({ now, isLeak, past }) => {
    const before = past === undefined ? calm : levels(0, past);
    expect(findLeak(before, later(...now), true) !== null).toBe(isLeak);
    if (past !== undefined) expect(findLeak(before, later(...now))).not.toBeNull();
  });

  test('needs three snapshots and a past', () => {
    expect(findLeak(calm, later(20, 60))).toBeNull();
    expect(findLeak([], later(10, 20, 30, 40))).toBeNull();
    expect(findLeak(calm, [])).toBeNull();
    expect(findLeak(levels(7 * MINUTE, [10]), later(20, 40, 60))).toMatchObject({ before: 10, after: 60 });
    // A rise that is seen in two of the three snapshots only may be a step.
    expect(findLeak(levels(0, [10]), later(20, 40, 60))).toBeNull();
  });

  test('a past of nothing', () => {
    expect(findLeak(levels(0, [0, 0]), levels(2 * MINUTE, [0, 0, 0]))).toBeNull();
    expect(findLeak(levels(0, [0, 0]), levels(2 * MINUTE, [5, 10, 15]))).toMatchObject({
      before: 0,
      after: 15,
    });
  });

  test('all snapshots at one moment tell no slope', () => {
    const same = [10, 20, 30].map((value) => ({ time: 9 * MINUTE, value }));
    expect(findLeak(calm, same)).toBeNull();
  });

  /**
   * How many of 1,000 incidents of `snapshots` snapshots are taken for leaks, when single snapshots vary by
   * `spread`:
   *
   * |                                | 2 %, 4 | 2 %, 12 | 2 %, 40 | 8 %, 4 | 8 %, 12 | 8 %, 40 |
   * | ------------------------------ | -----: | ------: | ------: | -----: | ------: | ------: |
   * | calm                           |      0 |       0 |       0 |      0 |       0 |       0 |
   * | step to 2.15 times             |      3 |       0 |       0 |    185 |     148 |      30 |
   * | cache, full after 5 to 40 %    |      0 |       0 |       0 |    162 |     106 |      25 |
   * | cache, full after 60 %         |      0 |     934 |     683 |    153 |     518 |     605 |
   * | ramp from the start            |  1,000 |   1,000 |   1,000 |    908 |   1,000 |   1,000 |
   * | ramp from the middle           |      0 |   1,000 |   1,000 |      3 |     956 |   1,000 |
   *
   * A window of four snapshots cannot show a rise from its middle in three of them. Where snapshots vary by
   * 8 % or more (heaps of some ten samples), a filled cache passes for a leak in one of ten; one that fills
   * through more than half of the window does so in any noise.
   */
  function seen(name: string, { snapshots = 12, spread = 0.02, level }: Shape): number {
    const random = createRandom(`leak ${name} ${snapshots} ${spread}`);
    const noise = () => 1 + spread * normal(random);
    const series = (from: number, of: (at: number) => number) =>
      levels(
        from,
        Array.from({ length: snapshots }, (_, at) => of(at / (snapshots - 1)) * noise()),
      );
    let leaks = 0;
    for (let round = 0; round < 1_000; round++)
      if (
        findLeak(
          series(0, () => 100),
          series(snapshots * MINUTE, level),
        ) !== null
      )
        leaks++;
    return leaks / 1_000;
  }
  const ramp = (start: number) => (at: number) => 100 + (250 * Math.max(0, at - start)) / (1 - start);
  const cache = (full: number) => (at: number) => 100 + 250 * Math.min(1, at / full);

  test.each([12, 40])(
    'leaks that begin in the first half of %d snapshots are found',
    { tags: ['many-cases'] },
    (snapshots) => {
      for (const start of [0, 0.25, 0.5]) {
        expect(seen(`ramp ${start}`, { snapshots, level: ramp(start) })).toBeGreaterThanOrEqual(0.99);
        expect(seen(`ramp ${start}`, { snapshots, spread: 0.08, level: ramp(start) })).toBeGreaterThanOrEqual(
          0.94,
        );
      }
    },
  );

  test('so are leaks through all of four snapshots', { tags: ['many-cases'] }, () => {
    expect(seen('ramp', { snapshots: 4, level: ramp(0) })).toBeGreaterThanOrEqual(0.99);
  });

  test.each([4, 12, 40])(
    'caches that fill and then rest, and steps, are no leaks: %d snapshots',
    { tags: ['many-cases'] },
    (snapshots) => {
      for (const full of [0.05, 0.2, 0.4])
        expect(seen(`cache ${full}`, { snapshots, level: cache(full) })).toBeLessThanOrEqual(0.005);
      expect(seen('step', { snapshots, level: () => 215 })).toBeLessThanOrEqual(0.005);
      expect(seen('cache in noise', { snapshots, spread: 0.08, level: cache(0.2) })).toBeLessThanOrEqual(0.2);
    },
  );

  test.each([4, 12, 40])(
    'calm levels and waves are no leaks, in much noise, too: %d snapshots',
    { tags: ['many-cases'] },
    (snapshots) => {
      const spread = 0.08;
      expect(seen('calm', { snapshots, spread, level: () => 100 })).toBe(0);
      const wave = (at: number) => 100 + 150 * Math.sin(Math.PI * at);
      expect(seen('wave', { snapshots, spread, level: wave })).toBe(0);
    },
  );
});

describe('findHiddenLeak', () => {
  const still = levels(0, [68, 68.2, 67.9, 68.1, 68, 68.2, 67.9, 68.1]);
  const hidden = (values: readonly number[], baseline = still, minAdded = 1) =>
    findHiddenLeak(baseline, later(...values), minAdded);

  test('a straight rise above a level that lay still, with its start', () => {
    const leak = hidden([68, 72, 76, 80, 84, 88, 92, 96]);
    expect(leak).toMatchObject({ before: 68, after: 94, since: around(8 * MINUTE) });
    expect(hidden([72, 76, 80, 84])).toMatchObject({ after: 84 });
  });

  test.each<[string, readonly number[]]>([
    ['a rise that comes to rest', [72, 80, 86, 90, 92, 93, 93.5, 93.7]],
    ['a step', [68, 68, 68, 92, 92, 92, 92, 92]],
    ['a rise that swings', [68, 80, 70, 90, 74, 96, 80, 98]],
    ['a rise by a few percent', [68, 68.5, 69, 69.5, 70, 70.5, 71, 71.5]],
    ['too few snapshots', [72, 80, 88]],
  ])('%s is none', (_, values) => {
    expect(hidden(values)).toBeNull();
  });

  test('a baseline that swings, that rises itself, or that is short shows none', () => {
    const rise = [68, 72, 76, 80, 84, 88, 92, 96];
    expect(hidden(rise, levels(0, [68, 74, 66, 71, 68, 73, 66, 70]))).toBeNull();
    expect(hidden(rise, levels(0, [40, 44, 48, 52, 56, 60, 64, 66]))).toBeNull();
    expect(hidden(rise, levels(0, [68, 68, 68]))).toBeNull();
  });

  test('less than what matters is none', () => {
    const rise = [68, 72, 76, 80, 84, 88, 92, 96];
    expect(hidden(rise, still, 26)).not.toBeNull();
    expect(hidden(rise, still, 27)).toBeNull();
  });

  test('the smallest one is told by the level, by its range, or by what matters; too few snapshots see none', () => {
    const flat = levels(0, [100, 100, 100, 100]);
    expect(smallestHiddenLeak(flat, flat, 1)).toBe(15);
    expect(smallestHiddenLeak(flat, flat, 40)).toBe(40);
    expect(smallestHiddenLeak(levels(0, [100, 104, 100, 100]), flat, 1)).toBe(20);
    expect(smallestHiddenLeak(levels(0, [100, 100, 100]), flat, 1)).toBeNull();
    expect(smallestHiddenLeak(flat, levels(0, [100, 100, 100]), 1)).toBeNull();
  });

  test('single snapshots that vary by one in a hundred give none in a thousand calm incidents', {
    tags: ['many-cases'],
  }, () => {
    const random = createRandom('hidden leak');
    const calmly = (from: number) =>
      levels(
        from,
        Array.from({ length: 12 }, () => 100 * (1 + 0.01 * normal(random))),
      );
    let leaks = 0;
    for (let round = 0; round < 1_000; round++)
      if (findHiddenLeak(calmly(0), calmly(12 * MINUTE), 1) !== null) leaks++;
    expect(leaks).toBe(0);
  });
});

describe('the edges of a leak', () => {
  test('exactly twice the level is one', () => {
    expect(findLeak(levels(0, [10, 10]), levels(2 * MINUTE, [10, 13, 17, 20]))).not.toBeNull();
    expect(findLeak(levels(0, [10, 10]), levels(2 * MINUTE, [10, 13, 17, 19.9]))).toBeNull();
  });

  test('the foot of a rise lies between the first snapshot and the last', () => {
    const rise = [20, 30, 40, 50, 60, 70, 80];
    expect(findLeak(levels(7 * MINUTE, [10]), later(...rise))?.since).toEqual({
      after: 7 * MINUTE,
      before: 7.8 * MINUTE,
    });
  });

  test('the foot does not depend on when the clock began', () => {
    const moved = (by: number, from: readonly Level[]) =>
      from.map(({ time, value }) => ({ time: time + by, value }));
    const incident = later(10, 12, 18, 24, 30, 36, 42, 48);
    const by = Date.parse('2026-11-20T14:00:00Z');
    const plain = findLeak(calm, incident);
    const late = findLeak(moved(by, calm), moved(by, incident));
    expect(late?.since.after).toBeCloseTo((plain?.since.after ?? 0) + by, 0);
    expect(late?.since.before).toBeCloseTo((plain?.since.before ?? 0) + by, 0);
  });

  test('a rise is judged from its foot, not from the start of the window', () => {
    expect(findLeak(calm, later(10, 10, 10, 10, 18, 26, 34, 42))?.since).toEqual(around(11 * MINUTE));
    expect(findLeak(calm, later(10, 10, 10, 10, 10, 10, 10, 42))).toBeNull();
  });

  test('a baseline that rises as fast as the incident, or half as fast, leaks no faster', () => {
    const slow = levels(0, [10, 12, 14, 16, 18, 20, 22, 24]);
    expect(findLeak(slow, later(28, 32, 36, 40, 44, 48, 52, 56))).toBeNull();
    expect(findLeak(slow, later(34, 44, 54, 64, 74, 84, 94, 104))).not.toBeNull();
  });
});

describe('the edges of a hidden leak', () => {
  const still = levels(0, [100, 100.2, 99.8, 100, 100.2, 99.8, 100, 100]);
  const straight = (step: number, from = 100) =>
    later(...[1, 2, 3, 4, 5, 6, 7, 8].map((at) => from + step * at));

  test('15 % of the level, and no less', () => {
    expect(findHiddenLeak(still, straight(2.1), 1)).not.toBeNull();
    expect(findHiddenLeak(still, straight(1.9), 1)).toBeNull();
  });

  test('five times as steep as the baseline, whose slope may fall, too', () => {
    const rising = levels(0, [98, 98.6, 99.1, 99.7, 100.3, 100.9, 101.4, 102]);
    expect(findHiddenLeak(rising, straight(3.2, 102), 1)).not.toBeNull();
    expect(findHiddenLeak(rising, straight(2.8, 102), 1)).toBeNull();
    expect(
      findHiddenLeak(
        [...rising].reverse().map(({ value }, at) => ({ time: at * MINUTE, value })),
        straight(2.5, 102),
        1,
      ),
    ).toBeNull();
  });

  test('a rise of which fewer than four snapshots are there, and a calm of fewer, show none', () => {
    expect(findHiddenLeak(still, later(100, 100, 100, 100, 100, 112, 124, 136), 1)).toBeNull();
    expect(findHiddenLeak(levels(4 * MINUTE, [100, 100, 100, 100]), straight(4), 1)).not.toBeNull();
  });

  test('the same numbers in bytes give the same answer', () => {
    const large = (all: readonly Level[]) => all.map(({ time, value }) => ({ time, value: value * 1e6 }));
    for (const step of [1.9, 2.1, 5]) {
      const plain = findHiddenLeak(still, straight(step), 1);
      const scaled = findHiddenLeak(large(still), large(straight(step)), 1e6);
      expect(scaled === null).toBe(plain === null);
      if (plain !== null) expect(scaled?.after).toBeCloseTo(plain.after * 1e6, 0);
    }
  });
});

test('a rise that levels off has come to rest, in whatever unit', () => {
  const rest = [20, 35, 50, 55, 57, 58, 58, 58.5];
  const times = (factor: number, values: readonly Level[]) =>
    values.map(({ time, value }) => ({ time, value: value * factor }));
  for (const factor of [0.01, 1, 1e6])
    expect(findLeak(times(factor, calm), times(factor, later(...rest)))).toBeNull();
});

test('a rise that began in the baseline is compared with what lay before it', () => {
  const begun = levels(0, [10, 10, 10, 20, 30, 40, 50, 60]);
  expect(findLeak(begun, later(70, 80, 90, 100, 110, 120, 130, 140))).not.toBeNull();
});

test('a hidden leak is straight by its own measure, in whatever unit', () => {
  const still = levels(0, [100, 100.2, 99.8, 100, 100.2, 99.8, 100, 100]);
  const nearly = later(104, 109, 112, 117, 120, 125, 128, 133);
  const bent = later(104, 118, 108, 124, 112, 128, 118, 133);
  const times = (factor: number, values: readonly Level[]) =>
    values.map(({ time, value }) => ({ time, value: value * factor }));
  for (const factor of [0.001, 1, 1e6]) {
    expect(findHiddenLeak(times(factor, still), times(factor, nearly), factor)).not.toBeNull();
    expect(findHiddenLeak(times(factor, still), times(factor, bent), factor)).toBeNull();
  }
});

describe('the foot of a rise', () => {
  const found = (...values: number[]) => findRamp(levels(0, values), 10);

  test.each([
    { what: 'a straight line', values: [10, 10, 10, 10, 20, 30, 40, 50], foot: 3 },
    {
      what: 'a line whose foot lies between two readings',
      values: [10, 10, 10, 10, 15, 25, 35, 45],
      foot: 3.5,
    },
    { what: 'a line with some noise', values: [10, 11, 9, 10, 21, 29, 41, 50], foot: 3 },
    { what: 'three readings', values: [10, 20, 30], foot: 0 },
    { what: 'a fall', values: [10, 10, 10, 8, 6, 4, 2], foot: 2 },
  ])('$what has one', ({ values, foot }) => {
    const since = found(...values);
    const off = Math.abs(((since?.after ?? 0) + (since?.before ?? 0)) / 2 / MINUTE - foot);
    expect(since).not.toBeNull();
    expect(off).toBeLessThan(foot === 0 ? 0.5 : 0.15);
  });

  test.each([
    { what: 'a step', values: [10, 10, 10, 10, 50, 50, 50, 50] },
    { what: 'a step whose sides rise a little', values: [10, 11, 12, 13, 47, 48, 49, 50] },
    { what: 'a level that stays', values: [10, 10, 10, 10, 10, 10] },
    { what: 'two readings', values: [10, 20] },
    { what: 'nothing', values: [] },
  ])('$what has none', ({ values }) => {
    expect(found(...values)).toBeNull();
  });
});

test('the error of a slope is that of a line through as many levels, less two', () => {
  const values = [0, 3, 1, 6, 4];
  const { slope, error } = fitLine(values.map((value, time) => ({ time, value })));
  // The residuals are -0.6, 1.3, -1.8, 2.1 and -1, and the times lie 10 off their middle, squared.
  expect(slope).toBeCloseTo(1.1, 10);
  expect(error).toBeCloseTo(Math.sqrt((0.36 + 1.69 + 3.24 + 4.41 + 1) / 3 / 10), 10);
});
