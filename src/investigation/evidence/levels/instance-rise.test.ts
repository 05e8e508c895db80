import { describe, expect, test } from 'vitest';
import type { ProfileTimes } from '../profile-times.js';
import { instanceRise } from './instance-rise.js';

const MINUTE = 60_000;
const PLAN = { baseline: { from: 0, to: 10 * MINUTE }, incident: { from: 10 * MINUTE + 1, to: 20 * MINUTE } };

/** Values of one profile in each window by instance; null where it sent none. */
function times(instances: Readonly<Record<string, readonly [number | null, number | null]>>): ProfileTimes {
  const point = (time: number, value: number | null) => (value === null ? [] : [{ time, value }]);
  return {
    stepMs: MINUTE,
    series: Object.entries(instances).map(([pod, [before, after]]) => ({
      labels: { pod },
      points: [...point(5 * MINUTE, before), ...point(15 * MINUTE, after)],
    })),
  };
}

describe('instanceRise', () => {
  test.each<[string, Parameters<typeof times>[0], readonly string[], number]>([
    ['all alike', { a: [10, 20], b: [12, 20] }, ['a', 'b'], 2],
    ['only in one', { a: [10, 10], b: [10, 10], c: [10, 40] }, ['c'], 3],
    ['one that is new, against the past of the fleet', { a: [10, 10], b: [null, 30] }, ['b'], 2],
    [
      'a whole fleet that is new',
      { a: [10, null], b: [10, null], c: [null, 30], d: [null, 28] },
      ['c', 'd'],
      2,
    ],
    ['one instance', { a: [10, 30] }, ['a'], 1],
    ['one that left counts for nothing', { a: [10, null], b: [10, 20] }, ['b'], 1],
    ['all stayed', { a: [10, 10], b: [10, 10] }, [], 2],
    ['in the order of their names', { b: [10, 20], a: [10, 20] }, ['a', 'b'], 2],
    ['one that cost less before, against its own past', { a: [30, 30], b: [10, 12] }, ['b'], 2],
    ['exactly half of the mean rise', { a: [0, 5], b: [0, 15] }, ['a', 'b'], 2],
    ['nothing rose', { a: [10, 9], b: [10, 10] }, [], 2],
    [
      'half of the mean rise takes part, less does not',
      { a: [0, 5], b: [0, 20], c: [0, 4.9] },
      ['a', 'b'],
      3,
    ],
  ])('%s', (_name, instances, risen, all) => {
    expect(instanceRise(times(instances), PLAN, 'pod')).toEqual({ label: 'pod', risen, all });
  });

  test.each([
    { what: 'of an instance with a past is its last one', past: 5, others: 3, all: 1 },
    { what: 'of an instance with a past is one of few', past: 5, others: 2, all: 2 },
    { what: 'of a new instance may be its first one', past: null, others: 3, all: 2 },
  ])('a single profile in the incident $what', ({ past, others, all }) => {
    const { series, stepMs } = times({ a: [past, 5], b: [5, 20] });
    const [first, second] = series;
    if (first === undefined || second === undefined) throw new Error('two instances');
    const more = Array.from({ length: others - 1 }, (_, at) => ({ time: (16 + at) * MINUTE, value: 20 }));
    const grown = { ...second, points: [...second.points, ...more] };
    expect(instanceRise({ series: [first, grown], stepMs }, PLAN, 'pod')).toMatchObject({
      risen: ['b'],
      all,
    });
  });

  test('the rise of an instance with several profiles is that of one of them', () => {
    const { series, stepMs } = times({ a: [10, 11], b: [10, 30] });
    const again = series.map((one) => ({
      ...one,
      points: one.points.flatMap((point) => [point, { ...point, time: point.time + MINUTE }]),
    }));
    expect(instanceRise({ series: again, stepMs }, PLAN, 'pod')).toMatchObject({ risen: ['b'], all: 2 });
  });

  test('a first profile just before the window is no past, and a last one within it no presence', () => {
    const gap = MINUTE / 2;
    const sent = (pod: string, from: number, to: number, value: number, first = value) => ({
      labels: { pod },
      points: Array.from({ length: (to - from) / gap + 1 }, (_, at) => ({
        time: from + at * gap,
        value: at === 0 ? first : value,
      })),
    });
    const plan = { ...PLAN, incident: { ...PLAN.incident, to: 12 * MINUTE } };
    const series = [
      sent('old', MINUTE, 10.5 * MINUTE, 10),
      sent('new', 9.5 * MINUTE, 12 * MINUTE, 20, 40),
      sent('other', MINUTE, 12 * MINUTE, 10),
    ];
    expect(instanceRise({ stepMs: 1_000, series }, plan, 'pod')).toEqual({
      label: 'pod',
      risen: ['new'],
      all: 2,
    });
  });

  test('unknown without a label, in a large fleet, and without profiles', () => {
    const two = times({ a: [10, 20], b: [10, 20] });
    expect(instanceRise(two, PLAN, null)).toBeNull();
    expect(instanceRise({ ...two, largeFleet: [] }, PLAN, 'pod')).toBeNull();
    expect(instanceRise(times({ a: [10, null] }), PLAN, 'pod')).toBeNull();
    expect(instanceRise(two, PLAN, 'region')).toBeNull();
  });
});
