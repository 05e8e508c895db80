import type { Profile } from '../model.js';
import { SEEN } from './seen.js';
import { compareFunctions } from './table.js';

/** Stacks with a position in each: `stackFrames[positions[i]]` is the frame meant. */
interface StackPositions {
  stacks: Uint32Array;
  positions: Int32Array;
}

/**
 * A node of the call tree, merged by function, direct recursion folded into one node. Nodes are expanded on
 * demand: an answer shows a few dozen of perhaps a million.
 */
export interface CallNode {
  /** -1 for the root above all entry points. */
  readonly functionId: number;
  /** Number of frames between this node and the root above all entry points. */
  readonly depth: number;
  readonly total: number;
  /**
   * All stacks that go on below the caller, each at the frame below it. Those of this node are at its
   * function.
   */
  readonly among: StackPositions;
}

/** The root above all entry points: every stack passes through it. */
export function callTreeRoot(profile: Profile): CallNode {
  const { values } = profile;
  const stacks = new Uint32Array(values.length);
  let total = 0;
  for (let stack = 0; stack < stacks.length; stack++) {
    stacks[stack] = stack;
    total += values[stack] ?? 0;
  }
  return {
    functionId: -1,
    depth: 0,
    total,
    among: { stacks, positions: new Int32Array(profile.stackStart.subarray(1)) },
  };
}

export interface Expansion {
  /** Heaviest first, ties by name. */
  children: CallNode[];
  /** Value of the stacks that end in the node itself. */
  self: number;
  /** The known line of the node's function through which most of its value passes; 0 = none is known. */
  line: number;
}

/** The children of a node and its own cost: `self` + the children's totals = the node's total. */
export function expandNode(profile: Profile, node: CallNode): Expansion {
  const { frameFunction, frameLine, stackFrames, stackStart, values } = profile;
  const { functionId, among: above } = node;
  const stacks = new Uint32Array(above.stacks.length);
  const positions = new Int32Array(above.stacks.length);
  const totals = new Float64Array(profile.functions.length);
  const callees: number[] = [];
  SEEN.begin(profile.functions.length);
  const lines = new Map<number, number>();
  /** The line of the stacks that were looked at last, and their value: neighbours mostly share it. */
  let lastLine = 0;
  let lastValue = 0;
  const isRoot = functionId < 0;
  let self = 0;
  let count = 0;
  for (let i = 0; i < above.stacks.length; i++) {
    let at = above.positions[i] ?? 0;
    const frame = stackFrames[at] ?? 0;
    if (!isRoot && frameFunction[frame] !== functionId) continue;
    const stack = above.stacks[i] ?? 0;
    const leaf = stackStart[stack] ?? 0;
    const value = values[stack] ?? 0;
    const line = isRoot ? 0 : (frameLine[frame] ?? 0);
    if (line !== lastLine) {
      if (lastLine > 0) lines.set(lastLine, (lines.get(lastLine) ?? 0) + lastValue);
      lastLine = line;
      lastValue = 0;
    }
    lastValue += value;
    at--;
    while (at >= leaf && frameFunction[stackFrames[at] ?? 0] === functionId) at--;
    if (at < leaf) {
      self += value;
      continue;
    }
    stacks[count] = stack;
    positions[count] = at;
    count++;
    const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
    if (SEEN.add(fn)) {
      callees.push(fn);
      totals[fn] = value;
    } else totals[fn] = (totals[fn] ?? 0) + value;
  }
  if (lastLine > 0) lines.set(lastLine, (lines.get(lastLine) ?? 0) + lastValue);
  const among = { stacks: stacks.subarray(0, count), positions: positions.subarray(0, count) };
  const depth = node.depth + 1;
  const children = callees.map(
    (callee): CallNode => ({ functionId: callee, depth, total: totals[callee] ?? 0, among }),
  );
  return {
    children: children.sort(
      (a, b) => b.total - a.total || compareFunctions(profile, a.functionId, b.functionId),
    ),
    self,
    line: heaviest(lines),
  };
}

/** The key with the largest value above 0, ties to the smallest key; 0 where there is none. */
function heaviest(weights: ReadonlyMap<number, number>): number {
  let best = 0;
  let bestWeight = 0;
  for (const [key, weight] of weights) {
    if (weight > bestWeight || (weight === bestWeight && key < best)) {
      best = key;
      bestWeight = weight;
    }
  }
  return best;
}
