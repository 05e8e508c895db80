import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shapeKey } from './asked-query.js';
import {
  ageRemembered,
  MAX_AGE_DAYS,
  MAX_QUERIES,
  mergeRemembered,
  type RememberedQuery,
  readRow,
  toDay,
  toTime,
  weighDays,
  writeRow,
} from './remembered.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const TODAY = 20_000;
const query = (days: readonly number[], service: string | null = 'shop'): RememberedQuery => ({
  service,
  profileTypeId: CPU,
  conditions: [],
  groupBy: [],
  days,
});

const anyQuery: fc.Arbitrary<RememberedQuery> = fc.record({
  service: fc.constantFrom('shop', 'cart', null),
  profileTypeId: fc.constantFrom(CPU, 'memory:inuse_space:bytes:space:bytes'),
  conditions: fc.constantFrom([], [{ name: 'pod', op: '=' as const }], [{ name: 'pod', op: '=~' as const }]),
  groupBy: fc.constantFrom([], ['region']),
  days: fc
    .uniqueArray(fc.integer({ min: TODAY - 120, max: TODAY + 3 }), { minLength: 1, maxLength: 50 })
    .map((days) => days.sort((a, b) => a - b)),
});
const anyQueries = fc.array(anyQuery, { maxLength: 12 });

describe('merging', () => {
  test('unites the days of equal questions, and keeps others apart', () => {
    expect(mergeRemembered([query([3, 5])], [query([4, 5], 'cart'), query([1, 5])])).toEqual([
      query([4, 5], 'cart'),
      query([1, 3, 5]),
    ]);
    const narrowed = { ...query([1]), conditions: [{ name: 'pod', op: '=' as const }] };
    expect(mergeRemembered([query([1]), narrowed, { ...narrowed, groupBy: ['pod'] }])).toHaveLength(3);
  });

  test('depends on no order, adds nothing twice, and loses no day', () => {
    fc.assert(
      fc.property(anyQueries, anyQueries, anyQueries, (a, b, c) => {
        const merged = mergeRemembered(a, b, c);
        expect(mergeRemembered(c, mergeRemembered(b, a))).toEqual(merged);
        expect(mergeRemembered(merged, a, merged)).toEqual(merged);
        const days = (list: readonly RememberedQuery[]) =>
          new Set(list.flatMap((each) => each.days.map((day) => `${shapeKey(each)} ${day}`)));
        expect(days(merged)).toEqual(days([...a, ...b, ...c]));
        expect(new Set(merged.map(shapeKey)).size).toBe(merged.length);
      }),
    );
  });
});

describe('ageing', () => {
  test.each<[string, number[], number[] | null]>([
    ['today', [TODAY], [TODAY]],
    ['tomorrow: another time zone, or a clock that is a little ahead', [TODAY + 1], [TODAY + 1]],
    ['the day after that', [TODAY + 2], null],
    ['the last day that counts', [TODAY - MAX_AGE_DAYS + 1], [TODAY - MAX_AGE_DAYS + 1]],
    ['a day too old', [TODAY - MAX_AGE_DAYS], null],
    ['old and new days', [TODAY - 200, TODAY - 3], [TODAY - 3]],
    ['none', [], null],
  ])('%s', (_what, days, expected) => {
    expect(ageRemembered([query(days)], TODAY)).toEqual(expected === null ? [] : [query(expected)]);
  });

  test('keeps the newest days, and at most so many', () => {
    const days = Array.from({ length: 60 }, (_, at) => TODAY - 59 + at);
    expect(ageRemembered([query(days)], TODAY)[0]?.days).toEqual(days.slice(-40));
  });

  test('drops the least used where there are too many', () => {
    const many = Array.from({ length: MAX_QUERIES + 5 }, (_, at) =>
      query(at === 7 ? [TODAY - 1, TODAY] : at < 5 ? [TODAY - 30] : [TODAY], `s${at}`),
    );
    const kept = ageRemembered(many, TODAY).map(({ service }) => service);
    expect(kept).toHaveLength(MAX_QUERIES);
    expect(kept).toContain('s7');
    expect(kept.filter((service) => ['s0', 's1', 's2', 's3', 's4'].includes(service ?? ''))).toEqual([]);
  });

  test('is bounded, adds nothing, and a second time changes nothing', () => {
    fc.assert(
      fc.property(anyQueries, fc.integer({ min: TODAY - 5, max: TODAY + 5 }), (queries, today) => {
        const aged = ageRemembered(queries, today);
        expect(ageRemembered(aged, today)).toEqual(aged);
        for (const each of aged) {
          expect(each.days.length).toBeGreaterThan(0);
          expect(each.days.every((day) => day > today - MAX_AGE_DAYS && day <= today + 1)).toBe(true);
        }
        const before = new Set(queries.map(shapeKey));
        expect(aged.every((each) => before.has(shapeKey(each)))).toBe(true);
      }),
    );
  });
});

test.each<[number[], number]>([
  [[TODAY], 1],
  [[TODAY - 30], 0.5],
  [[TODAY - 60, TODAY], 1.25],
  [[TODAY + 1], 1],
  [[], 0],
])('the days %j weigh %f', (days, expected) => {
  expect(weighDays(query(days), TODAY)).toBeCloseTo(expected, 12);
});

test('days are those of UTC', () => {
  expect(toDay(Date.parse('2026-11-20T23:59:59.999Z')) + 1).toBe(toDay(Date.parse('2026-11-21T00:00:00Z')));
  expect(new Date(toTime(toDay(Date.parse('2026-11-20T14:00:00Z')))).toISOString()).toBe(
    '2026-11-20T00:00:00.000Z',
  );
});

describe('a row', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(anyQuery, (each) => {
        expect(readRow(writeRow(each))).toEqual(each);
      }),
    );
  });

  const good = JSON.parse(writeRow({ ...query([1, 2]), conditions: [{ name: 'pod', op: '=' }] }));
  test.each<[string, unknown]>([
    ['no JSON', null],
    ['a list', []],
    ['with a value', { ...good, value: 'user-4711' }],
    ['with a condition that has a value', { ...good, conditions: [['pod', '=', 'user-4711']] }],
    ['with another operator', { ...good, conditions: [['pod', '>']] }],
    ['with a long name', { ...good, service: 'x'.repeat(300) }],
    ['with a type that is none', { ...good, type: 'cpu' }],
    ['with a wrong day', { ...good, days: [0.5] }],
    ['with a day before 1970', { ...good, days: [-1] }],
    ['with too many days', { ...good, days: Array(2_000).fill(1) }],
  ])('%s is dropped', (what, value) => {
    expect(readRow(what === 'no JSON' ? '{' : JSON.stringify(value))).toBeNull();
  });

  test('has its days in order, each once', () => {
    expect(readRow(JSON.stringify({ ...good, days: [9, 2, 9] }))?.days).toEqual([2, 9]);
  });
});
