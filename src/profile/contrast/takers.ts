import { isLockCall } from '../code/lock-kind.js';
import type { Side } from './contrast.js';
import type { Joined } from './join.js';
import { isCode } from './joined-names.js';
import { sumStacks } from './sum-stacks.js';

/**
 * Waiting by the function that takes the lock: the one nearest to the leaf that is the team's or a library's
 * and does more than to lock. Stacks without one are left out.
 */
export function sumTakers(joined: Joined, { parts }: Side): Float64Array {
  const isTaker = joined.functions.map(({ name }, fn) => isCode(joined, fn) && !isLockCall(name));
  return sumStacks(joined, parts, ({ profile: { stackStart, stackFrames }, frameFunction }, stack) => {
    const end = stackStart[stack + 1] ?? 0;
    for (let at = stackStart[stack] ?? 0; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      if (isTaker[fn] === true) return fn;
    }
    return -1;
  });
}
