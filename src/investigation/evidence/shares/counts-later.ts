import { offload } from '../../../offload.js';
import type { Analysis } from '../../../profile/compare/analysis.js';
import type { Profile } from '../../../profile/model.js';
import { isHeavyWork } from '../../../work/offload.js';
import type { ReadContext } from '../lens.js';

/**
 * Counts of a function in a profile that was read later.
 * @param leftOut keys of the functions whose stacks the analysis was made without
 */
export function countsLater(
  { signal }: ReadContext,
  profile: Profile,
  { joined, universe, quantum }: Analysis,
  fn: number,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<{ x: number; n: number }> {
  const info = joined.functions[fn];
  const args = [profile, { universe, quantum }, info, leftOut] as const;
  return offload('counts', [...args], { isHeavy: isHeavyWork(profile), signal });
}
