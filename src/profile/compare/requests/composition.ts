import type { Contrast } from '../../contrast/contrast.js';
import { deviation } from '../../contrast/contrast.js';
import { eachStack } from './entries.js';

/** How the work of one kind of request is divided, and whether it was divided so on both sides. */
export interface Composition {
  /** Number of parts with enough samples to compare. */
  parts: number;
  /** Number of equally large parts that would be as diverse (the inverse Simpson index; Hill 1973). */
  diversity: number;
  /** Whether every part kept its share. */
  isAlike: boolean;
}

/**
 * The diversity that is enough to tell requests by where other work fell meanwhile: steps of the same work
 * have at most 2.2 in services with real agents (docs/develop/comparison.md §4).
 */
export const DIVERSE_AMONG_FALLEN = 2.5;
/** Parts with fewer samples on both sides together are not compared. */
const MIN_CELL_SAMPLES = 20;
/**
 * Distance of a part's share between the sides from which on it did not stay, in standard errors: of some
 * twenty parts, in the stretch of time that was chosen for its change, one reaches 3 by chance.
 */
const ALIKE_Z = 3.8;
/**
 * Part of the entry point that such a part must have gained or lost: in a long window noise of a small part
 * reaches any number of standard errors, but explains nothing of what the entry point grew by.
 */
const MIN_SHIFT = 0.03;

/**
 * Divides the stacks of an entry point by the own function nearest to the leaf and what that calls, and
 * compares the shares of the parts on both sides.
 */
export function testComposition(
  { joined, before, after, quantum, dispersion }: Contrast,
  entryOfStack: readonly Int32Array[],
  entry: number,
): Composition {
  const cells = new Map<number, [before: number, after: number]>();
  const totals: [number, number] = [0, 0];
  const width = joined.functions.length + 1;
  [before, after].forEach(({ parts }, side) => {
    eachStack(joined, entryOfStack, parts, (entryOfIt, value, part, stack) => {
      if (entryOfIt !== entry) return;
      const { stackStart, stackFrames } = part.profile;
      const frames = stackFrames.subarray(stackStart[stack], stackStart[stack + 1]);
      // The entry point itself is own code, so there is one.
      const at = frames.findIndex((frame) => part.frameApplication[frame] === 1);
      const nearest = part.frameFunction[frames[at] ?? 0] ?? 0;
      const callee = at === 0 ? width - 1 : (part.frameFunction[frames[at - 1] ?? 0] ?? 0);
      const key = nearest * width + callee;
      const cell = cells.get(key) ?? [0, 0];
      cell[side as 0 | 1] += value / quantum;
      cells.set(key, cell);
      totals[side as 0 | 1] += value / quantum;
    });
  });
  const whole = totals[0] + totals[1];
  let squares = 0;
  let parts = 0;
  let isAlike = true;
  for (const [x1, x2] of cells.values()) {
    squares += ((x1 + x2) / whole) ** 2;
    if (x1 + x2 < MIN_CELL_SAMPLES) continue;
    parts++;
    if (Math.abs(x2 / totals[1] - x1 / totals[0]) < MIN_SHIFT) continue;
    if (Math.abs(deviation([x1, totals[0]], [x2, totals[1]], dispersion)) >= ALIKE_Z) isAlike = false;
  }
  return { parts, diversity: squares > 0 ? 1 / squares : 0, isAlike };
}
