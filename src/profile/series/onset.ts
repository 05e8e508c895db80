import { normalDeviate } from '../contrast/noise.js';

/** A stretch of time with one figure. */
export interface OnsetPart {
  /** Unix ms of the first and the last thing observed in it. */
  from: number;
  to: number;
  value: number;
  /**
   * Weight of the value, inverse to its variance: samples behind a share, profiles behind a mean. Above 0.
   */
  weight: number;
}

/** A change of level between parts. */
export interface Change {
  /**
   * Index of the first part at the other level, and of the first part after it; the number of parts where the
   * change lasts to the end.
   */
  start: number;
  end: number;
  /** Weighted means of the parts outside and inside. */
  outside: number;
  inside: number;
}

/** Maximum part of the series without a change in which one is found. */
const FALSE_ALARMS = 0.01;
/**
 * Degrees of freedom of the expectation that a counted figure scatters as counts do: φ of calm services is
 * 0.9 to 1.1 (docs/develop/comparison.md §5).
 */
const PRIOR_FREEDOM = 10;
/** Normal deviate that pure counts exceed once in a hundred times. */
const Z99 = 2.326;
/**
 * How far above its floor a figure has left it: in all parts so many times as far as in any part that lies on
 * it.
 */
const ABOVE_FLOOR = 5;
/** Differences below this part of the mean are rounding. */
const ROUNDING = 1e-9;

/**
 * Finds where the level of a series changes: the split with the largest sum of squares between the two sides
 * (the maximum of the likelihood under normal errors, Hawkins 1977), or the excursion that begins and ends
 * inside the series (the epidemic alternative, Levin & Kline 1985) where that fits significantly better. The
 * test is Student's t at the best place, times the number of places (Bonferroni). In a ramp or a staircase
 * the change is the first significant step in its direction.
 *
 * The errors are those of the parts around their levels. Where counts also tell their variance, it is never
 * taken for less; and where nothing but counting moves the figure, it is drawn towards that (Smyth 2004)
 * unless the parts scatter more.
 *
 * A figure that lies on its floor from some part on, or up to one, is told by the order of its parts and,
 * where counts tell their variance, by that, too: the scatter of one side says nothing about the other there.
 *
 * By simulation, 95 % of the steps of 6 standard errors are found within one part in up to 12 parts where the
 * counts tell the variance, those of 8 in 12 parts where they do not; counts that are over-dispersed by more
 * than 1.5 give more false alarms (2 % at 2), and so do errors that hang together in time: a slow drift is a
 * change of level.
 *
 * @param parts in the order of time
 * @param variance that of a value of weight 1, as counts tell it; null where they do not
 * @param isPureCount whether nothing else moves the figure of a calm series
 * @returns null where chance explains the differences
 */
export function findChange(
  parts: readonly OnsetPart[],
  variance: number | null,
  isPureCount = true,
): Change | null {
  const noise = { variance, isPureCount };
  const sums = new Sums(parts);
  const best = significantChange(sums, parts.length, noise);
  if (best === null) {
    const start = findPresence(parts, variance);
    return start === null ? null : measureChange(parts, start, parts.length);
  }
  let { start } = best;
  while (best.end === parts.length) {
    const earlier = significantChange(sums, start, noise);
    if (earlier === null || earlier.end < start || earlier.isRise !== best.isRise) break;
    start = earlier.start;
  }
  return measureChange(parts, start, best.end);
}

/**
 * Tests whether the level changed for good at a given time. The test is that of {@link findChange} for this
 * one place, so it finds smaller changes.
 *
 * @param time Unix ms; the first part that begins then or later is the first at the other level
 */
export function changeAt(
  parts: readonly OnsetPart[],
  time: number,
  variance: number | null,
  isPureCount = true,
): Change | null {
  const count = parts.length;
  const start = parts.findIndex(({ from }) => from >= time);
  if (start < 1) return null;
  const sums = new Sums(parts);
  const between = sums.between(start, count, count);
  const rest = sums.about(count) - between;
  const isTold = isSignificant(between, rest, { freedom: count - 2, places: 1 }, { variance, isPureCount });
  return isTold ? measureChange(parts, start, count) : null;
}

/** Degrees of freedom of a variance that is known. */
const KNOWN = 1e6;

/**
 * The part from which on a figure leaves its floor, mostly nothing, or lies on it for good; null where chance
 * explains it. Were the parts alike, those on the floor would lie at one end as seldom as any other choice of
 * as many parts (a permutation test, Fisher 1935).
 */
function findPresence(parts: readonly OnsetPart[], variance: number | null): number | null {
  const floor = Math.min(...parts.map(({ value }) => value));
  const rounding = ROUNDING * Math.max(...parts.map(({ value }) => Math.abs(value)));
  for (let start = 1; start < parts.length; start++) {
    const [earlier, later] = [parts.slice(0, start), parts.slice(start)];
    if (2 / countChoices(parts.length, start) > FALSE_ALARMS) continue;
    for (const [full, empty] of [
      [later, earlier],
      [earlier, later],
    ] as const) {
      const least = Math.min(...full.map(({ value }) => value)) - floor;
      const most = Math.max(...empty.map(({ value }) => value)) - floor;
      if (least > rounding && least > ABOVE_FLOOR * most && isMoreThanCounts(full, empty, variance))
        return start;
    }
  }
  return null;
}

/** Whether counts alone do not explain that a figure is higher in some parts than in others. */
function isMoreThanCounts(
  full: readonly OnsetPart[],
  empty: readonly OnsetPart[],
  variance: number | null,
): boolean {
  if (variance === null) return true;
  const sumWeights = (some: readonly OnsetPart[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  const error = Math.sqrt(variance * (1 / sumWeights(full) + 1 / sumWeights(empty)));
  const places = full.length + empty.length - 1;
  return chance((computeMean(full) - computeMean(empty)) / error, KNOWN) * places <= FALSE_ALARMS;
}

/** In how many ways some of all things can be chosen. */
function countChoices(all: number, some: number): number {
  let ways = 1;
  for (let at = 0; at < Math.min(some, all - some); at++) ways *= (all - at) / (at + 1);
  return ways;
}

function measureChange(parts: readonly OnsetPart[], start: number, end: number): Change {
  const isInside = (at: number) => at >= start && at < end;
  return {
    start,
    end,
    outside: computeMean(parts.filter((_, at) => !isInside(at))),
    inside: computeMean(parts.filter((_, at) => isInside(at))),
  };
}

function computeMean(parts: readonly OnsetPart[]): number {
  const weight = parts.reduce((sum, part) => sum + part.weight, 0);
  return weight > 0 ? parts.reduce((sum, part) => sum + part.value * part.weight, 0) / weight : 0;
}

/** Running sums over a series, from which the sum of any stretch follows at once. */
class Sums {
  readonly #mean: number;
  readonly #weight = [0];
  readonly #value = [0];
  readonly #square = [0];

  constructor(parts: readonly OnsetPart[]) {
    this.#mean = computeMean(parts);
    parts.forEach(({ value, weight }, at) => {
      // About the mean: the squares of large values would drown their differences.
      const deviation = value - this.#mean;
      const off = Math.abs(deviation) < ROUNDING * Math.abs(this.#mean) ? 0 : deviation;
      this.#weight.push((this.#weight[at] ?? 0) + weight);
      this.#value.push((this.#value[at] ?? 0) + weight * off);
      this.#square.push((this.#square[at] ?? 0) + weight * off * off);
    });
  }

  /** How much higher the mean of the parts `start … end` is than that of the others of the first `count`. */
  rise(start: number, end: number, count: number): number {
    const [weight, value] = [span(this.#weight, start, end), span(this.#value, start, end)];
    const [otherWeight, otherValue] = [
      span(this.#weight, 0, count) - weight,
      span(this.#value, 0, count) - value,
    ];
    return value / weight - otherValue / otherWeight;
  }

  /** Weighted sum of squares between the parts `start … end` and the other ones of the first `count`. */
  between(start: number, end: number, count: number): number {
    const [weight, whole] = [span(this.#weight, start, end), span(this.#weight, 0, count)];
    return this.rise(start, end, count) ** 2 * ((weight * (whole - weight)) / whole);
  }

  /** Weighted sum of squares of the first `count` parts about their mean. */
  about(count: number): number {
    const value = span(this.#value, 0, count);
    return span(this.#square, 0, count) - (value * value) / span(this.#weight, 0, count);
  }
}

function span(sums: readonly number[], start: number, end: number): number {
  return (sums[end] ?? 0) - (sums[start] ?? 0);
}

interface Candidate {
  start: number;
  end: number;
  between: number;
}

/** The best split or excursion of the first `count` parts, where it is significant. */
function significantChange(
  sums: Sums,
  count: number,
  noise: Noise,
): { start: number; end: number; isRise: boolean } | null {
  let split: Candidate | null = null;
  let excursion: Candidate | null = null;
  for (let start = 1; start < count; start++) {
    for (let end = start + 1; end <= count; end++) {
      const between = sums.between(start, end, count);
      if (end === count) {
        if (between > (split?.between ?? 0)) split = { start, end, between };
      } else if (between > (excursion?.between ?? 0)) excursion = { start, end, between };
    }
  }
  if (split === null) return null;
  const about = sums.about(count);
  const isClear = (gain: number, { between }: Candidate, freedom: number, places: number) =>
    isSignificant(gain, about - between, { freedom, places }, noise);
  const passes =
    excursion !== null && isClear(excursion.between - split.between, excursion, count - 3, count);
  const best = passes && excursion !== null ? excursion : split;
  const places = passes ? ((count - 1) * (count - 2)) / 2 : count - 1;
  if (!isClear(best.between, best, count - 2, places)) return null;
  return { start: best.start, end: best.end, isRise: sums.rise(best.start, best.end, count) > 0 };
}

/**
 * @param gain sum of squares that the change explains
 * @param residual sum of squares that is left
 * @param test.freedom degrees of freedom of the residual; `places` is the number of changes tried
 */
function isSignificant(
  gain: number,
  residual: number,
  test: { freedom: number; places: number },
  noise: Noise,
): boolean {
  const { phi, freedom } = errors(Math.max(0, residual), test.freedom, noise);
  return freedom > 0 && gain > 0 && chance(Math.sqrt(gain / phi), freedom) * test.places <= FALSE_ALARMS;
}

interface Noise {
  variance: number | null;
  isPureCount: boolean;
}

/** Variance of a value of weight 1, and the degrees of freedom behind it. */
function errors(
  residual: number,
  freedom: number,
  { variance, isPureCount }: Noise,
): { phi: number; freedom: number } {
  const counted = variance ?? 0;
  if (freedom <= 0 || variance === null || !isPureCount || residual > variance * chiSquare99(freedom))
    return { phi: Math.max(counted, residual / freedom), freedom };
  const drawn = (PRIOR_FREEDOM * variance + residual) / (PRIOR_FREEDOM + freedom);
  return { phi: Math.max(counted, drawn), freedom: PRIOR_FREEDOM + freedom };
}

/** The 99th percentile of χ² (Wilson & Hilferty 1931). */
function chiSquare99(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + Z99 * Math.sqrt(spread)) ** 3;
}

/** Two-sided tail probability of Student's t; of the normal tail the upper bound by Mills' ratio. */
function chance(t: number, freedom: number): number {
  const z = normalDeviate(t, freedom);
  return z <= 1 ? 1 : (2 * Math.exp((-z * z) / 2)) / (z * Math.sqrt(2 * Math.PI));
}
