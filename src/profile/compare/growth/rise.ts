import type { Level } from '../leak.js';
import type { LoadChange } from '../load.js';

/** An amount that grew by less is no finding of its own: bytes and events follow the mix of requests. */
export const MIN_AMOUNT_RISE = 1.5;
/**
 * A level that grew by less is ordinary: caches fill. The same as for a leak
 * (docs/develop/comparison.md §6).
 */
export const MIN_LEVEL_RISE = 2;
/**
 * The end of the incident lies above all that the baseline showed by this factor: levels that swing did not
 * rise.
 */
const ABOVE_BASELINE = 1.5;
/** A smaller rise of a count, or of bytes, is none, whatever its ratio: three threads instead of one. */
const MIN_ADDED_COUNT = 10;
const MIN_ADDED_BYTES = 2 ** 20;

/** Whether an amount per profile rose by so much that it is a finding, whatever the other types did. */
export function amountRose({ hasRisen, risen }: LoadChange): boolean {
  return hasRisen && (risen ?? 0) >= MIN_AMOUNT_RISE;
}

/**
 * The smallest rise of a level that matters.
 *
 * @param unitBytes bytes per value; null for counts
 */
export function computeMinAdded(unitBytes: number | null): number {
  return unitBytes === null ? MIN_ADDED_COUNT : MIN_ADDED_BYTES / unitBytes;
}

/**
 * Whether a level stands far higher at the end of the incident than the baseline ever did, though it may have
 * come to rest.
 *
 * @param unitBytes bytes per value; null for counts
 */
export function levelRose(
  baseline: readonly Level[],
  incident: readonly Level[],
  unitBytes: number | null,
): boolean {
  const before = baseline.at(-1)?.value;
  const after = incident.at(-1)?.value;
  if (before === undefined || after === undefined) return false;
  const highest = baseline.reduce((most, { value }) => Math.max(most, value), 0);
  return (
    after - before >= computeMinAdded(unitBytes) &&
    after >= MIN_LEVEL_RISE * before &&
    after >= ABOVE_BASELINE * highest
  );
}
