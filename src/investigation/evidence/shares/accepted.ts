import { joinKey } from '../../../profile/code/names.js';
import type { Analysis, CodeChange } from '../../../profile/compare/analysis.js';
import type { Changes } from '../../../profile/compare/changes.js';
import { isBelow } from '../../../profile/contrast/through.js';
import { LEFT_AT_CALLER, MAX_CHANGES, MAX_MOVES } from '../../thresholds.js';
import type { ShareChange } from '../shares.js';

/** Whether as many changes, or moves, were found as are looked for. */
export function isFull(changes: readonly ShareChange[]): boolean {
  const moves = changes.filter(({ from }) => from !== null).length;
  return changes.length - moves >= MAX_CHANGES || moves >= MAX_MOVES;
}

/**
 * Growth of a change beyond what noise makes of it: one that hardly stands out, in one slice of the fleet, is
 * no larger than one that is certain.
 */
export function sureGrowth({ growth, z }: ShareChange['culprit'], gate: number): number {
  return growth * Math.max(0, 1 - gate / Math.max(z, Number.MIN_VALUE));
}

/** Keys of the functions that changes are named after. */
export function changeKeys(changes: readonly ShareChange[]): string[] {
  return changes.flatMap(({ culprit, contrast }) => listKey(contrast, culprit));
}

/** Keys of the own functions below which a library was replaced for about the same cost. */
export function replacedKeys(analysis: Pick<Analysis, 'joined' | 'replaced'>): string[] {
  return analysis.replaced.flatMap((replacement) => listKey(analysis, replacement));
}

/** The key of a joined function; nothing where there is none with its number. */
function listKey({ joined }: Pick<Analysis, 'joined'>, { fn }: { fn: number }): string[] {
  const info = joined.functions[fn];
  return info === undefined ? [] : [joinKey(info)];
}

/**
 * Whether a function that seemed to take over another's cost grew by itself, or with what calls it, once
 * other changes are left out. A caller that grew by little of what moved makes a growth of its own at most:
 * another library in the place of one that costs a tenth more is no growth by all that it costs.
 */
export function hasGrownAlone({ culprit, contrast }: ShareChange, { overTime, inSlices }: Changes): boolean {
  const info = contrast.joined.functions[culprit.fn];
  if (info === undefined) return false;
  return [overTime, ...inSlices].some((change) => {
    if (change === null || change.from !== null) return false;
    const { joined, after } = change.contrast;
    const fn = joined.functions.findIndex((other) => joinKey(other) === joinKey(info));
    const isMaterial = change.culprit.growth >= LEFT_AT_CALLER * culprit.growth;
    return fn >= 0 && isMaterial && isBelow(joined, after.parts, fn, change.culprit.fn);
  });
}

/**
 * Key of the function that a moved cost came from, which must be left out with the function that has it now:
 * else all other code seems to have grown. `caller` where the cost moved inside one and cannot be left out;
 * null for no move.
 */
export function sourceOfMove({ from, culprit, contrast }: CodeChange): string | null {
  if (from === null) return null;
  const { joined, before, after } = contrast;
  const info = joined.functions[from];
  const isCaller = isBelow(joined, [...before.parts, ...after.parts], culprit.fn, from);
  return info === undefined || isCaller ? 'caller' : joinKey(info);
}

/** Whether a change is only what a caller of one found before has left of it. */
export function isRemainder(
  { culprit, contrast }: CodeChange,
  earlierChanges: readonly ShareChange[],
): boolean {
  const info = contrast.joined.functions[culprit.fn];
  return earlierChanges.some((earlier) => {
    const { joined, after } = earlier.contrast;
    const above = joined.functions.findIndex(
      (candidate) => info !== undefined && joinKey(candidate) === joinKey(info),
    );
    return (
      above >= 0 &&
      culprit.growth < LEFT_AT_CALLER * earlier.culprit.growth &&
      isBelow(joined, after.parts, earlier.culprit.fn, above)
    );
  });
}
