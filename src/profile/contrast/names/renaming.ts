import { joinKeys } from '../../code/names.js';
import type { Profile } from '../../model.js';
import { isCode, type JoinedNames, NO_RENAMING } from '../joined-names.js';
import { samplesIn, sideCosts } from '../side-costs.js';
import { apartIn } from './apart.js';
import { isOtherName, matchRenamed, mayBeRenamed } from './renamed.js';
import { hasCandidates } from './renaming-candidates.js';

/**
 * Finds the functions of the earlier side that go by another name since: see {@link matchRenamed}.
 *
 * @param names the names of the profiles as they are
 * @param before how many of the profiles are the earlier side
 * @returns keys before, each with the key since
 */
export function findRenaming(
  profiles: readonly Profile[],
  names: JoinedNames,
  before: number,
): ReadonlyMap<string, string> {
  if (before === 0 || !hasCandidates(profiles, names, before)) return NO_RENAMING;
  const keysOf = profiles.map(({ functions }) => joinKeys(functions));
  const earlier = { profiles: profiles.slice(0, before), keysOf: keysOf.slice(0, before) };
  const later = { profiles: profiles.slice(before), keysOf: keysOf.slice(before) };
  if (!mayBeRenamed(earlier, later)) return NO_RENAMING;
  const was = sideCosts(earlier.profiles, earlier.keysOf);
  const is = sideCosts(later.profiles, later.keysOf);
  const renaming = matchRenamed(was, is, apartIn(was, later), {
    before: samplesIn(earlier.profiles),
    after: samplesIn(later.profiles),
  });
  const isRuntime = findRuntime(names);
  // Sampled profiles lack now this function of the runtime, now that one, and no team renames them.
  const renamed = [...renaming].filter(
    ([to, from]) => !(isOtherName(from, to) && isRuntime(from) && isRuntime(to)),
  );
  return new Map(renamed.map(([to, from]) => [from, to]));
}

/** A name with a package, a module or a file; without one nothing says whose function it is. */
const QUALIFIED = /[./:]/;

/** Tells whether a key is that of a function of the runtime or the standard library. */
function findRuntime(names: JoinedNames): (key: string) => boolean {
  const runtime = new Set(names.keys.filter((key, fn) => QUALIFIED.test(key) && !isCode(names, fn)));
  return (key) => runtime.has(key);
}
