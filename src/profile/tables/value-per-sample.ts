import { joinKeys } from '../code/names.js';
import type { Profile } from '../model.js';
import { StackTable } from './stack-table.js';

/**
 * Value of one sample, from the values and the numbers of the samples of the same profiles. Both are summed
 * over the stacks that have both, since idle ones may be counted without a value.
 *
 * @returns null where no stack has both
 */
export function valuePerSample(values: Profile, counts: Profile): number | null {
  const stacks = new StackTable();
  const numbers = new Map<string, number>();
  const samplesByStack = sumByName(counts, stacks, numbers);
  let [sum, samples] = [0, 0];
  for (const [stack, value] of sumByName(values, stacks, numbers)) {
    const counted = samplesByStack.get(stack) ?? 0;
    if (value <= 0 || counted <= 0) continue;
    sum += value;
    samples += counted;
  }
  return samples > 0 ? sum / samples : null;
}

/**
 * Values by stack, whatever its lines: profiles of two types may tell them of different files.
 *
 * @param stacks the stacks that are known, to which those of the profile are added
 * @param numbers numbers of the functions by key, to which those of the profile are added
 */
function sumByName(
  { functions, frameFunction, stackStart, stackFrames, values }: Profile,
  stacks: StackTable,
  numbers: Map<string, number>,
): Map<number, number> {
  const keys = joinKeys(functions);
  for (const key of keys) if (!numbers.has(key)) numbers.set(key, numbers.size);
  const sums = new Map<number, number>();
  for (let stack = 0; stack < values.length; stack++) {
    for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++)
      stacks.frames.push(numbers.get(keys[frameFunction[stackFrames[at] ?? 0] ?? 0] ?? '') ?? 0);
    const id = stacks.close();
    sums.set(id, (sums.get(id) ?? 0) + (values[stack] ?? 0));
  }
  return sums;
}
