/** Samples of the culprit and of all own code in one stretch of time. */
export interface Observation {
  from: number;
  to: number;
  x: number;
  n: number;
}

/**
 * Between which of the observations the share of a function changed: the cut with the largest likelihood when
 * the share was `p1` before and `p2` after it.
 *
 * @param observations in time order; the first is taken to be before, the last after the change
 * @returns index of the first observation after the change, at least 1
 */
export function changePoint(
  observations: readonly Pick<Observation, 'x' | 'n'>[],
  p1: number,
  p2: number,
): number {
  let best = 1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let cut = 1; cut < observations.length; cut++) {
    const likelihoodOfCut = observations.reduce(
      (sum, one, at) => sum + likelihood(one, at < cut ? p1 : p2),
      0,
    );
    if (likelihoodOfCut > highest) {
      highest = likelihoodOfCut;
      best = cut;
    }
  }
  return best;
}

/** Binomial log-likelihood of a share, but for its constant. */
export function likelihood({ x, n }: Pick<Observation, 'x' | 'n'>, share: number): number {
  const p = clamp(share);
  return x * Math.log(p) + (n - x) * Math.log(1 - p);
}

/** A share that was never seen may still occur: half a sample of a thousand. */
function clamp(p: number): number {
  return Math.min(0.9995, Math.max(0.0005, p));
}

/**
 * Finds the step of a series: the cut with the least squared error when both sides are constant.
 *
 * @returns index of the first value after the step, at least 1
 */
export function stepPoint(values: readonly number[]): number {
  let best = 1;
  let minError = Number.POSITIVE_INFINITY;
  for (let cut = 1; cut < values.length; cut++) {
    const error = squares(values.slice(0, cut)) + squares(values.slice(cut));
    if (error < minError) {
      minError = error;
      best = cut;
    }
  }
  return best;
}

function squares(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
