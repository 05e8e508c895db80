/** A value, and how much it counts. */
export interface Weighted {
  value: number;
  weight: number;
}

/**
 * The middle one of some values, each counted by its weight.
 *
 * @param ofTwo the one that is meant where the half of all weights lies just between two
 * @returns null where there are none
 */
export function findWeightedMiddle(
  values: readonly Weighted[],
  ofTwo: 'lower' | 'upper' = 'lower',
): number | null {
  const half = values.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let passed = 0;
  for (const { value, weight } of values.toSorted((a, b) => a.value - b.value)) {
    passed += weight;
    if (passed > half || (passed === half && ofTwo === 'lower')) return value;
  }
  return null;
}
