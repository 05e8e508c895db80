import { describe, expect, test } from 'vitest';
import { type SharesAt, shareLikelihoods } from './share.js';
import { likelyTimes, stepInterval } from './step.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Profiles every minute from 0 on; the window begins with minute 10. */
const CONTEXT = { gapMs: MINUTE, stepMs: 5 * SECOND, from: 10 * MINUTE };
const STEP = { p1: 0.1, p2: 0.4, phi: 1 };

/** Rounds of one profile a minute, with a share of so many samples each. */
function rounds(shares: readonly number[], n = 200): SharesAt[] {
  return shares.map((share, minute) => ({ x: Math.round(share * n), n, starts: [minute * MINUTE] }));
}
/** Rounds of three instances, which send their profiles at different moments of each minute. */
function fleet(shares: readonly number[]): SharesAt[] {
  return rounds(shares, 600).map((round, minute) => ({
    ...round,
    starts: [0.1, 0.4, 0.9].map((part) => (minute + part) * MINUTE),
  }));
}
const calm = (count: number) => new Array<number>(count).fill(STEP.p1);
const grown = (count: number) => new Array<number>(count).fill(STEP.p2);

function likelihoods(stretches: readonly SharesAt[], step: Partial<typeof STEP> = {}, from = CONTEXT.from) {
  const answer = shareLikelihoods(stretches, { ...STEP, ...step }, { ...CONTEXT, from });
  if (answer === null) throw new Error('no likelihoods');
  return answer;
}

/** The interval in minutes. */
function interval(...args: Parameters<typeof likelihoods>): [number, number] {
  const { after, before } = stepInterval(likelihoods(...args), CONTEXT);
  return [Number((after / MINUTE).toFixed(2)), Number((before / MINUTE).toFixed(2))];
}

function width(...args: Parameters<typeof likelihoods>): number {
  const [after, before] = interval(...args);
  return before - after;
}

describe('the interval in which a share changed', () => {
  test.each([
    {
      what: 'between two profiles: from the start of the last without to that of the first with it',
      stretches: rounds([...calm(12), ...grown(6)]),
      holds: [11.05, 12],
    },
    {
      what: 'a profile between the shares may have seen the change itself',
      stretches: rounds([...calm(12), 0.2, ...grown(6)]),
      holds: [12.6, 12.9],
    },
    {
      what: 'a round of several instances between the shares holds it',
      stretches: fleet([...calm(12), 0.2, ...grown(6)]),
      holds: [12.15, 12.9],
    },
    { what: 'at the end of what was read', stretches: rounds([...calm(15), 0.4]), holds: [14.1, 15] },
  ])('$what', ({ stretches, holds: [first = 0, last = 0] }) => {
    const [after, before] = interval(stretches);
    expect(after).toBeLessThanOrEqual(first);
    expect(before).toBeGreaterThanOrEqual(last);
    expect(before - after).toBeLessThanOrEqual(2);
  });

  test('a profile may be a moment or last until the next one: both readings of a mixed round are held', () => {
    const [after, before] = interval(fleet([...calm(12), 0.35, ...grown(6)]));
    // Two of three moments after it lie after minute 12.1; of three contiguous minutes 77 % after 12.63.
    expect(after).toBeLessThan(12.1);
    expect(before).toBeGreaterThan(12.63);
  });

  test('the rest stays: of a share that becomes nearly all, half of the time shows far more than half', () => {
    // A cost of 1 becomes 81 and the rest stays 9: half of the time each gives 41 of 50.
    const [after, before] = interval(rounds([...calm(12), 0.82, 0.9, 0.9, 0.9], 2_000), { p2: 0.9 });
    expect(after).toBeLessThan(12.5);
    expect(before).toBeGreaterThan(12.5);
  });

  test('few samples, over-dispersion and scatter leave more times likely', () => {
    const shares = [...calm(12), 0.25, ...grown(6)];
    const wide = { gapMs: 10 * MINUTE };
    const buildSpan = (stretches: readonly SharesAt[], phi = 1) => {
      const { from, to } = likelyTimes(likelihoods(stretches, { phi }), wide.gapMs);
      return to - from;
    };
    const clear = buildSpan(rounds(shares));
    expect(buildSpan(rounds(shares, 10))).toBeGreaterThan(clear);
    expect(buildSpan(rounds(shares), 12)).toBeGreaterThan(clear);
    const noisy = shares.map((share, minute) => share + (minute % 2 === 0 ? 0.09 : -0.09));
    expect(buildSpan(rounds(noisy))).toBeGreaterThan(clear);
  });

  test('never wider than two gaps, however little the samples say', () => {
    expect(width(rounds([...calm(12), ...grown(6)], 3))).toBeLessThanOrEqual(2);
  });

  test('the baseline is calm unless much speaks against it', () => {
    const [early] = interval(rounds([...calm(9), 0.2, ...grown(6)], 20));
    const [asked] = interval(rounds([...calm(9), 0.2, ...grown(6)], 20), {}, 0);
    expect(early).toBeGreaterThan(asked);
  });

  test('nothing was read: nothing to tell it by', () => {
    expect(shareLikelihoods([], STEP, CONTEXT)).toBeNull();
  });
});

test('profiles that may hold both sides of a likely change: from a profile before it to the first after it', () => {
  const { from, to } = likelyTimes(likelihoods(rounds([...calm(12), ...grown(6)])), MINUTE);
  expect(from).toBeLessThanOrEqual(11 * MINUTE);
  expect(from).toBeGreaterThan(9 * MINUTE);
  expect(to).toBeGreaterThanOrEqual(12 * MINUTE);
  expect(to).toBeLessThan(14 * MINUTE);
});
