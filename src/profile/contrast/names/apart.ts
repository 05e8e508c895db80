import type { Profile } from '../../model.js';
import { addTo, type SideCosts, sumFunctions, sumWhole } from '../side-costs.js';

/** Whether an old name that goes on is that of instances of an old build, next to a new name in a new one. */
export type IsApart = (earlier: string, later: string) => boolean;

/**
 * Tells of two keys whether the old one is missing from profiles with the new one, and not by chance: in the
 * profiles without it, it would cost more, at its share before, than it costs in those with both. A profile
 * with both may hold both builds, as at a deploy, and then has less of the new function than the profiles
 * without the old one have. Its old function counts by as much as it has of the new one.
 */
export function apartIn(before: SideCosts, later: NamedSide): IsApart {
  const profiles = listCosts(later);
  return (earlier, fresh) => {
    const withNew = profiles.filter(({ costs }) => (costs.get(fresh) ?? 0) > 0);
    const withoutOld = withNew.filter(({ costs }) => (costs.get(earlier) ?? 0) === 0);
    if (withoutOld.length === 0) return false;
    const share = before.get(earlier)?.total ?? 0;
    const missing = share * withoutOld.reduce((sum, { whole }) => sum + whole, 0);
    const newShare = shareIn(withoutOld, fresh);
    let found = 0;
    for (const profile of withNew) {
      const newBuild = Math.min(1, shareIn([profile], fresh) / newShare);
      found += newBuild * (profile.costs.get(earlier) ?? 0);
    }
    return missing > found;
  };
}

/** Profiles of one side of a comparison, and the keys of their functions. */
export interface NamedSide {
  profiles: readonly Profile[];
  keysOf: readonly (readonly string[])[];
}

interface ProfileCosts {
  /** Cost of each key with its callees. */
  costs: ReadonlyMap<string, number>;
  /** Cost of all stacks. */
  whole: number;
}

function listCosts({ profiles, keysOf }: NamedSide): ProfileCosts[] {
  return profiles.map((profile, index) => {
    const costs = new Map<string, number>();
    const { sums } = sumFunctions(profile);
    keysOf[index]?.forEach((key, fn) => {
      addTo(costs, key, sums[fn] ?? 0);
    });
    return { costs, whole: sumWhole([profile]) };
  });
}

/** The share that a key has of some profiles. */
function shareIn(profiles: readonly ProfileCosts[], key: string): number {
  let cost = 0;
  let all = 0;
  for (const { costs, whole } of profiles) {
    cost += costs.get(key) ?? 0;
    all += whole;
  }
  return cost / all;
}
