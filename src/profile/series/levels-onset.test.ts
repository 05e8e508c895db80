import { describe, expect, test } from 'vitest';
import {
  findInterval,
  findRampOnset,
  levelLikelihoods,
  measureLevel,
  onsetBesideValues,
  roundLevels,
} from './levels-onset.js';
import type { Reading } from './timeline.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const RESOLUTION = { gapMs: MINUTE, stepMs: SECOND };

/** Profiles of some instances, one a minute each; the step that a profile lies in ends with its time. */
function readings(values: readonly number[], instances: readonly string[] = ['a']): Reading[] {
  return instances.flatMap((instance, place) =>
    values.map((value, minute) => ({
      time: minute * MINUTE + place * 10 * SECOND,
      value,
      instance,
      label: null,
    })),
  );
}

const calm = (count: number, value = 100) => new Array<number>(count).fill(value);
const inMinutes = (onset: { after: number; before: number } | null) =>
  onset === null ? null : [onset.after / MINUTE, onset.before / MINUTE];

function tellOnset(all: readonly Reading[], longest = 0) {
  const levels = roundLevels(all, { ...RESOLUTION, worth: 1 });
  const likelihoods = levelLikelihoods(levels, {
    ...RESOLUTION,
    instances: new Set(all.map(({ instance }) => instance)).size,
  });
  if (likelihoods === null) throw new Error('nothing to tell a step by');
  return inMinutes(findInterval(likelihoods, all, RESOLUTION, longest));
}

describe('rounds of profiles', () => {
  test('hold one profile of each instance, with its value per profile', () => {
    const levels = roundLevels(readings([10, 20, 30], ['a', 'b']), { ...RESOLUTION, worth: 1 });
    expect(levels.map(({ value, starts }) => [value, starts.length])).toEqual([
      [10, 2],
      [20, 2],
      [30, 2],
    ]);
  });

  test.each([
    { what: 'half a sample where its value is known', worth: 4, level: Math.log(2) },
    { what: 'a thousandth of the largest where it is not', worth: null, level: Math.log(1) },
  ])('a value of nothing counts as $what', ({ worth, level }) => {
    expect(measureLevel({ sum: 0, profiles: 1, starts: [0] }, worth, 1_000).level).toBeCloseTo(level);
  });
});

describe('the interval of a step', () => {
  test.each([
    {
      what: 'from the start of the last profile without it to that of the first with it',
      all: readings([...calm(10), ...calm(6, 200)]),
      holds: [9.1, 9.99],
    },
    {
      what: 'a profile between the levels may have seen it itself',
      all: readings([...calm(10), 150, ...calm(6, 200)]),
      holds: [10.3, 10.7],
    },
  ])('$what', ({ all, holds }) => {
    const [after = 0, before = 0] = tellOnset(all) ?? [];
    expect(after).toBeLessThanOrEqual(Math.min(...holds));
    expect(before).toBeGreaterThanOrEqual(Math.max(...holds));
    expect(before - after).toBeLessThanOrEqual(2);
  });

  test('where all instances were replaced it ends with the first profile of a new one', () => {
    const old = readings(calm(10), ['a', 'b']);
    const young = readings(calm(6, 150), ['x', 'y']).map((reading) => ({
      ...reading,
      time: reading.time + 10 * MINUTE,
    }));
    expect(tellOnset([...old, ...young])?.[1]).toBe(10);
  });

  test('is two gaps wide at the most, or as two of the stretches that tell it', () => {
    const all = readings([9, 12, 8, 11, 10, 13, 9, 14, 12, 15, 16, 13]);
    const [after = 0, before = 0] = tellOnset(all) ?? [];
    expect(before - after).toBeLessThanOrEqual(2);
    const [first = 0, last = 0] = tellOnset(all, 3 * MINUTE) ?? [];
    expect(last - first).toBeGreaterThan(2);
  });

  test('levels that scatter less than counts may tell it better', () => {
    const listLevels = (scatter: number) =>
      [...calm(10), ...calm(8, 125)].map((value, at) => value + (at % 2 === 0 ? scatter : -scatter));
    const width = (scatter: number) => {
      const [after = 0, before = 0] = tellOnset(readings(listLevels(scatter)), 20 * MINUTE) ?? [];
      return before - after;
    };
    expect(width(1)).toBeLessThan(width(12));
  });
});

describe('a level that rises in a straight line', () => {
  const ramp = (minute: number) => (minute <= 8 ? 100 : 100 + 30 * (minute - 8));
  const listLevels = (valueAt: (minute: number) => number) =>
    roundLevels(readings(Array.from({ length: 18 }, (_, minute) => valueAt(minute))), {
      ...RESOLUTION,
      worth: 1,
    });
  const ABOUT = { from: 8 * MINUTE, to: 12 * MINUTE };
  test('began about the foot of the line', () => {
    const [after = 0, before = 0] = inMinutes(findRampOnset(listLevels(ramp), [], ABOUT, RESOLUTION)) ?? [];
    expect(after).toBeLessThanOrEqual(8);
    expect(before).toBeGreaterThanOrEqual(8);
    expect(before - after).toBeLessThanOrEqual(4);
  });
  test('is told from one that steps', () => {
    const step = listLevels((minute) => (minute < 9 ? 100 : 200));
    expect(findRampOnset(step, [], ABOUT, RESOLUTION)).toBeNull();
  });
  test('began with the new instances where all were replaced after the foot', () => {
    const all = readings(Array.from({ length: 18 }, (_, minute) => ramp(minute))).map((reading, minute) => ({
      ...reading,
      instance: minute < 11 ? 'old' : 'new',
    }));
    const levels = roundLevels(all, { ...RESOLUTION, worth: 1 });
    expect(inMinutes(findRampOnset(levels, all, ABOUT, RESOLUTION))).toEqual([9.5, 11]);
  });
});

describe('the onset of a share', () => {
  const all = [...readings(calm(10), ['old']), ...readings(calm(6), ['new'])].map((reading, at) => ({
    ...reading,
    time: at * MINUTE,
  }));
  const stayed = all.map((reading) => ({ ...reading, instance: 'old' }));
  const onset = (after: number, before: number) => ({ after: after * MINUTE, before: before * MINUTE });

  test.each([
    { what: 'later than its value', share: onset(11, 12), values: onset(9, 10), is: [9, 10] },
    {
      what: 'later, and its value before the deploy',
      share: onset(11, 12),
      values: onset(7, 8),
      is: [11, 12],
    },
    {
      what: 'later, and its value after the deploy',
      share: onset(13, 14),
      values: onset(10.5, 11),
      is: [13, 14],
    },
    { what: 'with its value', share: onset(9, 11), values: onset(9, 10), is: [9, 11] },
    { what: 'earlier than its value', share: onset(7, 8), values: onset(9, 10), is: [7, 8] },
    { what: 'and its value did not', share: onset(11, 12), values: null, is: [11, 12] },
    { what: 'later, without a deploy', of: stayed, share: onset(11, 12), values: onset(9, 10), is: [11, 12] },
  ])('that changed $what is $is', ({ of = all, share, values, is }) => {
    expect(inMinutes(onsetBesideValues({ share, values }, of, RESOLUTION))).toEqual(is);
  });

  test('that did not change is none', () => {
    expect(onsetBesideValues({ share: null, values: onset(9, 10) }, all, RESOLUTION)).toBeNull();
  });
});
