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
  const fits = partsCovered(context.gapMs).map((covered) =>
    times.map((time) => fitAt(stretches, step, time, covered)),
  );
  const best = Math.max(...fits.flat());
  // Binomial deviance of the best time, in units of its expectation: more scatter widens what is likely.
  const saturated = stretches.reduce((sum, { x, n }) => sum + likelihood({ x, n }, n > 0 ? x / n : 0), 0);
  const scatter = Math.max(1, (2 * (saturated / step.phi - best)) / Math.max(1, stretches.length - 1));
  const likelihoods = times.map((time, at) => {
    const highest = Math.max(...fits.map((row) => row[at] ?? Number.NEGATIVE_INFINITY)) / scatter;
    return time < context.from - context.stepMs ? highest - EARLY : highest;
  });
  return { times, likelihoods, spacing, highest: Math.max(...likelihoods) };
}

/** Log-likelihood of a change at a time. */
function fitAt(stretches: readonly SharesAt[], step: ShareStep, time: number, covered: number): number {
  return stretches.reduce((sum, { x, n, starts }) => {
    const after = partAfter(starts, time, covered);
    const at = (part: number) => likelihood({ x, n }, mixedShare(step, part)) / step.phi;
    return (
      sum + (after === 0 || after === 1 ? at(after) : computeMean(MIXED.map((more) => at(after + more))))
    );
  }, 0);
}

/** Share in a mixture of both sides: the rest costs the same, so that the ratio to it is what mixes. */
function mixedShare({ p1, p2 }: ShareStep, part: number): number {
  const after = Math.min(1, Math.max(0, part));
  const [before, later] = [p1, p2].map((share) => share / Math.max(MIN_REST, 1 - share));
  const ratio = (1 - after) * (before ?? 0) + after * (later ?? 0);
  return ratio / (1 + ratio);
}

/** Logarithm of the mean of what some logarithms stand for. */
function computeMean(logs: readonly number[]): number {
  const highest = Math.max(...logs);
  return highest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - highest), 0) / logs.length);
}
