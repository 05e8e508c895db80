import { RE2JS, RE2JSException } from 're2js';
import { PatternError } from '../errors.js';
import type { Profile } from './model.js';
import { selectStacks, stacksThrough } from './stacks.js';

/** Bounds of a regular expression: its text in characters, and what it compiles to. */
interface PatternBounds {
  characters: number;
  instructions: number;
}

/** One on names: RE2 takes time in proportion to instructions times characters, and names come in tens of thousands. */
const ON_NAMES: PatternBounds = { characters: 1_000, instructions: 2_000 };
/** One in a selector, which may list hundreds of pods. */
export const IN_SELECTORS: PatternBounds = { characters: 10_000, instructions: 10_000 };
/** Characters of a name that are compared: symbol names of 65,535 bytes occur, longer ones are made up. */
const COMPARED = 65_535;

/**
 * Compiles a regular expression with RE2's linear-time engine, within bounds: no pattern can hang the server.
 * @throws PatternError
 */
export function compileRe2(pattern: string, bounds: PatternBounds, flags = 0): RE2JS {
  const { characters, instructions } = bounds;
  if (pattern.length > characters) {
    throw new PatternError(pattern, `longer than ${characters} characters`);
  }
  try {
    // Without flags first: they would stand in its error.
    const plain = RE2JS.compile(pattern);
    const compiled = flags === 0 ? plain : RE2JS.compile(pattern, flags);
    if (compiled.programSize() <= instructions) return compiled;
  } catch (error) {
    if (error instanceof RE2JSException) throw new PatternError(pattern, error.message);
    throw error;
  }
  throw new PatternError(pattern, `its counted repetitions come to over ${instructions} steps`);
}

/**
 * A test whether a regular expression fits any part of a name; of longer ones than there are, of their beginning.
 * @throws PatternError
 */
export function compilePattern(pattern: string): (name: string) => boolean {
  const compiled = compileRe2(pattern, ON_NAMES);
  return (name) => compiled.test(name.length > COMPARED ? name.slice(0, COMPARED) : name);
}

/**
 * Keeps the stacks with a frame anywhere whose function name matches `focus`, and drops those with one that matches
 * `ignore` (the same meaning as in pprof).
 * @throws PatternError
 */
export function filterStacks(
  profile: Profile,
  { focus, ignore }: { focus?: string; ignore?: string },
): Profile {
  const through = (pattern: string) => {
    const test = compilePattern(pattern);
    return stacksThrough(profile, (id) => test(profile.functions[id]?.name ?? ''));
  };
  const focused = focus === undefined ? () => true : through(focus);
  const ignored = ignore === undefined ? () => false : through(ignore);
  return selectStacks(profile, (stack) => focused(stack) && !ignored(stack));
}
