import { describe, expect, test } from 'vitest';
import {
  isStepBetween,
  type LevelAt,
  likelyTimes,
  massesIn,
  type StepContext,
  type StepLikelihoods,
  stepInterval,
  stepLikelihoods,
} from './step.js';

/** Probability and median of one part of the time. */
function massIn(step: StepLikelihoods, window: { from: number; to: number }) {
  const [mass] = massesIn(step, [{ window }]);
  if (mass === undefined) throw new Error('no part');
  return mass;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Steps at every minute from 0 on, each with its log-likelihood. */
function everyMinute(...likelihoods: readonly number[]): StepLikelihoods {
  return {
    times: likelihoods.map((_, minute) => minute * MINUTE),
    likelihoods,
    spacing: MINUTE,
    highest: Math.max(...likelihoods),
  };
}
/** A log-likelihood that the best time rules out. */
const OUT = -9;

describe('the interval of the likely times', () => {
  /** Two gaps between profiles are four minutes: that wide an interval may be. */
  const CONTEXT = { gapMs: 2 * MINUTE, stepMs: 0 };

  test.each([
    // A time stands for the stretch to its neighbours; a tenth of a gap is added on either side.
    { what: 'one time', likelihoods: [OUT, OUT, 0, OUT], after: 0.8, before: 3.2 },
    { what: 'two of them', likelihoods: [OUT, OUT, 0, -1, OUT], after: 0.8, before: 4.2 },
    { what: 'three fill it', likelihoods: [OUT, OUT, 0, -1, 0, OUT], after: 1, before: 5 },
    {
      what: 'of four the three that are the most likely together',
      likelihoods: [OUT, OUT, -0.2, -0.1, 0, -0.1, OUT],
      after: 2,
      before: 6,
    },
    {
      what: 'the first of those that are as likely',
      likelihoods: [OUT, OUT, 0, -1, 0, -1, 0, OUT],
      after: 1,
      before: 5,
    },
    {
      what: 'of many the three with the best, at the end of what is likely',
      likelihoods: [OUT, -2, -2, -2, -2, -0.1, -0.1, 0],
      after: 4,
      before: 8,
    },
    { what: 'what lies between two of them', likelihoods: [OUT, 0, OUT, 0, OUT], after: 0, before: 4 },
    { what: '3.3 below the best, a time is likely', likelihoods: [0, -3.3, OUT], after: -1.2, before: 2.2 },
    { what: 'and 3.4 below it is not', likelihoods: [0, -3.4, OUT], after: -1.2, before: 1.2 },
  ])('$what', ({ likelihoods, after, before }) => {
    expect(stepInterval(everyMinute(...likelihoods), CONTEXT)).toEqual({
      after: after * MINUTE,
      before: before * MINUTE,
    });
  });

  test('only differences of log-likelihoods count', () => {
    const far = everyMinute(OUT, OUT, -0.2, -0.1, 0, -0.1, OUT).likelihoods.map((value) => value - 1_000);
    expect(stepInterval(everyMinute(...far), CONTEXT)).toEqual({ after: 2 * MINUTE, before: 6 * MINUTE });
  });

  test('the time of a start is known to a step, in which it lies half of one earlier', () => {
    const step = { ...CONTEXT, stepMs: 10 * SECOND };
    // The margin is that of above, and no more room is taken.
    expect(stepInterval(everyMinute(OUT, OUT, 0, OUT), step)).toEqual({
      after: 0.8 * MINUTE - 5 * SECOND,
      before: 3.2 * MINUTE - 5 * SECOND,
    });
  });

  test('a margin takes no more room than two gaps leave', () => {
    // Two minutes are between the times about the likely one, and 6 s are left on either side.
    const step = { gapMs: 66 * SECOND, stepMs: 0 };
    expect(stepInterval(everyMinute(OUT, OUT, 0, OUT), step)).toEqual({
      after: MINUTE - 6 * SECOND,
      before: 3 * MINUTE + 6 * SECOND,
    });
    // Nothing is left where they are further apart than that.
    expect(stepInterval(everyMinute(OUT, OUT, 0, OUT), { gapMs: MINUTE / 2, stepMs: 0 })).toEqual({
      after: MINUTE,
      before: 3 * MINUTE,
    });
  });

  test('whole seconds inside it', () => {
    const step = { gapMs: 65_500, stepMs: 0 };
    // 5.5 s are left on either side.
    expect(stepInterval(everyMinute(OUT, OUT, 0, OUT), step)).toEqual({
      after: MINUTE - 5 * SECOND,
      before: 3 * MINUTE + 5 * SECOND,
    });
  });

  describe('of many likely times, those about the beginning of the window that was asked about', () => {
    // A time about it may be less likely by 2.5.
    const MANY = [-1, -1, -1, 0, 0, 0, -1, -1, -1, -1, -1];
    test.each([
      { what: 'elsewhere the best ones', from: undefined, after: 2, before: 6 },
      { what: 'of minutes 6 to 10, a gap about minute 8, the first three', from: 8, after: 5, before: 9 },
      { what: 'minutes 8 to 10, a gap before minute 10', from: 10, after: 7, before: 11 },
      { what: 'a window that began long ago', from: -3, after: 2, before: 6 },
    ])('$what', ({ from, after, before }) => {
      const asked = from === undefined ? {} : { from: from * MINUTE };
      expect(stepInterval(everyMinute(...MANY), { ...CONTEXT, ...asked })).toEqual({
        after: after * MINUTE,
        before: before * MINUTE,
      });
    });

    test.each([
      { worse: 2.4, after: 4, before: 7 },
      { worse: 2.6, after: 0, before: 3 },
    ])('the others must be better by 2.5: by $worse', ({ worse, after, before }) => {
      const step = everyMinute(OUT, 0, OUT, OUT, OUT, OUT, -worse);
      expect(stepInterval(step, { gapMs: MINUTE, stepMs: 0, from: 7 * MINUTE })).toEqual({
        after: after * MINUTE,
        before: before * MINUTE,
      });
    });

    test('but none that the best one rules out', () => {
      const step = everyMinute(-3.4, 0, -3.3, -3.3, -3.3, OUT);
      const asked = { gapMs: MINUTE / 2, stepMs: 0, from: 0 };
      expect(stepInterval(step, asked, 4 * MINUTE)).toEqual({ after: 0, before: 4 * MINUTE });
    });
  });

  test.each([
    { what: 'a width of six minutes', maxWidth: 6, after: 0, before: 6 },
    { what: 'less than six minutes', maxWidth: 5.9, after: 0, before: 5 },
    { what: 'no width: two times about the best', maxWidth: 0, after: 0, before: 3 },
    { what: 'any width', maxWidth: Number.POSITIVE_INFINITY, after: 0, before: 8 },
  ])('$what', ({ maxWidth, after, before }) => {
    const step = everyMinute(OUT, 0, -0.1, -0.2, -0.3, -0.4, -0.5, -0.6, OUT);
    expect(stepInterval(step, { gapMs: MINUTE, stepMs: 0 }, maxWidth * MINUTE)).toEqual({
      after: after * MINUTE,
      before: before * MINUTE,
    });
  });
});

test.each([
  { what: 'a gap', gapMs: 15 * SECOND, from: 1 - 0.25 },
  { what: 'a minute, which it covers at the most', gapMs: 5 * MINUTE, from: 0 },
])('profiles that may hold both sides of a likely step begin up to $what before it', ({ gapMs, from }) => {
  expect(likelyTimes(everyMinute(OUT, OUT, -3.3, 0, OUT, -3, -3.4, OUT), gapMs)).toEqual({
    from: from * MINUTE,
    to: 6 * MINUTE,
  });
});

describe('the probability of a step in a part of the time, and the median of its times there', () => {
  // The five times weigh 1, 2, 4, 2 and 1 tenths.
  const STEP = everyMinute(...[1, 2, 4, 2, 1].map((weight) => Math.log(weight)));
  test.each([
    { what: 'in all of it', from: 0, to: 4, probability: 1, median: 2 },
    { what: 'from the first time on, half of it at the second', from: 1, to: 4, probability: 0.9, median: 2 },
    { what: 'at times that are its ends', from: 3, to: 4, probability: 0.3, median: 3 },
    { what: 'at half of it in the first of two', from: 1.5, to: 3.5, probability: 0.6, median: 2 },
    { what: 'one time', from: 4, to: 9, probability: 0.1, median: 4 },
    { what: 'between two times', from: 2.2, to: 2.8, probability: 0, median: 2.2 },
  ])('$what', ({ from, to, probability, median }) => {
    const mass = massIn(STEP, { from: from * MINUTE, to: to * MINUTE });
    expect(mass.probability).toBeCloseTo(probability, 12);
    expect(mass.median / MINUTE).toBe(median);
  });

  test('only differences of log-likelihoods count', () => {
    const far = everyMinute(...STEP.likelihoods.map((value) => value - 1_000));
    expect(massIn(far, { from: 0, to: 2 * MINUTE }).probability).toBeCloseTo(0.7, 12);
  });

  test('times of equal weight: the first one of two is the median', () => {
    expect(massIn(everyMinute(0, 0, 0), { from: 0, to: MINUTE }).median).toBe(0);
  });
});

describe('a step between two times', () => {
  const STEP = everyMinute(-9, -4, 0, -2, -9);
  test.each([
    { what: 'at the best time', times: [2, 2], margin: 0, is: true },
    { what: 'nearby, as far as the margin allows', times: [2.5, 3.5], margin: 2, is: true },
    { what: 'nearby, beyond the margin', times: [2.5, 3.5], margin: 1.9, is: false },
    { what: 'at the end of the time', times: [0, 1], margin: 4, is: true },
    { what: 'at its beginning', times: [3, 9], margin: 4, is: true },
    { what: 'far away', times: [-3, 0.5], margin: 4, is: false },
    { what: 'where no profile is', times: [30, 40], margin: 9, is: false },
  ])('$what: $is', ({ times: [from = 0, to = 0], margin, is }) => {
    expect(isStepBetween(STEP, [from * MINUTE, to * MINUTE], margin)).toBe(is);
  });
});

describe('the interval in which a level stepped', () => {
  /** A single instance that sends a profile every minute from 0 on; the window begins with minute 10. */
  const CONTEXT: StepContext = { gapMs: MINUTE, stepMs: 5 * SECOND, instances: 1, from: 10 * MINUTE };
  const rounds = (values: readonly number[], sampling = 0): LevelAt[] =>
    values.map((level, minute) => ({ level, starts: [minute * MINUTE], sampling }));
  const calm = (count: number, level = 0) => new Array<number>(count).fill(level);

  /** The interval in minutes. */
  function interval(levels: readonly LevelAt[], context: Partial<StepContext> = {}) {
    const all = { ...CONTEXT, ...context };
    const likelihoods = stepLikelihoods(levels, all);
    if (likelihoods === null) throw new Error('no likelihoods');
    const { after, before } = stepInterval(likelihoods, all);
    return [after / MINUTE, before / MINUTE].map((minutes) => Number(minutes.toFixed(2)));
  }

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
    const [after = 0, before = 0] = interval(levels, { instances: 3 });
    expect(after).toBeLessThan(10.2);
    expect(before).toBeGreaterThan(10.8);
  });

  test('instances differ in size: a stretch that holds few of them tells less', () => {
    const levels = rounds([...calm(10), 0.35, ...calm(6, 0.7)]);
    const width = (instances: number) => {
      const [after = 0, before = 0] = interval(levels, { instances });
      return before - after;
    };
    expect(width(3)).toBeGreaterThan(width(1));
  });

  test('levels that scatter more than is expected tell less', () => {
    const width = (scatter: number) => {
      const noise = (at: number) => (at % 2 === 0 ? scatter : -scatter);
      const levels = [...calm(10), 0.25, ...calm(8, 0.5)].map((level, at) => level + noise(at));
      const [after = 0, before = 0] = interval(rounds(levels, 0.001), { gapMs: 4 * MINUTE });
      return before - after;
    };
    expect(width(0.15)).toBeGreaterThan(width(0));
  });

  test('the baseline is calm unless much speaks against it', () => {
    // The last profile of the baseline lies as near to one level as to the other.
    const levels = rounds([...calm(9), 0.36, ...calm(6, 0.7)], 0.03);
    const [after = 0, before = 0] = interval(levels, { gapMs: MINUTE / 2 });
    expect(before).toBeGreaterThan(10);
    expect(after).toBeGreaterThan(9);
    const [earlier = 0] = interval(levels, { gapMs: MINUTE / 2, from: 0 });
    expect(earlier).toBeLessThan(after);
  });
});

test('a part of the time after all that was tried holds no step', () => {
  const step = everyMinute(0, 0, 0);
  expect(massIn(step, { from: 5 * MINUTE, to: 9 * MINUTE })).toMatchObject({
    probability: 0,
    median: 5 * MINUTE,
  });
  expect(massIn(step, { from: 0, to: 9 * MINUTE })).toMatchObject({ probability: 1, median: MINUTE });
});
