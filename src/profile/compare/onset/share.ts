import { likelihood } from '../since.js';
import { listTimes, partAfter, partsCovered, type StepContext, type StepLikelihoods } from './step.js';

/** A stretch of time with the samples of its profiles. */
export interface SharesAt {
  /** Samples of the culprit, and of all own code. */
  x: number;
  n: number;
  /** Starts of its profiles, Unix ms, ascending. */
  starts: readonly number[];
}

/** Share of the culprit before and after the change, and the over-dispersion of the counts. */
export interface ShareStep {
  p1: number;
  p2: number;
  phi: number;
}

/**
 * A stretch with profiles of both sides may hold so much more or less of the time after the change than its
 * profiles say: instances differ in size, and a profile may cover less than the time up to the next one.
 */
const MIXED = [-0.3, -0.15, 0, 0.15, 0.3];
/** Smallest share of the rest: a share of all samples may still miss a few. */
const MIN_REST = 0.0005;
/** Log-likelihood by which a time before the window must be better. */
const EARLY = 2.5;

/**
 * How likely the share of a function changed at each time. A stretch of time about the change holds profiles
 * of both shares, and a profile may see the change itself; so the likelihood of a time is that of the
 * mixtures which it makes of all stretches.
 *
 * @param stretches in time order
 * @returns null where there is nothing to tell it by
 */
export function shareLikelihoods(
  stretches: readonly SharesAt[],
  step: ShareStep,
  context: Pick<StepContext, 'gapMs' | 'stepMs' | 'from'>,
): StepLikelihoods | null {
  const grid = listTimes(stretches, context.stepMs);
  if (grid === null) return null;
  const { times, spacing } = grid;
  const mixtures = stretches.map((stretch) => describeMixtures(stretch, step));
  const fits = partsCovered(context.gapMs).map((covered) => fitTimes(mixtures, step, times, covered));
  /** The better of both fits at each time. */
  const better = times.map((_, at) =>
    fits.reduce((most, row) => Math.max(most, row[at] ?? most), Number.NEGATIVE_INFINITY),
  );
  const best = Math.max(...better);
  // Binomial deviance of the best time, in units of its expectation: more scatter widens what is likely.
  const saturated = stretches.reduce((sum, { x, n }) => sum + likelihood({ x, n }, n > 0 ? x / n : 0), 0);
  const scatter = Math.max(1, (2 * (saturated / step.phi - best)) / Math.max(1, stretches.length - 1));
  const likelihoods = times.map((time, at) => {
    const highest = (better[at] ?? Number.NEGATIVE_INFINITY) / scatter;
    return time < context.from - context.stepMs ? highest - EARLY : highest;
  });
  return { times, likelihoods, spacing, highest: Math.max(...likelihoods) };
}

/** A stretch, and how likely it is by the part of its time that lies after the change. */
interface Mixtures {
  stretch: SharesAt;
  first: number;
  last: number;
  /** Log-likelihoods where all of it lies before and after. */
  before: number;
  after: number;
}

function describeMixtures(stretch: SharesAt, step: ShareStep): Mixtures {
  const { starts } = stretch;
  return {
    stretch,
    // A stretch without profiles lies before every time, as for `partAfter`.
    first: starts[0] ?? Number.NEGATIVE_INFINITY,
    last: starts.at(-1) ?? Number.NEGATIVE_INFINITY,
    before: mixtureLikelihood(stretch, step, 0),
    after: mixtureLikelihood(stretch, step, 1),
  };
}

/** Log-likelihood of a stretch of which a part lies after the change. */
function mixtureLikelihood(stretch: SharesAt, { p1, p2, phi }: ShareStep, part: number): number {
  const later = Math.min(1, Math.max(0, part));
  // The rest costs the same on both sides, so that the ratio to it is what mixes.
  const ratio = (1 - later) * ratioToRest(p1) + later * ratioToRest(p2);
  return likelihood(stretch, ratio / (1 + ratio)) / phi;
}

function ratioToRest(share: number): number {
  return share / Math.max(MIN_REST, 1 - share);
}

/** Log-likelihood of a change at each of some times. */
function fitTimes(
  mixtures: readonly Mixtures[],
  step: ShareStep,
  times: readonly number[],
  covered: number,
): Float64Array {
  const fits = new Float64Array(times.length);
  for (const { stretch, first, last, before, after } of mixtures) {
    let at = 0;
    // Times are in order: most lie before or after all of a stretch, which is no mixture then.
    for (; at < fits.length && first >= (times[at] ?? 0); at++) fits[at] = (fits[at] ?? 0) + after;
    for (; at < fits.length && last + covered > (times[at] ?? 0); at++)
      fits[at] =
        (fits[at] ?? 0) + mixedLikelihood(stretch, step, partAfter(stretch.starts, times[at] ?? 0, covered));
    for (; at < fits.length; at++) fits[at] = (fits[at] ?? 0) + before;
  }
  return fits;
}

/** Room for the logarithms of one mixture. */
const LOGS = new Float64Array(MIXED.length);

/** Log-likelihood of a stretch of which about a part, neither none nor all of it, lies after the change. */
function mixedLikelihood(stretch: SharesAt, step: ShareStep, part: number): number {
  for (let mix = 0; mix < LOGS.length; mix++)
    LOGS[mix] = mixtureLikelihood(stretch, step, part + (MIXED[mix] ?? 0));
  return computeMean(LOGS);
}

/** Logarithm of the mean of what some logarithms stand for. */
function computeMean(logs: Float64Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logs.length; at++) highest = Math.max(highest, logs[at] ?? highest);
  let sum = 0;
  for (let at = 0; at < logs.length; at++) sum += Math.exp((logs[at] ?? 0) - highest);
  return highest + Math.log(sum / logs.length);
}
