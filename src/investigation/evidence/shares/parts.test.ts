import { describe, expect, test } from 'vitest';
import { joinWindows, type PartWindows, withFirst } from './parts.js';

const windows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ from: from + 10 * at, to: from + 10 * at + 9 }));

describe('neighbouring parts are put together, without a gap', () => {
  test.each([
    {
      what: 'four into two',
      parts: 4,
      count: 2,
      joined: [
        [0, 19],
        [20, 39],
      ],
    },
    {
      what: 'three into two: the later one is shorter',
      parts: 3,
      count: 2,
      joined: [
        [0, 19],
        [20, 29],
      ],
    },
    { what: 'three into one', parts: 3, count: 1, joined: [[0, 29]] },
    { what: 'one stays', parts: 1, count: 2, joined: [[0, 9]] },
    {
      what: 'as many as there are stay',
      parts: 2,
      count: 2,
      joined: [
        [0, 9],
        [10, 19],
      ],
    },
  ])('$what', ({ parts, count, joined }) => {
    const cut: PartWindows = { baseline: windows(parts), incident: windows(parts, 100) };
    const { baseline, incident } = joinWindows(cut, { baselineParts: count, incidentParts: count });
    expect(baseline.map(({ from, to }) => [from, to])).toEqual(joined);
    expect(incident.map(({ from, to }) => [from - 100, to - 100])).toEqual(joined);
  });
});

describe('the first of two coarse parts stays undivided', () => {
  test.each([
    {
      what: 'four parts in two',
      finest: 4,
      coarse: 2,
      parts: [
        [0, 19],
        [20, 29],
        [30, 39],
      ],
    },
    {
      what: 'three parts in two',
      finest: 3,
      coarse: 2,
      parts: [
        [0, 19],
        [20, 29],
      ],
    },
    {
      what: 'all parts in one',
      finest: 3,
      coarse: 1,
      parts: [
        [0, 9],
        [10, 19],
        [20, 29],
      ],
    },
  ])('$what', ({ finest, coarse, parts }) => {
    const cut: PartWindows = { baseline: windows(finest), incident: windows(finest) };
    const { baseline } = joinWindows(cut, { baselineParts: coarse, incidentParts: coarse });
    expect(withFirst(cut.baseline, baseline).map(({ from, to }) => [from, to])).toEqual(parts);
  });
});
