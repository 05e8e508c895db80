import { type Contrast, MIN_POINTS, MIN_SAMPLES, share, totalPerProfile } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import { signedRootOfCounts } from '../../contrast/noise.js';
import { sumStacks } from '../../contrast/sum-stacks.js';
import { nearestOwnAbove } from '../../contrast/through.js';
import { createCache } from '../../memory.js';
import { SEEN } from '../../tables/seen.js';
import { middleRatio } from './middle-ratio.js';

/** A function with at most this part of its cost on the other side is gone from it, or came to it. */
const ONE_SIDED = 0.05;
/** Part of an own function's cost, before and after, that passes through such functions of libraries. */
const MOSTLY_OTHER = 0.5;
/**
 * Factor by which the own function must have grown for a replaced library to be dearer. Version 3 of mistune,
 * which by its own benchmark costs what version 2 does, measured 1.06 to 1.15 in parts of a window on a busy
 * host; parse5 in place of htmlparser2, which takes twice the time, 1.81 under a load of 1.46.
 */
const DEARER = 1.2;
/** … and so many standard errors of its samples. */
const DEARER_Z = 3;
/** With less than this part of what it did, the cost is smaller for the move: that is told as moved. */
const CHEAPER = 0.8;
/** Own code that no library was replaced below tells the load from so many samples on. */
const MIN_BESIDE = 20;
/** Part of a function's cost that must be below own functions whose libraries were replaced. */
const NEARLY_ALL = 0.9;

/** An own function that calls other library functions than before, for about the same cost. */
export interface Replacement {
  fn: number;
  /** Value per profile, with all that it calls. */
  before: number;
  after: number;
  /** Whether it calls most of what was replaced without another own function in between. */
  isNearest: boolean;
}

/** An own function that calls other library functions than before, and what that costs now. */
interface JudgedReplacement {
  replacement: Replacement;
  isAlike: boolean;
  /** Whether what was replaced costs more, and the function as a whole does. */
  isDearer: boolean;
}

/** Replacements by own function, judged before: one search asks about many functions of one contrast. */
const replacementsIn = createCache<Contrast, ReadonlyMap<number, JudgedReplacement>>();

/**
 * Lists the own functions whose libraries were replaced: most of what these cost passes through functions
 * that are gone now, and then through others that came. Names tell nothing about the parts, but the own
 * function is the same on both sides. Where it costs about what it did, the load allowed for, nothing became
 * dearer.
 */
export function listReplacements(contrast: Contrast): readonly Replacement[] {
  return [...judgeReplacements(contrast).values()].flatMap(({ isAlike, replacement }) =>
    isAlike ? [replacement] : [],
  );
}

function judgeReplacements(contrast: Contrast): ReadonlyMap<number, JudgedReplacement> {
  const known = replacementsIn(contrast.joined).get(contrast);
  if (known !== undefined) return known;
  const found = new Map(findReplacements(contrast).map((one) => [one.replacement.fn, one]));
  replacementsIn(contrast.joined).set(contrast, found);
  return found;
}

/**
 * Whether a library's function only does the work of those that are gone: see {@link listReplacements}. What
 * the whole showed holds where a part of it has too few samples to tell, and where changes were left out.
 */
export function isReplacement(contrast: Contrast, fn: number): boolean {
  const { joined, replacedBelow } = contrast;
  if (joined.library[fn] !== 1) return false;
  const judged = judgeReplacements(contrast);
  if (judged.size === 0 && (replacedBelow?.callers.size ?? 0) === 0) return false;
  const isAlike = (caller: number) => {
    const isOfWhole = replacedBelow?.callers.has(caller) === true;
    const here = judged.get(caller)?.isAlike;
    return here === undefined || replacedBelow?.isSettled === true ? isOfWhole : here;
  };
  return runsBelow(contrast, fn, isAlike, NEARLY_ALL);
}

/**
 * Whether a library's function mostly does, for more, the work of those that are gone: below own functions
 * that cost more since. An upgrade of protobuf, whose inside is another module with other names, took x1.34
 * of its caller's time, and seemed to have moved. What the whole showed to cost the same holds for a part.
 */
export function isDearerReplacement(contrast: Contrast, fn: number): boolean {
  const { joined, replacedBelow } = contrast;
  if (joined.library[fn] !== 1) return false;
  const judged = judgeReplacements(contrast);
  if (judged.size === 0) return false;
  const isDearer = (caller: number) =>
    judged.get(caller)?.isDearer === true && replacedBelow?.callers.has(caller) !== true;
  return runsBelow(contrast, fn, isDearer, MOSTLY_OTHER);
}

/** Whether at least a part of what a function costs now has one of some own functions next above it. */
function runsBelow(
  { joined, after }: Contrast,
  fn: number,
  isCaller: (own: number) => boolean,
  part: number,
): boolean {
  let cost = 0;
  nearestOwnAbove(joined, after.parts, fn).forEach((through, own) => {
    if (isCaller(own)) cost += through;
  });
  return cost > 0 && cost >= part * (after.costs.totals[fn] ?? 0);
}

function findReplacements(contrast: Contrast): JudgedReplacement[] {
  const { joined, before, after } = contrast;
  const [gone, come] = [markOneSided(contrast, before, after), markOneSided(contrast, after, before)];
  // Most services call the same functions as before.
  if (!isCostly(before, gone) || !isCostly(after, come)) return [];
  const [was, is] = [sumAbove(joined, before.parts, gone), sumAbove(joined, after.parts, come)];
  const callers = new Map<number, Calls>();
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const isNearest = (is.nearest[fn] ?? 0) >= MOSTLY_OTHER * (is.marked[fn] ?? 0);
    const whole = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0] as const;
    const replaced = [was.marked[fn] ?? 0, is.marked[fn] ?? 0] as const;
    if (Math.min(...whole) <= 0) continue;
    const isMostly = replaced.every((cost, side) => cost >= MOSTLY_OTHER * (whole[side] ?? 0));
    const isPart = isNearest && [before, after].every(({ costs }, side) => isMaterial(costs, replaced[side]));
    if (isMostly) callers.set(fn, { costs: whole, isNearest });
    else if (isPart) callers.set(fn, { costs: replaced, isNearest });
  }
  if (callers.size === 0) return [];
  const load = loadOfOthers(contrast, new Set(callers.keys()));
  return [...callers].map(([fn, { costs, isNearest }]) => {
    const price = comparePrice(contrast, costs, load);
    const whole = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0] as const;
    return {
      replacement: {
        fn,
        before: share(costs[0], before.profiles),
        after: share(costs[1], after.profiles),
        isNearest,
      },
      isAlike: price === 'alike',
      isDearer: price === 'dearer' && comparePrice(contrast, whole, load) === 'dearer',
    };
  });
}

/** The calls of an own function that were replaced. */
interface Calls {
  /** Cost of the function on both sides, or of what was replaced below it where that is less than half. */
  costs: readonly [number, number];
  isNearest: boolean;
}

function isMaterial({ total }: Contrast['before']['costs'], cost = 0): boolean {
  return cost >= MIN_POINTS * total;
}

/**
 * Value per profile of all own code that calls what it did, after ÷ before; the middle one of its functions
 * where that is less, since another change is no load. 1 where there is too little of it.
 */
function loadOfOthers(contrast: Contrast, callers: ReadonlySet<number>): number {
  const { joined, before, after, quantum } = contrast;
  const [x1, x2] = [before, after].map(
    ({ costs, parts }) => costs.application - sumThrough(joined, parts, callers),
  ) as [number, number];
  if (Math.min(x1, x2) < MIN_BESIDE * quantum) return 1;
  const load = share(share(x2, after.profiles), share(x1, before.profiles));
  return Math.min(load, middleRatio(contrast, callers));
}

/**
 * Tells whether an own function, or what was replaced below it, costs what the load explains. Under less load
 * it is not asked to cost less: a growth of its share alone is judged as that of any function.
 */
function comparePrice(
  { before, after, quantum, dispersion }: Contrast,
  [x1, x2]: readonly [number, number],
  load: number,
): 'cheaper' | 'alike' | 'dearer' {
  const ratio = share(share(x2, after.profiles), share(x1, before.profiles));
  if (ratio < CHEAPER * Math.min(1, load)) return 'cheaper';
  const allowed = Math.max(1, load);
  const profiles = [before.profiles, allowed * after.profiles] as const;
  const z = signedRootOfCounts([x1 / quantum, x2 / quantum], profiles, dispersion.phi);
  return ratio < DEARER * allowed || z < DEARER_Z ? 'alike' : 'dearer';
}

/** Marks the functions of libraries that cost next to nothing on the other side. */
function markOneSided(
  { joined, quantum }: Contrast,
  side: Contrast['before'],
  other: Contrast['before'],
): Uint8Array {
  const profiles = Math.min(side.profiles, other.profiles);
  return joined.library.map((isLibrary, fn) => {
    if (isLibrary === 0) return 0;
    const cost = totalPerProfile(side, fn);
    const isExpected = cost * profiles >= MIN_SAMPLES * quantum;
    return isExpected && totalPerProfile(other, fn) <= ONE_SIDED * cost ? 1 : 0;
  });
}

/** Whether one of the marked functions costs enough to be looked at. */
function isCostly({ costs }: Contrast['before'], marks: Uint8Array): boolean {
  return marks.some((mark, fn) => mark === 1 && isMaterial(costs, costs.totals[fn]));
}

/**
 * Sums the stacks of each own function that pass through a marked function below it, and those of them in
 * which it is the nearest own function above that.
 */
function sumAbove(
  joined: Joined,
  parts: readonly number[],
  marks: Uint8Array,
): { marked: Float64Array; nearest: Float64Array } {
  const marked = new Float64Array(joined.functions.length);
  const nearest = new Float64Array(joined.functions.length);
  for (const index of parts) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { profile, frameFunction, frameApplication } = part;
    const { stackStart, stackFrames, values } = profile;
    for (let stack = 0; stack < values.length; stack++) {
      const value = values[stack] ?? 0;
      let hasMarked = false;
      let isFirst = true;
      SEEN.begin(marked.length);
      for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
        const frame = stackFrames[at] ?? 0;
        const fn = frameFunction[frame] ?? 0;
        hasMarked ||= marks[fn] === 1;
        if (!hasMarked || frameApplication[frame] !== 1 || !SEEN.add(fn)) continue;
        if (isFirst) nearest[fn] = (nearest[fn] ?? 0) + value;
        isFirst = false;
        marked[fn] = (marked[fn] ?? 0) + value;
      }
    }
  }
  return { marked, nearest };
}

/** Sums the stacks in which one of some functions is own code. */
function sumThrough(joined: Joined, parts: readonly number[], callers: ReadonlySet<number>): number {
  const costs = sumStacks(joined, parts, ({ profile, frameFunction, frameApplication }, stack) => {
    const { stackStart, stackFrames } = profile;
    for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
      const frame = stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      if (frameApplication[frame] === 1 && callers.has(fn)) return fn;
    }
    return -1;
  });
  return costs.reduce((sum, cost) => sum + cost, 0);
}
