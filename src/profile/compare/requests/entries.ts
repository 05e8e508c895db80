import type { Contrast } from '../../contrast/contrast.js';
import { deviation, share } from '../../contrast/contrast.js';
import { sumCosts } from '../../contrast/costs.js';
import type { Joined, JoinedPart } from '../../contrast/join.js';
import { listMarked } from '../../contrast/marks.js';
import type { PartCosts } from '../../contrast/runs.js';
import type { Analysis } from '../analysis.js';
import { besideJobs, type Division } from './beside-jobs.js';
import { findDispatched, markHandedOn, outermostOwn, ownCallerAt, UNIVERSAL } from './dispatch.js';

/** An own function that is called for one kind of request: a handler, a job, a consumer. */
export interface EntryPoint {
  fn: number;
  /** Cost per profile of all that runs for it. */
  before: number;
  after: number;
  /** Samples on both sides together. */
  samples: number;
}

/** Kinds of requests that a service answers, and which of them each stack of each part serves. */
export interface Requests {
  /** The heaviest first; none where own code has only one way in. */
  points: readonly EntryPoint[];
  /** Entry point of each stack by part and stack; −1 for a stack without one. */
  entryOfStack: readonly Int32Array[];
  /**
   * Entry points that the team's own code calls, each from a line of its own. They may be steps of the same
   * work rather than kinds of requests; what a framework calls, or one line that calls them all, is a kind of
   * request.
   */
  calledByOwn: ReadonlySet<number>;
  /** Own functions above nearly all own code: middleware, or the only kind of request that matters. */
  universal: ReadonlySet<number>;
  /**
   * Entry points next to a server's handler, where what stands inside that is told apart: they run whether
   * requests come or not.
   */
  jobs: ReadonlySet<number>;
}

/** Requests of a service that has only one kind. */
export const NO_REQUESTS: Requests = {
  points: [],
  entryOfStack: [],
  calledByOwn: new Set(),
  universal: new Set(),
  jobs: new Set(),
};

/** Entry points with less than this part of what is served on both sides are not looked at on their own. */
const MIN_PART = 0.04;
/** Maximum number of entry points that are looked at on their own. */
const MAX_ENTRIES = 8;

/**
 * Finds the entry points of a service: the outermost own frames of its stacks, middleware around all requests
 * left out. The mix of requests is the mix of their costs.
 */
export function findRequests(contrast: Contrast): Requests {
  const { joined } = contrast;
  const universal = findUniversal(contrast);
  const handedOn = markHandedOn(joined.functions);
  const skipped = universal.map((is, fn) => is | (handedOn[fn] ?? 0));
  const divided = divide(
    contrast,
    joined.parts.map((part) => outermostOwn(part, skipped)),
  );
  const all = listPoints(contrast, divided.costs);
  const deeper = besideJobs(contrast, divided, skipped, MIN_PART);
  for (const fn of deeper?.middleware ?? []) universal[fn] = 1;
  const { outermost, entryOfStack, costs } = deeper === null ? divided : divide(contrast, deeper.outermost);
  const points = deeper === null ? all : listPoints(contrast, costs);
  const calledByOwn = listCalledByOwn(joined, { outermost, entryOfStack }, handedOn);
  if (calledByOwn.size > 0) for (const fn of findDispatched(contrast, outermost)) calledByOwn.delete(fn);
  return {
    points: points.length < 2 ? [] : points.slice(0, MAX_ENTRIES),
    entryOfStack,
    calledByOwn,
    universal: new Set(listMarked(universal)),
    jobs: deeper?.jobs ?? new Set(),
  };
}

/** Lists the entry points with a part of what is served that matters, the heaviest first. */
function listPoints(
  { before, after, quantum }: Contrast,
  [costsBefore, costsAfter]: Division['costs'],
): EntryPoint[] {
  const points: EntryPoint[] = [];
  for (let fn = 0; fn < costsBefore.length; fn++) {
    const [x1, x2] = [costsBefore[fn] ?? 0, costsAfter[fn] ?? 0];
    if (x1 === 0 && x2 === 0) continue;
    const part = Math.max(share(x1, before.costs.served), share(x2, after.costs.served));
    if (part < MIN_PART) continue;
    points.push({
      fn,
      before: share(x1, before.profiles),
      after: share(x2, after.profiles),
      samples: (x1 + x2) / quantum,
    });
  }
  // Equal ones stay in the order of their numbers.
  return points.sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after));
}

/** Divides the stacks of all parts by their entry points, at positions that {@link outermostOwn} tells. */
function divide({ joined, before, after }: Contrast, outermost: readonly Int32Array[]): Division {
  const entryOfStack = joined.parts.map((part, index) =>
    entriesAt(part, outermost[index] ?? new Int32Array()),
  );
  const sumEntries = (indices: readonly number[]) => {
    const sums = new Float64Array(joined.functions.length);
    eachStack(joined, entryOfStack, indices, (entry, value) => {
      if (entry >= 0) sums[entry] = (sums[entry] ?? 0) + value;
    });
    return sums;
  };
  return { outermost, entryOfStack, costs: [sumEntries(before.parts), sumEntries(after.parts)] };
}

/** 1 for the own functions that nearly all own code runs below, on both sides. */
function findUniversal({ joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>): Uint8Array {
  const isAbove = ({ costs }: Contrast['before'], fn: number) =>
    (costs.totals[fn] ?? 0) - (costs.bare[fn] ?? 0) >= UNIVERSAL * costs.application;
  return joined.application.map((isOwn, fn) =>
    isOwn === 1 && isAbove(before, fn) && isAbove(after, fn) ? 1 : 0,
  );
}

/** Function at a position of each stack of a part; −1 where there is none. */
function entriesAt(
  { profile: { stackFrames }, frameFunction }: JoinedPart,
  outermost: Int32Array,
): Int32Array {
  const entries = new Int32Array(outermost.length).fill(-1);
  for (let stack = 0; stack < entries.length; stack++) {
    const at = outermost[stack] ?? -1;
    if (at >= 0) entries[stack] = frameFunction[stackFrames[at] ?? 0] ?? 0;
  }
  return entries;
}

/**
 * Lists the entry points that universal middleware calls somewhere, rather than a framework or nothing. It is
 * own code: what it calls may be a step of the same work.
 */
function listCalledByOwn(
  joined: Joined,
  { outermost, entryOfStack }: Pick<Division, 'outermost' | 'entryOfStack'>,
  handedOn: Uint8Array,
): Set<number> {
  const called = new Set<number>();
  for (const [index, part] of joined.parts.entries()) {
    const [positions, entries] = [outermost[index] ?? new Int32Array(), entryOfStack[index]];
    for (let stack = 0; stack < positions.length; stack++) {
      const at = positions[stack] ?? -1;
      if (ownCallerAt(part, stack, at, handedOn) !== null) called.add(entries?.[stack] ?? 0);
    }
  }
  return called;
}

/** Calls back for every stack of some parts with its entry point (−1 for none) and its value. */
export function eachStack(
  joined: Joined,
  entryOfStack: readonly Int32Array[],
  indices: readonly number[],
  visit: (entry: number, value: number, part: JoinedPart, stack: number) => void,
): void {
  for (const index of indices) {
    const [part, entries] = [joined.parts[index], entryOfStack[index]];
    if (part === undefined || entries === undefined) continue;
    entries.forEach((entry, stack) => {
      visit(entry, part.profile.values[stack] ?? 0, part, stack);
    });
  }
}

/** An entry point's share of what is served must differ by so many standard errors to be said … */
const MIX_Z = 4;
/** … and by this part of it. */
const MIX_POINTS = 0.03;

/** The code of a script outside of its functions: the loop of a server, which requests do not drive. */
const MAIN_MODULE = /^<module>/;

/** Lists the entry points that requests drive: main modules and jobs run whether requests come or not. */
export function listKinds(
  { functions }: Pick<Joined, 'functions'>,
  { points, jobs }: Pick<Requests, 'points' | 'jobs'>,
): EntryPoint[] {
  return points.filter(({ fn }) => !jobs.has(fn) && !MAIN_MODULE.test(functions[fn]?.name ?? ''));
}

/** The cost of all requests, before and after: what is served, without main modules and jobs. */
export function sumRequests(
  { joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>,
  requests: Pick<Requests, 'points' | 'jobs'>,
): [before: number, after: number] {
  const kinds = new Set(listKinds(joined, requests));
  const sums: [number, number] = [before.costs.served, after.costs.served];
  for (const point of requests.points) {
    if (kinds.has(point)) continue;
    sums[0] -= point.before * before.profiles;
    sums[1] -= point.after * after.profiles;
  }
  return sums;
}

/** Lists the kinds of requests whose part of all requests' cost changed, as far as it can be told. */
export function changedEntries(contrast: Contrast, requests: Requests): EntryPoint[] {
  const { joined, before, after, quantum, dispersion } = contrast;
  const [n1, n2] = sumRequests(contrast, requests);
  return listKinds(joined, requests).filter((kind) => {
    const [x1, x2] = [kind.before * before.profiles, kind.after * after.profiles];
    if (Math.abs(share(x2, n2) - share(x1, n1)) < MIX_POINTS) return false;
    const z = deviation([x1 / quantum, n1 / quantum], [x2 / quantum, n2 / quantum], dispersion);
    return Math.abs(z) >= MIX_Z;
  });
}

/**
 * Limits an analysis to the stacks of one entry point: the rest counts as nothing, functions keep their
 * numbers.
 */
export function withinEntry(analysis: Analysis, entry: number): Analysis {
  const parts = analysis.joined.parts.map((part, index): JoinedPart => {
    const entries = analysis.requests.entryOfStack[index] ?? new Int32Array();
    const values = part.profile.values.map((value, stack) => (entries[stack] === entry ? value : 0));
    return { ...part, profile: { ...part.profile, values } };
  });
  const joined: Joined = { ...analysis.joined, parts };
  const masked = (partCosts: readonly PartCosts[]) =>
    partCosts.map((one): PartCosts => {
      const part = parts[one.part];
      return part === undefined
        ? one
        : { ...one, costs: sumCosts(part, joined.functions.length, joined.serving) };
    });
  return {
    ...analysis,
    joined,
    baseline: masked(analysis.baseline),
    incident: masked(analysis.incident),
    slices: masked(analysis.slices),
    requests: NO_REQUESTS,
  };
}
