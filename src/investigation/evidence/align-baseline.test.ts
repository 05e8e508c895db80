import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chain } from '../../../test/evaluation/generator/frame.js';
import { createMemorySource, type StoredProfile } from '../../../test/evaluation/generator/memory-source.js';
import { totalValue } from '../../profile/model.js';
import type { Labels, Matcher, TimeSeries, Window } from '../../sources/source.js';
import { alignBaseline } from './align-baseline.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const { signal } = new AbortController();
const paths = [chain('main.main @ main.go:3\nmain.work @ main.go:9')];

function stored(time: number, value: number, labels: Labels): StoredProfile {
  return { time, seconds: 10, labels, paths, values: new Map([[CPU, Float64Array.of(value)]]) };
}

const is = (name: string, value: string): Matcher => ({ name, op: '=', value });
const SERVICE = is('service_name', 'shop');
const v1 = [SERVICE, is('version', '1')];
const v2 = [SERVICE, is('version', '2')];

/** Two versions at the same times, the second three times as dear and, from 5,000 on, on a pod of its own. */
const source = createMemorySource('shop', () =>
  Array.from({ length: 10 }, (_, at) => (at + 1) * 1_000).flatMap((time) => [
    stored(time, 10, { service_name: 'shop', version: '1', pod: 'a' }),
    stored(time, 30, { service_name: 'shop', version: '2', pod: time < 5_000 ? 'b' : 'c', zone: 'z' }),
  ]),
);

const totals = (rows: readonly TimeSeries[]) =>
  rows.flatMap(({ points }) => points.map(({ time, value }) => [time, value]));

describe('besideIncident', () => {
  const incident = { from: 6_001, to: 10_000 };

  test('the same window under two selectors', async () => {
    const sides = alignBaseline(source, incident, v2, { window: incident, matchers: v1 });
    expect(sides.baseline).toEqual({ from: 2_001, to: 6_000 });
    const profile = async (window: Window) =>
      totalValue((await sides.source.profile({ profileTypeId: CPU, matchers: v2, window }, signal)).profile);
    expect([await profile(sides.baseline), await profile(incident)]).toEqual([40, 120]);
  });

  test('windows apart from one another under one selector', async () => {
    const sides = alignBaseline(source, incident, v1, {
      window: { from: 1_000, to: 2_500 },
      matchers: v1,
    });
    expect(sides.baseline).toEqual({ from: 4_500, to: 6_000 });
    const query = { profileTypeId: CPU, matchers: v1, window: { from: sides.baseline.from, to: 10_000 } };
    const rows = await sides.source.timeSeries(query, { groupBy: ['version'], step: 1 }, signal);
    expect(rows).toHaveLength(1);
    // 1,000 and 2,000 lie at 4,500 and 5,500 now, in the steps that end at 5,000 and 6,000.
    expect(totals(rows)).toEqual([5_000, 6_000, 7_000, 8_000, 9_000, 10_000].map((time) => [time, 10]));
  });

  test('labels of both sides are listed once', async () => {
    const sides = alignBaseline(source, incident, v2, { window: incident, matchers: v1 });
    const query = { matchers: v2, window: { from: sides.baseline.from, to: incident.to } };
    expect(await sides.source.labelNames(query, signal)).toEqual(['pod', 'service_name', 'version', 'zone']);
    expect(await sides.source.labelValues('pod', query, signal)).toEqual(['a', 'c']);
    expect(await sides.source.series(['version', 'pod'], query, signal)).toEqual([
      { version: '1', pod: 'a' },
      { version: '2', pod: 'c' },
    ]);
    expect(await sides.source.series(['service_name'], query, signal)).toEqual([{ service_name: 'shop' }]);
  });

  test('further matchers hold on both sides', async () => {
    const sides = alignBaseline(source, incident, v2, {
      window: { from: 1_000, to: 4_000 },
      matchers: [SERVICE],
    });
    const more = [...v2, is('pod', 'b')];
    const query = { profileTypeId: CPU, matchers: more, window: sides.baseline };
    expect(await sides.source.snapshots(query, ['pod'], signal)).toEqual([
      { labels: { pod: 'b' }, profiles: 4 },
    ]);
    const now = { ...query, window: incident };
    expect(await sides.source.snapshots(now, ['pod'], signal)).toEqual([]);
  });

  test('for any two windows: what is asked of a side is the answer of the source to it', async () => {
    const bound = fc.integer({ min: 0, max: 12_000 });
    const anyWindow = fc.tuple(bound, bound).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    const matchers = fc.constantFrom(v1, v2, [SERVICE]);
    const sum = (rows: readonly TimeSeries[]) =>
      totals(rows).reduce((all, [, value]) => all + (value ?? 0), 0);
    await fc.assert(
      fc.asyncProperty(anyWindow, anyWindow, matchers, matchers, async (now, past, mine, theirs) => {
        const sides = alignBaseline(source, now, mine, { window: past, matchers: theirs });
        expect(sides.baseline.to).toBe(now.from - 1);
        expect(sides.baseline.to - sides.baseline.from).toBe(past.to - past.from);
        const options = { groupBy: ['version', 'pod'], step: 1 };
        const direct = async (window: Window, sideMatchers: readonly Matcher[]) => {
          const query = { profileTypeId: CPU, matchers: sideMatchers, window };
          return {
            profile: totalValue((await source.profile(query, signal)).profile),
            snapshots: await source.snapshots(query, ['pod'], signal),
            series: sum(await source.timeSeries(query, options, signal)),
            names: await source.labelNames(query, signal),
          };
        };
        const buildSide = async (window: Window) => {
          const query = { profileTypeId: CPU, matchers: mine, window };
          return {
            profile: totalValue((await sides.source.profile(query, signal)).profile),
            snapshots: await sides.source.snapshots(query, ['pod'], signal),
            series: sum(await sides.source.timeSeries(query, options, signal)),
            names: await sides.source.labelNames(query, signal),
          };
        };
        const [before, after] = [await direct(past, theirs), await direct(now, mine)];
        expect(await buildSide(sides.baseline)).toEqual(before);
        expect(await buildSide(now)).toEqual(after);
        const both = {
          profileTypeId: CPU,
          matchers: mine,
          window: { from: sides.baseline.from, to: now.to },
        };
        const rows = await sides.source.timeSeries(both, options, signal);
        expect(sum(rows)).toBe(before.series + after.series);
        // Every point lies on its own side, and no series comes twice.
        const split = rows.map(({ points }) => points.filter(({ time }) => time < now.from));
        expect(split.flat().reduce((all, { value }) => all + value, 0)).toBe(before.series);
        expect(new Set(rows.map(({ labels }) => JSON.stringify(labels))).size).toBe(rows.length);
      }),
      { numRuns: 60 },
    );
  });
});
