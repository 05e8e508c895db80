import { findCollectorAlone } from '../profile/compare/collector.js';
import { WHOLE } from '../profile/contrast/contrast.js';
import { activePerProfile, buildContrast, wholeRun } from '../profile/contrast/runs.js';
import type { ShareLens } from './evidence/shares.js';

/**
 * The time lens with the garbage collector as its change, where the collector costs more for itself
 * (docs/develop/comparison.md §6); null where it does not, or no time on CPU was compared. It is asked where
 * nothing else explains what the service costs more.
 *
 * @param shares the types that were compared; without allocations among them the collector's growth is judged
 *   as if they had not changed
 */
export function findCollectorCause(shares: readonly ShareLens[]): ShareLens | null {
  const time = shares.find(({ lens }) => lens.kind === 'time' && !lens.type.isWallClock);
  if (time === undefined) return null;
  const { analysis } = time;
  const run = wholeRun(analysis);
  const contrast = buildContrast(analysis, run);
  const allocated = shares.find(({ lens }) => lens.type.alias === 'alloc')?.analysis;
  const allocations =
    allocated === undefined
      ? null
      : activePerProfile(allocated.incident) / activePerProfile(allocated.baseline);
  const culprit = findCollectorAlone(contrast, allocations, time.gate);
  if (culprit === null) return null;
  const found = { culprit, contrast, universe: WHOLE, run, from: null };
  const none = { slice: null, attribution: [], leftOut: new Set<string>(), carrier: null };
  return { ...time, change: { ...found, ...none, analysis, allocations } };
}
