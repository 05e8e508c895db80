import { describe, expect, test } from 'vitest';
import { isStepBetween, type LevelAt, type StepContext, stepInterval, stepLikelihoods } from './step.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A single instance that sends a profile every minute from 0 on; the window begins with minute 10. */
const CONTEXT: StepContext = { gapMs: MINUTE, stepMs: 5 * SECOND, instances: 1, from: 10 * MINUTE };
/** A round of one profile. */
const at = (minute: number, level: number, sampling = 0): LevelAt => ({
  level,
  starts: [minute * MINUTE],
  sampling,
});
const rounds = (values: readonly number[], sampling = 0) =>
  values.map((level, minute) => at(minute, level, sampling));
const calm = (count: number, level = 0) => new Array<number>(count).fill(level);

/** The interval in minutes. */
function interval(levels: readonly LevelAt[], context: Partial<StepContext> = {}) {
  const all = { ...CONTEXT, ...context };
  const likelihoods = stepLikelihoods(levels, all);
  if (likelihoods === null) return null;
  const { after, before } = stepInterval(likelihoods, all);
  return [after / MINUTE, before / MINUTE].map((minutes) => Number(minutes.toFixed(2)));
}

describe('the interval in which a level stepped', () => {
  test.each([
    {
      what: 'a clear step lies between the start of the last low profile and that of the first high one',
      levels: rounds([...calm(10), ...calm(6, 1)]),
      expected: [8.87, 10.63],
    },
    { what: 'down as well as up', levels: rounds([...calm(10, 1), ...calm(6)]), expected: [8.87, 10.38] },
    {
      what: 'a profile between the levels may have seen the step itself',
      levels: rounds([...calm(12), 0.6, ...calm(6, 1)]),
      expected: [11.87, 13.05],
    },
    {
      what: 'few samples leave more times likely, as far as two gaps',
      levels: rounds([...calm(10), 0.3, 0.4, ...calm(6, 0.7)], 0.04),
      expected: [9.8, 11.78],
    },
  ])('$what', ({ levels, expected }) => {
    expect(interval(levels)).toEqual(expected);
  });

  test('a stretch with profiles of several instances may hold the step', () => {
    const stretch = (minute: number, level: number): LevelAt => ({
      level,
      starts: [0.1, 0.4, 0.9].map((part) => (minute + part) * MINUTE),
      sampling: 0,
    });
    const levels = [...calm(10), 0.5, ...calm(6, 1)].map((level, minute) => stretch(minute, level));
    const [after = 0, before = 0] = interval(levels, { instances: 3 }) ?? [];
    expect(after).toBeLessThan(10.2);
    expect(before).toBeGreaterThan(10.8);
  });

  test('instances differ in size: a stretch that holds few of them tells less', () => {
    const levels = rounds([...calm(10), 0.35, ...calm(6, 0.7)]);
    const width = (instances: number) => {
      const [after = 0, before = 0] = interval(levels, { instances }) ?? [];
      return before - after;
    };
    expect(width(3)).toBeGreaterThan(width(1));
  });

  test('levels that scatter more than is expected tell less', () => {
    const width = (scatter: number) => {
      const noise = (at: number) => (at % 2 === 0 ? scatter : -scatter);
      const levels = [...calm(10), 0.25, ...calm(8, 0.5)].map((level, at) => level + noise(at));
      const [after = 0, before = 0] = interval(rounds(levels, 0.001), { gapMs: 4 * MINUTE }) ?? [];
      return before - after;
    };
    expect(width(0.15)).toBeGreaterThan(width(0));
  });

  test('the baseline is calm unless much speaks against it', () => {
    // The last profile of the baseline lies as near to one level as to the other.
    const levels = rounds([...calm(9), 0.36, ...calm(6, 0.7)], 0.03);
    const [after = 0, before = 0] = interval(levels, { gapMs: MINUTE / 2 }) ?? [];
    expect(before).toBeGreaterThan(10);
    expect(after).toBeGreaterThan(9);
    const [earlier = 0] = interval(levels, { gapMs: MINUTE / 2, from: 0 }) ?? [];
    expect(earlier).toBeLessThan(after);
  });

  test('of many likely times those about the beginning of the window that was asked about are named', () => {
    const levels = rounds([...calm(8), 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, ...calm(6, 0.45)], 0.05);
    const likelihoods = stepLikelihoods(levels, { ...CONTEXT, from: 0 });
    if (likelihoods === null) throw new Error('no likelihoods');
    for (const minute of [9, 13]) {
      const { after, before } = stepInterval(likelihoods, { ...CONTEXT, from: minute * MINUTE });
      expect(after).toBeLessThanOrEqual(minute * MINUTE);
      expect(before).toBeGreaterThanOrEqual(minute * MINUTE);
      expect(before - after).toBeLessThanOrEqual(2 * MINUTE);
    }
    const { after, before } = stepInterval(likelihoods, CONTEXT, Number.POSITIVE_INFINITY);
    expect(before - after).toBeGreaterThan(2 * MINUTE);
  });

  test('one level on all sides, and none: nothing to tell it by', () => {
    expect(interval([])).toBeNull();
    expect(interval([at(0, 1)])).toBeNull();
  });
});

describe('a step between two times', () => {
  const likelihoods = stepLikelihoods(rounds([...calm(10), ...calm(6, 0.4)], 0.02), CONTEXT);
  if (likelihoods === null) throw new Error('no likelihoods');
  test.each([
    { what: 'where the level stepped', times: [9, 10], margin: 4, is: true },
    { what: 'nearby, as far as the margin allows', times: [11.2, 11.3], margin: 4, is: true },
    { what: 'nearby, beyond the margin', times: [11.2, 11.3], margin: 1, is: false },
    { what: 'far away', times: [2, 4], margin: 4, is: false },
    { what: 'where no profile is', times: [30, 40], margin: 4, is: false },
  ])('$what: $is', ({ times, margin, is }) => {
    const [from = 0, to = 0] = times.map((minute) => minute * MINUTE);
    expect(isStepBetween(likelihoods, [from, to], margin)).toBe(is);
  });
});
