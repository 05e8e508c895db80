import type { Profile } from '../model.js';
import { compareFunctions } from './table.js';

/**
 * Charges the own cost of library and runtime functions to the application function that caused it: from the
 * leaf up, the first frame that is the team's own.
 *
 * @param leaves the functions to charge
 * @returns for each leaf the application function that carries most of its own cost, and that cost; leaves
 *   reached without any application frame (garbage collector, scheduler) are missing
 */
export function chargeLeaves(
  profile: Profile,
  leaves: readonly number[],
  isApplication: (functionId: number) => boolean,
): Map<number, { functionId: number; value: number }> {
  const sums = new Map(leaves.map((leaf) => [leaf, new Map<number, number>()]));
  const isWanted = new Uint8Array(profile.functions.length);
  for (const leaf of leaves) isWanted[leaf] = 1;
  const add = (leaf: number, functionId: number, value: number) => {
    const byCaller = sums.get(leaf);
    byCaller?.set(functionId, (byCaller.get(functionId) ?? 0) + value);
  };
  forEachCharge(profile, isApplication, isWanted, add);
  const charged = new Map<number, { functionId: number; value: number }>();
  for (const [leaf, byCaller] of sums) {
    for (const [functionId, value] of byCaller) {
      const best = charged.get(leaf);
      const wins =
        best === undefined ||
        value > best.value ||
        (value === best.value && compareFunctions(profile, functionId, best.functionId) < 0);
      if (wins) charged.set(leaf, { functionId, value });
    }
  }
  return charged;
}

/**
 * The cost of each application function with the libraries and the runtime it uses: every stack is charged to
 * the application frame nearest to its leaf. The costs sum to the total less the stacks without any
 * application frame.
 *
 * @returns per function id, in the profile's unit
 */
export function sumApplicationCost(
  profile: Profile,
  isApplication: (functionId: number) => boolean,
): Float64Array {
  const cost = new Float64Array(profile.functions.length);
  forEachCharge(profile, isApplication, null, (_, functionId, value) => {
    cost[functionId] = (cost[functionId] ?? 0) + value;
  });
  return cost;
}

/**
 * Calls `charge` for every stack that has an application frame, with the leaf, the application function
 * nearest to it, and the value.
 *
 * @param isWanted 1 for each function whose stacks are looked at as a leaf; null where all are
 */
function forEachCharge(
  profile: Profile,
  isApplication: (functionId: number) => boolean,
  isWanted: Uint8Array | null,
  charge: (leaf: number, functionId: number, value: number) => void,
): void {
  const { frameFunction, stackFrames, stackStart, values } = profile;
  const application = applicationFrames(profile, isApplication);
  for (let stack = 0; stack < values.length; stack++) {
    const start = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? 0;
    if (start === end) continue;
    const leaf = frameFunction[stackFrames[start] ?? 0] ?? 0;
    if (isWanted !== null && isWanted[leaf] !== 1) continue;
    for (let at = start; at < end; at++) {
      const frame = stackFrames[at] ?? 0;
      if (application[frame] !== 1) continue;
      charge(leaf, frameFunction[frame] ?? 0, values[stack] ?? 0);
      break;
    }
  }
}

/**
 * Marks the frames of the team's own code with 1. A frame that only shares its name with such a function is
 * none.
 */
function applicationFrames(
  { functions, frameFunction, frameKin }: Profile,
  isApplication: (functionId: number) => boolean,
): Uint8Array {
  const application = new Uint8Array(functions.length);
  for (let id = 0; id < functions.length; id++) application[id] = isApplication(id) ? 1 : 0;
  const marked = new Uint8Array(frameFunction.length);
  for (let frame = 0; frame < marked.length; frame++)
    marked[frame] = (frameKin[frame] ?? 0) & (application[frameFunction[frame] ?? 0] ?? 0);
  return marked;
}
