import type { JoinedPart } from '../../../profile/contrast/join.js';

// Stacks tell which functions belong to the same service: those that call each other. What a function's
// callers and callees cost shows whether it grew by itself, with all of its service, or in place of others.

/** Samples before and after. */
export type Change = readonly [before: number, after: number];

/** The team's own functions around one function. */
export interface Neighbours {
  /** Own functions that are above nearly all of its cost, the nearest first. */
  callers: readonly number[];
  /** Its cost by the own function that it calls, {@link SELF} where it calls none. */
  parts: ReadonlyMap<number, Change>;
}

/** The part of a function's cost below no own function that it calls. */
export const SELF = -1;
/** A caller has at least this part of a function's cost below it. */
const MOSTLY = 0.8;
/** An own function that calls more others than this may be in many services: it dispatches requests. */
const MAX_CALLEES = 12;

/**
 * The neighbours of some functions in two profiles.
 *
 * @param totals samples of each function, which tell what is above what
 */
export function findNeighbours(
  parts: readonly JoinedPart[],
  functions: ReadonlySet<number>,
  totals: (fn: number) => Change,
  quantum: number,
): { of(fn: number): Neighbours; dispatches(fn: number): boolean } {
  const above = new Map<number, Map<number, number>>();
  const below = new Map<number, Map<number, [number, number]>>();
  const callees = new Map<number, Set<number>>();
  for (const [side, part] of parts.entries())
    for (let stack = 0; stack < part.profile.values.length; stack++) {
      const value = (part.profile.values[stack] ?? 0) / quantum;
      const chain = ownChain(part, stack);
      for (const [at, fn] of chain.entries()) {
        const callee = chain[at + 1];
        if (callee !== undefined) getOrAdd(callees, fn, () => new Set<number>()).add(callee);
        if (!functions.has(fn)) continue;
        const callers = getOrAdd(above, fn, () => new Map<number, number>());
        for (const caller of chain.slice(0, at)) callers.set(caller, (callers.get(caller) ?? 0) + value);
        const cost = getOrAdd(
          getOrAdd(below, fn, () => new Map<number, [number, number]>()),
          callee ?? SELF,
          (): [number, number] => [0, 0],
        );
        cost[side === 0 ? 0 : 1] += value;
      }
    }
  return {
    dispatches: (fn) => (callees.get(fn)?.size ?? 0) > MAX_CALLEES,
    of(fn) {
      const sum = ([before, after]: Change) => before + after;
      const own = sum(totals(fn));
      const callers = [...(above.get(fn) ?? [])].filter(([, value]) => value >= MOSTLY * own);
      // A caller has at least the cost of its callees.
      callers.sort(([a], [b]) => sum(totals(a)) - sum(totals(b)));
      return { callers: callers.map(([caller]) => caller), parts: below.get(fn) ?? new Map() };
    },
  };
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** The own functions of a stack from entry point to leaf, each once. */
function ownChain({ profile, frameFunction, frameApplication }: JoinedPart, stack: number): number[] {
  const start = profile.stackStart[stack] ?? 0;
  const chain = new Set<number>();
  for (let at = (profile.stackStart[stack + 1] ?? start) - 1; at >= start; at--) {
    const frame = profile.stackFrames[at] ?? 0;
    if (frameApplication[frame] === 1) chain.add(frameFunction[frame] ?? 0);
  }
  return [...chain];
}
