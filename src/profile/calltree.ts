import type { Profile } from './model.js';
import { compareFunctions } from './table.js';

/**
 * A node of the call tree, merged by function, direct recursion folded into one node. Nodes are expanded on demand:
 * an answer shows a few dozen of perhaps a million.
 */
export interface CallNode {
  /** -1 for the root above all entry points. */
  functionId: number;
  /** Number of frames between this node and the root above all entry points. */
  depth: number;
  total: number;
  /** Stacks that pass through the node, and for each the position of its frame in `stackFrames`. */
  stacks: number[];
  positions: number[];
}

/** The root above all entry points: every stack passes through it. */
export function callTreeRoot(profile: Profile): CallNode {
  const stacks: number[] = [];
  const positions: number[] = [];
  let total = 0;
  for (let stack = 0; stack < profile.values.length; stack++) {
    stacks.push(stack);
    positions.push(profile.stackStart[stack + 1] ?? 0);
    total += profile.values[stack] ?? 0;
  }
  return { functionId: -1, depth: 0, total, stacks, positions };
}

export interface Expansion {
  /** Heaviest first, ties by name. */
  children: CallNode[];
  /** Value of the stacks that end in the node itself. */
  self: number;
}

/** The children of a node and its own cost: `self` + the children's totals = the node's total. */
export function expandNode(profile: Profile, node: CallNode): Expansion {
  const { frameFunction, stackFrames, stackStart, values } = profile;
  const children = new Map<number, CallNode>();
  let self = 0;
  for (let i = 0; i < node.stacks.length; i++) {
    const stack = node.stacks[i] ?? 0;
    const leaf = stackStart[stack] ?? 0;
    const value = values[stack] ?? 0;
    let at = (node.positions[i] ?? 0) - 1;
    while (at >= leaf && frameFunction[stackFrames[at] ?? 0] === node.functionId) at--;
    if (at < leaf) {
      self += value;
      continue;
    }
    const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
    let child = children.get(fn);
    if (child === undefined) {
      child = { functionId: fn, depth: node.depth + 1, total: 0, stacks: [], positions: [] };
      children.set(fn, child);
    }
    child.total += value;
    child.stacks.push(stack);
    child.positions.push(at);
  }
  return {
    children: [...children.values()].sort(
      (a, b) => b.total - a.total || compareFunctions(profile, a.functionId, b.functionId),
    ),
    self,
  };
}

/** The known line of the node's function through which most of its value passes; 0 = none is known. */
export function nodeLine(profile: Profile, node: CallNode): number {
  const weights = new Map<number, number>();
  for (let i = 0; i < node.stacks.length; i++) {
    const line = profile.frameLine[profile.stackFrames[node.positions[i] ?? 0] ?? 0] ?? 0;
    if (line > 0) weights.set(line, (weights.get(line) ?? 0) + (profile.values[node.stacks[i] ?? 0] ?? 0));
  }
  let best = 0;
  let most = 0;
  for (const [line, weight] of weights) {
    if (weight > most || (weight === most && line < best)) {
      best = line;
      most = weight;
    }
  }
  return best;
}
