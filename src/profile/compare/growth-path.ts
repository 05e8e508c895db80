import type { Contrast } from '../contrast/contrast.js';
import type { JoinedPart } from '../contrast/join.js';

/** A call chain along which a cost grew, entry point first. */
export interface GrowthPath {
  functions: number[];
  /** Index of the function that the path was asked for. */
  at: number;
}

/**
 * Below the function a callee is followed as long as it keeps this part of the growth: evidence, not the
 * name.
 */
const FOLLOWED = 0.5;

interface Way {
  part: JoinedPart;
  stack: number;
  /** Position of the frame that is next to be looked at. */
  position: number;
  weight: number;
}

/**
 * The path of a change: of the stacks through a function the caller with most growth at each level, entry
 * point first, and below it the callees that keep half of the growth. Direct recursion is folded.
 *
 * @param load value per profile that the load alone accounts for, after ÷ before
 * @param below whether callees are followed; else the path ends with the function
 */
export function growthPath(
  { joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>,
  fn: number,
  load: number,
  below = true,
): GrowthPath {
  let ways: Way[] = [];
  const collect = (indices: readonly number[], factor: number) => {
    for (const index of indices) {
      const part = joined.parts[index];
      if (part === undefined) continue;
      const { frameFunction } = part;
      const { stackStart, stackFrames, values } = part.profile;
      for (let stack = 0; stack < values.length; stack++) {
        const start = stackStart[stack] ?? 0;
        const end = stackStart[stack + 1] ?? 0;
        let through = false;
        for (let at = start; at < end && !through; at++) through = frameFunction[stackFrames[at] ?? 0] === fn;
        if (through) ways.push({ part, stack, position: end - 1, weight: (values[stack] ?? 0) * factor });
      }
    }
  };
  collect(before.parts, before.profiles > 0 ? -load / before.profiles : 0);
  collect(after.parts, after.profiles > 0 ? 1 / after.profiles : 0);

  const functions: number[] = [];
  let at = -1;
  let whole = 0;
  for (;;) {
    const byFunction = new Map<number, { weight: number; ways: Way[] }>();
    for (const way of ways) {
      if (way.position < (way.part.profile.stackStart[way.stack] ?? 0)) continue;
      const callee = functionAt(way);
      const group = byFunction.get(callee) ?? { weight: 0, ways: [] };
      byFunction.set(callee, group);
      group.weight += way.weight;
      group.ways.push(way);
    }
    // On the way down to the function itself nothing is dropped but other branches.
    const [best] = [...byFunction].sort(([a, x], [b, y]) => y.weight - x.weight || a - b);
    if (best === undefined) break;
    const [callee, group] = best;
    if (at >= 0 && group.weight < FOLLOWED * whole) break;
    functions.push(callee);
    if (callee === fn && at < 0) {
      at = functions.length - 1;
      whole = group.weight;
      if (!below) break;
    }
    ways = group.ways;
    for (const way of ways) {
      do way.position--;
      while (way.position >= (way.part.profile.stackStart[way.stack] ?? 0) && functionAt(way) === callee);
    }
  }
  return { functions, at };
}

function functionAt({ part, position }: Way): number {
  return part.frameFunction[part.profile.stackFrames[position] ?? 0] ?? 0;
}

/** The line of a function through which most of its value passes in some parts; 0 where none is known. */
export function busiestLine(
  { joined }: Pick<Contrast, 'joined'>,
  parts: readonly number[],
  fn: number,
): number {
  const weights = new Map<number, number>();
  for (const index of parts) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { frameFunction } = part;
    const { stackFrames, stackStart, values, frameLine } = part.profile;
    for (let stack = 0; stack < values.length; stack++) {
      for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
        const frame = stackFrames[at] ?? 0;
        if (frameFunction[frame] !== fn) continue;
        const line = frameLine[frame] ?? 0;
        if (line === 0) continue;
        weights.set(line, (weights.get(line) ?? 0) + (values[stack] ?? 0));
        break;
      }
    }
  }
  const [best] = [...weights].sort(([a, x], [b, y]) => y - x || a - b);
  return best?.[0] ?? 0;
}
