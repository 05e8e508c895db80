import { isNetworkWait } from '../../code/network-wait.js';
import { waitKind } from '../../code/wait-kind.js';
import type { Contrast } from '../../contrast/contrast.js';
import type { Joined, JoinedPart } from '../../contrast/join.js';
import { isCode } from '../../contrast/joined-names.js';
import { listThrough } from '../../contrast/list-through.js';

type Sides = Pick<Contrast, 'joined' | 'before' | 'after'>;

/** A part of the growth of a function. */
export interface PartOfGrowth<T> {
  what: T;
  /** Between 0 and 1, of the growth of the function. */
  part: number;
}

/** A callee that keeps this part of the growth is followed: the growth does not spread above it. */
const FOLLOWED = 0.8;
/** Smallest part of a growth that is worth a name … */
const MIN_PART = 0.1;
/** … and how many there are at the most. */
const MAX_PARTS = 3;
/** Frames next to a leaf that may say what it waits for: parking takes up to four. */
const WAIT_FRAMES = 6;

/**
 * Finds where the growth of a function spreads below it: down the callees as long as one keeps most of it,
 * then the callees between which it is divided. The work of the runtime for a function counts as the
 * function's own.
 *
 * @returns the function where it spreads, with the parts of its callees (`null`: its own), the largest first;
 *   null where nothing grew
 */
export function spreadBelow(
  { joined, before, after }: Sides,
  fn: number,
): { at: number; parts: PartOfGrowth<number | null>[] } | null {
  let at = fn;
  const visited = new Set<number>();
  for (;;) {
    visited.add(at);
    const ranked = rankStacks({ joined, before, after }, fn, (part, stack) =>
      findCallee(joined, part, stack, at),
    );
    const [first] = ranked;
    if (first === undefined) return null;
    if (first.what === null || first.part < FOLLOWED || visited.has(first.what))
      return { at, parts: ranked.filter(({ part }) => part >= MIN_PART).slice(0, MAX_PARTS) };
    at = first.what;
  }
}

/**
 * Kinds of waiting of the goroutines that were added, by the leaves of their stacks, the largest part first.
 */
export function waitsBelow(sides: Sides, fn: number): PartOfGrowth<string>[] {
  const { functions } = sides.joined;
  return rankStacks(sides, fn, (part, stack) =>
    waitKind(leafFunctions(part, stack).map((leaf) => functions[leaf]?.name ?? '')),
  )
    .flatMap(({ what, part }) => (what === null || part < MIN_PART ? [] : [{ what, part }]))
    .slice(0, MAX_PARTS);
}

/**
 * Part of the growth of a function that waits for another program over a connection, by the frames next to
 * the leaf; 0 where nothing grew.
 */
export function networkPartBelow(sides: Sides, fn: number): number {
  const { functions } = sides.joined;
  const known = new Map<number, boolean>();
  const waits = (leaf: number): boolean => {
    const info = functions[leaf];
    const isWaiting = known.get(leaf) ?? (info !== undefined && isNetworkWait(info));
    known.set(leaf, isWaiting);
    return isWaiting;
  };
  return partOfStacks(sides, fn, (part, stack) => leafFunctions(part, stack).some(waits));
}

/** Part of the growth of a function that is of stacks of a kind; 0 where nothing grew. */
export function partOfStacks(
  sides: Sides,
  fn: number,
  isOfKind: (part: JoinedPart, stack: number) => boolean,
): number {
  return rankStacks(sides, fn, isOfKind).find(({ what }) => what)?.part ?? 0;
}

/** Functions of the frames next to the leaf of a stack, the leaf first. */
function leafFunctions({ profile, frameFunction }: JoinedPart, stack: number): number[] {
  const start = profile.stackStart[stack] ?? 0;
  const end = Math.min(profile.stackStart[stack + 1] ?? 0, start + WAIT_FRAMES);
  return Array.from(profile.stackFrames.subarray(start, end), (frame) => frameFunction[frame] ?? 0);
}

/**
 * Parts of what the stacks through a function gained, by their kinds, the largest first; nothing where all
 * together did not grow.
 *
 * @param classify gives the kind of a stack; undefined leaves it out
 */
export function rankStacks<T>(
  sides: Sides,
  fn: number,
  classify: (part: JoinedPart, stack: number) => T | undefined,
): PartOfGrowth<T>[] {
  const parts = new Map<T, number>();
  forEachStack(sides, fn, (part, stack, weight) => {
    const what = classify(part, stack);
    if (what !== undefined) parts.set(what, (parts.get(what) ?? 0) + weight);
  });
  const weights = [...parts.values()];
  if (weights.reduce((sum, weight) => sum + weight, 0) <= 0) return [];
  // A fall is no part of the growth: else the parts of what rose would add up to more than all of it.
  const grown = weights.reduce((sum, weight) => sum + Math.max(0, weight), 0);
  return [...parts]
    .map(([what, weight]) => ({ what, part: Math.max(0, weight) / grown }))
    .sort((a, b) => b.part - a.part);
}

/**
 * Calls back for every stack through a function, with what it adds to the growth per profile.
 *
 * @param load value per profile that the load alone accounts for, after ÷ before
 */
export function forEachStack(
  { joined, before, after }: Sides,
  fn: number,
  visit: (part: JoinedPart, stack: number, weight: number) => void,
  load = 1,
): void {
  const visitSide = (indices: readonly number[], factor: number) => {
    for (const index of indices) {
      const part = joined.parts[index];
      if (part === undefined) continue;
      const { values } = part.profile;
      for (const stack of listThrough(joined, part, fn)) visit(part, stack, (values[stack] ?? 0) * factor);
    }
  };
  visitSide(before.parts, before.profiles > 0 ? -load / before.profiles : 0);
  visitSide(after.parts, after.profiles > 0 ? 1 / after.profiles : 0);
}

/**
 * The function of code that a stack goes on to below another one, recursion folded; null where it ends there,
 * or in the runtime, and undefined where it does not pass.
 */
function findCallee(
  joined: Joined,
  { profile, frameFunction }: JoinedPart,
  stack: number,
  fn: number,
): number | null | undefined {
  const { stackStart, stackFrames } = profile;
  const start = stackStart[stack] ?? 0;
  for (let at = start; at < (stackStart[stack + 1] ?? 0); at++) {
    if (frameFunction[stackFrames[at] ?? 0] !== fn) continue;
    // The frame of the function next to the leaf: what lies below it is called by it and by no recursion. The
    // standard library calls back: a router, or a sort, leads to code again.
    for (let below = at - 1; below >= start; below--) {
      const callee = frameFunction[stackFrames[below] ?? 0] ?? 0;
      if (isCode(joined, callee)) return callee;
    }
    return null;
  }
  return undefined;
}
