import type { Joined, JoinedPart } from './join.js';

/**
 * Values of the stacks of some parts by one function of each.
 *
 * @param parts places of the parts among the joined ones
 * @param chooseFunction the function that a stack counts for; −1 where it is left out
 */
export function sumStacks(
  joined: Joined,
  parts: readonly number[],
  chooseFunction: (part: JoinedPart, stack: number) => number,
): Float64Array {
  const sums = new Float64Array(joined.functions.length);
  for (const index of parts) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { values } = part.profile;
    for (let stack = 0; stack < values.length; stack++) {
      const fn = chooseFunction(part, stack);
      if (fn >= 0) sums[fn] = (sums[fn] ?? 0) + (values[stack] ?? 0);
    }
  }
  return sums;
}
