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

describe('how likely a share changed at each time', () => {
  /** Starts are known to half a minute. */
  const HALF_MINUTES = { gapMs: MINUTE, stepMs: MINUTE / 2, from: 0 };
  const binomial = ({ x, n }: Pick<SharesAt, 'x' | 'n'>, share: number) =>
    x * Math.log(share) + (n - x) * Math.log(1 - share);
  /** A stretch of which a part saw the later share: with 1 to 9 as before, or more and more of 6 to 9. */
  const mixed = (stretch: SharesAt, ...parts: readonly number[]) => {
    const likelihoods = parts.map((part) => {
      const ratio = (1 + 5 * part) / 9;
      return Math.exp(binomial(stretch, ratio / (1 + ratio)));
    });
    return Math.log(likelihoods.reduce((sum, one) => sum + one, 0) / parts.length);
  };
  const expectClose = (values: readonly number[], expected: readonly number[]) => {
    expect(values.map((value) => Number(value.toFixed(6)))).toEqual(
      expected.map((value) => Number(value.toFixed(6))),
    );
  };
  const rest = (stretches: readonly SharesAt[], share: number) =>
    stretches.reduce((sum, stretch) => sum + binomial(stretch, share), 0);
  const at = (minute: number, x: number, n: number): SharesAt => ({ x, n, starts: [minute * MINUTE] });

  // Half of the time at 1 to 9 and half at 6 to 9 gives 7 to 18: 28 of 100.
  const [FIRST, SECOND_ONE, THIRD] = [at(0, 10, 100), at(1, 28, 100), at(2, 40, 100)];
  const ALL = [FIRST, SECOND_ONE, THIRD];
  const NONE_BEFORE = rest(ALL, 0.4);
  const ONE_BEFORE = rest([FIRST], 0.1) + rest([SECOND_ONE, THIRD], 0.4);
  /** The second one is a mixture: its profiles say half, and it may hold up to 30 points more or less. */
  const WITHIN = rest([FIRST], 0.1) + mixed(SECOND_ONE, 0.2, 0.35, 0.5, 0.65, 0.8) + rest([THIRD], 0.4);
  const TWO_BEFORE = rest([FIRST, SECOND_ONE], 0.1) + rest([THIRD], 0.4);

  test('between two profiles, or in one that holds both shares; also before all of them', () => {
    const { times, likelihoods, spacing, highest } = shareLikelihoods(ALL, STEP, HALF_MINUTES) ?? none();
    expect([times.map((time) => time / MINUTE), spacing / MINUTE]).toEqual([[0, 0.5, 1, 1.5, 2], 0.5]);
    expectClose(likelihoods, [NONE_BEFORE, ONE_BEFORE, ONE_BEFORE, WITHIN, TWO_BEFORE]);
    expect(highest).toBe(Math.max(...likelihoods));
    expect(highest).toBeCloseTo(WITHIN, 6);
  });

  test('a mixture holds neither less than nothing nor more than all of the later share', () => {
    const [early, late] = [at(1, 36, 100), at(1, 16, 100)];
    const find = (stretch: SharesAt, minute: number) => {
      const context = { ...HALF_MINUTES, stepMs: MINUTE / 10 };
      const { times, likelihoods } = shareLikelihoods([FIRST, stretch, THIRD], STEP, context) ?? none();
      return likelihoods[times.findIndex((time) => time === minute * MINUTE)] ?? 0;
    };
    const around = rest([FIRST], 0.1) + rest([THIRD], 0.4);
    expect(find(early, 1.1)).toBeCloseTo(around + mixed(early, 0.6, 0.75, 0.9, 1, 1), 6);
    expect(find(late, 1.9)).toBeCloseTo(around + mixed(late, 0, 0, 0.1, 0.25, 0.4), 6);
  });

  test('a time before the window must be better by 2.5', () => {
    const context = { ...HALF_MINUTES, from: 1.5 * MINUTE };
    const { likelihoods } = shareLikelihoods(ALL, STEP, context) ?? none();
    // A time within the resolution of its beginning is none.
    expectClose(likelihoods, [NONE_BEFORE - 2.5, ONE_BEFORE - 2.5, ONE_BEFORE, WITHIN, TWO_BEFORE]);
  });

  test('counts that scatter as much as their over-dispersion tell as much less', () => {
    const { likelihoods } = shareLikelihoods(ALL, { ...STEP, phi: 4 }, HALF_MINUTES) ?? none();
    expectClose(
      [likelihoods[0] ?? 0, likelihoods[1] ?? 0, likelihoods[4] ?? 0],
      [NONE_BEFORE / 4, ONE_BEFORE / 4, TWO_BEFORE / 4],
    );
  });

  test.each([
    { what: 'by itself', phi: 1 },
    { what: 'beyond the over-dispersion', phi: 2 },
  ])('more scatter than is expected widens what is likely: $what', ({ phi }) => {
    const noisy = [at(0, 20, 100), at(1, 2, 100), at(2, 55, 100)];
    const { likelihoods } = shareLikelihoods(noisy, { ...STEP, phi }, HALF_MINUTES) ?? none();
    // Each stretch by its own share is as good as any explanation can be.
    const perfect = noisy.reduce((sum, one) => sum + binomial(one, one.x / one.n), 0);
    const last = rest(noisy.slice(0, 2), 0.1) + rest(noisy.slice(2), 0.4);
    // The deviance of the best time, of which each of the stretches but one makes one.
    const scatter = (2 * (perfect - last)) / phi / 2;
    expect(scatter).toBeGreaterThan(1);
    expect(likelihoods.at(-1)).toBeCloseTo(last / phi / scatter, 6);
  });

  test('a stretch without samples tells nothing, nor does one without profiles, which lies before', () => {
    const { likelihoods } = shareLikelihoods([...ALL, at(2, 0, 0)], STEP, HALF_MINUTES) ?? none();
    expectClose(likelihoods, [NONE_BEFORE, ONE_BEFORE, ONE_BEFORE, WITHIN, TWO_BEFORE]);
    const quiet = { x: 10, n: 100, starts: [] };
    const later = shareLikelihoods([...ALL, quiet], STEP, HALF_MINUTES) ?? none();
    const before = rest([quiet], 0.1);
    expectClose(
      later.likelihoods,
      [NONE_BEFORE, ONE_BEFORE, ONE_BEFORE, WITHIN, TWO_BEFORE].map((one) => one + before),
    );
  });

  test('one stretch: the change lies before it', () => {
    expectClose(shareLikelihoods([THIRD], STEP, HALF_MINUTES)?.likelihoods ?? [], [rest([THIRD], 0.4)]);
  });

  test('a share of all samples may still miss one of 2,000', () => {
    const whole = [at(0, 10, 100), at(1, 100, 100)];
    const { likelihoods } = shareLikelihoods(whole, { ...STEP, p2: 1 }, HALF_MINUTES) ?? none();
    expect(likelihoods.at(-1)).toBeCloseTo(rest([FIRST], 0.1) + 100 * Math.log(2_000 / 2_001), 2);
  });
});

function none(): never {
  throw new Error('no likelihoods');
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
