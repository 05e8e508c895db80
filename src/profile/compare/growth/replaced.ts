import { type Contrast, MIN_POINTS, MIN_SAMPLES, share, totalPerProfile } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import { signedRootOfCounts } from '../../contrast/noise.js';
import { nearestOwnAbove } from '../../contrast/through.js';
import { middleRatio } from '../moved.js';

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

/** Replacements found before: one search asks about many functions of one contrast. */
const replacementsCache = new WeakMap<Contrast, readonly Replacement[]>();

/**
 * Lists the own functions whose libraries were replaced: most of what these cost passes through functions
 * that are gone now, and then through others that came. Names tell nothing about the parts, but the own
 * function is the same on both sides. Where it costs about what it did, the load allowed for, nothing became
 * dearer.
 */
export function listReplacements(contrast: Contrast): readonly Replacement[] {
  const known = replacementsCache.get(contrast);
  if (known !== undefined) return known;
  const found = findReplacements(contrast);
  replacementsCache.set(contrast, found);
  return found;
}

/** Whether a library's function only does the work of those that are gone: see {@link listReplacements}. */
export function isReplacement(contrast: Contrast, fn: number): boolean {
  const { joined, after } = contrast;
  if (joined.library[fn] !== 1) return false;
  const callers = new Set(listReplacements(contrast).map((replacement) => replacement.fn));
  if (callers.size === 0) return false;
  let replaced = 0;
  nearestOwnAbove(joined, after.parts, fn).forEach((cost, caller) => {
    if (callers.has(caller)) replaced += cost;
  });
  return replaced >= NEARLY_ALL * (after.costs.totals[fn] ?? 0);
}

function findReplacements(contrast: Contrast): Replacement[] {
  const { joined, before, after } = contrast;
  const [gone, come] = [markOneSided(contrast, before, after), markOneSided(contrast, after, before)];
  // Most services call the same functions as before.
  if (!isCostly(before, gone) || !isCostly(after, come)) return [];
  const none = new Set<number>();
  const [was, is] = [sumOver(joined, before.parts, gone, none), sumOver(joined, after.parts, come, none)];
  const callers = new Set<number>();
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const [x1, x2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
    const isOther = (was.marked[fn] ?? 0) >= MOSTLY_OTHER * x1 && (is.marked[fn] ?? 0) >= MOSTLY_OTHER * x2;
    if (x1 > 0 && x2 > 0 && isOther) callers.add(fn);
  }
  if (callers.size === 0) return [];
  const beside = [
    before.costs.application - sumOver(joined, before.parts, gone, callers).above,
    after.costs.application - sumOver(joined, after.parts, come, callers).above,
  ] as const;
  const load = loadOfOthers(contrast, beside, callers);
  return [...callers]
    .filter((fn) => costsTheSame(contrast, fn, load))
    .map((fn) => ({
      fn,
      before: totalPerProfile(before, fn),
      after: totalPerProfile(after, fn),
      isNearest: (is.nearest[fn] ?? 0) >= MOSTLY_OTHER * (is.marked[fn] ?? 0),
    }));
}

/**
 * Value per profile of all own code that calls what it did, after ÷ before; the middle one of its functions
 * where that is less, since another change is no load. 1 where there is too little of it.
 */
function loadOfOthers(
  contrast: Contrast,
  [x1, x2]: readonly [number, number],
  callers: ReadonlySet<number>,
): number {
  const { before, after, quantum } = contrast;
  if (Math.min(x1, x2) < MIN_BESIDE * quantum) return 1;
  const load = share(share(x2, after.profiles), share(x1, before.profiles));
  return Math.min(load, middleRatio(contrast, callers));
}

/**
 * Whether an own function costs neither clearly more than the load explains nor clearly less. Under less load
 * it is not asked to cost less: a growth of its share alone is judged as that of any function.
 */
function costsTheSame({ before, after, quantum, dispersion }: Contrast, fn: number, load: number): boolean {
  const [x1, x2] = [before.costs.totals[fn] ?? 0, after.costs.totals[fn] ?? 0];
  const ratio = share(share(x2, after.profiles), share(x1, before.profiles));
  if (ratio < CHEAPER * Math.min(1, load)) return false;
  const allowed = Math.max(1, load);
  const profiles = [allowed * before.profiles, after.profiles] as const;
  const z = signedRootOfCounts([x1 / quantum, x2 / quantum], profiles, dispersion.phi);
  return ratio < DEARER * allowed || z < DEARER_Z;
}

/** Marks the functions of libraries that cost next to nothing on the other side. */
function markOneSided(
  { joined, quantum }: Contrast,
  side: Contrast['before'],
  other: Contrast['before'],
): Uint8Array {
  const profiles = Math.min(side.profiles, other.profiles);
  return Uint8Array.from(joined.functions, (_, fn) => {
    const cost = totalPerProfile(side, fn);
    const isExpected = cost * profiles >= MIN_SAMPLES * quantum;
    return joined.library[fn] === 1 && isExpected && totalPerProfile(other, fn) <= ONE_SIDED * cost ? 1 : 0;
  });
}

/** Whether one of the marked functions costs enough to be looked at. */
function isCostly({ costs }: Contrast['before'], marks: Uint8Array): boolean {
  return marks.some((mark, fn) => mark === 1 && (costs.totals[fn] ?? 0) >= MIN_POINTS * costs.total);
}

/**
 * Sums the stacks of each own function that pass through a marked function below it, those of them in which
 * it is the nearest own function above that, and all stacks through any of some callers.
 */
function sumOver(
  joined: Joined,
  parts: readonly number[],
  marks: Uint8Array,
  callers: ReadonlySet<number>,
): { marked: Float64Array; nearest: Float64Array; above: number } {
  const marked = new Float64Array(joined.functions.length);
  const nearest = new Float64Array(joined.functions.length);
  let above = 0;
  const seen = new Set<number>();
  for (const index of parts) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { profile, frameFunction, frameApplication } = part;
    const { stackStart, stackFrames, values } = profile;
    for (let stack = 0; stack < values.length; stack++) {
      let hasMarked = false;
      let isBelow = false;
      seen.clear();
      for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
        const frame = stackFrames[at] ?? 0;
        const fn = frameFunction[frame] ?? 0;
        hasMarked ||= marks[fn] === 1;
        if (frameApplication[frame] !== 1) continue;
        isBelow ||= callers.has(fn);
        if (!hasMarked || seen.has(fn)) continue;
        if (seen.size === 0) nearest[fn] = (nearest[fn] ?? 0) + (values[stack] ?? 0);
        seen.add(fn);
        marked[fn] = (marked[fn] ?? 0) + (values[stack] ?? 0);
      }
      if (isBelow) above += values[stack] ?? 0;
    }
  }
  return { marked, nearest, above };
}
