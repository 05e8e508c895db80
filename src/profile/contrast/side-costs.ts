import type { Profile } from '../model.js';
import { SEEN } from '../tables/seen.js';

/** Functions of one side of a comparison, by key. */
export type SideCosts = ReadonlyMap<string, FunctionCost>;

export interface FunctionCost {
  /** Cost with all callees, as a share of the side. */
  total: number;
  /** Key of the caller that most of it comes from; '' where it is the entry point. */
  caller: string;
}

/** A function below this share of its side counts for nothing here. */
export const MIN_SHARE = 0.005;

/**
 * Calls back for every stack of a profile with each of its wanted functions once: the frame nearest to the
 * leaf, and the other function that calls it there, −1 for none. A function that calls itself is called by
 * the one that calls the first of these frames.
 *
 * @param isWanted 1 for each function that is asked for
 */
export function eachCall(
  { frameFunction, stackStart, stackFrames, values, functions }: Profile,
  isWanted: Uint8Array,
  visit: (fn: number, value: number, caller: number) => void,
): void {
  const lastStack = new Int32Array(functions.length).fill(-1);
  for (let stack = 0; stack < values.length; stack++) {
    const end = stackStart[stack + 1] ?? 0;
    for (let at = stackStart[stack] ?? 0; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      if (isWanted[fn] !== 1 || lastStack[fn] === stack) continue;
      lastStack[fn] = stack;
      let above = at + 1;
      while (above < end && frameFunction[stackFrames[above] ?? 0] === fn) above++;
      const caller = above < end ? (frameFunction[stackFrames[above] ?? 0] ?? 0) : -1;
      visit(fn, values[stack] ?? 0, caller);
    }
  }
}

/** Costs of the functions of a profile. */
export interface FunctionSums {
  /** Cost of each function with its callees. */
  sums: Float64Array;
  /** 1 where a stack passes through the function. */
  isSeen: Uint8Array;
}

/** Sums made before, by profile: it is one of several readings. */
const sumsCache = new WeakMap<Profile, FunctionSums>();

/** Cost of each function of a profile with its callees, and which of them are in any of its stacks. */
export function sumFunctions(profile: Profile): FunctionSums {
  const known = sumsCache.get(profile);
  if (known !== undefined) return known;
  const { frameFunction, stackStart, stackFrames, values, functions } = profile;
  const sums = new Float64Array(functions.length);
  const isSeen = new Uint8Array(functions.length);
  SEEN.begin(functions.length);
  const { marks } = SEEN;
  for (let stack = 0; stack < values.length; stack++) {
    const value = values[stack] ?? 0;
    const end = stackStart[stack + 1] ?? 0;
    const mark = SEEN.begin(functions.length);
    for (let at = stackStart[stack] ?? 0; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      if (marks[fn] === mark) continue;
      marks[fn] = mark;
      isSeen[fn] = 1;
      sums[fn] = (sums[fn] ?? 0) + value;
    }
  }
  const costs = { sums, isSeen };
  sumsCache.set(profile, costs);
  return costs;
}

/** Adds a value to the sum of a key. */
export function addTo<K>(sums: Map<K, number>, key: K, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

/** Sum of all stacks of some profiles. */
export function sumWhole(profiles: readonly Profile[]): number {
  let sum = 0;
  for (const { values } of profiles) for (const value of values) sum += value;
  return sum;
}

/** Costs of all functions in some profiles together. */
export function sideCosts(profiles: readonly Profile[], keysOf: readonly (readonly string[])[]): SideCosts {
  const totals = new Map<string, number>();
  const callers = new Map<string, Map<string, number>>();
  profiles.forEach((profile, index) => {
    const keys = keysOf[index] ?? [];
    const width = profile.functions.length + 1;
    // Pairs of numbers are counted first: there are far more frames than pairs of names.
    const calls = new Map<number, number>();
    const all = new Uint8Array(profile.functions.length).fill(1);
    eachCall(profile, all, (fn, value, caller) => addTo(calls, fn * width + caller + 1, value));
    for (const [call, value] of calls) {
      const key = keys[Math.floor(call / width)] ?? '';
      const caller = call % width === 0 ? '' : (keys[(call % width) - 1] ?? '');
      addTo(totals, key, value);
      const known = callers.get(key) ?? new Map<string, number>();
      callers.set(key, known);
      addTo(known, caller, value);
    }
  });
  const whole = sumWhole(profiles);
  return new Map(
    [...totals].map(([key, total]) => {
      const [caller = ['', 0]] = [...(callers.get(key) ?? [])].toSorted(
        ([a, x], [b, y]) => y - x || (a < b ? -1 : 1),
      );
      return [key, { total: whole > 0 ? total / whole : 0, caller: caller[0] }];
    }),
  );
}

/** Keys of the functions that cost enough to count. */
export function costlyIn(side: SideCosts): string[] {
  return [...side].filter(([, { total }]) => total >= MIN_SHARE).map(([key]) => key);
}

/** Part of all stacks whose value is about that of a single sample. */
const SMALL_STACKS = 0.1;

/** About how many samples some profiles hold together: their sum in units of a small stack. */
export function samplesIn(profiles: readonly Profile[]): number {
  const length = profiles.reduce((sum, { values }) => sum + values.length, 0);
  const values = new Float64Array(length);
  let count = 0;
  let whole = 0;
  for (const profile of profiles) {
    for (const value of profile.values) {
      if (value <= 0) continue;
      values[count++] = value;
      whole += value;
    }
  }
  const unit = values.subarray(0, count).sort()[Math.floor(SMALL_STACKS * count)];
  return unit === undefined ? 0 : whole / unit;
}
