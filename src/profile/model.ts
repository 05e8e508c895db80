/** A function as the profile names it. Unknown file is '', unknown start line is 0. */
export interface FunctionInfo {
  /**
   * Uncut name from the profile; the normalised one where the function has several names; `[binary] 0xoffset`
   * for a location without symbols.
   */
  name: string;
  file: string;
  startLine: number;
  isSymbolised: boolean;
  /** Path of the binary or shared library that holds it, where the profile says so. */
  binary?: string;
}

/**
 * A set of weighted stacks, columnar so that 100,000 tree nodes cost typed arrays and not objects.
 *
 * A function has one identity per normal name (`joinKey`), a bare one (`parse`) one per name and file;
 * unnamed ones (`(anonymous)`, `<lambda>`) one per name, file and start line. Where a name
 * stands in several files, `file` is the one with most of its cost, and frames in the others have no line.
 * Values are plain numbers: exact below 2^53 (104 CPU days in
 * nanoseconds), then rounded to 16 digits.
 */
export interface Profile {
  /** Name of the values, e.g. `cpu`, and their unit, e.g. `nanoseconds`. */
  sampleType: string;
  unit: string;
  functions: readonly FunctionInfo[];
  /** Frame f is a line of a function: `functions[frameFunction[f]]` at line `frameLine[f]` (0 = unknown). */
  frameFunction: Uint32Array;
  frameLine: Uint32Array;
  /**
   * 1 where the frame is code of the same owner (application, library, runtime) as its function; 0 where it
   * only shares the name with it.
   */
  frameKin: Uint8Array;
  /** Stack s is `stackFrames[stackStart[s] … stackStart[s + 1])`, leaf first. */
  stackStart: Uint32Array;
  stackFrames: Uint32Array;
  /** Value of each stack. */
  values: Float64Array;
  /** Patterns of the team's own code; left out where the configuration has none. */
  ownCode?: OwnCode | undefined;
}

/**
 * A profile with its fields in one order. Everything that reads profiles is compiled for objects of one
 * shape, and compiled again where they come in another.
 */
export function createProfile({
  sampleType,
  unit,
  functions,
  frameFunction,
  frameLine,
  frameKin,
  stackStart,
  stackFrames,
  values,
  ownCode,
}: Profile): Profile {
  return {
    sampleType,
    unit,
    functions,
    frameFunction,
    frameLine,
    frameKin,
    stackStart,
    stackFrames,
    values,
    ownCode,
  };
}

/** The team's own code, as its configuration and the labels of the service name it. */
export interface OwnCode {
  /** RE2 patterns that fit a part of the name or the file of own functions. */
  patterns: readonly string[];
  /** Repositories that the labels of the profiles name; left out where they name none. */
  repositories?: readonly Repository[];
}

/** Place of the source code of a service, as the labels of its profiles name it. */
export interface Repository {
  /**
   * Host and path without a scheme, with which its Go modules begin: `github.com/acme/shop`; '' if unknown.
   */
  module: string;
  /** Folder of the service in it, without a slash at either end: `services/cart`; '' if unknown. */
  root: string;
}

/** A profile without its functions: numbers only. */
export type Columns = Omit<Profile, 'functions'>;

/** A profile without its functions, whose fields are in one order as those of {@link createProfile} are. */
export function withoutNames({
  sampleType,
  unit,
  frameFunction,
  frameLine,
  frameKin,
  stackStart,
  stackFrames,
  values,
  ownCode,
}: Columns): Columns {
  return {
    sampleType,
    unit,
    frameFunction,
    frameLine,
    frameKin,
    stackStart,
    stackFrames,
    values,
    ownCode,
  };
}

/** Number of stacks. */
export function stackCount(profile: Profile): number {
  return profile.values.length;
}

/** Sum of all values, in the profile's unit. */
export function totalValue(profile: Profile): number {
  let total = 0;
  for (const value of profile.values) total += value;
  return total;
}

/** Whether values are those of a difference, as told before: an answer asks once for each of its amounts. */
const differenceCache = new WeakMap<Float64Array, boolean>();

/**
 * Whether a profile is the difference of two, as `pprof -diff_base` writes it: some of its values are
 * negative.
 */
export function isDifference({ values }: Pick<Profile, 'values'>): boolean {
  const known = differenceCache.get(values);
  if (known !== undefined) return known;
  const isNegative = values.some((value) => value < 0);
  differenceCache.set(values, isNegative);
  return isNegative;
}

/** The whole that shares are of: the total, or in a difference all that changed, whether it rose or fell. */
export function shareBase({ values }: Pick<Profile, 'values'>): number {
  let base = 0;
  for (const value of values) base += Math.abs(value);
  return base;
}
