import { handsOn } from '../../code/handed-on.js';
import type { Contrast } from '../../contrast/contrast.js';
import type { Joined, JoinedPart } from '../../contrast/join.js';
import type { FunctionInfo } from '../../model.js';

/** An own function above nearly all own code is no kind of request but a middleware around all of them. */
export const UNIVERSAL = 0.9;
/** Part of what a function calls that must begin at one line of it. */
const MOST = 0.9;
/**
 * Functions that call from several lines, at the least, and their part of those with several callees, for
 * lines to be those of calls: in profiles of Go, Java, Python and Rust it is 0.36 to 1, of Node and Ruby 0 to
 * 0.07 (fixtures/sdk).
 */
const MIN_SEVERAL = 3;
const MIN_SEVERAL_PART = 0.2;
/** More lines than a file has. */
const MAX_LINES = 2 ** 24;

/**
 * Finds the entry points that own code calls from one line of it: where nearly all that a universal function
 * calls begins at the same line, and that line leads to several functions, they are called by a variable, as
 * middleware calls its handlers. Steps of the same work stand on lines of their own. Lines move when the code
 * changes, so both sides must show it; and where a profiler knows one line of each function, it tells
 * nothing.
 *
 * @param outermost position of the outermost own frame of each stack of each part: see {@link outermostOwn}
 */
export function findDispatched(
  { joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>,
  outermost: readonly Int32Array[],
): Set<number> {
  const handedOn = markHandedOn(joined.functions);
  const calledBefore = dispatchedIn(joined, before.parts, outermost, handedOn);
  if (calledBefore.size === 0) return calledBefore;
  const calledAfter = dispatchedIn(joined, after.parts, outermost, handedOn);
  return new Set([...calledBefore].filter((fn) => calledAfter.has(fn)));
}

/** Marks made before, by functions: every contrast of a comparison asks for them. */
const handedOnCache = new WeakMap<readonly FunctionInfo[], Uint8Array>();

/** 1 for each function that was generated to hand a call on: it is no kind of request and calls none. */
export function markHandedOn(functions: readonly FunctionInfo[]): Uint8Array {
  const known = handedOnCache.get(functions);
  if (known !== undefined) return known;
  const marks = new Uint8Array(functions.length);
  functions.forEach(({ name }, fn) => {
    marks[fn] = handsOn(name) ? 1 : 0;
  });
  handedOnCache.set(functions, marks);
  return marks;
}

/** A line of own code, with the cost and the functions that it leads to. */
interface Site {
  fn: number;
  cost: number;
  callees: Set<number>;
}

function dispatchedIn(
  joined: Joined,
  indices: readonly number[],
  outermost: readonly Int32Array[],
  handedOn: Uint8Array,
): Set<number> {
  const sites: Site[] = [];
  /** Number of each site by function and line. */
  const numbers = new Map<number, number>();
  const whole = new Float64Array(joined.functions.length);
  for (const index of indices) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { stackFrames, frameLine, values } = part.profile;
    /** Number of the site of each frame, from 1 on: a frame is one line of one function. */
    const siteOfFrame = new Int32Array(part.frameFunction.length);
    for (let stack = 0; stack < values.length; stack++) {
      const at = outermost[index]?.[stack] ?? -1;
      const caller = at < 0 ? null : ownCallerAt(part, stack, at, handedOn);
      if (caller === null) continue;
      const fn = part.frameFunction[caller] ?? 0;
      const value = values[stack] ?? 0;
      whole[fn] = (whole[fn] ?? 0) + value;
      const line = frameLine[caller] ?? 0;
      if (line === 0) continue;
      if (siteOfFrame[caller] === 0) {
        const key = fn * MAX_LINES + line;
        const known = numbers.get(key) ?? sites.push({ fn, cost: 0, callees: new Set() }) - 1;
        numbers.set(key, known);
        siteOfFrame[caller] = known + 1;
      }
      const site = sites[(siteOfFrame[caller] ?? 0) - 1];
      if (site === undefined) continue;
      site.cost += value;
      site.callees.add(part.frameFunction[stackFrames[at] ?? 0] ?? 0);
    }
  }
  const dispatched = new Set<number>();
  for (const { fn, cost, callees } of sites) {
    if (callees.size < 2 || cost < MOST * (whole[fn] ?? 0)) continue;
    for (const callee of callees) dispatched.add(callee);
  }
  return dispatched.size > 0 && hasLinesOfCalls(joined, indices) ? dispatched : new Set();
}

/** Functions whose profiler was seen to tell the lines of calls: it does so in all their profiles. */
const withLinesOfCalls = new WeakSet<readonly FunctionInfo[]>();

/**
 * Whether the lines of frames are those of calls: functions that call several others do so from several
 * lines. Some profilers know only the line at which a function begins or ends.
 */
export function hasLinesOfCalls(joined: Joined, indices: readonly number[]): boolean {
  if (withLinesOfCalls.has(joined.functions)) return true;
  const hasLines = tellsLinesOfCalls(joined, indices);
  if (hasLines) withLinesOfCalls.add(joined.functions);
  return hasLines;
}

function tellsLinesOfCalls(joined: Joined, indices: readonly number[]): boolean {
  const { length } = joined.functions;
  /** First line and first callee of each function; −1 where it has several. */
  const [lines, callees] = [new Int32Array(length), new Int32Array(length)];
  const isTold = () => {
    let callers = 0;
    let fromSeveral = 0;
    for (let fn = 0; fn < length; fn++) {
      if (callees[fn] !== -1) continue;
      callers++;
      if (lines[fn] === -1) fromSeveral++;
    }
    return fromSeveral >= MIN_SEVERAL && fromSeveral >= MIN_SEVERAL_PART * callers;
  };
  // The first parts that tell suffice.
  return indices.some((index) => {
    const part = joined.parts[index];
    if (part === undefined) return false;
    noteCalls(part, lines, callees);
    return isTold();
  });
}

/** Notes the lines and the callees of the functions of a part, each by its number from 1 on. */
function noteCalls({ profile, frameFunction }: JoinedPart, lines: Int32Array, callees: Int32Array): void {
  const { stackStart, stackFrames, frameLine, values } = profile;
  for (let stack = 0; stack < values.length; stack++) {
    const start = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? 0;
    let callee = start < end ? (frameFunction[stackFrames[start] ?? 0] ?? 0) + 1 : 0;
    for (let at = start + 1; at < end; at++) {
      const frame = stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      const line = frameLine[frame] ?? 0;
      if (line !== 0) {
        if (lines[fn] !== line) lines[fn] = lines[fn] === 0 ? line : -1;
        if (callees[fn] !== callee) callees[fn] = callees[fn] === 0 ? callee : -1;
      }
      callee = fn + 1;
    }
  }
}

/** Position of the outermost own frame of each stack that is not universal; −1 for none. */
export function outermostOwn(
  { profile: { stackStart, stackFrames, values }, frameFunction, frameApplication }: JoinedPart,
  universal: Uint8Array,
): Int32Array {
  const outermost = new Int32Array(values.length).fill(-1);
  for (let stack = 0; stack < outermost.length; stack++) {
    for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
      const frame = stackFrames[at] ?? 0;
      if (frameApplication[frame] !== 1 || universal[frameFunction[frame] ?? 0] === 1) continue;
      outermost[stack] = at;
      break;
    }
  }
  return outermost;
}

/**
 * Frame that calls the one at a position of a stack; −1 where none does.
 *
 * @param handedOn 1 for the functions that only hand a call on: the frame above them is the one that calls
 */
export function callerAt(
  { profile: { stackStart, stackFrames }, frameFunction }: JoinedPart,
  stack: number,
  at: number,
  handedOn: Uint8Array,
): number {
  const end = stackStart[stack + 1] ?? 0;
  let above = at + 1;
  while (above < end && handedOn[frameFunction[stackFrames[above] ?? 0] ?? 0] === 1) above++;
  return at >= 0 && above < end ? (stackFrames[above] ?? 0) : -1;
}

/** Frame that calls the one at a position where it is own code, else null: see {@link callerAt}. */
export function ownCallerAt(
  part: JoinedPart,
  stack: number,
  at: number,
  handedOn: Uint8Array,
): number | null {
  const caller = callerAt(part, stack, at, handedOn);
  return caller >= 0 && part.frameApplication[caller] === 1 ? caller : null;
}
