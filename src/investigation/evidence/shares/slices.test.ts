import { describe, expect, test } from 'vitest';
import { CALM } from '../../../../test/support/contrast.js';
import type { Analysis, CodeChange } from '../../../profile/compare/analysis.js';
import type { Contrast, Universe } from '../../../profile/contrast/contrast.js';
import type { Labels } from '../../../sources/source.js';
import { describeFleet } from '../fleet.js';
import { hasSurelyChanged, listSlices, tellableSlices, withRest } from './slices.js';

const plan = { baseline: { from: 0, to: 99 }, incident: { from: 100, to: 199 }, stepMs: 10 };

/** The slices that are told from the others, by their values, of a fleet with so many profiles each. */
function toldIn(
  fleet: readonly { labels: Labels; profiles: number }[],
  maxSlices = 7,
  others: Labels[] = [],
) {
  const rows = [...fleet.map(({ labels }) => labels), ...others];
  const names = [...new Set(rows.flatMap(Object.keys))];
  const described = { ...describeFleet(names, rows), unread: null };
  const series = fleet.map(({ labels, profiles }) => ({
    labels: labels.pod === undefined ? {} : { pod: labels.pod },
    points: Array.from({ length: profiles }, (_, at) => ({ time: 100 + 10 * at, value: 1 })),
  }));
  const times = { series, stepMs: 10 };
  const slices = listSlices(described, times, plan, maxSlices);
  return [...tellableSlices(described, times, plan, slices)].map(({ matcher }) => matcher.value);
}

describe('a slice need not be asked for', () => {
  const pod = (name: string, profiles: number, more: Labels = {}) => ({
    labels: { pod: name, ...more },
    profiles,
  });

  test('where instances hold all profiles: that with the most, the first of several', () => {
    expect(toldIn([pod('a', 3), pod('b', 5), pod('c', 5)])).toEqual(['b']);
  });

  test('but not where some profiles name no instance', () => {
    expect(toldIn([pod('a', 3), pod('b', 5), { labels: { zone: 'x' }, profiles: 2 }])).toEqual([]);
  });

  test('one of each label where all label sets have a value of it', () => {
    const fleet = ['a', 'b', 'c', 'd', 'e'].map((name, at) =>
      pod(name, 2, { zone: at === 0 ? 'x' : 'y', version: at === 2 ? '2' : '1' }),
    );
    expect(toldIn(fleet, 4)).toEqual(['y', '1']);
  });

  test('but none of a label that some lack', () => {
    const fleet = [
      pod('a', 2, { zone: 'x' }),
      pod('b', 2, { zone: 'y' }),
      pod('c', 2),
      pod('d', 2, { zone: 'y' }),
    ];
    expect(toldIn(fleet, 2)).toEqual([]);
  });

  test('none where there are none', () => {
    expect(toldIn([pod('a', 3)])).toEqual([]);
  });
});

describe('a slice with the rest of the fleet', () => {
  const rows = [
    { pod: 'a', version: '2', region: 'eu' },
    { pod: 'b', version: '1', region: 'eu' },
    { pod: 'c', version: '1', region: 'us' },
  ];
  const fleet = { ...describeFleet(['pod', 'version', 'region'], rows), unread: null };
  const slice = (value: string) => ({
    labels: rows.find(({ pod }) => pod === value) ?? {},
    matcher: { name: 'pod', op: '=' as const, value },
  });

  test('keeps the labels that tell it from the rest, and of the rest those that all of it shares', () => {
    expect(withRest(fleet, [slice('a')])).toEqual([
      { labels: { pod: 'a', version: '2' }, matcher: { name: 'pod', op: '=', value: 'a' } },
      {
        labels: { version: '1' },
        matcher: { name: 'pod', op: '!~', value: 'a' },
        isTold: true,
        isRest: true,
      },
    ]);
  });

  test('two slices leave the third', () => {
    const [, , rest] = withRest(fleet, [slice('a'), slice('b')]);
    expect(rest).toMatchObject({ labels: { pod: 'c', region: 'us' }, matcher: { value: 'a|b' } });
  });

  test('no rest is added where one of them is told already', () => {
    const all = [slice('a'), slice('b'), { ...slice('c'), isTold: true as const }];
    expect(withRest(fleet, all)).toEqual(all);
  });
});

describe('a slice need not be compared with its own past', () => {
  const side = (x: number, n: number, profiles: number) =>
    ({ costs: { totals: Float64Array.of(x), total: n }, profiles }) as unknown as Contrast['before'];
  const universe: Universe = { nameable: null, population: 'total' };

  /** Samples of the function and of all, of three slices before and of this one now; its own totals. */
  const isSure = (before: [number, number], after: [number, number], was: number, is: number) =>
    hasSurelyChanged(
      { dispersion: CALM, quantum: 1 } as Analysis,
      {
        culprit: { fn: 0 } as CodeChange['culprit'],
        contrast: { before: side(...before, 24), after: side(...after, 4) } as Contrast,
        universe,
      },
      { before: { profiles: 8, value: 8 * was }, after: { profiles: 4, value: 4 * is } },
    );

  test('where even all samples of the baseline would be fewer than it has now', () => {
    expect(isSure([0, 3_000], [100, 500], 100, 125)).toBe(true);
    expect(isSure([20, 3_000], [100, 500], 100, 125)).toBe(true);
  });

  test('but where they may all have been its own', () => {
    expect(isSure([200, 3_000], [100, 500], 100, 125)).toBe(false);
  });

  test('and where its cost fell, since what stays gains share then', () => {
    expect(isSure([20, 3_000], [100, 500], 200, 125)).toBe(false);
  });

  test('and where its totals are not known', () => {
    expect(isSure([0, 3_000], [100, 500], 0, 0)).toBe(false);
  });
});
