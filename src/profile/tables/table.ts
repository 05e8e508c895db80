import type { Profile } from '../model.js';
import { SEEN } from './seen.js';

/** Cost per function; the arrays are indexed by function id, values are in the profile's unit. */
export interface FunctionTable {
  /**
   * The whole that shares are of: the sum over all stacks; in a difference the sum of all changes, up or
   * down.
   */
  total: number;
  /** Cost of the function as the leaf. Sums to `total`, except in a difference. */
  self: Float64Array;
  /** Cost of the function and everything it called; a stack counts once however often it recurs. */
  totals: Float64Array;
  /**
   * The known line of the function that carries most of its own cost, else of its total; 0 = none is known.
   */
  lines: Uint32Array;
}

/** Self, total and hottest line of every function: one pass over all frames. */
export function functionTable(profile: Profile): FunctionTable {
  const { frameFunction, stackStart, stackFrames, values } = profile;
  const self = new Float64Array(profile.functions.length);
  const totals = new Float64Array(profile.functions.length);
  const frameSelf = new Float64Array(frameFunction.length);
  const frameTotal = new Float64Array(frameFunction.length);
  let total = 0;
  for (let stack = 0; stack < values.length; stack++) {
    const value = values[stack] ?? 0;
    const start = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? start;
    total += Math.abs(value);
    SEEN.begin(totals.length);
    for (let at = start; at < end; at++) {
      const frame = stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      frameTotal[frame] = (frameTotal[frame] ?? 0) + value;
      if (SEEN.add(fn)) totals[fn] = (totals[fn] ?? 0) + value;
    }
    if (start < end) {
      const leaf = stackFrames[start] ?? 0;
      const fn = frameFunction[leaf] ?? 0;
      frameSelf[leaf] = (frameSelf[leaf] ?? 0) + value;
      self[fn] = (self[fn] ?? 0) + value;
    }
  }
  return { total, self, totals, lines: hottestLines(profile, frameSelf, frameTotal) };
}

/** Per function the known line with the largest own cost; where none has any, with the largest total. */
function hottestLines(
  { functions, frameFunction, frameLine }: Profile,
  frameSelf: Float64Array,
  frameTotal: Float64Array,
): Uint32Array {
  const lines = new Uint32Array(functions.length);
  const best = new Float64Array(functions.length);
  const settled = new Uint8Array(functions.length);
  for (const weights of [frameSelf, frameTotal]) {
    for (let frame = 0; frame < frameFunction.length; frame++) {
      const fn = frameFunction[frame] ?? 0;
      const line = frameLine[frame] ?? 0;
      const weight = weights[frame] ?? 0;
      if (line === 0 || weight <= 0 || settled[fn] === 1) continue;
      const bestWeight = best[fn] ?? 0;
      if (weight < bestWeight || (weight === bestWeight && line >= (lines[fn] ?? 0))) continue;
      best[fn] = weight;
      lines[fn] = line;
    }
    lines.forEach((line, fn) => {
      if (line > 0) settled[fn] = 1;
    });
  }
  return lines;
}

/**
 * Ids of the functions that cost anything, ranked by `by`, then by the other figure, then by name. In a
 * difference what fell counts as much as what rose.
 *
 * @param most number of them that are wanted: to put all in order takes longer than to find a few
 */
export function rankFunctions(
  profile: Profile,
  table: FunctionTable,
  by: 'self' | 'total',
  most = Number.POSITIVE_INFINITY,
): number[] {
  const [first, second] = by === 'self' ? [table.self, table.totals] : [table.totals, table.self];
  const least = findLeast(first, most);
  const ids: number[] = [];
  for (let id = 0; id < profile.functions.length; id++) {
    const size = Math.abs(first[id] ?? 0);
    if (size > 0 && size >= least) ids.push(id);
  }
  return ids
    .sort(
      (a, b) =>
        Math.abs(first[b] ?? 0) - Math.abs(first[a] ?? 0) ||
        Math.abs(second[b] ?? 0) - Math.abs(second[a] ?? 0) ||
        compareFunctions(profile, a, b),
    )
    .slice(0, most);
}

/** The size of the last of so many largest values; 0 where there are not so many. */
function findLeast(values: Float64Array, most: number): number {
  if (most >= values.length) return 0;
  const sizes = values.map(Math.abs).sort();
  return sizes[sizes.length - most] ?? 0;
}

/** Orders two functions by name, then file, then start line, which breaks every tie. */
export function compareFunctions(profile: Profile, a: number, b: number): number {
  const left = profile.functions[a];
  const right = profile.functions[b];
  if (left === undefined || right === undefined) return a - b;
  return (
    compareText(left.name, right.name) ||
    compareText(left.file, right.file) ||
    left.startLine - right.startLine
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
