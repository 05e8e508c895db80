import { servesRequest } from '../code/request-input.js';
import { createCache } from '../memory.js';
import { SEEN } from '../tables/seen.js';
import type { Joined, JoinedPart } from './join.js';
import { listThrough } from './list-through.js';

/** Calls back for every stack of the parts that passes through a function. */
function forEachThrough(
  joined: Joined,
  indices: readonly number[],
  fn: number,
  visit: (part: JoinedPart, stack: number, at: number) => void,
): void {
  for (const index of indices) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { frameFunction } = part;
    const { stackStart, stackFrames } = part.profile;
    for (const stack of listThrough(joined, part, fn)) {
      // From the entry point down, so that of a recursion the outermost frame is met.
      let at = (stackStart[stack + 1] ?? 0) - 1;
      while (frameFunction[stackFrames[at] ?? 0] !== fn) at--;
      visit(part, stack, at);
    }
  }
}

/** Costs of the functions above one function, and of those below it, over the stacks that pass through it. */
export interface TotalsAround {
  /** Totals of its callers, direct or not. */
  above: Float64Array;
  /** Totals from the function down. */
  below: Float64Array;
}

/** Totals of a side around the functions that were asked for last: several rules ask for the same one. */
const aroundIn = createCache<readonly number[], { joined: Joined; fn: number; around: TotalsAround }[]>();
/** Functions whose totals are kept for a side: a function and its caller take turns. */
const MAX_KEPT = 2;

/**
 * Costs of the functions around one function, in one pass over the stacks.
 *
 * @param parts the parts of a side: those of the same array are looked at once
 * @returns totals that must not be written to
 */
export function totalsAround(joined: Joined, parts: readonly number[], fn: number): TotalsAround {
  const kept = aroundIn(joined).get(parts) ?? [];
  const known = kept.find((one) => one.fn === fn && one.joined === joined);
  if (known !== undefined) return known.around;
  const around = sumAround(joined, parts, fn);
  aroundIn(joined).set(parts, [{ joined, fn, around }, ...kept].slice(0, MAX_KEPT));
  return around;
}

/** Costs of the functions below one function: see {@link totalsAround}. */
export function totalsBelow(joined: Joined, parts: readonly number[], fn: number): Float64Array {
  return totalsAround(joined, parts, fn).below;
}

function sumAround(joined: Joined, parts: readonly number[], fn: number): TotalsAround {
  const [above, below] = [createTotals(joined), createTotals(joined)];
  forEachThrough(joined, parts, fn, (part, stack, at) => {
    const { stackStart } = part.profile;
    below.add(part, stack, stackStart[stack] ?? 0, at + 1);
    above.add(part, stack, at + 1, stackStart[stack + 1] ?? 0);
  });
  return { above: above.totals, below: below.totals };
}

/** Totals over stretches of stacks, each of another stack; recursion adds its value once. */
function createTotals({ functions }: Joined) {
  const totals = new Float64Array(functions.length);
  return {
    totals,
    add({ profile, frameFunction }: JoinedPart, stack: number, from: number, to: number): void {
      const { stackFrames, values } = profile;
      const value = values[stack] ?? 0;
      const mark = SEEN.begin(totals.length);
      const { marks } = SEEN;
      for (let position = from; position < to; position++) {
        const other = frameFunction[stackFrames[position] ?? 0] ?? 0;
        if (marks[other] === mark) continue;
        marks[other] = mark;
        totals[other] = (totals[other] ?? 0) + value;
      }
    },
  };
}

/** Cost of the stacks through a function by the own function that is the nearest one above it. */
export function nearestOwnAbove(
  joined: Joined,
  parts: readonly number[],
  fn: number,
): ReadonlyMap<number, number> {
  const costs = new Map<number, number>();
  forEachThrough(joined, parts, fn, ({ profile, frameFunction, frameApplication }, stack, at) => {
    const { stackStart, stackFrames, values } = profile;
    for (let above = at + 1; above < (stackStart[stack + 1] ?? 0); above++) {
      const frame = stackFrames[above] ?? 0;
      if (frameApplication[frame] !== 1) continue;
      const own = frameFunction[frame] ?? 0;
      costs.set(own, (costs.get(own) ?? 0) + (values[stack] ?? 0));
      break;
    }
  });
  return costs;
}

/** Cost of the stacks through a function in which it calls, through whatever others, a library. */
export function sumLibraryWork(joined: Joined, parts: readonly number[], fn: number): number {
  let work = 0;
  forEachThrough(joined, parts, fn, ({ profile, frameFunction }, stack, at) => {
    for (let below = at - 1; below >= (profile.stackStart[stack] ?? 0); below--) {
      if (joined.library[frameFunction[profile.stackFrames[below] ?? 0] ?? 0] !== 1) continue;
      work += profile.values[stack] ?? 0;
      break;
    }
  });
  return work;
}

/**
 * Cost of the stacks through a function that no own code and no library stands above or below, and whose
 * entry point serves no requests: what the standard library does on goroutines or threads of its own.
 */
export function sumBackground(joined: Joined, parts: readonly number[], fn: number): number {
  let work = 0;
  forEachThrough(joined, parts, fn, ({ profile, frameFunction, frameApplication }, stack) => {
    const { stackStart, stackFrames, values } = profile;
    const [start, end] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
    if (joined.serving[frameFunction[stackFrames[end - 1] ?? 0] ?? 0] === 1) return;
    for (let at = start; at < end; at++) {
      const frame = stackFrames[at] ?? 0;
      if (frameApplication[frame] === 1 || joined.library[frameFunction[frame] ?? 0] === 1) return;
    }
    work += values[stack] ?? 0;
  });
  return work;
}

/** Cost of the stacks through a function that serve a request. */
export function sumOfRequests(joined: Joined, parts: readonly number[], fn: number): number {
  const isServer = joined.functions.map(({ name }) => servesRequest(name));
  let cost = 0;
  forEachThrough(joined, parts, fn, ({ profile, frameFunction }, stack, at) => {
    const { stackStart, stackFrames, values } = profile;
    for (let above = at + 1; above < (stackStart[stack + 1] ?? 0); above++) {
      if (isServer[frameFunction[stackFrames[above] ?? 0] ?? 0] !== true) continue;
      cost += values[stack] ?? 0;
      break;
    }
  });
  return cost;
}

/** Whether a function is called below another one, directly or through others, in some of the parts. */
export function isBelow(joined: Joined, parts: readonly number[], fn: number, above: number): boolean {
  let cost = 0;
  forEachThrough(joined, parts, above, ({ profile, frameFunction }, stack, at) => {
    const { stackStart, stackFrames, values } = profile;
    for (let below = at; below >= (stackStart[stack] ?? 0); below--) {
      if (frameFunction[stackFrames[below] ?? 0] !== fn) continue;
      cost += values[stack] ?? 0;
      break;
    }
  });
  return cost > 0;
}

/**
 * Cost outside a function that the same requests drive, which measures their number: stacks that enter the
 * team's own code where those of the function do, but do not pass through it.
 */
export function sumOutside(
  joined: Joined,
  parts: readonly number[],
  fn: number,
  entries: ReadonlySet<number>,
): number {
  let beside = 0;
  for (const index of parts) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { profile, frameFunction, frameApplication } = part;
    const { stackStart, stackFrames, values } = profile;
    for (let stack = 0; stack < values.length; stack++) {
      let entry = -1;
      let passes = false;
      for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
        const frame = stackFrames[at] ?? 0;
        const fnOfFrame = frameFunction[frame] ?? 0;
        if (fnOfFrame === fn) passes = true;
        if (entry < 0 && frameApplication[frame] === 1) entry = fnOfFrame;
      }
      if (!passes && entries.has(entry)) beside += values[stack] ?? 0;
    }
  }
  return beside;
}

/**
 * The functions by which the stacks through a function enter the team's own code, the function itself left
 * out.
 */
export function findEntries(joined: Joined, parts: readonly number[], fn: number): Set<number> {
  const entries = new Set<number>();
  forEachThrough(joined, parts, fn, ({ profile, frameFunction, frameApplication }, stack) => {
    for (let at = (profile.stackStart[stack + 1] ?? 0) - 1; at >= (profile.stackStart[stack] ?? 0); at--) {
      const frame = profile.stackFrames[at] ?? 0;
      if (frameApplication[frame] !== 1) continue;
      entries.add(frameFunction[frame] ?? 0);
      break;
    }
  });
  entries.delete(fn);
  return entries;
}
