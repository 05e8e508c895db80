import { RE2JS, RE2JSException } from 're2js';
import { PatternError } from '../../errors.js';

import type { Profile } from '../model.js';
import { selectStacks, stacksThrough } from '../tables/stacks.js';
import { normaliseName } from './names.js';
import { estimatePatternSize } from './pattern-size.js';

/** Longest regular expression on names, characters. */
const MAX_CHARACTERS = 1_000;
/**
 * Largest regular expression on names, steps of {@link estimatePatternSize}: RE2 takes up to so many with
 * each character.
 */
const MAX_STEPS = 2_000;
/**
 * Maximum number of steps of a filter over all names of a profile: the largest pattern over the names of
 * 25,000 functions. RE2 takes up to 0.4 microseconds for each, usually far less.
 */
const MAX_FILTER_STEPS = 2_000_000_000;
/** Number of steps above which a filter runs in a thread; so many take at most some 50 ms. */
const LIGHT_FILTER_STEPS = 200_000;
/**
 * Maximum number of characters of a name that are compared: symbol names of 65,535 bytes occur, longer ones
 * are made up.
 */
const MAX_COMPARED = 65_535;

/** Regular expressions on function names that decide which stacks of a profile are kept. */
export interface StackFilter {
  focus?: string;
  ignore?: string;
}

/**
 * Compiles a regular expression with RE2's linear-time engine. Its size must have been checked: compiling a
 * large one takes long.
 * @throws PatternError
 */
export function compileRe2(pattern: string, flags = 0): RE2JS {
  try {
    return RE2JS.compile(pattern, flags);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PatternError(pattern, flags === 0 ? error.message : reasonWithoutFlags(pattern, error.message));
  }
}

/** Flags stand in the text of an error, where a reader would take them for a part of the pattern. */
function reasonWithoutFlags(pattern: string, reason: string): string {
  try {
    RE2JS.compile(pattern);
    return reason;
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

/**
 * A test whether a regular expression fits any part of a name; of names over 65,535 characters, any part of
 * their beginning.
 * @throws PatternError
 */
export function compilePattern(pattern: string): (name: string) => boolean {
  countSteps(pattern);
  const compiled = compileRe2(pattern);
  return (name) => compiled.test(name.length > MAX_COMPARED ? name.slice(0, MAX_COMPARED) : name);
}

/** @throws PatternError where the pattern is too long or too large */
function countSteps(pattern: string): number {
  if (pattern.length > MAX_CHARACTERS) {
    throw new PatternError(pattern, `longer than ${MAX_CHARACTERS} characters`, 'size');
  }
  const steps = estimatePatternSize(pattern);
  if (steps <= MAX_STEPS) return steps;
  throw new PatternError(pattern, `its counted repetitions come to over ${MAX_STEPS} steps`, 'size');
}

/**
 * Whether filtering a profile could hold up other callers and belongs in a thread.
 * @throws PatternError where a pattern is too large, also for the names of this profile
 */
export function isHeavyFilter({ functions }: Pick<Profile, 'functions'>, filter: StackFilter): boolean {
  const patterns = [filter.focus, filter.ignore].flatMap((pattern) => pattern ?? []);
  const sized = patterns.map((pattern) => ({ pattern, steps: countSteps(pattern) }));
  if (sized.length === 0) return false;
  const characters = functions.reduce((sum, { name }) => sum + 1 + Math.min(name.length, MAX_COMPARED), 0);
  const largest = sized.reduce((a, b) => (b.steps > a.steps ? b : a));
  const maxSteps = Math.floor(MAX_FILTER_STEPS / characters);
  if (largest.steps > maxSteps) {
    const names = functions.length.toLocaleString('en');
    throw new PatternError(
      largest.pattern,
      `${largest.steps} steps are too many for the names of ${names} functions, at most ${maxSteps} are taken`,
      'size',
    );
  }
  return sized.reduce((sum, { steps }) => sum + steps, 0) * characters > LIGHT_FILTER_STEPS;
}

/**
 * Keeps the stacks with a frame anywhere whose function name matches `focus`, and drops those with one that
 * matches `ignore` (the same meaning as in pprof). The name is tested as the profile has it and as answers
 * show it.
 * @throws PatternError
 */
export function filterStacks(profile: Profile, { focus, ignore }: StackFilter): Profile {
  const through = (pattern: string) => {
    const test = compilePattern(pattern);
    return stacksThrough(profile, (id) => {
      const name = profile.functions[id]?.name ?? '';
      const normal = normaliseName(name);
      return test(name) || (normal !== name && test(normal));
    });
  };
  const focused = focus === undefined ? () => true : through(focus);
  const ignored = ignore === undefined ? () => false : through(ignore);
  return selectStacks(profile, (stack) => focused(stack) && !ignored(stack));
}
