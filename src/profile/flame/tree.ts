import type { Columns } from '../model.js';

/** Stacks over a list of functions that several profiles may share. */
export type FlameStacks = Pick<Columns, 'stackStart' | 'stackFrames' | 'values'> & {
  frameFunction: Uint32Array;
};

/**
 * A call tree of one or two sides, columnar. Node 0 is the root above all entry points; a node comes after
 * its caller. Direct recursion is one node, as in the text trees.
 */
export interface FlameTree {
  /** Function of each node; -1 for the root. */
  fn: Int32Array;
  /** Caller of each node; -1 for the root. */
  parent: Int32Array;
  /** Value of the stacks that end in the node, and of all that pass through it, on each side. */
  selfBefore: Float64Array;
  selfAfter: Float64Array;
  totalBefore: Float64Array;
  totalAfter: Float64Array;
}

/** Maximum number of nodes that are built; a deeper tree than that is of no use to an eye. */
const MAX_NODES = 4_000_000;

/**
 * Merges stacks into one call tree by function.
 *
 * @param before stacks of the side that is compared with; none for a single profile
 * @param functions number of functions that `frameFunction` refers to
 */
export function buildFlameTree(
  before: readonly FlameStacks[],
  after: readonly FlameStacks[],
  functions: number,
): FlameTree {
  const fn: number[] = [-1];
  const parent: number[] = [-1];
  const selfs: readonly [number[], number[]] = [[0], [0]];
  const children = new Map<number, number>();
  const add = (side: number[], { stackStart, stackFrames, values, frameFunction }: FlameStacks) => {
    for (let stack = 0; stack < values.length; stack++) {
      const value = values[stack] ?? 0;
      if (value === 0) continue;
      const leaf = stackStart[stack] ?? 0;
      let node = 0;
      for (let at = (stackStart[stack + 1] ?? leaf) - 1; at >= leaf; at--) {
        const id = frameFunction[stackFrames[at] ?? 0] ?? 0;
        if (id === fn[node]) continue;
        const key = node * functions + id;
        const known = children.get(key);
        if (known !== undefined) {
          node = known;
          continue;
        }
        if (fn.length >= MAX_NODES) break;
        children.set(key, fn.length);
        parent.push(node);
        node = fn.length;
        fn.push(id);
        selfs[0].push(0);
        selfs[1].push(0);
      }
      side[node] = (side[node] ?? 0) + value;
    }
  };
  for (const stacks of before) add(selfs[0], stacks);
  for (const stacks of after) add(selfs[1], stacks);
  const [selfBefore, selfAfter] = [Float64Array.from(selfs[0]), Float64Array.from(selfs[1])];
  const [totalBefore, totalAfter] = [selfBefore.slice(), selfAfter.slice()];
  for (let node = fn.length - 1; node > 0; node--) {
    const above = parent[node] ?? 0;
    totalBefore[above] = (totalBefore[above] ?? 0) + (totalBefore[node] ?? 0);
    totalAfter[above] = (totalAfter[above] ?? 0) + (totalAfter[node] ?? 0);
  }
  return {
    fn: Int32Array.from(fn),
    parent: Int32Array.from(parent),
    selfBefore,
    selfAfter,
    totalBefore,
    totalAfter,
  };
}

/** The nodes of a tree that are kept, in the order in which they are drawn. */
export interface FlameCut {
  /**
   * Kept nodes without the root: callers before callees, the heaviest callee first. `~n` stands for what was
   * left out below node n, after its callees.
   */
  order: Int32Array;
  /** Depth of each entry of `order`; an entry point has 0. */
  depth: Int32Array;
  /** Value directly below each kept node, the root included, that is left out. */
  hiddenBefore: Float64Array;
  hiddenAfter: Float64Array;
  /** Number of nodes that are left out. */
  hidden: number;
  /** Share of the total that the largest node left out holds, on the side where it holds more. */
  largestHidden: number;
}

/**
 * Cuts a tree to its heaviest nodes. A node weighs the larger of its shares of the two sides, so that what
 * has gone stays visible; no node weighs more than its caller, so that what is kept hangs together.
 *
 * @param keep nodes that stay whatever they weigh, with their callers
 */
export function cutFlameTree(tree: FlameTree, limit: number, keep: readonly number[]): FlameCut {
  const { fn, parent, totalBefore, totalAfter } = tree;
  const weigh = (node: number) =>
    Math.max(share(totalBefore[node], totalBefore[0]), share(totalAfter[node], totalAfter[0]));
  const kept = new Uint8Array(fn.length);
  kept[0] = 1;
  let room = limit;
  for (const node of keep) {
    for (let at = node; at > 0 && kept[at] === 0; at = parent[at] ?? 0) {
      kept[at] = 1;
      room--;
    }
  }
  const weights = Float64Array.from(fn, (_, node) => weigh(node));
  const byWeight = Array.from({ length: fn.length - 1 }, (_, at) => at + 1);
  // Callers have smaller numbers: at the same weight they come first.
  if (byWeight.length > limit) byWeight.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  let largestHidden = 0;
  let hidden = 0;
  for (const node of byWeight) {
    if (kept[node] === 1) continue;
    if (room > 0 && kept[parent[node] ?? 0] === 1) {
      kept[node] = 1;
      room--;
      continue;
    }
    hidden++;
    largestHidden = Math.max(largestHidden, weights[node] ?? 0);
  }
  return { ...inOrder(tree, kept, weights), hidden, largestHidden };
}

function inOrder(
  { fn, parent, totalBefore, totalAfter }: FlameTree,
  kept: Uint8Array,
  weights: Float64Array,
) {
  const callees = new Map<number, number[]>();
  const hiddenBefore = new Float64Array(fn.length);
  const hiddenAfter = new Float64Array(fn.length);
  for (let node = 1; node < fn.length; node++) {
    const above = parent[node] ?? 0;
    if (kept[above] === 0) continue;
    if (kept[node] === 0) {
      hiddenBefore[above] = (hiddenBefore[above] ?? 0) + (totalBefore[node] ?? 0);
      hiddenAfter[above] = (hiddenAfter[above] ?? 0) + (totalAfter[node] ?? 0);
      continue;
    }
    const siblings = callees.get(above);
    if (siblings === undefined) callees.set(above, [node]);
    else siblings.push(node);
  }
  const order: number[] = [];
  const depth: number[] = [];
  const open: [node: number, depth: number][] = [[0, -1]];
  for (;;) {
    const next = open.pop();
    if (next === undefined) break;
    const [node, level] = next;
    if (node !== 0) {
      order.push(node);
      depth.push(level);
    }
    if (node < 0) continue;
    if ((hiddenBefore[node] ?? 0) > 0 || (hiddenAfter[node] ?? 0) > 0) open.push([~node, level + 1]);
    const below = callees.get(node) ?? [];
    // The last one pushed is drawn first.
    below.sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0) || (fn[b] ?? 0) - (fn[a] ?? 0));
    for (const child of below) open.push([child, level + 1]);
  }
  return { order: Int32Array.from(order), depth: Int32Array.from(depth), hiddenBefore, hiddenAfter };
}

function share(part = 0, whole = 0): number {
  return whole > 0 ? part / whole : 0;
}

/**
 * The nodes along a path of functions from an entry point on, as far as the tree has them.
 *
 * @param path for each step whether a function is the one meant; direct recursion counts as one step
 */
export function followPath(tree: FlameTree, path: readonly ((fn: number) => boolean)[]): number[] {
  const callees = new Map<number, number[]>();
  tree.parent.forEach((above, node) => {
    if (above < 0) return;
    const known = callees.get(above);
    if (known === undefined) callees.set(above, [node]);
    else known.push(node);
  });
  const nodes: number[] = [];
  let node = 0;
  for (const is of path) {
    const fit = (callees.get(node) ?? []).filter((child) => is(tree.fn[child] ?? -1));
    const [best] = fit.sort((a, b) => (tree.totalAfter[b] ?? 0) - (tree.totalAfter[a] ?? 0));
    if (best === undefined) {
      if (node > 0 && is(tree.fn[node] ?? -1)) continue;
      break;
    }
    nodes.push(best);
    node = best;
  }
  return nodes;
}
