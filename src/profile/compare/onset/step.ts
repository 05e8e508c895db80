import { COVERED_MS } from '../since.js';

/** A stretch of time with the level of its profiles. */
export interface LevelAt {
  /** Logarithm of the value per profile. */
  level: number;
  /** Starts of its profiles, Unix ms, ascending. */
  starts: readonly number[];
  /** Variance of the level by sampling alone; 0 where that is unknown. */
  sampling: number;
}

/** Calm levels vary by about this much from round to round, as a standard deviation of the logarithm. */
const USUAL_SPREAD = 0.03;
/** Instances differ by about this much, and not every stretch holds profiles of all of them. */
const SIZES = 0.15;
/** A mixture of both levels varies by this part of their distance: instances differ in size. */
const MIXED = 0.25;
/**
 * Log-likelihood by which the most likely time must beat another one to rule it out: of all true times about
 * 1 % are so far off (half of the 99th percentile of χ² with one degree of freedom).
 */
const RULED_OUT = 3.3;
/**
 * Log-likelihood by which a time before the window must be better: the baseline is calm unless much speaks
 * against it.
 */
const EARLY = 2.5;
/**
 * Log-likelihood by which a time far from the beginning of the window must be better, where the likely times
 * are too many to be named: whoever asks begins the window where the trouble began.
 */
const ASKED = 2.5;
/** Gaps on either side, since profiles neither cover exactly the time up to the next one nor weigh alike. */
const MARGIN = 0.1;
/** Times that are tried, at the most. */
const MAX_TIMES = 1_000;
/** An interval is no wider than so many gaps between profiles of an instance. */
const MAX_GAPS = 2;

export interface StepContext {
  /** Usual time between two profiles of an instance. */
  gapMs: number;
  /** Resolution of the starts. */
  stepMs: number;
  /** Number of instances that send the profiles. */
  instances: number;
  /** Beginning of the window that was asked about. */
  from: number;
  /**
   * Degrees of freedom of the expectation of how much levels scatter, where they may scatter less; left out
   * where they may not.
   */
  priorFreedom?: number;
}

/** Log-likelihood of a step at each of some times, in time order. */
export interface StepLikelihoods {
  times: readonly number[];
  likelihoods: readonly number[];
  /** Distance between two of the times. */
  spacing: number;
  highest: number;
}

/**
 * How likely a level stepped at each time. A stretch of time about the step holds profiles of both levels,
 * and a profile may see the step itself; so the likelihood of a time is that of the mixtures which it makes
 * of all stretches.
 *
 * @param levels in time order
 * @returns null where there is nothing to tell it by
 */
export function stepLikelihoods(levels: readonly LevelAt[], context: StepContext): StepLikelihoods | null {
  const { gapMs, stepMs, instances, from, priorFreedom } = context;
  const grid = listTimes(levels, stepMs);
  if (grid === null) return null;
  const { times, spacing } = grid;
  const fits = times.map((time) => ({
    time,
    readings: partsCovered(gapMs).map((covered) => fitAt(levels, instances, time, covered)),
  }));
  const best = fits
    .flatMap(({ readings }) => readings)
    .reduce((least, fit) => (fit.misfit + fit.surprise < least.misfit + least.surprise ? fit : least));
  if (!Number.isFinite(best.misfit)) return null;
  // More scatter than is expected widens what is likely.
  const freedom = Math.max(1, levels.length - 2);
  const scatter =
    priorFreedom === undefined || best.misfit > freedom
      ? Math.max(1, best.misfit / freedom)
      : (priorFreedom + best.misfit) / (priorFreedom + freedom);
  const likelihoods = fits.map(({ time, readings }) => {
    const ofReadings = readings.map(({ misfit, surprise }) => -(misfit / scatter + surprise) / 2);
    const likelihood = Math.max(...ofReadings);
    return time < from - stepMs ? likelihood - EARLY : likelihood;
  });
  return { times, likelihoods, spacing, highest: Math.max(...likelihoods) };
}

/** The times that are tried: from the first start of some profiles to the last one. */
export function listTimes(
  stretches: readonly { starts: readonly number[] }[],
  stepMs: number,
): { times: number[]; spacing: number } | null {
  const starts = stretches.flatMap((stretch) => stretch.starts);
  if (starts.length === 0) return null;
  const [begin, end] = [Math.min(...starts), Math.max(...starts)];
  const spacing = Math.max(stepMs, (end - begin) / MAX_TIMES);
  const times: number[] = [];
  for (let time = begin; time <= end; time += spacing) times.push(time);
  return { times, spacing };
}

/** A profile covers the time up to the next one, or only a moment of it: it does not say which. */
export function partsCovered(gapMs: number): number[] {
  return [Math.min(gapMs, COVERED_MS), 1];
}

/** The first and the last of the times that the most likely one does not rule out. */
function findLikely({ likelihoods, highest }: StepLikelihoods): { first: number; last: number } {
  const isLikely = (value: number) => highest - value <= RULED_OUT;
  return { first: likelihoods.findIndex(isLikely), last: likelihoods.findLastIndex(isLikely) };
}

/**
 * The interval in which a level stepped: all times that are likely, and where these reach too far the two
 * gaps between profiles that are the most likely together.
 *
 * @param context.from beginning of the window that was asked about, where there is one
 * @param maxWidth largest width of the interval in milliseconds
 */
export function stepInterval(
  step: StepLikelihoods,
  {
    gapMs,
    stepMs,
    from = Number.NEGATIVE_INFINITY,
  }: Pick<StepContext, 'gapMs' | 'stepMs'> & { from?: number },
  maxWidth: number = MAX_GAPS * gapMs,
): { after: number; before: number } {
  const { times, likelihoods, spacing, highest } = step;
  const { first, last } = findLikely(step);
  const expected = likelihoods.map((value, at) => {
    const isAsked = Math.abs((times[at] ?? 0) - from) <= gapMs;
    return Math.exp(value - highest + (isAsked ? ASKED : 0));
  });
  // A start is known to a step, and a time stands for the stretch since the one before it.
  const [earlier, later] = [spacing + stepMs / 2, spacing - stepMs / 2];
  const width = Math.max(1, Math.floor((maxWidth - earlier - later) / spacing));
  const massFrom = (begin: number) => {
    let mass = 0;
    for (let at = begin; at <= Math.min(begin + width, expected.length - 1); at++) mass += expected[at] ?? 0;
    return mass;
  };
  let start = first;
  let most = massFrom(first);
  for (let at = first + 1; at + width <= last; at++) {
    const mass = massFrom(at);
    if (mass > most) [start, most] = [at, mass];
  }
  const stop = Math.min(last, start + width);
  const [after, before] = [(times[start] ?? 0) - earlier, (times[stop] ?? 0) + later];
  const spare = Math.max(0, Math.min(MARGIN * gapMs, (MAX_GAPS * gapMs - (before - after)) / 2));
  return {
    after: 1000 * Math.ceil((after - spare) / 1000),
    before: 1000 * Math.floor((before + spare) / 1000),
  };
}

/** The times at which a profile may hold both sides of a likely step. */
export function likelyTimes(step: StepLikelihoods, gapMs: number): { from: number; to: number } {
  const { times, spacing } = step;
  const { first, last } = findLikely(step);
  return {
    from: (times[first] ?? 0) - spacing - Math.min(gapMs, COVERED_MS),
    to: (times[last] ?? 0) + spacing,
  };
}

/** Probability that the step lies in each part of the time, and the median of its times there. */
export function massesIn<Part extends { window: { from: number; to: number } }>(
  { times, likelihoods, highest }: StepLikelihoods,
  parts: readonly Part[],
): { part: Part; probability: number; median: number }[] {
  const weights = likelihoods.map((value) => Math.exp(value - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return parts.map((part) => {
    const { from, to } = part.window;
    const first = times.findIndex((time) => time >= from);
    const end = times.findLastIndex((time) => time <= to) + 1;
    let inside = 0;
    for (let at = Math.max(0, first); first >= 0 && at < end; at++) inside += weights[at] ?? 0;
    let median = inside > 0 ? first : -1;
    for (let passed = weights[median] ?? 0; median >= 0 && 2 * passed < inside; )
      passed += weights[++median] ?? 0;
    return { part, probability: inside / total, median: times[median] ?? from };
  });
}

/** Whether a step between two times is likely, in log-likelihood below the best time by at most `margin`. */
export function isStepBetween(
  { times, likelihoods, highest }: StepLikelihoods,
  [from, to]: readonly [number, number],
  margin: number,
): boolean {
  return times.some((time, at) => {
    const isWithin = time >= from && time <= to;
    return isWithin && highest - (likelihoods[at] ?? Number.NEGATIVE_INFINITY) <= margin;
  });
}

/** Agreement of all levels with a step at a time, as −2 log-likelihood. */
interface Fit {
  /** Squared distance of the levels from what the step makes of them, in units of their variance. */
  misfit: number;
  /** Logarithm of the variances: a mixture of both levels may show anything, and so tells little. */
  surprise: number;
}

/** The fit of a step at a time; infinite where no stretch lies wholly on one side of it. */
function fitAt(levels: readonly LevelAt[], instances: number, time: number, covered: number): Fit {
  const rows = levels.map(({ level, starts, sampling }) => ({
    level,
    variance: sampling + USUAL_SPREAD ** 2 + (instances > 1 ? SIZES ** 2 / Math.max(1, starts.length) : 0),
    after: partAfter(starts, time, covered),
  }));
  const computeMean = (after: number) => {
    const side = rows.filter((row) => row.after === after);
    const weight = side.reduce((sum, { variance }) => sum + 1 / variance, 0);
    return side.reduce((sum, { level, variance }) => sum + level / variance, 0) / weight;
  };
  const [low, high] = [computeMean(0), computeMean(1)];
  if (!Number.isFinite(low) || !Number.isFinite(high))
    return { misfit: Number.POSITIVE_INFINITY, surprise: 0 };
  return rows.reduce(
    ({ misfit, surprise }, { level, variance, after }) => {
      const expected = Math.log((1 - after) * Math.exp(low) + after * Math.exp(high));
      const isMixed = after > 0 && after < 1;
      const spread = variance + (isMixed ? (MIXED * (high - low)) ** 2 : 0);
      return { misfit: misfit + (level - expected) ** 2 / spread, surprise: surprise + Math.log(spread) };
    },
    { misfit: 0, surprise: 0 },
  );
}

/** Part of the time that some profiles cover, in the order of their starts, that lies after a moment. */
export function partAfter(starts: readonly number[], time: number, covered: number): number {
  const first = starts[0];
  const last = starts[starts.length - 1];
  if (first === undefined || last === undefined || last + covered <= time) return 0;
  if (first >= time) return 1;
  let sum = 0;
  for (let at = 0; at < starts.length; at++)
    sum += Math.min(1, Math.max(0, ((starts[at] ?? 0) + covered - time) / covered));
  return sum / starts.length;
}
