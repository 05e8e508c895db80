/**
 * Statistics of shares that are counted in samples. A share is `x` of `n` samples; samples are not
 * independent (they come in bursts), so every error is that of a binomial times √φ, with one over-dispersion
 * φ ≥ 1 per profile type.
 */

/**
 * Signed root of the likelihood ratio for "both shares are the same": positive where the second is larger.
 * For equal shares about standard normal (Wilks 1938), also at the small counts where (p₂ − p₁) / SE is not.
 *
 * @param phi over-dispersion of the counts
 */
export function signedRoot(x1: number, n1: number, x2: number, n2: number, phi: number): number {
  if (n1 <= 0 || n2 <= 0) return 0;
  const [p1, p2] = [x1 / n1, x2 / n2];
  if (p1 === p2) return 0;
  const [y1, y2] = [n1 - x1, n2 - x2];
  const [p, q] = [(x1 + x2) / (n1 + n2), (y1 + y2) / (n1 + n2)];
  const ratio = deviance(x1, n1 * p) + deviance(y1, n1 * q) + deviance(x2, n2 * p) + deviance(y2, n2 * q);
  return Math.sign(p2 - p1) * Math.sqrt(Math.max(0, (2 * ratio) / phi));
}

/**
 * Signed root of the likelihood ratio for "both counts per profile are the same": positive where the second
 * is larger. Also where one of the counts is 0, which the variance of a logarithm cannot tell.
 *
 * @param counts samples before and after
 * @param profiles number of profiles before and after
 */
export function signedRootOfCounts(
  [x1, x2]: readonly [number, number],
  [profiles1, profiles2]: readonly [number, number],
  phi: number,
): number {
  if (profiles1 <= 0 || profiles2 <= 0) return 0;
  const perProfile = (x1 + x2) / (profiles1 + profiles2);
  const ratio = deviance(x1, profiles1 * perProfile) + deviance(x2, profiles2 * perProfile);
  return Math.sign(x2 / profiles2 - x1 / profiles1) * Math.sqrt(Math.max(0, (2 * ratio) / phi));
}

function deviance(observed: number, expected: number): number {
  return observed <= 0 ? 0 : observed * Math.log(observed / expected);
}

/**
 * Over-dispersion that is assumed where the data tell little: the median of calm services lies at 0.9 to 1.1,
 * the 90th percentile at 1.3 to 2.4 (docs/develop/comparison.md §5).
 */
const PRIOR_PHI = 1.5;
/** How many degrees of freedom the assumption is worth. */
const PRIOR_FREEDOM = 16;
/** Expected samples below which a cell is not normal enough for Pearson's statistic (Cochran 1954). */
const MIN_EXPECTED = 5;

export interface Dispersion {
  phi: number;
  /** Degrees of freedom behind it, the assumption's included. */
  freedom: number;
}

/** The assumption alone, where nothing was observed. */
export const USUAL_DISPERSION: Dispersion = { phi: PRIOR_PHI, freedom: PRIOR_FREEDOM };

/**
 * Over-dispersion of a composition that is observed several times: Pearson's X² over its degrees of freedom
 * (McCullagh & Nelder 1989, §4.5), drawn towards what calm services show. Groups too small in any observation
 * are put together.
 *
 * @param groups per group its samples in each observation; the groups partition all samples
 */
export function estimateDispersion(groups: readonly (readonly number[])[]): Dispersion {
  const observations = groups[0]?.length ?? 0;
  const columns = Array.from({ length: observations }, (_, at) =>
    groups.reduce((sum, row) => sum + (row[at] ?? 0), 0),
  );
  const whole = columns.reduce((sum, column) => sum + column, 0);
  const used = columns.map((_, at) => at).filter((at) => (columns[at] ?? 0) > 0);
  const smallest = Math.min(...used.map((at) => columns[at] ?? 0));
  const total = (row: readonly number[]) => row.reduce((sum, count) => sum + count, 0);
  const isLarge = (row: readonly number[]) => (total(row) / whole) * smallest >= MIN_EXPECTED;
  const large = groups.filter(isLarge);
  const rest = columns.map((column, at) => column - large.reduce((sum, row) => sum + (row[at] ?? 0), 0));
  const rows = isLarge(rest) ? [...large, rest] : large;
  // A row of share p adds (1 − p)(columns − 1) to the expectation of X²: all rows lose one together, rows
  // without a small rest a little less.
  const kept = rows.reduce((sum, row) => sum + total(row), 0) / whole;
  const freedom = used.length < 2 || rows.length === 0 ? 0 : (used.length - 1) * (rows.length - kept);
  let pearson = 0;
  if (freedom > 0) {
    for (const row of rows) {
      const share = total(row) / whole;
      for (const at of used) {
        const expected = share * (columns[at] ?? 0);
        pearson += ((row[at] ?? 0) - expected) ** 2 / expected;
      }
    }
  }
  const drawn = (pearson + PRIOR_PHI * PRIOR_FREEDOM) / (freedom + PRIOR_FREEDOM);
  return { phi: Math.max(1, drawn), freedom: freedom + PRIOR_FREEDOM };
}

/** The over-dispersion that two sets of observations show together, each about a composition of its own. */
export function poolDispersions(one: Dispersion, other: Dispersion): Dispersion {
  const freedom = one.freedom + other.freedom - PRIOR_FREEDOM;
  const sum = one.phi * one.freedom + other.phi * other.freedom - PRIOR_PHI * PRIOR_FREEDOM;
  return { phi: Math.max(1, sum / freedom), freedom };
}

/**
 * The standard normal deviate with the same tail probability as Student's t (Wallace 1959): errors whose φ
 * was estimated from few observations make large deviations more common.
 */
export function normalDeviate(t: number, freedom: number): number {
  const size = Math.sqrt(freedom * Math.log1p((t * t) / freedom)) * ((8 * freedom + 1) / (8 * freedom + 3));
  return Math.sign(t) * size;
}

/** Student's t with the same tail as a positive normal deviate: the inverse of {@link normalDeviate}. */
export function studentDeviate(deviate: number, freedom: number): number {
  const scaled = (deviate * (8 * freedom + 3)) / (8 * freedom + 1);
  return Math.sqrt(freedom * Math.expm1((scaled * scaled) / freedom));
}

/** 95 % of a normal distribution lie within this many standard errors. */
const Z95 = 1.959964;

/**
 * 95 % interval of the difference of two shares, p₂ − p₁: Newcombe's hybrid score interval (1998, method 10)
 * with the samples divided by φ. Pointwise: of many functions some miss it by chance.
 */
export function differenceInterval(
  x1: number,
  n1: number,
  x2: number,
  n2: number,
  phi: number,
): [low: number, high: number] {
  if (n1 <= 0 || n2 <= 0) return [-1, 1];
  // Sums beyond 2^53 are rounded: a part of one may exceed it.
  const [p1, p2] = [Math.min(1, x1 / n1), Math.min(1, x2 / n2)];
  const [l1, u1] = wilson(p1, n1 / phi);
  const [l2, u2] = wilson(p2, n2 / phi);
  const difference = p2 - p1;
  return [difference - Math.hypot(p2 - l2, u1 - p1), difference + Math.hypot(u2 - p2, p1 - l1)];
}

/** Wilson's score interval (1927) of a share. */
function wilson(p: number, n: number): [low: number, high: number] {
  const z2 = Z95 * Z95;
  const middle = (p * n + z2 / 2) / (n + z2);
  const half = (Z95 / (n + z2)) * Math.sqrt(n * p * (1 - p) + z2 / 4);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
