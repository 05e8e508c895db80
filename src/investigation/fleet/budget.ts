import type { Requests } from '../evidence/requests.js';

// How many requests a triage may make, and what they are spent on.

/** Requests that a small fleet may take … */
const MIN_BUDGET = 60;
/** … and any, however large it is. */
export const MAX_FLEET_REQUESTS = 120;
/** Requests for names and for totals over time of about a dozen types, before any profile is read. */
const OVERVIEW_REQUESTS = 16;
/** Merges of a brief look: the main type of one service before and after. */
export const LOOK_REQUESTS = 2;
/** Part of what is left after the overview that may go to levels and waits that rose. */
const LEVELS_PART = 0.5;

/** Fleets up to this size keep to the smallest budget. */
const SMALL_FLEET = 22;

/**
 * Requests that the triage of so many services may make: two merges for each, and in a fleet that is not
 * small as many again for closer looks, within the bounds.
 */
export function budgetFor(units: number): number {
  if (units <= SMALL_FLEET) return MIN_BUDGET;
  return Math.min(MAX_FLEET_REQUESTS, OVERVIEW_REQUESTS + 2 * LOOK_REQUESTS * units);
}

/**
 * Standard errors by which a change must stand out more than in a small fleet, so that so many services are
 * accused by chance no more often than those: the tail of the normal distribution falls like e^(−z²÷2).
 *
 * @param gate distance that is asked for in a small fleet
 */
export function marginFor(units: number, gate: number): number {
  return Math.sqrt(gate ** 2 + 2 * Math.log(Math.max(1, units / SMALL_FLEET))) - gate;
}

/** Requests that must be left over when levels and waits have been read, for the composition. */
export function reservedForShares(left: number): number {
  return Math.ceil((1 - LEVELS_PART) * left);
}

/**
 * Orders units for a look at their composition: the heaviest and the most changed by turns, so that neither a
 * fault that leaves the total alone nor one in a small service is left out for the other.
 *
 * @param weightOf part of the fleet's time
 * @param changeOf how far the total changed beyond what the whole fleet did, in standard errors
 */
export function orderForLook<Unit>(
  units: readonly Unit[],
  weightOf: (unit: Unit) => number,
  changeOf: (unit: Unit) => number,
): Unit[] {
  const heaviest = [...units].sort((a, b) => weightOf(b) - weightOf(a));
  const mostChanged = [...units].sort((a, b) => changeOf(b) - changeOf(a));
  const ordered = new Set<Unit>();
  for (let at = 0; at < units.length; at++)
    for (const unit of [mostChanged[at], heaviest[at]]) if (unit !== undefined) ordered.add(unit);
  return [...ordered];
}

/** Requests that are kept for finding what changed in a group, for instances and for onsets. */
export const CLOSER_REQUESTS = 30;
/** Groups may be as large as this in any fleet: one of few saves little. */
const MIN_GROUP = 8;
/** About the number of groups that all units are divided into. */
const USUAL_GROUPS = 14;

/** Maximum number of units that are compared together. */
export function groupSizeFor(units: number): number {
  return Math.max(MIN_GROUP, Math.ceil(units / USUAL_GROUPS));
}

/** Whether so many requests are left; none is worth none. */
export function isAffordable(requests: Pick<Requests, 'left'>, wanted: number): boolean {
  return wanted > 0 && requests.left >= wanted;
}
