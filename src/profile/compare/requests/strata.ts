import type { Contrast } from '../../contrast/contrast.js';
import { listThrough } from '../../contrast/list-through.js';
import { eachStack } from './entries.js';

/** Samples of one kind of request on both sides: of all its stacks, and of those through a function. */
export interface Stratum {
  /** Samples of all stacks of the entry point. */
  all: readonly [before: number, after: number];
  /** Samples of its stacks through the function. */
  through: readonly [before: number, after: number];
  /** Samples of its stacks in which the function stands above the entry point. */
  above: readonly [before: number, after: number];
}

/** Divides the samples of a contrast by entry point (−1 for none) and counts those through a function. */
export function splitIntoStrata(
  { joined, before, after, quantum }: Contrast,
  entryOfStack: readonly Int32Array[],
  fn: number,
): Map<number, Stratum> {
  const strata = new Map<
    number,
    { all: [number, number]; through: [number, number]; above: [number, number] }
  >();
  [before, after].forEach(({ parts }, side) => {
    eachStack(joined, entryOfStack, parts, (entry, value, part, stack) => {
      if (value === 0) return;
      let stratum = strata.get(entry);
      if (stratum === undefined) {
        stratum = { all: [0, 0], through: [0, 0], above: [0, 0] };
        strata.set(entry, stratum);
      }
      const add = (to: [number, number]) => {
        to[side as 0 | 1] += value / quantum;
      };
      add(stratum.all);
      const { stackStart, stackFrames } = part.profile;
      let isBelowEntry = false;
      for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
        const frameFn = part.frameFunction[stackFrames[at] ?? 0];
        if (frameFn === entry) isBelowEntry = true;
        if (frameFn !== fn) continue;
        add(stratum.through);
        if (entry >= 0 && !isBelowEntry) add(stratum.above);
        break;
      }
    });
  });
  return strata;
}

/** Takes a function for the one entry point of all stacks that pass through it; −1 for the others. */
export function entriesThrough({ joined }: Pick<Contrast, 'joined'>, fn: number): Int32Array[] {
  return joined.parts.map((part) => {
    const entries = new Int32Array(part.profile.values.length).fill(-1);
    for (const stack of listThrough(joined, part, fn)) entries[stack] = fn;
    return entries;
  });
}
