import type { Contrast } from '../../contrast/contrast.js';
import { listMarked } from '../../contrast/marks.js';
import type { FunctionInfo } from '../../model.js';
import { SEEN } from '../../tables/seen.js';
import {
  callerAt,
  findDispatched,
  hasLinesOfCalls,
  markHandedOn,
  ownCallerAt,
  UNIVERSAL,
} from './dispatch.js';

/** The stacks of all parts by their entry points. */
export interface Division {
  /** Position of the entry point in each stack of each part; −1 for none. */
  outermost: readonly Int32Array[];
  /** Entry point of each stack by part and stack; −1 for none. */
  entryOfStack: readonly Int32Array[];
  /** Cost by entry point, before and after. */
  costs: readonly [Float64Array, Float64Array];
}

/** The kinds of requests inside a handler, and the jobs next to it. */
export interface Inside {
  middleware: readonly number[];
  /** Position of the entry point in each stack of each part then; −1 for none. */
  outermost: readonly Int32Array[];
  jobs: ReadonlySet<number>;
}

/** Part of own code from which on an entry point may be a server's handler, next to which there are jobs. */
const MAIN = 0.3;
/** Part of an entry point from which on it is frameworks that call what stands inside. */
const ENTERED = 0.5;

/** A server's handler that has kinds of requests inside. */
interface Handler {
  main: number;
  /** 1 for each function around the kinds, the handler among them. */
  middleware: Uint8Array;
}

/** Handlers found before, by functions: all contrasts of a comparison divide the requests in the same way. */
const handlers = new WeakMap<readonly FunctionInfo[], Handler | null>();

/**
 * Looks for kinds of requests inside the largest entry point with several of them that has much of own code,
 * but not nearly all, since jobs run next to it: what calls it calls no other one, as the library of a server
 * does that calls one middleware for all requests. What nearly all of its cost passes through is middleware.
 * With jobs of a tenth of own code all requests were one kind, and a change of their mix looked like code.
 *
 * @param skipped 1 for each function that is no entry point
 * @param minPart part of what is served from which on an entry point is a kind of requests
 * @returns null where there is no such handler
 */
export function besideJobs(
  contrast: Contrast,
  divided: Division,
  skipped: Uint8Array,
  minPart: number,
): Inside | null {
  const { functions } = contrast.joined;
  const known = handlers.get(functions);
  const handler = known === undefined ? findHandler(contrast, divided, skipped, minPart) : known;
  handlers.set(functions, handler);
  if (handler === null) return null;
  const { main, middleware } = handler;
  // Without the stacks of one change another function may be around all requests.
  if (divided.costs.every((costs) => (costs[main] ?? 0) <= 0)) return null;
  const { inside } = walkDown(contrast, divided, main, middleware, skipped);
  const outermost = divided.outermost.map((positions, index) =>
    positions.map((at, stack) => {
      const isThrough = middleware[divided.entryOfStack[index]?.[stack] ?? -1] === 1;
      return isThrough ? (inside[index]?.[stack] ?? -1) : at;
    }),
  );
  const marked = listMarked(middleware);
  const jobs = new Set(divided.entryOfStack.flatMap((entries) => [...new Set(entries)]));
  for (const fn of [-1, ...marked]) jobs.delete(fn);
  return { middleware: marked, outermost, jobs };
}

/** Finds the largest entry point that nothing else is called with, and that has kinds of requests inside. */
function findHandler(
  contrast: Contrast,
  divided: Division,
  skipped: Uint8Array,
  minPart: number,
): Handler | null {
  for (const main of listLarge(contrast, divided)) {
    if (!isCalledAlone(contrast, divided, main)) continue;
    const middleware = findAround(contrast, divided, main, skipped, minPart);
    if (middleware !== null) return { main, middleware };
  }
  return null;
}

/**
 * Finds the middleware around several kinds of requests in an entry point. A function that nearly all its
 * cost passes through seems to be middleware, and what it does to be the kinds: it is a kind itself, next to
 * others.
 *
 * @returns 1 for each function of it; null where no kinds are inside
 */
function findAround(
  contrast: Contrast,
  divided: Division,
  main: number,
  skipped: Uint8Array,
  minPart: number,
): Uint8Array | null {
  const found = findMiddleware(contrast, divided, main, skipped);
  const { middleware, sums } = found;
  let { inside } = found;
  const isRestLarge = (taker: number) =>
    [contrast.before, contrast.after].some(({ costs: { served } }, side) => {
      const rest = (divided.costs[side as 0 | 1][main] ?? 0) - (sums[side as 0 | 1][taker] ?? 0);
      return rest >= minPart * served;
    });
  while (hasKinds(contrast, inside, minPart)) {
    const taker = findStepTaker(contrast, divided, main, inside);
    if (taker === null) return middleware;
    if (taker === main || middleware[taker] !== 1 || !isRestLarge(taker)) return null;
    middleware[taker] = 0;
    inside = walkDown(contrast, divided, main, middleware, skipped).inside;
  }
  return null;
}

/** Lists the entry points with much of own code on both sides, the largest first. */
function listLarge({ before, after }: Contrast, { costs: [was, is] }: Division): number[] {
  const [least, leastAfter] = [MAIN * before.costs.application, MAIN * after.costs.application];
  const large: number[] = [];
  for (let fn = 0; fn < was.length; fn++) {
    const [cost, costAfter] = [was[fn] ?? 0, is[fn] ?? 0];
    if (cost > 0 && cost >= least && costAfter > 0 && costAfter >= leastAfter) large.push(fn);
  }
  const whole = (fn: number) => (was[fn] ?? 0) + (is[fn] ?? 0);
  return large.sort((a, b) => whole(b) - whole(a));
}

/** Whether several entry points at some positions of the stacks are large enough on a side to be kinds. */
function hasKinds(
  { joined, before, after }: Contrast,
  positions: readonly Int32Array[],
  minPart: number,
): boolean {
  const isKind = new Uint8Array(joined.functions.length);
  let kinds = 0;
  for (const { parts, costs } of [before, after]) {
    const least = minPart * costs.served;
    const sums = new Float64Array(isKind.length);
    for (const index of parts) {
      const [part, found] = [joined.parts[index], positions[index]];
      if (part === undefined || found === undefined) continue;
      const { stackFrames, values } = part.profile;
      for (let stack = 0; stack < found.length; stack++) {
        const at: number = found[stack] ?? -1;
        if (at < 0) continue;
        const fn: number = part.frameFunction[stackFrames[at] ?? 0] ?? 0;
        const sum: number = (sums[fn] ?? 0) + (values[stack] ?? 0);
        sums[fn] = sum;
        if (sum < least || isKind[fn] === 1) continue;
        isKind[fn] = 1;
        kinds++;
      }
    }
  }
  return kinds > 1;
}

/** The functions around the kinds of requests of one entry point. */
interface Middleware {
  /** 1 for each function of it, the entry point among them. */
  middleware: Uint8Array;
  /** Position of the first own frame below it in each stack of each part; −1 where there is none. */
  inside: readonly Int32Array[];
  /** Cost of the entry point through each function of it, before and after. */
  sums: readonly [Float64Array, Float64Array];
}

/** Finds the own functions of an entry point that nearly all of its cost passes through, on both sides. */
function findMiddleware(
  contrast: Contrast,
  divided: Division,
  main: number,
  skipped: Uint8Array,
): Middleware {
  const { joined, before, after } = contrast;
  const [least = 0, leastAfter = 0] = divided.costs.map((costs) => UNIVERSAL * (costs[main] ?? 0));
  const middleware = new Uint8Array(joined.functions.length);
  const drop = (sums: Float64Array, sumsAfter: Float64Array) => {
    let hasDropped = false;
    for (let fn = 0; fn < middleware.length; fn++) {
      if (middleware[fn] !== 1) continue;
      if ((sums[fn] ?? 0) >= least && (sumsAfter[fn] ?? 0) >= leastAfter) continue;
      middleware[fn] = 0;
      hasDropped = true;
    }
    return hasDropped;
  };
  // Few functions cost as much at all.
  for (let fn = 0; fn < middleware.length; fn++) {
    middleware[fn] = joined.application[fn] === 1 && skipped[fn] !== 1 ? 1 : 0;
  }
  drop(before.costs.totals, after.costs.totals);
  for (;;) {
    const { inside, sums } = walkDown(contrast, divided, main, middleware, skipped);
    if (!drop(...sums)) return { middleware, inside, sums };
  }
}

/** Walks from each entry point that is middleware down to the first own frame that is none. */
function walkDown(
  { joined, before, after }: Contrast,
  { outermost, entryOfStack }: Division,
  main: number,
  middleware: Uint8Array,
  skipped: Uint8Array,
): Pick<Middleware, 'inside' | 'sums'> {
  const inside = outermost.map((positions) => new Int32Array(positions.length).fill(-1));
  const sums = [new Float64Array(middleware.length), new Float64Array(middleware.length)] as const;
  for (const [index, { profile, frameFunction, frameApplication }] of joined.parts.entries()) {
    const { stackStart, stackFrames, values } = profile;
    const [positions, entries, found] = [outermost[index], entryOfStack[index], inside[index]];
    if (positions === undefined || entries === undefined || found === undefined) continue;
    const sum = before.parts.includes(index) ? sums[0] : after.parts.includes(index) ? sums[1] : null;
    for (let stack = 0; stack < entries.length; stack++) {
      const entry = entries[stack] ?? -1;
      if (middleware[entry] !== 1) continue;
      SEEN.begin(middleware.length);
      for (let at: number = positions[stack] ?? -1; at >= (stackStart[stack] ?? 0); at--) {
        const frame = stackFrames[at] ?? 0;
        const fn = frameFunction[frame] ?? 0;
        if (frameApplication[frame] !== 1 || skipped[fn] === 1) continue;
        if (middleware[fn] !== 1) {
          found[stack] = at;
          break;
        }
        if (entry === main && sum !== null && SEEN.add(fn)) sum[fn] = (sum[fn] ?? 0) + (values[stack] ?? 0);
      }
    }
  }
  return { inside, sums };
}

/**
 * Finds the own function whose steps most of what stands inside an entry point seems to be: own code calls
 * each from a line of its own.
 *
 * @returns null where they are no steps, or where a profiler knows one line of each function
 */
function findStepTaker(
  contrast: Contrast,
  { entryOfStack, costs }: Division,
  main: number,
  inside: readonly Int32Array[],
): number | null {
  const { joined, before, after } = contrast;
  const handedOn = markHandedOn(joined.functions);
  /** Cost of the steps by the function that takes them, on the sides that were looked at. */
  const taken = new Float64Array(joined.functions.length);
  const areEntered = [before, after].every(({ parts }, side) => {
    let entered = 0;
    for (const index of parts) {
      const [part, positions, entries] = [joined.parts[index], inside[index], entryOfStack[index]];
      if (part === undefined || positions === undefined) continue;
      for (let stack = 0; stack < positions.length; stack++) {
        const at = positions[stack] ?? -1;
        if (at < 0 || entries?.[stack] !== main) continue;
        const value = part.profile.values[stack] ?? 0;
        const caller = ownCallerAt(part, stack, at, handedOn);
        if (caller === null) entered += value;
        else {
          const fn = part.frameFunction[caller] ?? 0;
          taken[fn] = (taken[fn] ?? 0) + value;
        }
      }
    }
    return entered >= ENTERED * (costs[side as 0 | 1][main] ?? 0);
  });
  if (areEntered || findDispatched(contrast, inside).size > 0) return null;
  if (!hasLinesOfCalls(joined, [...before.parts, ...after.parts])) return null;
  return taken.reduce((most, cost, fn) => (cost > (taken[most] ?? 0) ? fn : most), 0);
}

/** Whether what calls an entry point, outside own code, calls no other one. */
function isCalledAlone({ joined }: Contrast, { outermost, entryOfStack }: Division, main: number): boolean {
  const handedOn = markHandedOn(joined.functions);
  /** By caller, 1 where it calls the entry point and 2 where another one; the last caller is nothing. */
  const calls = new Uint8Array(joined.functions.length + 1);
  for (const [index, part] of joined.parts.entries()) {
    const [positions, entries] = [outermost[index] ?? new Int32Array(), entryOfStack[index]];
    for (let stack = 0; stack < positions.length; stack++) {
      const at = positions[stack] ?? -1;
      if (at < 0) continue;
      const frame = callerAt(part, stack, at, handedOn);
      const caller = frame < 0 ? joined.functions.length : (part.frameFunction[frame] ?? 0);
      calls[caller] = (calls[caller] ?? 0) | (entries?.[stack] === main ? 1 : 2);
    }
  }
  return !calls.includes(3);
}
