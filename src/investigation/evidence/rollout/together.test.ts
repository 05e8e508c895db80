import { describe, expect, test } from 'vitest';
import type { Labels } from '../../../sources/source.js';
import { computePerStep, readTogetherCounts } from './together.js';

const PLAN = { baseline: { from: 0, to: 99 }, incident: { from: 100, to: 199 } };
const STEP = 10;
const count = (labels: Labels, profiles: number) => ({ labels, profiles });
const series = (labels: Labels, ...times: number[]) => ({
  labels,
  points: times.map((time) => ({ time, value: 1 })),
});

describe('profiles in a point of a series', () => {
  test.each([
    { what: 'one in each', counts: { before: [count({}, 2)], after: [count({}, 2)] }, perStep: [] },
    {
      what: 'two in each of the incident',
      counts: { before: [count({}, 2)], after: [count({}, 4)] },
      perStep: [2],
    },
    { what: 'two in one of two', counts: { before: [count({}, 3)], after: [count({}, 2)] }, perStep: [1.5] },
    { what: 'fewer than points', counts: { before: [count({}, 1)], after: [] }, perStep: [] },
  ])('$what', ({ counts, perStep }) => {
    const times = { series: [series({}, 20, 50, 120, 150)], stepMs: STEP };
    expect(computePerStep(times, PLAN, counts).map((side) => side.perStep)).toEqual(perStep);
  });

  test('are counted for each series and window', () => {
    const times = {
      series: [series({ version: '1' }, 20, 50, 110), series({ version: '2' }, 120, 150)],
      stepMs: STEP,
    };
    const counts = {
      before: [count({ version: '1' }, 4)],
      after: [count({ version: '1' }, 1), count({ version: '2' }, 6)],
    };
    expect(computePerStep(times, PLAN, counts)).toEqual([
      { window: PLAN.baseline, labels: { version: '1' }, perStep: 2 },
      { window: PLAN.incident, labels: { version: '2' }, perStep: 3 },
    ]);
  });
});

test('both windows are counted, by the labels of the series', async () => {
  const asked: unknown[] = [];
  const source = {
    snapshots: async (query: { window: { from: number } }, groupBy: readonly string[]) => {
      asked.push([query.window.from, groupBy]);
      return [count({}, query.window.from + 1)];
    },
  };
  const query = { profileTypeId: 'cpu', matchers: [] };
  const { signal } = new AbortController();
  expect(await readTogetherCounts(source, query, PLAN, ['version'], signal)).toEqual({
    before: [count({}, 1)],
    after: [count({}, 101)],
  });
  expect(asked).toEqual([
    [0, ['version']],
    [100, ['version']],
  ]);
});
