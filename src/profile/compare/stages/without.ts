import { joinKeys } from '../../code/names.js';
import type { Profile } from '../../model.js';
import { selectStacks, stacksThrough } from '../../tables/stacks.js';
import type { CountedProfile, Reading } from '../analysis.js';

/** A profile without the stacks that pass through some functions. */
export function withoutStacks(profile: Profile, keys: ReadonlySet<string>): Profile {
  if (keys.size === 0) return profile;
  const keyOf = joinKeys(profile.functions);
  if (!keyOf.some((key) => keys.has(key))) return profile;
  const hit = stacksThrough(profile, (id) => keys.has(keyOf[id] ?? ''));
  return selectStacks(profile, (stack) => !hit(stack));
}

/** A reading without the stacks that pass through some functions. */
export function withoutFunctions(reading: Reading, keys: ReadonlySet<string>): Reading {
  if (keys.size === 0) return reading;
  const filtered = (all: readonly CountedProfile[]) =>
    all.map(({ profile, profiles }) => ({ profile: withoutStacks(profile, keys), profiles }));
  return {
    ...reading,
    baseline: filtered(reading.baseline),
    incident: filtered(reading.incident),
    slices: filtered(reading.slices),
    finer: undefined,
  };
}
