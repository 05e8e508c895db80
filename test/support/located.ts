import type { Profile } from '../../src/profile/model.js';
import { NO_STACK } from '../../src/profile/pprof/no-stack.js';
import { selectStacks } from '../../src/profile/tables/stacks.js';
import type { ProfileSource } from '../../src/sources/source.js';

/** Leaves out the samples that came without a location. */
export function locatedOnly(profile: Profile): Profile {
  const { functions, frameFunction, stackFrames, stackStart } = profile;
  if (functions.every(({ name }) => name !== NO_STACK.name)) return profile;
  return selectStacks(profile, (stack) => {
    const leaf = frameFunction[stackFrames[stackStart[stack] ?? 0] ?? 0];
    return functions[leaf ?? -1]?.name !== NO_STACK.name;
  });
}

/**
 * A source that counts a sample without a location in its series and in no merge, as Pyroscope does: both
 * storages, built from main of 2026-08-21, answered so. The live tests ask a real server about it.
 */
export function mergingLocatedOnly(source: ProfileSource): ProfileSource {
  return {
    ...source,
    profile: async (query, signal) => {
      const merged = await source.profile(query, signal);
      return { ...merged, profile: locatedOnly(merged.profile) };
    },
  };
}
