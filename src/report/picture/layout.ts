import type { Flame, Sides } from './format.js';

/** Values that decide how wide a frame is: now, before, or both together. */
export type Width = 'now' | 'before' | 'both';

/**
 * A tree of frames with their totals on both sides, in display units, and the places where they are drawn.
 */
export interface Frames {
  /** Function of each frame; `functions.name.length` for callees that were left out. */
  fn: readonly number[];
  depth: readonly number[];
  /** Caller of each frame; -1 for an entry point. */
  parent: Int32Array;
  /** Frames after which the callees of each frame end. */
  end: Int32Array;
  before: Float64Array | null;
  after: Float64Array;
  self: Sides<Float64Array>;
  mark: readonly number[];
  /** Sums over all entry points. */
  whole: Sides<number>;
  maxDepth: number;
}

/** Columns that a tree of frames is made from. Values are those of stacks that end in the frame. */
export interface Columns {
  fn: readonly number[];
  depth: readonly number[];
  self: Sides<readonly number[] | Float64Array>;
  mark: readonly number[];
}

/** The frames of a flame graph; values are what one profile shows on average, as in the text answers. */
export function readFrames({ nodes, scale, divisors }: Flame): Frames {
  const [before, after] = nodes.self;
  return stackUp({
    ...nodes,
    self: [
      before === null ? null : Float64Array.from(before, (value) => (value * scale) / (divisors[0] ?? 1)),
      Float64Array.from(after, (value) => (value * scale) / divisors[1]),
    ],
  });
}

/** Adds up frames that stand in the order in which they are drawn. */
export function stackUp({ fn, depth, self, mark }: Columns): Frames {
  const count = fn.length;
  const parent = new Int32Array(count);
  const end = new Int32Array(count);
  const before = self[0] === null ? null : Float64Array.from(self[0]);
  const after = Float64Array.from(self[1]);
  const open: number[] = [];
  let maxDepth = -1;
  for (let at = 0; at < count; at++) {
    const level = depth[at] ?? 0;
    maxDepth = Math.max(maxDepth, level);
    while (open.length > level) end[open.pop() ?? 0] = at;
    parent[at] = open.at(-1) ?? -1;
    open.push(at);
  }
  for (const at of open) end[at] = count;
  const whole: [number, number] = [0, 0];
  for (let at = count - 1; at >= 0; at--) {
    const above = parent[at] ?? -1;
    if (above < 0) {
      whole[0] += before?.[at] ?? 0;
      whole[1] += after[at] ?? 0;
      continue;
    }
    after[above] = (after[above] ?? 0) + (after[at] ?? 0);
    if (before !== null) before[above] = (before[above] ?? 0) + (before[at] ?? 0);
  }
  return {
    fn,
    depth,
    parent,
    end,
    before,
    after,
    self: [
      self[0] === null ? null : Float64Array.from(self[0]),
      self[1] instanceof Float64Array ? self[1] : Float64Array.from(self[1]),
    ],
    mark,
    whole: [before === null ? null : whole[0], whole[1]],
    maxDepth,
  };
}

/** Left edge and width of every frame as parts of the picture, which the frame `focus` fills. */
export interface Layout {
  x: Float64Array;
  width: Float64Array;
  /** Frames that are drawn: those of the focus, its callers and its callees. */
  isShown(at: number): boolean;
}

/**
 * Places the frames side by side. Shares of both sides count alike where both decide the width.
 *
 * @param focus frame that fills the whole width with its callers above it; -1 for all of the tree
 */
export function layOut(frames: Frames, width: Width, focus: number): Layout {
  const weight = weights(frames, width);
  const { parent, end } = frames;
  const count = weight.length;
  const [x, widths] = [new Float64Array(count), new Float64Array(count)];
  const whole = focus < 0 ? sumOfRoots(frames, weight) : (weight[focus] ?? 0);
  const last = focus < 0 ? count : (end[focus] ?? 0);
  const callers = new Set<number>();
  for (let at = focus; at >= 0; at = parent[at] ?? -1) {
    callers.add(at);
    x[at] = 0;
    widths[at] = 1;
  }
  // Left edge of the next callee of each caller; the last entry is for entry points.
  const next = new Float64Array(count + 1);
  for (let at = Math.max(0, focus); at < last; at++) {
    const above = parent[at] ?? -1;
    if (at !== focus) {
      const slot = above < 0 ? count : above;
      x[at] = next[slot] ?? 0;
      widths[at] = whole > 0 ? (weight[at] ?? 0) / whole : 0;
      next[slot] = (x[at] ?? 0) + (widths[at] ?? 0);
    }
    next[at] = x[at] ?? 0;
  }
  return {
    x,
    width: widths,
    isShown: (at) => focus < 0 || callers.has(at) || (at > focus && at < last),
  };
}

function weights({ before, after, whole }: Frames, width: Width): Float64Array {
  if (before === null || width === 'now') return after;
  if (width === 'before') return before;
  const [b, a] = [whole[0] ?? 0, whole[1]];
  return after.map((value, at) => (a > 0 ? value / a : 0) + (b > 0 ? (before[at] ?? 0) / b : 0));
}

function sumOfRoots({ parent }: Frames, weight: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < weight.length; at++) if (parent[at] === -1) sum += weight[at] ?? 0;
  return sum;
}
