import { describe, expect, test } from 'vitest';
import { hasTurnoverIn, instanceTurnover, listInstances } from './turnover.js';

const STEP = 1_000;
const GAP = 10_000;

/** Rounds 0 to 9 are the baseline and 10 to 19 the incident; a round begins where its number says. */
const PLAN = {
  baseline: { from: 0, to: 10 * GAP - 1 },
  incident: { from: 10 * GAP, to: 20 * GAP - 1 },
  stepMs: STEP,
};

/** Builds one series for each instance, with the rounds in which its profiles start. */
function listTimes(instances: Readonly<Record<string, readonly number[]>>) {
  const series = Object.entries(instances).map(([pod, rounds]) => ({
    labels: { pod },
    points: rounds.map((round) => ({ time: round * GAP + STEP, value: 1 })),
  }));
  return { series, stepMs: STEP };
}

/** The rounds of an instance that sends from one to another. */
function rounds(from: number, to: number): number[] {
  return Array.from({ length: Math.floor(to - from) + 1 }, (_, at) => from + at);
}

const count = (times: ReturnType<typeof listTimes>, plan = PLAN) =>
  Object.values(instanceTurnover(times, { plan, largeFleetCounts: null }, 'pod') ?? {});

describe('an instance stays that sends profiles away from the border on both sides', () => {
  test.each<[string, Parameters<typeof listTimes>[0], readonly number[]]>([
    ['one that runs through', { a: rounds(0, 19) }, [1, 0, 0]],
    ['one for another', { a: rounds(0, 9), b: rounds(10, 19) }, [0, 1, 1]],
    [
      'new ones with a first profile before the border',
      { a: rounds(0, 9), b: rounds(0, 9), c: rounds(9.7, 19), d: rounds(9.6, 19) },
      [0, 2, 2],
    ],
    [
      'old ones with a last profile after the border',
      { a: rounds(0.2, 10.2), b: rounds(0.4, 10.4), c: rounds(10, 19) },
      [0, 2, 1],
    ],
    ['both at once', { a: rounds(0.2, 10.2), b: rounds(9.7, 19) }, [0, 1, 1]],
    ['a new one just within the border', { a: rounds(0, 9), b: rounds(8.5, 19) }, [0, 1, 1]],
    ['a new one just beyond it', { a: rounds(0, 9), b: rounds(8.4, 19) }, [1, 1, 0]],
    ['an old one just within the border', { a: rounds(0.3, 11.3), b: rounds(10, 19) }, [0, 1, 1]],
    ['an old one just beyond it', { a: rounds(0.5, 11.5), b: rounds(10, 19) }, [1, 0, 1]],
    ['one about the border alone', { a: rounds(0, 19), b: [9, 10] }, [1, 0, 1]],
    ['a single profile before the border, and none after it', { a: rounds(0, 19), b: [9] }, [1, 1, 0]],
    ['a single profile after the border, and none before it', { a: rounds(0, 19), b: [10] }, [1, 0, 1]],
  ])('%s', (_, instances, expected) => {
    expect(count(listTimes(instances))).toEqual(expected);
  });

  test.each([
    { what: 'of three gaps', first: 6.9, expected: [1, 0, 1] },
    { what: 'of less', first: 7, expected: [2, 0, 0] },
  ])('a baseline with profiles $what', ({ first, expected }) => {
    expect(count(listTimes({ a: rounds(first, 19), b: rounds(9, 19) }))).toEqual(expected);
  });

  test.each([
    { what: 'of three gaps', last: 13, expected: [1, 1, 0] },
    { what: 'of less', last: 12.8, expected: [2, 0, 0] },
  ])('an incident with profiles $what', ({ last, expected }) => {
    expect(count(listTimes({ a: rounds(last - 12, last), b: rounds(0, 10) }))).toEqual(expected);
  });

  test('windows that lie apart have no border', () => {
    const plan = { ...PLAN, baseline: { from: 0, to: 5 * GAP - 1 } };
    expect(count(listTimes({ a: rounds(4, 19), b: rounds(0, 10) }), plan)).toEqual([2, 0, 0]);
  });
});

test('instances are listed by the name that is asked for', () => {
  const times = listTimes({ a: rounds(0, 9), b: rounds(9.7, 19) });
  const { before, after } = listInstances(times, PLAN, ({ pod }) => `pod ${pod}`);
  expect([...before, ...after]).toEqual(['pod a', 'pod b']);
});

test.each([
  { what: 'all stayed', types: [{ a: rounds(0, 19) }], expected: false },
  { what: 'one arrived', types: [{ a: rounds(0, 19), b: rounds(10, 19) }], expected: true },
  { what: 'one left', types: [{ a: rounds(0, 19), b: rounds(0, 9) }], expected: true },
  {
    what: 'all were replaced about the border',
    types: [{ a: rounds(0.2, 10.2), b: rounds(9.7, 19) }],
    expected: true,
  },
  {
    what: 'another type shows that one stayed',
    types: [{ a: rounds(0, 9) }, { a: rounds(10, 19) }],
    expected: false,
  },
])('some left or arrived where $what: $expected', ({ types, expected }) => {
  expect(hasTurnoverIn(types.map(listTimes), PLAN, ({ pod }) => pod)).toBe(expected);
});

describe('instances of a large fleet', () => {
  const turnover = (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) => {
    const counts = (side: typeof before) =>
      Object.entries(side).map(([pod, profiles]) => ({ labels: { pod }, profiles }));
    const largeFleetCounts = { before: counts(before), after: counts(after) };
    return Object.values(
      instanceTurnover({ series: [], stepMs: STEP }, { plan: PLAN, largeFleetCounts }, 'pod') ?? {},
    );
  };

  test.each<[string, Parameters<typeof turnover>, readonly number[]]>([
    [
      'sent several profiles',
      [
        { a: 3, b: 3 },
        { b: 3, c: 3, d: 3 },
      ],
      [1, 1, 2],
    ],
    ['with a first profile before the border', [{ a: 3, b: 1 }, { b: 3 }], [0, 1, 1]],
    ['with a last profile after the border', [{ a: 3 }, { a: 1, b: 3 }], [0, 1, 1]],
    [
      'of two profiles each tell nothing of the border',
      [
        { a: 2, b: 1 },
        { a: 2, b: 2 },
      ],
      [2, 0, 0],
    ],
    [
      'with two profiles on a side are there',
      [
        { a: 3, b: 2 },
        { a: 3, b: 3 },
      ],
      [2, 0, 0],
    ],
  ])('%s', (_, [before, after], expected) => {
    expect(turnover(before, after)).toEqual(expected);
  });
});

test('the turnover is unknown without a label for instances, and where none sent anything', () => {
  const times = listTimes({ a: rounds(0, 19) });
  expect(instanceTurnover(times, { plan: PLAN, largeFleetCounts: null }, null)).toBeNull();
  expect(instanceTurnover(listTimes({}), { plan: PLAN, largeFleetCounts: null }, 'pod')).toBeNull();
  expect(instanceTurnover(times, { plan: PLAN, largeFleetCounts: null }, 'region')).toBeNull();
});
