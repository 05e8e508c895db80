import { describe, expect, test } from 'vitest';
import { beatsDeploy, findReplacement, rampOrReplacement, stepOrReplacement } from './replacement.js';

const MINUTE = 60_000;

describe('the last profile before all instances were replaced and the first after it', () => {
  // Profiles every minute from 0 to 20. Who sends none for more than 1.5 minutes is not there.
  const TIMES = Array.from({ length: 21 }, (_, minute) => minute);
  const OLD = { from: 0, to: 9 };
  const NEW = { from: 10, to: 20 };
  test.each([
    { what: 'one for one', lives: [OLD, NEW], replaced: { last: 9, first: 10 } },
    {
      what: 'two for one: at the first of them',
      lives: [OLD, { from: 13, to: 20 }, NEW],
      replaced: { last: 9, first: 10 },
    },
    {
      what: 'the new ones come while the old ones still send',
      lives: [{ from: 0, to: 14 }, NEW],
      replaced: { last: 9, first: 10 },
    },
    { what: 'one of them stayed', lives: [OLD, NEW, { from: 0, to: 20 }], replaced: null },
    { what: 'one stayed and one went: none came', lives: [OLD, { from: 0, to: 20 }], replaced: null },
    { what: 'all were there at the beginning and have gone', lives: [OLD, OLD], replaced: null },
    {
      what: 'one that comes 1.5 rounds after the beginning was there',
      lives: [{ from: 1.5, to: 20 }, NEW],
      replaced: null,
    },
    {
      what: 'and later it was not',
      lives: [{ from: 1.6, to: 20 }, NEW],
      replaced: { last: 1, first: 1.6 },
    },
    {
      what: 'one that sends until 1.5 rounds before the end has gone',
      lives: [{ from: 0, to: 18.5 }, NEW],
      replaced: { last: 9, first: 10 },
    },
    { what: 'and later it has not', lives: [{ from: 0, to: 18.6 }, NEW], replaced: null },
    { what: 'it is not known who sent before', lives: [NEW], replaced: { last: 9, first: 10 } },
    { what: 'no instance', lives: [], replaced: null },
  ])('$what', ({ lives, replaced }) => {
    expect(findReplacement(lives, TIMES, 1)).toEqual(replaced);
  });

  test.each([
    { what: 'one comes 3 minutes after the beginning', lives: [{ from: 3, to: 40 }] },
    { what: 'one sends until 3 minutes before the end', lives: [{ from: 0, to: 37.5 }] },
  ])('rounds are as long as the gap between two profiles: $what', ({ lives }) => {
    const everyOther = TIMES.map((minute) => 2 * minute);
    const all = [...lives, { from: 20, to: 40 }];
    expect(findReplacement(all, everyOther, 2)).toBeNull();
    expect(findReplacement(all, everyOther, 1)).not.toBeNull();
  });

  test('no profile', () => {
    expect(findReplacement([OLD, NEW], [], 1)).toBeNull();
    expect(findReplacement([NEW], [], 1)).toBeNull();
  });
});

describe('the interval of a likely step, where instances may have been replaced', () => {
  const RESOLUTION = { gapMs: MINUTE, stepMs: 0 };
  const DEPLOY = { last: MINUTE, first: 2 * MINUTE };
  /** A step at minute 6, with a log-likelihood of so much less at the end of the replacement. */
  const step = (worse: number) => {
    const likelihoods = [-9, -9, -worse, -9, -9, -9, 0, -9];
    return {
      times: likelihoods.map((_, minute) => minute * MINUTE),
      likelihoods,
      spacing: MINUTE,
      highest: 0,
    };
  };
  const AT_STEP = { after: 5 * MINUTE, before: 7 * MINUTE };
  test.each([
    {
      what: 'that is when, unless another time is better by more than 4',
      worse: 4,
      deploy: DEPLOY,
      // The new instances were silent for up to 1.5 gaps.
      expected: { after: 0.5 * MINUTE, before: 2 * MINUTE },
    },
    { what: 'another one is better by more', worse: 4.1, deploy: DEPLOY, expected: AT_STEP },
    { what: 'none was replaced', worse: 4, deploy: null, expected: AT_STEP },
  ])('$what', ({ worse, deploy, expected }) => {
    expect(stepOrReplacement(step(worse), deploy, RESOLUTION)).toEqual(expected);
  });

  test('of likely steps those that were asked about, as wide as is allowed', () => {
    const asked = { ...RESOLUTION, from: 2 * MINUTE };
    // Minute 2 is less likely by 2.4, which is too little against what was asked.
    expect(stepOrReplacement(step(2.4), null, asked)).toEqual({ after: MINUTE, before: 4 * MINUTE });
    expect(stepOrReplacement(step(2.4), null, asked, 9 * MINUTE)).toEqual({
      after: MINUTE,
      before: 7 * MINUTE,
    });
  });

  test('the resolution of the starts widens the silence of new instances', () => {
    // Their last profile lies in a step of 45 s: 60 s + 45 s before the first one, more than 1.5 gaps.
    expect(stepOrReplacement(step(4), DEPLOY, { gapMs: MINUTE, stepMs: 45_000 })).toEqual({
      after: 15_000,
      before: 2 * MINUTE,
    });
  });
});

describe('the interval in which levels began to rise, where instances may have been replaced', () => {
  const DEPLOY = { last: 9, first: 10 };
  test.each([
    // The new instances were silent for up to 1.5 gaps.
    { what: 'a line from before the new ones begins with them', foot: [7, 9], expected: [8.5, 10] },
    { what: 'unless it may begin with the first of them', foot: [8, 10], expected: [8, 10] },
    { what: 'from the first of them on, since the last of the old ones', foot: [10, 12], expected: [9, 12] },
    { what: 'from the first of them on, by a short foot', foot: [10, 11], expected: [9, 11.5] },
    { what: 'a line that begins later has its own foot', foot: [11, 13], expected: [11, 13] },
    { what: 'half a gap beyond a short foot', foot: [11, 12], expected: [10.5, 12.5] },
    { what: 'none was replaced', foot: [7, 9], deploy: null, expected: [7, 9] },
  ])('$what', ({ foot: [after = 0, before = 0], deploy = DEPLOY, expected }) => {
    const interval = rampOrReplacement({ after, before }, deploy, { gapMs: 1, stepMs: 0 });
    expect([interval.after, interval.before]).toEqual(expected);
  });

  test('the resolution of the starts widens the silence of new instances', () => {
    const foot = { after: 7, before: 9 };
    expect(rampOrReplacement(foot, DEPLOY, { gapMs: 1, stepMs: 0.75 })).toEqual({ after: 8.25, before: 10 });
  });
});

test.each([
  { z: 5, is: true },
  { z: 4.99, is: false },
  { z: 4.1, is: false },
])('a change before a deploy that stands out by $z is likelier than the deploy: $is', ({ z, is }) => {
  // 25 less 8 is 17: a gate of 4.12.
  expect(beatsDeploy(z, 4.12)).toBe(is);
});
