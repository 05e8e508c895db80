import type { Profile } from '../model.js';
import { addTo, eachCall, MIN_SHARE, sumFunctions, sumWhole } from './side-costs.js';

/** Costs of the joined functions on one side of a comparison. */
export interface SideSums {
  /** Cost of each function with all callees, as a share of the side. */
  shares: Float64Array;
  /** 1 where a stack passes through the function. */
  isSeen: Uint8Array;
  /** Whether the function has at least the share that counts. */
  isCostly(fn: number): boolean;
}

/**
 * Sums up both sides of a comparison by joined function.
 *
 * @param functionOf joined function of each function of each profile
 * @param before how many of the profiles are the earlier side
 */
export function sumSides(
  profiles: readonly Profile[],
  functionOf: readonly Uint32Array[],
  before: number,
  functions: number,
): { was: SideSums; is: SideSums } {
  return {
    was: sumShares(profiles.slice(0, before), functionOf.slice(0, before), functions),
    is: sumShares(profiles.slice(before), functionOf.slice(before), functions),
  };
}

const NO_FUNCTIONS = new Uint32Array();

function sumShares(
  profiles: readonly Profile[],
  functionOf: readonly Uint32Array[],
  functions: number,
): SideSums {
  const shares = new Float64Array(functions);
  const isSeen = new Uint8Array(functions);
  profiles.forEach((profile, index) => {
    const { sums, isSeen: isSeenHere } = sumFunctions(profile);
    const joinedOf = functionOf[index] ?? NO_FUNCTIONS;
    for (let fn = 0; fn < joinedOf.length; fn++) {
      const joined = joinedOf[fn] ?? 0;
      shares[joined] = (shares[joined] ?? 0) + (sums[fn] ?? 0);
      if (isSeenHere[fn] === 1) isSeen[joined] = 1;
    }
  });
  const whole = sumWhole(profiles);
  for (let fn = 0; fn < functions; fn++) shares[fn] = whole > 0 ? (shares[fn] ?? 0) / whole : 0;
  return { shares, isSeen, isCostly: (fn) => (shares[fn] ?? 0) >= MIN_SHARE };
}

/**
 * Finds the caller that most of the cost of some functions comes from, −1 where they are the entry point.
 *
 * @param functionOf joined function of each function of each profile
 * @param wanted the joined functions whose callers are asked for
 */
export function findCallers(
  profiles: readonly Profile[],
  functionOf: readonly Uint32Array[],
  wanted: ReadonlySet<number>,
): ReadonlyMap<number, number> {
  const callers = new Map<number, Map<number, number>>();
  for (const fn of wanted) callers.set(fn, new Map());
  const isWantedAnywhere = new Uint8Array(Math.max(0, ...wanted) + 1);
  for (const fn of wanted) isWantedAnywhere[fn] = 1;
  profiles.forEach((profile, index) => {
    const joined = functionOf[index] ?? NO_FUNCTIONS;
    const isWanted = new Uint8Array(joined.length);
    for (let fn = 0; fn < joined.length; fn++) isWanted[fn] = isWantedAnywhere[joined[fn] ?? 0] ?? 0;
    eachCall(profile, isWanted, (fn, value, caller) =>
      addTo(callers.get(joined[fn] ?? 0) ?? new Map(), caller < 0 ? -1 : (joined[caller] ?? 0), value),
    );
  });
  return new Map(
    [...callers].map(([fn, costs]) => {
      const [first] = [...costs].sort(([a, x], [b, y]) => y - x || a - b);
      return [fn, first?.[0] ?? -1];
    }),
  );
}
