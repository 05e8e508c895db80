import { findHottestPath, type PathStep } from '../hottest-path.js';
import { createProfile, type FunctionInfo, type Profile } from '../model.js';
import { findHeaviestStack, selectStacks, stacksThrough } from './stacks.js';
import { compareFunctions } from './table.js';

export interface Neighbour {
  functionId: number;
  /** Value of the stacks in which it is next to the function; a stack counts once. */
  total: number;
}

export interface LineCost {
  /** 0 = unknown. */
  line: number;
  self: number;
  /** Value of the stacks through the line; a stack counts once. */
  total: number;
}

/** The cost of a function over all its places in the call tree. Values are in the profile's unit. */
export interface FunctionView {
  total: number;
  self: number;
  /** Number of different stacks through it, by function. */
  stacks: number;
  /** Value of the stacks in which it occurs more than once. */
  recursive: number;
  /** Value of the stacks that it is the entry point of. */
  entry: number;
  /** Immediate callers and callees, without itself, heaviest first. */
  callers: Neighbour[];
  callees: Neighbour[];
  /** Heaviest first by total. */
  lines: LineCost[];
  /** The heaviest call chain from an entry point down to the function's outermost place. */
  path: PathStep[];
  /** The application function nearest above it that brings most of the total; null where none is above it. */
  applicationCaller: Neighbour | null;
}

/**
 * Looks at one function in all its places: callers above, callees below. Under recursion a stack counts once
 * for the function, for each neighbour and for each line.
 *
 * @param isTarget tells the function
 * @returns null where no stack with a value passes through it
 */
export function buildFunctionView(
  profile: Profile,
  isTarget: (info: FunctionInfo) => boolean,
  isApplication: (functionId: number) => boolean,
): FunctionView | null {
  const target = Uint8Array.from(profile.functions, (info) => (isTarget(info) ? 1 : 0));
  const selected = selectStacks(
    profile,
    stacksThrough(profile, (id) => target[id] === 1),
  );
  const { frameFunction, frameLine, frameKin, stackFrames, stackStart, values } = selected;
  const functionAt = (at: number) => frameFunction[stackFrames[at] ?? 0] ?? 0;
  const callers = new Sums();
  const callees = new Sums();
  const lineTotals = new Sums();
  const lineSelf = new Sums();
  const applicationCallers = new Sums();
  const outermost = new Uint32Array(values.length);
  let [total, self, recursive, entry] = [0, 0, 0, 0];
  values.forEach((value, stack) => {
    const leaf = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? 0;
    let occurrences = 0;
    let application = -1;
    total += value;
    for (let at = leaf; at < end; at++) {
      const fn = functionAt(at);
      if (target[fn] !== 1) {
        const frame = stackFrames[at] ?? 0;
        if (occurrences > 0 && application < 0 && frameKin[frame] === 1 && isApplication(fn))
          application = fn;
        continue;
      }
      occurrences++;
      outermost[stack] = at;
      const line = frameLine[stackFrames[at] ?? 0] ?? 0;
      lineTotals.add(line, stack, value);
      if (at === leaf) {
        self += value;
        lineSelf.add(line, stack, value);
      } else if (target[functionAt(at - 1)] !== 1) callees.add(functionAt(at - 1), stack, value);
      if (at === end - 1) entry += value;
      else if (target[functionAt(at + 1)] !== 1) callers.add(functionAt(at + 1), stack, value);
    }
    if (occurrences > 1) recursive += value;
    if (application >= 0) applicationCallers.add(application, stack, value);
  });
  if (total === 0) return null;
  const neighbours = (sums: Sums) =>
    sums
      .entries()
      .map(([functionId, sum]) => ({ functionId, total: sum }))
      .sort((a, b) => b.total - a.total || compareFunctions(profile, a.functionId, b.functionId));
  const ownLines = new Map(lineSelf.entries());
  return {
    total,
    self,
    stacks: findHeaviestStack(selected)?.distinct ?? 0,
    recursive,
    entry,
    callers: neighbours(callers),
    callees: neighbours(callees),
    lines: lineTotals
      .entries()
      .map(([line, sum]) => ({ line, self: ownLines.get(line) ?? 0, total: sum }))
      .sort((a, b) => b.total - a.total || b.self - a.self || a.line - b.line),
    path: findHottestPath(cutBelow(selected, outermost), isApplication).steps,
    applicationCaller: neighbours(applicationCallers)[0] ?? null,
  };
}

/** Sums by key, to which each stack adds once. */
class Sums {
  readonly #sums = new Map<number, { sum: number; stack: number }>();

  add(key: number, stack: number, value: number): void {
    const known = this.#sums.get(key);
    if (known === undefined) this.#sums.set(key, { sum: value, stack });
    else if (known.stack !== stack) {
      known.sum += value;
      known.stack = stack;
    }
  }

  entries(): [key: number, sum: number][] {
    return [...this.#sums].flatMap(([key, { sum }]): [number, number][] => (sum === 0 ? [] : [[key, sum]]));
  }
}

/** Cuts every stack below one of its frames, whose positions are `leaves`. */
function cutBelow(profile: Profile, leaves: Uint32Array): Profile {
  const ends = profile.stackStart.subarray(1);
  const stackStart = new Uint32Array(ends.length + 1);
  ends.forEach((end, stack) => {
    stackStart[stack + 1] = (stackStart[stack] ?? 0) + end - (leaves[stack] ?? 0);
  });
  const stackFrames = new Uint32Array(stackStart.at(-1) ?? 0);
  ends.forEach((end, stack) => {
    stackFrames.set(profile.stackFrames.subarray(leaves[stack] ?? 0, end), stackStart[stack] ?? 0);
  });
  return createProfile({ ...profile, stackStart, stackFrames });
}
