import type { Contrast } from '../contrast/contrast.js';
import { deviation, share } from '../contrast/contrast.js';
import { costsOf } from '../contrast/costs.js';
import type { Joined, JoinedPart } from '../contrast/join.js';
import type { PartCosts } from '../contrast/runs.js';
import type { Analysis } from './analysis.js';

/** An own function that frameworks call for one kind of request: a handler, a job, a consumer. */
export interface EntryPoint {
  fn: number;
  /** Cost per profile of all that runs for it. */
  before: number;
  after: number;
  /** Samples on both sides together. */
  samples: number;
}

/** An entry point's share of what is served must differ by so many standard errors to be said … */
const MIX_Z = 4;
/** … and by this part of it. */
const MIX_POINTS = 0.03;

/**
 * The entry points whose part of all requests' cost changed, as far as it can be told; the others kept
 * theirs.
 */
export function changedEntries(
  { before, after, quantum, dispersion }: Contrast,
  entries: readonly EntryPoint[],
): EntryPoint[] {
  const [n1, n2] = [before.costs.served, after.costs.served];
  return entries.filter((entry) => {
    const [x1, x2] = [entry.before * before.profiles, entry.after * after.profiles];
    if (Math.abs(share(x2, n2) - share(x1, n1)) < MIX_POINTS) return false;
    const z = deviation([x1 / quantum, n1 / quantum], [x2 / quantum, n2 / quantum], dispersion);
    return Math.abs(z) >= MIX_Z;
  });
}

/** An own function above nearly all own code is no kind of request but a middleware around all of them. */
const UNIVERSAL = 0.9;
/** Entry points with less than this part of what is served on both sides are not looked at on their own. */
const MIN_PART = 0.04;
/** Entry points that are looked at on their own, the heaviest first. */
const MAX_ENTRIES = 8;

/**
 * The entry points of a service: the outermost own frames of its stacks, middleware around all requests left
 * out. The mix of requests is the mix of their costs.
 *
 * @returns the heaviest first; none where own code has only one way in
 */
export function entryPointsOf({ joined, before, after, quantum }: Contrast): EntryPoint[] {
  const universal = universalOf({ joined, before, after });
  const cost = (parts: readonly number[]) => {
    const sums = new Float64Array(joined.functions.length);
    eachStackOf(joined, parts, universal, (entry, value) => {
      if (entry >= 0) sums[entry] = (sums[entry] ?? 0) + value;
    });
    return sums;
  };
  const [costsBefore, costsAfter] = [cost(before.parts), cost(after.parts)];
  const rows: EntryPoint[] = [];
  for (let fn = 0; fn < costsBefore.length; fn++) {
    const [x1, x2] = [costsBefore[fn] ?? 0, costsAfter[fn] ?? 0];
    const part = Math.max(share(x1, before.costs.served), share(x2, after.costs.served));
    if (part < MIN_PART) continue;
    rows.push({
      fn,
      before: share(x1, before.profiles),
      after: share(x2, after.profiles),
      samples: (x1 + x2) / quantum,
    });
  }
  if (rows.length < 2) return [];
  return rows
    .sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after) || a.fn - b.fn)
    .slice(0, MAX_ENTRIES);
}

/** 1 for the own functions that nearly all own code runs below, on both sides. */
function universalOf({ joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>): Uint8Array {
  const isAbove = ({ costs }: Contrast['before'], fn: number) =>
    (costs.totals[fn] ?? 0) - (costs.bare[fn] ?? 0) >= UNIVERSAL * costs.application;
  return joined.application.map((isOwn, fn) =>
    isOwn === 1 && isAbove(before, fn) && isAbove(after, fn) ? 1 : 0,
  );
}

/**
 * The entry point of each stack of a part: its outermost own frame that is not universal, where a framework
 * calls it or nothing does. Called by own code it is a step of the same work; then, and without own code, −1.
 */
function entriesIn(
  { profile, frameFunction, frameApplication }: JoinedPart,
  universal: Uint8Array,
): Int32Array {
  const { stackStart, stackFrames, values } = profile;
  const entries = new Int32Array(values.length).fill(-1);
  for (let stack = 0; stack < values.length; stack++) {
    for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
      const frame = stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      if (frameApplication[frame] !== 1 || universal[fn] === 1) continue;
      const caller = at + 1 < (stackStart[stack + 1] ?? 0) ? stackFrames[at + 1] : undefined;
      if (caller === undefined || frameApplication[caller] !== 1) entries[stack] = fn;
      break;
    }
  }
  return entries;
}

/** Visits every stack of some parts with its entry point (−1 for none) and its value. */
function eachStackOf(
  joined: Joined,
  indices: readonly number[],
  universal: Uint8Array,
  visit: (entry: number, value: number, part: JoinedPart, stack: number) => void,
): void {
  for (const index of indices) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const entries = entriesIn(part, universal);
    part.profile.values.forEach((value, stack) => {
      visit(entries[stack] ?? -1, value, part, stack);
    });
  }
}

function addTo(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

/**
 * An analysis of the stacks of one entry point only: the rest counts as nothing, functions keep their
 * numbers.
 */
export function withinEntry(analysis: Analysis, contrast: Contrast, entry: number): Analysis {
  const universal = universalOf(contrast);
  const parts = analysis.joined.parts.map((part): JoinedPart => {
    const entries = entriesIn(part, universal);
    const values = part.profile.values.map((value, stack) => (entries[stack] === entry ? value : 0));
    return { ...part, profile: { ...part.profile, values } };
  });
  const joined: Joined = { ...analysis.joined, parts };
  const masked = (partCosts: readonly PartCosts[]) =>
    partCosts.map((one): PartCosts => {
      const part = parts[one.part];
      return part === undefined
        ? one
        : { ...one, costs: costsOf(part, joined.functions.length, joined.serving) };
    });
  return {
    ...analysis,
    joined,
    baseline: masked(analysis.baseline),
    incident: masked(analysis.incident),
    slices: masked(analysis.slices),
  };
}

/** Other entry points that fell below this part of what they cost make room: then requests were exchanged. */
const FALLEN = 0.85;
/** Part of a function's growth that must come through one entry point for that one to explain it. */
const MAIN_PART = 0.7;
/**
 * Log-likelihood by which one explanation must beat the other to be taken without further evidence (a factor
 * of e²).
 */
const CLEAR = 2;
/** Callees of an entry point with fewer samples on both sides together say nothing about its mix. */
const MIN_CALLEE_SAMPLES = 20;
/**
 * An entry point all of whose callees keep their shares within so many standard errors grew alike in all its
 * parts.
 */
const ALIKE_Z = 2.5;

/**
 * Whether the growth of a function is that of the requests which lead to it. With more requests all that an
 * entry point does grows alike, its other small work too; where the function itself became
 * more expensive these stay as they are, or follow the load of the other entry points. Which of the two
 * explains the rest better is a comparison of likelihoods; where neither does clearly, requests were
 * exchanged if the other entry points fell meanwhile.
 *
 * @param entries all entry points, at least two
 */
export function isMixOfRequests(contrast: Contrast, entries: readonly EntryPoint[], fn: number): boolean {
  const { before, after, quantum, dispersion } = contrast;
  const universal = universalOf(contrast);
  const [throughBefore, throughAfter] = [before, after].map(({ parts }) =>
    throughEntries(contrast.joined, parts, universal, fn),
  );
  if (throughBefore === undefined || throughAfter === undefined) return false;
  const main = mainEntry(throughBefore, throughAfter, before.profiles, after.profiles);
  // An entry point that was not there before is new code, or an old one under a new name.
  if (main === null || (throughBefore.ofEntry.get(main) ?? 0) === 0) return false;
  const others = entries.filter((entry) => entry.fn !== main);
  const costOf = ({ ofEntry }: Through, profiles: number) =>
    share(
      others.reduce((sum, entry) => sum + (ofEntry.get(entry.fn) ?? 0), 0),
      profiles,
    );
  const [othersBefore, othersAfter] = [
    costOf(throughBefore, before.profiles),
    costOf(throughAfter, after.profiles),
  ];
  const load = othersBefore > 0 && othersAfter > 0 ? othersAfter / othersBefore : 1;
  const fell = load < FALLEN;
  if (fn === main) return areCalleesAlike(contrast, universal, main) || fell;
  const [x1, x2] = [throughBefore.ofFn.get(main) ?? 0, throughAfter.ofFn.get(main) ?? 0].map(
    (x) => x / quantum,
  ) as [number, number];
  const [n1, n2] = [throughBefore.ofEntry.get(main) ?? 0, throughAfter.ofEntry.get(main) ?? 0].map(
    (n) => n / quantum,
  ) as [number, number];
  if (x1 <= 0) return false;
  const perProfile = (count: number, profiles: number) => count / Math.max(1, profiles);
  const ratio = (a: number, b: number) =>
    Math.log(perProfile(b, after.profiles) / perProfile(a, before.profiles));
  const [r1, r2] = [Math.max(0, n1 - x1) + HALF, Math.max(0, n2 - x2) + HALF];
  const variance = 2 * dispersion.phi * (1 / r1 + 1 / r2);
  const asRequests = (ratio(r1, r2) - ratio(x1 + HALF, x2 + HALF)) ** 2 / variance;
  const asCode = (ratio(r1, r2) - Math.log(load)) ** 2 / variance;
  if (Math.abs(asCode - asRequests) < CLEAR) return fell;
  return asRequests < asCode;
}

/** Added to counts whose logarithm is taken (Haldane 1956). */
const HALF = 0.5;

interface Through {
  /** Cost by entry point, of the stacks through the function and of all. */
  ofFn: Map<number, number>;
  ofEntry: Map<number, number>;
}

function throughEntries(
  joined: Joined,
  indices: readonly number[],
  universal: Uint8Array,
  fn: number,
): Through {
  const ofFn = new Map<number, number>();
  const ofEntry = new Map<number, number>();
  eachStackOf(joined, indices, universal, (entry, value, part, stack) => {
    if (value === 0) return;
    addTo(ofEntry, entry, value);
    const { stackStart, stackFrames } = part.profile;
    for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
      if (part.frameFunction[stackFrames[at] ?? 0] !== fn) continue;
      addTo(ofFn, entry, value);
      break;
    }
  });
  return { ofFn, ofEntry };
}

/** The entry point through which most of the growth of a function came; null where several did, or none. */
function mainEntry(
  throughBefore: Through,
  throughAfter: Through,
  profilesBefore: number,
  profilesAfter: number,
): number | null {
  let best: { entry: number; growth: number } | null = null;
  let whole = 0;
  for (const entry of new Set([...throughBefore.ofFn.keys(), ...throughAfter.ofFn.keys()])) {
    const growth =
      share(throughAfter.ofFn.get(entry) ?? 0, profilesAfter) -
      share(throughBefore.ofFn.get(entry) ?? 0, profilesBefore);
    whole += growth;
    if (best === null || growth > best.growth) best = { entry, growth };
  }
  return best === null || best.entry < 0 || best.growth < MAIN_PART * whole ? null : best.entry;
}

/**
 * Whether an entry point has at least two callees, directly below it, and all of them kept their shares of
 * it.
 */
function areCalleesAlike(
  { joined, before, after, quantum, dispersion }: Contrast,
  universal: Uint8Array,
  entry: number,
): boolean {
  const calleesOf = (indices: readonly number[]) => {
    const costs = new Map<number, number>();
    let total = 0;
    eachStackOf(joined, indices, universal, (root, value, part, stack) => {
      if (root !== entry) return;
      total += value;
      const { stackStart, stackFrames } = part.profile;
      for (let at = (stackStart[stack + 1] ?? 0) - 1; at > (stackStart[stack] ?? 0); at--) {
        if (part.frameFunction[stackFrames[at] ?? 0] !== entry) continue;
        addTo(costs, part.frameFunction[stackFrames[at - 1] ?? 0] ?? 0, value);
        break;
      }
    });
    return { costs, total };
  };
  const [calleesBefore, calleesAfter] = [calleesOf(before.parts), calleesOf(after.parts)];
  let known = 0;
  for (const callee of new Set([...calleesBefore.costs.keys(), ...calleesAfter.costs.keys()])) {
    const [x1, x2] = [
      (calleesBefore.costs.get(callee) ?? 0) / quantum,
      (calleesAfter.costs.get(callee) ?? 0) / quantum,
    ];
    if (x1 + x2 < MIN_CALLEE_SAMPLES) continue;
    known++;
    const z = deviation([x1, calleesBefore.total / quantum], [x2, calleesAfter.total / quantum], dispersion);
    if (Math.abs(z) >= ALIKE_Z) return false;
  }
  return known >= 2;
}
