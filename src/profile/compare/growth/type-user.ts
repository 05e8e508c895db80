import type { Joined } from '../../contrast/join.js';
import { sumStacks } from '../../contrast/sum-stacks.js';

/** Part of the calls from own code to a type that one function must make to be said to use it. */
const MIN_PART = 0.5;
/** Fewer samples of such calls tell nothing. */
const MIN_SAMPLES = 3;

/** Own code that uses a type, with its part of the cost of all calls from own code to it. */
export interface TypeUser {
  fn: number;
  part: number;
}

/** Type parameters, and the parts that Go's compiler adds for functions within a function. */
const [PARAMETERS, WITHIN] = [/\[[^\]]*\]/g, /(?:\.(?:func|gowrap|deferwrap)\d[\w.]*|-fm)$/];

/** The name of a function without its last part: its receiver, class or package. */
export function getType(name: string): string {
  return name
    .replace(PARAMETERS, '')
    .replace(WITHIN, '')
    .replace(/[.:]+[^.:()]*$/, '');
}

/**
 * The own function that most calls to a type come from: what a leaked goroutine was made for, where its own
 * stack begins in a library or in the standard library.
 *
 * @param parts the profiles to look at
 * @param quantum value of one sample
 * @returns null where none makes half of the calls, or hardly any is seen
 */
export function findTypeUser(
  joined: Joined,
  parts: readonly number[],
  type: string,
  quantum: number,
): TypeUser | null {
  const isOfType = joined.functions.map(({ name }) => getType(name) === type);
  if (!isOfType.includes(true)) return null;
  const users = sumStacks(joined, parts, ({ profile, frameFunction, frameApplication }, stack) => {
    const { stackStart, stackFrames } = profile;
    let isBelow = false;
    for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
      const frame = stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      isBelow ||= isOfType[fn] === true;
      if (isBelow && frameApplication[frame] === 1) return fn;
    }
    return -1;
  });
  const all = users.reduce((sum, value) => sum + value, 0);
  const fn = users.reduce((best, value, at) => (value > (users[best] ?? 0) ? at : best), 0);
  const most = users[fn] ?? 0;
  return all < MIN_SAMPLES * quantum || most < MIN_PART * all ? null : { fn, part: most / all };
}
