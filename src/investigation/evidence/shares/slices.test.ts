import { describe, expect, test } from 'vitest';
import type { Labels } from '../../../sources/source.js';
import { describeFleet } from '../fleet.js';
import { listSlices, tellableSlices } from './slices.js';

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
