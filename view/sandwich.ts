import { type Columns, type Frames, stackUp } from '../src/report/picture/layout.js';

/** A call tree under construction: a node for each way of calls. */
interface Branch {
  fn: number;
  self: [number, number];
  mark: number;
  weight: number;
  below: Map<number, Branch>;
}

/** The callers and the callees of a function, each merged over all places where it stands. */
export interface Sandwich {
  /** The function at the bottom, its callers above: each frame holds the part that passes through it. */
  callers: Frames;
  callees: Frames;
}

/**
 * Merges all stacks through a function: the ways that lead to it, and the ways that go on below. Of a
 * recursion the outermost call counts, as in the totals of the table.
 */
export function buildSandwich(frames: Frames, fn: number): Sandwich {
  const [callers, callees] = [branch(fn), branch(fn)];
  const hasBefore = frames.before !== null;
  for (let at = 0; at < frames.fn.length; at++) {
    if (frames.fn[at] !== fn || isBelow(frames, at, fn)) continue;
    const total: [number, number] = [frames.before?.[at] ?? 0, frames.after[at] ?? 0];
    climb(frames, at, callers, total);
    descend(frames, at, callees);
  }
  return { callers: toFrames(callers, hasBefore), callees: toFrames(callees, hasBefore) };
}

function branch(fn: number): Branch {
  return { fn, self: [0, 0], mark: 0, weight: 0, below: new Map() };
}

/** Whether a function is among the callers of a frame. */
function isBelow({ fn, parent }: Frames, at: number, other: number): boolean {
  for (let above = parent[at] ?? -1; above >= 0; above = parent[above] ?? -1)
    if (fn[above] === other) return true;
  return false;
}

function next(of: Branch, fn: number, mark: number): Branch {
  const known = of.below.get(fn);
  if (known !== undefined) {
    // Frames of one function that changed in different ways have no common word.
    if (known.mark !== mark) known.mark = 0;
    return known;
  }
  const made = { ...branch(fn), mark };
  of.below.set(fn, made);
  return made;
}

function climb({ fn, parent, mark }: Frames, at: number, root: Branch, total: [number, number]): void {
  let node = root;
  root.mark = mark[at] ?? 0;
  for (let above = parent[at] ?? -1; above >= 0; above = parent[above] ?? -1)
    node = next(node, fn[above] ?? 0, mark[above] ?? 0);
  node.self[0] += total[0];
  node.self[1] += total[1];
}

function descend({ fn, depth, end, self, mark }: Frames, at: number, root: Branch): void {
  const open: Branch[] = [root];
  root.mark = mark[at] ?? 0;
  const base = depth[at] ?? 0;
  for (let below = at; below < (end[at] ?? 0); below++) {
    const level = (depth[below] ?? 0) - base;
    const above = open[level - 1];
    const node = above === undefined ? root : next(above, fn[below] ?? 0, mark[below] ?? 0);
    open[level] = node;
    node.self[0] += self[0]?.[below] ?? 0;
    node.self[1] += self[1][below] ?? 0;
  }
}

function toFrames(root: Branch, hasBefore: boolean): Frames {
  weigh(root);
  const columns = { fn: [] as number[], depth: [] as number[], mark: [] as number[] };
  const [before, after]: [number[], number[]] = [[], []];
  const open: [Branch, number][] = [[root, 0]];
  for (;;) {
    const [node, depth] = open.pop() ?? [];
    if (node === undefined || depth === undefined) break;
    columns.fn.push(node.fn);
    columns.depth.push(depth);
    columns.mark.push(node.mark);
    before.push(node.self[0]);
    after.push(node.self[1]);
    const below = [...node.below.values()].sort((a, b) => a.weight - b.weight || b.fn - a.fn);
    for (const child of below) open.push([child, depth + 1]);
  }
  const made: Columns = { ...columns, self: [hasBefore ? before : null, after] };
  return stackUp(made);
}

/** Adds up the weights from the leaves on, without recursion: chains of calls may be long. */
function weigh(root: Branch): void {
  const order: Branch[] = [root];
  for (let at = 0; at < order.length; at++) order.push(...(order[at]?.below.values() ?? []));
  for (const node of order.reverse()) {
    node.weight = node.self[0] + node.self[1];
    for (const child of node.below.values()) node.weight += child.weight;
  }
}
