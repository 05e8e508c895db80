import { RE2JS, RE2JSException } from 're2js';
import type { Profile } from './model.js';
import { PatternError } from './pattern-error.js';
import { selectStacks, stacksThrough } from './stacks.js';

/**
 * Compiles a regular expression with RE2's linear-time engine: no pattern can hang the server.
 * @throws PatternError
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch (error) {
    if (error instanceof RE2JSException) throw new PatternError(pattern, error.message);
    throw error;
  }
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
