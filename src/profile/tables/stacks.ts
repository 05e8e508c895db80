import { createProfile, type Profile } from '../model.js';
import { compareFunctions } from './table.js';

/** Selects the stacks that `keep` accepts; functions and frames stay. */
export function selectStacks(profile: Profile, keep: (stack: number) => boolean): Profile {
  const kept: number[] = [];
  for (let stack = 0; stack < profile.values.length; stack++) if (keep(stack)) kept.push(stack);
  if (kept.length === profile.values.length) return profile;
  const stackStart = new Uint32Array(kept.length + 1);
  const values = new Float64Array(kept.length);
  let length = 0;
  kept.forEach((stack, index) => {
    length += (profile.stackStart[stack + 1] ?? 0) - (profile.stackStart[stack] ?? 0);
    stackStart[index + 1] = length;
    values[index] = profile.values[stack] ?? 0;
  });
  const stackFrames = new Uint32Array(length);
  let to = 0;
  for (const stack of kept) {
    const end = profile.stackStart[stack + 1] ?? 0;
    for (let at = profile.stackStart[stack] ?? 0; at < end; at++)
      stackFrames[to++] = profile.stackFrames[at] ?? 0;
  }
  return createProfile({ ...profile, stackStart, stackFrames, values });
}

/**
 * Adds up the stacks with the same frames, and leaves out those that sum to 0.
 * @param sign `positive` leaves out negative sums as well
 */
export function coalesceStacks(profile: Profile, sign: 'positive' | 'signed' = 'positive'): Profile {
  const sums = new Map<string, { stack: number; value: number }>();
  for (let stack = 0; stack < profile.values.length; stack++) {
    const key = profile.stackFrames
      .subarray(profile.stackStart[stack] ?? 0, profile.stackStart[stack + 1] ?? 0)
      .join();
    const value = profile.values[stack] ?? 0;
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { stack, value });
    else known.value += value;
  }
  const summed = new Map([...sums.values()].map(({ stack, value }) => [stack, value]));
  const isKept = (value: number) => value > 0 || (sign === 'signed' && value < 0);
  const kept = selectStacks(profile, (stack) => isKept(summed.get(stack) ?? 0));
  const rest = [...summed].filter(([, value]) => isKept(value)).sort(([a], [b]) => a - b);
  return createProfile({ ...kept, values: Float64Array.from(rest, ([, value]) => value) });
}

/** Stacks that have a frame of one of the marked functions anywhere. */
export function stacksThrough(
  profile: Profile,
  isMarkedFunction: (functionId: number) => boolean,
): (stack: number) => boolean {
  const isMarked = profile.functions.map((_, id) => isMarkedFunction(id));
  return (stack) => {
    const end = profile.stackStart[stack + 1] ?? 0;
    for (let at = profile.stackStart[stack] ?? 0; at < end; at++) {
      if (isMarked[profile.frameFunction[profile.stackFrames[at] ?? 0] ?? 0]) return true;
    }
    return false;
  };
}

/** Stacks whose leaf is one of the marked functions. */
export function stacksEndingIn(
  { frameFunction, stackFrames, stackStart }: Profile,
  isMarkedFunction: (functionId: number) => boolean,
): (stack: number) => boolean {
  return (stack) => {
    const leaf = stackStart[stack] ?? 0;
    return (
      leaf < (stackStart[stack + 1] ?? 0) && isMarkedFunction(frameFunction[stackFrames[leaf] ?? 0] ?? 0)
    );
  };
}

export interface HeaviestStack {
  /** Function ids, entry point first. */
  functionIds: number[];
  value: number;
  /** Number of different stacks in the profile, by function. */
  distinct: number;
}

/** The heaviest single stack, by function (lines merged), ties by the order of functions. */
export function findHeaviestStack(profile: Profile): HeaviestStack | null {
  const { frameFunction, stackFrames, stackStart } = profile;
  const { first, sums } = sumsByFunctions(profile);
  const functionIds = (stack: number) =>
    Array.from(
      stackFrames.subarray(stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0),
      (frame) => frameFunction[frame] ?? 0,
    ).reverse();
  let best: number | null = null;
  for (const stack of first) {
    const gain = best === null ? 1 : (sums[stack] ?? 0) - (sums[best] ?? 0);
    if (
      best === null ||
      gain > 0 ||
      (gain === 0 && compareStacks(profile, functionIds(stack), functionIds(best)) < 0)
    )
      best = stack;
  }
  if (best === null) return null;
  return { functionIds: functionIds(best), value: sums[best] ?? 0, distinct: first.length };
}

/**
 * Adds up the stacks with the same functions, in a hash table with open addressing: an entry for each stack
 * in a `Map` takes three times as long.
 *
 * @returns the first stack of each kind, and by it the sum
 */
function sumsByFunctions(profile: Profile): { first: number[]; sums: Float64Array } {
  const { values } = profile;
  const slots = 2 ** Math.ceil(Math.log2(2 * values.length + 1));
  /** Stacks, counted from 1; 0 = the slot is free. */
  const table = new Uint32Array(slots);
  const first: number[] = [];
  const sums = new Float64Array(values.length);
  for (let stack = 0; stack < values.length; stack++) {
    let slot = hashFunctions(profile, stack) & (slots - 1);
    while (table[slot] !== 0 && !haveSameFunctions(profile, stack, (table[slot] ?? 0) - 1))
      slot = (slot + 1) & (slots - 1);
    const known = (table[slot] ?? 0) - 1;
    if (known < 0) {
      table[slot] = stack + 1;
      first.push(stack);
      sums[stack] = values[stack] ?? 0;
    } else sums[known] = (sums[known] ?? 0) + (values[stack] ?? 0);
  }
  return { first, sums };
}

function hashFunctions({ frameFunction, stackFrames, stackStart }: Profile, stack: number): number {
  let hash = 0x811c9dc5;
  const end = stackStart[stack + 1] ?? 0;
  for (let at = stackStart[stack] ?? 0; at < end; at++) {
    hash = Math.imul(hash ^ (frameFunction[stackFrames[at] ?? 0] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

function haveSameFunctions(
  { frameFunction, stackFrames, stackStart }: Profile,
  a: number,
  b: number,
): boolean {
  const from = stackStart[a] ?? 0;
  const other = stackStart[b] ?? 0;
  const length = (stackStart[a + 1] ?? 0) - from;
  if ((stackStart[b + 1] ?? 0) - other !== length) return false;
  for (let at = 0; at < length; at++) {
    if (frameFunction[stackFrames[from + at] ?? 0] !== frameFunction[stackFrames[other + at] ?? 0])
      return false;
  }
  return true;
}

function compareStacks(profile: Profile, a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const order = compareFunctions(profile, a[at] ?? 0, b[at] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
