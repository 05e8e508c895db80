import type { Contrast } from '../../contrast/contrast.js';
import type { JoinedPart } from '../../contrast/join.js';
import { forEachStack } from './below.js';

/** A call chain along which a cost grew, entry point first. */
export interface GrowthPath {
  functions: number[];
  /** Index of the function that the path was asked for. */
  at: number;
  /** Index of the last function that keeps half of the growth. */
  kept: number;
  /** Part of the growth that ends in the last function of the path; 0 where it spreads over small leaves. */
  leafPart: number;
}

/**
 * Part of the growth that a callee must keep to be followed below the function: callees are evidence, not the
 * name.
 */
const FOLLOWED = 0.5;
/** Smallest part of the growth that is shown as burnt in one leaf: a larger one explains the change alone. */
const BURNS = 0.2;

interface Way {
  part: JoinedPart;
  stack: number;
  /** Position of the frame that is next to be looked at. */
  position: number;
  weight: number;
}

/**
 * The path of a change: of the stacks through a function the caller with most growth at each level, entry
 * point first, below it the callees that keep half of the growth, and from there the way to the leaf in which
 * most of it ends. Direct recursion is folded.
 *
 * @param load value per profile that the load alone accounts for, after ÷ before
 * @param below whether callees are followed; else the path ends with the function
 */
export function growthPath(
  sides: Pick<Contrast, 'joined' | 'before' | 'after'>,
  fn: number,
  load: number,
  below = true,
): GrowthPath {
  let ways: Way[] = [];
  forEachStack(
    sides,
    fn,
    (part, stack, weight) => {
      ways.push({ part, stack, position: (part.profile.stackStart[stack + 1] ?? 0) - 1, weight });
    },
    load,
  );
  const sums = new Float64Array(sides.joined.functions.length);
  const functions: number[] = [];
  let at = -1;
  let whole = 0;
  let kept = -1;
  for (;;) {
    const best = heaviestCallee(ways, sums);
    if (best === null) break;
    if (at >= 0 && kept < 0 && best.weight < FOLLOWED * whole) {
      kept = functions.length - 1;
      ways = waysToLeaf(ways, BURNS * whole, sums);
      // A function that burns most of it itself may also call itself through another one.
      if (sumWeights(ways.filter(isEnded)) >= FOLLOWED * sumWeights(ways)) break;
      continue;
    }
    // A callee may grow by more than the whole, where others fell: those below it are a part of that.
    whole = Math.max(whole, best.weight);
    functions.push(best.fn);
    if (best.fn === fn && at < 0) {
      at = functions.length - 1;
      whole = best.weight;
      if (!below) break;
    }
    // On the way down to the function only other branches are dropped.
    ways = ways.filter((way) => !isEnded(way) && functionAt(way) === best.fn);
    for (const way of ways) {
      do way.position--;
      while (!isEnded(way) && functionAt(way) === best.fn);
    }
  }
  const ended = sumWeights(ways.filter(isEnded));
  const leafPart = whole > 0 && ended >= BURNS * whole ? Math.min(1, ended / whole) : 0;
  return { functions, at, kept: kept < 0 ? functions.length - 1 : kept, leafPart };
}

/** The next function of most weight. */
function heaviestCallee(ways: readonly Way[], sums: Float64Array): Weighed | null {
  return heaviest(ways, (way) => (isEnded(way) ? -1 : functionAt(way)), sums);
}

/** The ways that end in the leaf with most weight; none where every leaf has less than the minimum. */
function waysToLeaf(ways: readonly Way[], minimum: number, sums: Float64Array): Way[] {
  const best = heaviest(ways, getLeaf, sums);
  return best !== null && best.weight >= minimum ? ways.filter((way) => getLeaf(way) === best.fn) : [];
}

function sumWeights(ways: readonly Way[]): number {
  return ways.reduce((sum, { weight }) => sum + weight, 0);
}

interface Weighed {
  fn: number;
  weight: number;
}

/**
 * The function of most weight, the lower number where two have as much; ways to −1 are left out.
 *
 * @param sums room for a sum of each function
 */
function heaviest(
  ways: readonly Way[],
  functionOf: (way: Way) => number,
  sums: Float64Array,
): Weighed | null {
  sums.fill(0);
  const isFound = new Uint8Array(sums.length);
  for (const way of ways) {
    const fn = functionOf(way);
    if (fn < 0) continue;
    sums[fn] = (sums[fn] ?? 0) + way.weight;
    isFound[fn] = 1;
  }
  let best = -1;
  for (let fn = 0; fn < sums.length; fn++)
    if (isFound[fn] === 1 && (best < 0 || (sums[fn] ?? 0) > (sums[best] ?? 0))) best = fn;
  return best < 0 ? null : { fn: best, weight: sums[best] ?? 0 };
}

function getLeaf({ part: { profile, frameFunction }, stack }: Way): number {
  return frameFunction[profile.stackFrames[profile.stackStart[stack] ?? 0] ?? 0] ?? 0;
}

function isEnded({ part, stack, position }: Way): boolean {
  return position < (part.profile.stackStart[stack] ?? 0);
}

function functionAt({ part, position }: Way): number {
  return part.frameFunction[part.profile.stackFrames[position] ?? 0] ?? 0;
}
