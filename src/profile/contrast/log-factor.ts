/** Added to counts whose logarithm is taken (Haldane 1956). */
const HALF = 0.5;

/** Logarithm of a count per profile, after ÷ before, and its variance without over-dispersion. */
export interface LogFactor {
  log: number;
  variance: number;
}

/**
 * The change of a count.
 *
 * @param counts samples before and after
 * @param profiles number of profiles before and after
 */
export function logFactor(
  [x1, x2]: readonly [number, number],
  [profiles1, profiles2]: readonly [number, number],
): LogFactor {
  const [before, after] = [x1 + HALF, x2 + HALF];
  return { log: Math.log(after / profiles2 / (before / profiles1)), variance: 1 / before + 1 / after };
}
