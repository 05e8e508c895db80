import { HEAP_SAMPLE_BYTES } from '../../heap-sample.js';

/**
 * Smallest distance of two levels of held memory in standard errors of that sampling. Levels of services that
 * hold a few MiB, whose code did not change, lay up to 1.9 apart in recorded captures; leaks of the recorded
 * incidents lie 6 and more apart.
 */
const MIN_Z = 3;

/** Held memory of one instance at two times, and the number of instances that it is the mean of. */
export interface HeldMemory {
  before: number;
  after: number;
  instances: number;
  /** Bytes per value; null for counts, which are exact. */
  unitBytes: number | null;
}

/**
 * Whether two levels of held memory differ by more than the few objects that were sampled explain. The same
 * objects are seen in snapshot after snapshot, so that more snapshots tell no more.
 */
export function exceedsHeapSampling({ before, after, instances, unitBytes }: HeldMemory): boolean {
  if (unitBytes === null) return true;
  // The square root of a count has a standard error of about a half, whatever the count (Anscombe 1948).
  const root = (level: number) => Math.sqrt((level * unitBytes * instances) / HEAP_SAMPLE_BYTES + 3 / 8);
  return Math.SQRT2 * Math.abs(root(after) - root(before)) >= MIN_Z;
}
