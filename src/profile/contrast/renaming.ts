import { joinKeys } from '../code/names.js';
import type { Profile } from '../model.js';
import type { JoinedNames } from './joined-names.js';
import {
  apartIn,
  cutStem,
  isExpected,
  MAX_COUNT,
  MIN_SIMILAR,
  matchRenamed,
  mayBeRenamed,
} from './renamed.js';
import { samplesIn, sideCosts } from './side-costs.js';
import { sumSides } from './side-sums.js';
import { similarPairs } from './similar-names.js';

const NO_RENAMING: ReadonlyMap<string, string> = new Map();

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
  const renaming = matchRenamed(
    sideCosts(earlier.profiles, earlier.keysOf),
    sideCosts(later.profiles, later.keysOf),
    apartIn(later.keysOf),
    { before: samplesIn(earlier.profiles), after: samplesIn(later.profiles) },
  );
  return new Map([...renaming].map(([to, from]) => [from, to]));
}

/**
 * Whether anything can be paired: most functions that cost something are on one side only, or some that are
 * differ in their numbers only, or several have similar names. Tells it from few names, since in most
 * comparisons there is nothing.
 */
function hasCandidates(
  profiles: readonly Profile[],
  { keys, functionOf }: Pick<JoinedNames, 'keys' | 'functionOf'>,
  before: number,
): boolean {
  const { was, is } = sumSides(profiles, functionOf, before, keys.length);
  const hasCome = (fn: number) => is.isSeen[fn] === 1 && was.isSeen[fn] !== 1;
  const hasGone = (fn: number) => was.isSeen[fn] === 1 && is.isSeen[fn] !== 1;
  let [counted, changed] = [0, 0];
  const [come, gone]: [number[], number[]] = [[], []];
  for (let fn = 0; fn < keys.length; fn++) {
    const costly = Number(was.isCostly(fn)) + Number(is.isCostly(fn));
    counted += costly;
    if (hasCome(fn)) come.push(fn);
    else if (hasGone(fn)) gone.push(fn);
    else continue;
    changed += costly;
  }
  if (counted > 0 && changed >= MAX_COUNT * counted) return true;
  const getKey = (fn: number) => keys[fn] ?? '';
  const stems = new Set(gone.map((fn) => cutStem(getKey(fn))));
  if (come.some((fn) => stems.has(cutStem(getKey(fn))))) return true;
  if (come.filter(is.isCostly).length < MIN_SIMILAR) return false;
  const samples = { before: samplesIn(profiles.slice(0, before)), after: samplesIn(profiles.slice(before)) };
  const laters = come.filter((fn) => isExpected(is.shares[fn] ?? 0, samples.before));
  const isMissing = listMissing(functionOf.slice(before), keys.length);
  const earliers = keys.flatMap((_, fn) =>
    isExpected(was.shares[fn] ?? 0, samples.after) && (hasGone(fn) || isMissing(fn)) ? [fn] : [],
  );
  if (laters.length < MIN_SIMILAR || earliers.length < MIN_SIMILAR) return false;
  const pairs = similarPairs(laters.map(getKey), earliers.map(getKey));
  return [pairs.map(({ later }) => later), pairs.map(({ earlier }) => earlier)].every(
    (names) => new Set(names).size >= MIN_SIMILAR,
  );
}

/** Tells of a function whether some of the profiles do not know it. */
function listMissing(functionOf: readonly Uint32Array[], functions: number): (fn: number) => boolean {
  const knownBy = new Uint32Array(functions);
  for (const joined of functionOf) for (const fn of joined) knownBy[fn] = (knownBy[fn] ?? 0) + 1;
  return (fn) => (knownBy[fn] ?? 0) < functionOf.length;
}
