import { joinSides, type SideNames } from '../../contrast/join.js';
import { joinNames } from '../../contrast/joined-names.js';
import { createCache } from '../../memory.js';
import type { Profile } from '../../model.js';
import type { Reading } from '../analysis.js';

/**
 * Names joined before, by the parts of a reading, whatever else it says: it is looked at again without one
 * change after the other, and finer parts go on with the names of coarse ones.
 */
const namesIn = createCache<
  Reading['incident'],
  (Pick<Reading, 'baseline' | 'slices'> & { names: SideNames })[]
>();

function findNames(reading: Reading): SideNames | undefined {
  const { baseline, incident, slices } = reading;
  const known = namesIn(reading).get(incident) ?? [];
  return known.find((other) => other.baseline === baseline && other.slices === slices)?.names;
}

/** The names of a reading. */
export function readNames(reading: Reading): SideNames {
  const before = findNames(reading);
  if (before !== undefined) return before;
  const { baseline, incident, slices, coarse } = reading;
  const coarseNames = coarse && (findNames(coarse)?.plain ?? joinNames(listProfiles(coarse)));
  const names = joinSides(listProfiles(reading), baseline.length, coarseNames);
  const known = namesIn(reading);
  known.set(incident, [...(known.get(incident) ?? []), { baseline, slices, names }]);
  return names;
}

/** All profiles of a reading, in order. */
export function listProfiles({ baseline, incident, slices }: Reading): Profile[] {
  const profiles: Profile[] = [];
  // `push` makes arrays of the same shape before and after V8 has compiled it, unlike `map`.
  for (const side of [baseline, incident, slices]) for (const { profile } of side) profiles.push(profile);
  return profiles;
}
