import { createCache, type Remembering } from '../memory.js';
import type { Profile } from '../model.js';
import { SEEN } from '../tables/seen.js';
import type { JoinedPart } from './join.js';
import type { JoinedNames } from './joined-names.js';

/**
 * Costs of one or more profiles per joined function, in the profile's unit. Adds up: see {@link addCosts}.
 */
export interface Costs {
  /** Sum over all stacks. */
  total: number;
  /** Sum over the stacks with a frame of the team's own code. */
  application: number;
  /** Sum over the stacks whose entry point leads to the team's own code. */
  served: number;
  self: Float64Array;
  /** Function with all callees; a stack counts once however often the function recurs. */
  totals: Float64Array;
  /** Totals over the stacks without any frame of the team's own code. */
  bare: Float64Array;
  /** Stacks whose own-code frame nearest to the leaf is the function: a partition of `application`. */
  charged: Float64Array;
}

/**
 * All costs of a part in one pass over its frames.
 * @param serving 1 for each entry point that leads to own code; all do where it is left out
 */
export function sumCosts(
  { profile, frameFunction, frameApplication }: JoinedPart,
  functions: number,
  serving?: Uint8Array,
): Costs {
  const { stackStart, stackFrames, values } = profile;
  const costs = noCosts(functions);
  const { self, totals, bare, charged } = costs;
  SEEN.begin(functions);
  const { marks } = SEEN;
  for (let stack = 0; stack < values.length; stack++) {
    const value = values[stack] ?? 0;
    const start = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? start;
    costs.total += value;
    if (start === end || value === 0) continue;
    const leaf = frameFunction[stackFrames[start] ?? 0] ?? 0;
    self[leaf] = (self[leaf] ?? 0) + value;
    const root = frameFunction[stackFrames[end - 1] ?? 0] ?? 0;
    if (serving === undefined || serving[root] === 1) costs.served += value;
    let nearest = start;
    while (nearest < end && frameApplication[stackFrames[nearest] ?? 0] !== 1) nearest++;
    const isBare = nearest === end;
    if (!isBare) {
      const own = frameFunction[stackFrames[nearest] ?? 0] ?? 0;
      costs.application += value;
      charged[own] = (charged[own] ?? 0) + value;
    }
    const mark = SEEN.begin(functions);
    for (let at = start; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      if (marks[fn] === mark) continue;
      marks[fn] = mark;
      totals[fn] = (totals[fn] ?? 0) + value;
      if (isBare) bare[fn] = (bare[fn] ?? 0) + value;
    }
  }
  return costs;
}

/** Costs summed up before, by profile: a slice, or a part that is not divided, is in several readings. */
const costsOf = createCache<Profile, { serving: Uint8Array; costs: Costs }>();

/**
 * All costs of a profile, which are kept as long as the joined names: see {@link sumCosts}.
 * @param part the profile over the joined functions
 */
export function keepCosts(
  names: Pick<JoinedNames, 'functions'> & Remembering,
  profile: Profile,
  part: JoinedPart,
  serving: Uint8Array,
): Costs {
  const kept = costsOf(names);
  const known = kept.get(profile);
  if (known !== undefined && areSame(known.serving, serving)) return known.costs;
  const costs = sumCosts(part, names.functions.length, serving);
  kept.set(profile, { serving, costs });
  return costs;
}

/** Whether two lists hold the same members in the same order. */
export function areSame(some: ArrayLike<unknown>, others: ArrayLike<unknown>): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}

export function noCosts(functions: number): Costs {
  // All columns are one allocation: many small ones cost more than what is written into them.
  const columns = new Float64Array(4 * functions);
  const column = (at: number) => columns.subarray(at * functions, (at + 1) * functions);
  return {
    total: 0,
    application: 0,
    served: 0,
    self: column(0),
    totals: column(1),
    bare: column(2),
    charged: column(3),
  };
}

/** Part of the costs that shares are made of. */
export type Totals = Pick<Costs, 'total' | 'application' | 'served' | 'totals'>;

/** The sum of the costs of several parts; of a single one its own. */
export function addCosts(parts: readonly Costs[], functions: number): Costs {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const sum = noCosts(functions);
  for (const part of parts) {
    addTo(sum, part);
    for (const name of ['self', 'bare', 'charged'] as const) addColumn(sum[name], part[name]);
  }
  return sum;
}

/** The sum of the totals of several parts; of a single one its own. */
export function addTotals(parts: readonly Totals[], functions: number): Totals {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    const { total, application, served, totals } = only;
    return { total, application, served, totals };
  }
  const sum = { total: 0, application: 0, served: 0, totals: new Float64Array(functions) };
  for (const part of parts) addTo(sum, part);
  return sum;
}

function addTo(sum: Totals, part: Totals): void {
  sum.total += part.total;
  sum.application += part.application;
  sum.served += part.served;
  addColumn(sum.totals, part.totals);
}

function addColumn(sums: Float64Array, column: Float64Array): void {
  for (let fn = 0; fn < sums.length; fn++) sums[fn] = (sums[fn] ?? 0) + (column[fn] ?? 0);
}
