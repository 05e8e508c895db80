import { describe, expect, test } from 'vitest';
import { loadChange } from '../../profile/compare/load.js';
import { orderTypes } from '../../profile/types/types.js';
import { planLenses } from '../evidence/lens.js';
import type { BriefEvidence } from './brief.js';
import { measureCourse, measureOutlier, measureQuietAmounts } from './signs.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const ALLOC = 'memory:alloc_space:bytes:space:bytes';
const lenses = planLenses(orderTypes([CPU, ALLOC])).toRead;
const plan = { baseline: { from: 1, to: 80 }, incident: { from: 81, to: 140 }, stepMs: 10 };

/** The totals of an instance, one for each step of both windows. */
const row = (pod: string, before: readonly number[], after: readonly number[]) => ({
  labels: { pod },
  points: [...before, ...after].map((value, at) => ({ time: 10 * at + 10, value })),
});
const calm = [100, 101, 99, 100, 100, 99, 101, 100];

/** A unit with the totals of its instances, and those of its allocations. */
function unit(cpu: ReturnType<typeof row>[], alloc: ReturnType<typeof row>[] = []) {
  const [main, other] = lenses;
  const times = (series: ReturnType<typeof row>[]) => ({ series, stepMs: 10 });
  const levels = (series: ReturnType<typeof row>[], from: number, to: number) =>
    series.flatMap(({ points }) => points.slice(from, to).map(({ value }) => ({ value, profiles: 1 })));
  const whole = (series: ReturnType<typeof row>[]) => ({
    profileTimes: times(series),
    before: 100,
    load: loadChange(levels(series, 0, 8), levels(series, 8, 14), { quantum: 1, phi: 1 }),
  });
  return {
    context: { plan },
    series: [
      { lens: main, times: times(cpu) },
      { lens: other, times: times(alloc) },
    ],
    shares: [],
    suspicion: 0,
    mainTotals: whole(cpu),
    wholes: alloc.length === 0 ? [] : [{ ...whole(alloc), lens: other }],
  } as unknown as BriefEvidence;
}

describe('an instance that stands out', () => {
  test.each([
    { what: 'one that rose and another that did not', after: [200, 100], outlier: 2 },
    { what: 'none where all rose', after: [200, 200], outlier: 0 },
    { what: 'none for a little', after: [110, 100], outlier: 0 },
  ])('$what', ({ after, outlier }) => {
    const rows = after.map((value, at) => row(String(at), calm, Array(6).fill(value)));
    expect(measureOutlier(unit(rows))).toBeCloseTo(outlier, 5);
  });
});

describe('the course of the incident', () => {
  const course = (...after: number[]) => measureCourse(unit([row('a', calm, after)]));

  test('that lies still is no burst', () => {
    expect(course(100, 101, 100, 99, 100, 101)).toMatchObject({ isBurst: false });
  });

  test('with a burst at its end: only that part is read, the rest is told', () => {
    const found = course(100, 101, 100, 99, 160, 161);
    expect(found).toMatchObject({ isBurst: true });
    expect(found?.z).toBeGreaterThan(6);
    expect(found?.aroundCostliest).toHaveLength(2);
    expect(found?.aroundCostliest[1]).toEqual(found?.parts[2]);
  });

  test('with a burst in the middle has three parts', () => {
    expect(course(100, 101, 160, 161, 100, 99)?.aroundCostliest).toHaveLength(3);
  });

  test('of totals that always swing so is less of a sign', () => {
    const swinging = [100, 160, 100, 160, 100, 160, 100, 160];
    const found = measureCourse(unit([row('a', swinging, [100, 101, 100, 99, 160, 161])]));
    expect(found?.isBurst).toBe(true);
    expect(found?.z).toBeLessThan(1.5);
  });
});

describe('allocations whose total says nothing by itself', () => {
  const amounts = (cpu: number, ...alloc: number[]) =>
    measureQuietAmounts(unit([row('a', calm, Array(6).fill(cpu))], [row('a', calm, alloc)])) ?? 0;

  test('speak for a look where they rose and stayed so', () => {
    expect(amounts(100, 120, 120, 120, 120, 120, 120)).toBeGreaterThan(2);
    expect(amounts(100, 100, 100, 100, 100, 100, 101)).toBeLessThan(1);
  });

  test('hardly where what they rose by faded, as at the start of a process', () => {
    const stayed = amounts(100, 130, 130, 130, 130, 130, 130);
    expect(amounts(100, 160, 150, 140, 100, 100, 100)).toBeLessThan(stayed / 4);
  });

  test('hardly where the load explains it', () => {
    expect(amounts(150, 150, 150, 150, 150, 150, 150)).toBeLessThan(1);
  });
});
