/** Samples on both sides: of all stacks of one kind, and of those through a function. */
export interface Counts {
  all: readonly [before: number, after: number];
  through: readonly [before: number, after: number];
}

/**
 * Distance of a function's share from the same share before within each kind of request, taken together, in
 * standard errors: the mix of requests cancels (Cochran 1954, Mantel & Haenszel 1959).
 *
 * @param phi over-dispersion of the counts
 */
export function shiftWithin(strata: Iterable<Counts>, phi: number): number {
  let excess = 0;
  let variance = 0;
  for (const { all, through } of strata) {
    const [n1, n2] = all;
    const n = n1 + n2;
    const x = through[0] + through[1];
    // Stacks that are on one side only add nothing to either sum.
    if (n <= 1) continue;
    excess += through[1] - (n2 * x) / n;
    variance += (n1 * n2 * x * (n - x)) / (n * n * (n - 1));
  }
  return variance > 0 ? excess / Math.sqrt(phi * variance) : 0;
}
