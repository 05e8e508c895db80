import { describe, expect, test } from 'vitest';
import { parseProfileType } from '../../profile/types/types.js';
import type { LensType } from './lens.js';
import type { ProfileTimes } from './profile-times.js';
import { compareTotals } from './totals.js';

const STEP = 15_000;
const PLAN = {
  baseline: { from: 0, to: 16 * STEP - 1 },
  incident: { from: 16 * STEP, to: 24 * STEP - 1 },
  stepMs: STEP,
};

function toLens(id: string): LensType {
  const type = parseProfileType(id);
  if (type === null) throw new Error(`${id} is no type`);
  return { type, kind: type.nature };
}

/** Times of a profile in each step, from the step `first` on; a time is the right edge of its step. */
function listTimes(values: readonly number[], first = 0): ProfileTimes {
  const points = values.map((value, at) => ({ time: (first + at + 1) * STEP - 1, value }));
  return { stepMs: STEP, series: [{ labels: {}, points }] };
}

const repeat = (times: number, value: number) =>
  Array.from({ length: times }, (_, at) => value * (1 + 0.02 * (at % 3)));
const MAIN = listTimes(repeat(24, 5e9));
const EXCEPTIONS = toLens('exception:exception:count:cpu:nanoseconds');
const NETWORK = toLens('network:net_bytes:bytes::');

test('an amount that rose as a whole', () => {
  const whole = compareTotals(EXCEPTIONS, listTimes([...repeat(16, 50), ...repeat(8, 900)]), PLAN, MAIN);
  expect(whole?.hasRisen).toBe(true);
  expect((whole?.after ?? 0) / (whole?.before ?? 1)).toBeCloseTo(18, 0);
});

test('an amount that did not', () => {
  const whole = compareTotals(EXCEPTIONS, listTimes([...repeat(16, 50), ...repeat(8, 55)]), PLAN, MAIN);
  expect(whole?.hasRisen).toBe(false);
});

test('events that were not sent before came from nowhere', () => {
  const after = listTimes(repeat(8, 900), 16);
  expect(compareTotals(EXCEPTIONS, after, PLAN, MAIN)).toMatchObject({ before: 0, hasRisen: true });
  expect(compareTotals(EXCEPTIONS, listTimes(repeat(8, 3), 16), PLAN, MAIN)?.hasRisen).toBe(false);
});

test('nothing is said where the service was not profiled before, or the type is always sent', () => {
  const after = listTimes(repeat(8, 900), 16);
  expect(compareTotals(EXCEPTIONS, after, PLAN, listTimes(repeat(8, 5e9), 16))).toBeNull();
  expect(compareTotals(NETWORK, after, PLAN, MAIN)).toBeNull();
  expect(compareTotals(NETWORK, listTimes(repeat(16, 900)), PLAN, MAIN)).toBeNull();
});

test('ten events that came from nowhere are news, and their load has no past', () => {
  const events = (count: number) =>
    compareTotals(EXCEPTIONS, listTimes(new Array<number>(8).fill(count), 16), PLAN, MAIN);
  expect(events(9.9)?.hasRisen).toBe(false);
  expect(events(10)).toMatchObject({ after: 10, hasRisen: true });
  expect(events(10)?.load).toEqual({
    ratio: null,
    risen: null,
    z: 0,
    hasRisen: false,
    hasFallen: false,
    noise: null,
  });
});

test('a count that is always sent comes from nowhere in no service', () => {
  const goroutines = toLens('goroutine:goroutine:count:goroutine:count');
  expect(compareTotals(goroutines, listTimes(repeat(8, 900), 16), PLAN, MAIN)).toBeNull();
});

describe('a rise is told by the samples that it holds', () => {
  test.each([
    {
      what: 'CPU time, a hundredth of a second each',
      id: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
      one: 1e7,
    },
    { what: 'bytes, half a MiB each', id: 'network:net_bytes:bytes::', one: 2 ** 19 },
    { what: 'kilobytes, half a MiB each', id: 'network:net_bytes:kilobytes::', one: 2 ** 9 },
  ])('of $what', ({ id, one }) => {
    const hasRisen = (samples: number) =>
      compareTotals(
        toLens(id),
        listTimes([...repeat(16, samples * one), ...repeat(8, 2.2 * samples * one)]),
        PLAN,
        MAIN,
      )?.load.hasRisen;
    expect(hasRisen(1)).toBe(false);
    expect(hasRisen(100)).toBe(true);
  });
});
