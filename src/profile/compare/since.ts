/** Samples of the culprit and of all own code in one stretch of time. */
export interface Observation {
  from: number;
  to: number;
  x: number;
  n: number;
}

/** Cuts of a series at which a change may have begun: indices of the first observation after the change. */
export interface Cuts {
  /** The most likely one. */
  best: number;
  /** The first and the last one that chance may take for it. */
  first: number;
  last: number;
}

/**
 * Log-likelihood by which the most likely cut must beat another one to rule it out: of all true cuts about 1
 * % are so far off (half of the 99th percentile of χ² with one degree of freedom).
 */
const RULED_OUT = 3.3;

/**
 * The cuts at which a series of observations may have changed, by their likelihood.
 *
 * @param observations log-likelihood of each before and after the change, in time order; the first is taken
 *   to be before, the last after it
 */
export function likelyCuts(observations: readonly { before: number; after: number }[]): Cuts {
  const likelihoods: number[] = [];
  let ofCut = observations.reduce((sum, { after }) => sum + after, 0);
  for (const { before, after } of observations) {
    ofCut += before - after;
    likelihoods.push(ofCut);
  }
  // The last one would leave nothing after the change.
  likelihoods.pop();
  const highest = Math.max(...likelihoods);
  const isLikely = (value: number) => highest - value <= RULED_OUT;
  return {
    best: Math.max(1, likelihoods.indexOf(highest) + 1),
    first: Math.max(1, likelihoods.findIndex(isLikely) + 1),
    last: Math.max(1, likelihoods.findLastIndex(isLikely) + 1),
  };
}

/**
 * The cuts of the share of a function that was `p1` before and `p2` after it.
 *
 * @param phi over-dispersion of the counts
 */
export function shareCuts(
  observations: readonly Pick<Observation, 'x' | 'n'>[],
  p1: number,
  p2: number,
  phi: number,
): Cuts {
  return likelyCuts(
    observations.map((counts) => ({
      before: likelihood(counts, p1) / phi,
      after: likelihood(counts, p2) / phi,
    })),
  );
}

/**
 * Between which of the observations the share of a function changed, without regard to over-dispersion.
 *
 * @returns index of the first observation after the change, at least 1
 */
export function changePoint(
  observations: readonly Pick<Observation, 'x' | 'n'>[],
  p1: number,
  p2: number,
): number {
  return shareCuts(observations, p1, p2, 1).best;
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

/**
 * The cuts at which a series may step: {@link stepPoint}, and those that the scatter about it leaves likely.
 */
export function stepCuts(values: readonly number[]): Cuts {
  const cut = stepPoint(values);
  const [early, late] = [values.slice(0, cut), values.slice(cut)];
  const variance = (squares(early) + squares(late)) / Math.max(1, values.length - 2);
  if (values.length < 2 || variance <= 0) return { best: cut, first: cut, last: cut };
  const [m1, m2] = [mean(early), mean(late)];
  const likelihoodAt = (value: number, level: number) => -((value - level) ** 2) / (2 * variance);
  return likelyCuts(
    values.map((value) => ({ before: likelihoodAt(value, m1), after: likelihoodAt(value, m2) })),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function squares(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}

/** Profilers send a profile that covers at most this time: longer gaps are pauses between profiles. */
export const COVERED_MS = 60_000;

/** Times of profiles around the beginning of a change, Unix ms. */
export interface AroundOnset {
  /** The last profile without the change and the first with it, at the most likely cut. */
  last: number;
  first: number;
  /** Both at the earliest and the latest cut that cannot be ruled out. */
  earliest: number;
  latest: number;
  /** The usual time between two profiles of an instance. */
  gapMs: number;
  /** Resolution of the times, which are the ends of steps. */
  stepMs: number;
}

/**
 * The interval in which a change began: from the start of the last profile without it to the end of the first
 * with it, since a profile covers the time until the next one where they are contiguous. Where other cuts are
 * likely, too, it takes them in, as far as two gaps between profiles reach.
 */
export function onsetInterval({ last, first, earliest, latest, gapMs, stepMs }: AroundOnset): {
  after: number;
  before: number;
} {
  // The start of the first lies up to a step before its time, and the change not in its last moments.
  const covered = Math.max(0, Math.min(gapMs, COVERED_MS) - stepMs);
  const narrow = { after: last - stepMs, before: first + covered };
  const spare = Math.max(0, 2 * gapMs - (narrow.before - narrow.after));
  const [early, late] = [
    Math.max(0, narrow.after - (earliest - stepMs)),
    Math.max(0, latest + covered - narrow.before),
  ];
  // Room that one side does not need goes to the other.
  const earlier = Math.min(early, Math.max(spare / 2, spare - late));
  return { after: narrow.after - earlier, before: narrow.before + Math.min(late, spare - earlier) };
}

/** An instance may start so many gaps before its first profile: it sends one when the first has ended. */
const MAX_SILENT_GAPS = 1.5;

/**
 * The interval in which instances arrived that have a change from their beginning: it ends with the first
 * profile of a new one, and begins with the last profile of the old ones, at most two gaps before: an
 * instance is not silent for longer.
 */
export function arrivalInterval({
  last,
  first,
  gapMs,
  stepMs,
}: Pick<AroundOnset, 'last' | 'first' | 'gapMs' | 'stepMs'>): {
  after: number;
  before: number;
} {
  const silent = Math.max(first - last + stepMs, MAX_SILENT_GAPS * gapMs);
  return { after: first - Math.min(2 * gapMs, silent), before: first };
}

/**
 * The interval in which a level began to rise: a ramp shows neither its first steps nor, for noise, its exact
 * foot, so that it reaches half a gap beyond the snapshots around it.
 */
export function rampInterval({ last, first, gapMs }: Pick<AroundOnset, 'last' | 'first' | 'gapMs'>): {
  after: number;
  before: number;
} {
  const beyond = Math.max(0, gapMs - (first - last) / 2);
  return { after: last - beyond, before: first + beyond };
}
