import type { Profile } from '../../model.js';
import type { JoinedNames } from '../joined-names.js';
import { samplesIn } from '../side-costs.js';
import { findCallers, type SideSums, sumSides } from '../side-sums.js';
import { cutStem, isAlike, isExpected, MAX_COUNT, MIN_SIMILAR } from './renamed.js';
import { type SimilarPair, similarPairs } from './similar-names.js';

/** Profiles whose first ones are the earlier side of a comparison, and their functions. */
interface Sides extends Pick<JoinedNames, 'keys' | 'functionOf'> {
  profiles: readonly Profile[];
  before: number;
  was: SideSums;
  is: SideSums;
}

/**
 * Whether `matchRenamed` may find anything: most functions that cost something are on one side only, or some
 * that are differ in their numbers only, or several have similar names and the same caller or cost. Most
 * comparisons have nothing of this, which a look at few names tells.
 *
 * @param before how many of the profiles are the earlier side
 */
export function hasCandidates(
  profiles: readonly Profile[],
  { keys, functionOf }: Pick<JoinedNames, 'keys' | 'functionOf'>,
  before: number,
): boolean {
  const { was, is } = sumSides(profiles, functionOf, before, keys.length);
  let counted = 0;
  let changed = 0;
  const come: number[] = [];
  const gone: number[] = [];
  for (let fn = 0; fn < keys.length; fn++) {
    const costly = Number(was.isCostly(fn)) + Number(is.isCostly(fn));
    const [wasSeen, isSeen] = [was.isSeen[fn] === 1, is.isSeen[fn] === 1];
    counted += costly;
    if (wasSeen === isSeen) continue;
    changed += costly;
    (isSeen ? come : gone).push(fn);
  }
  if (counted > 0 && changed >= MAX_COUNT * counted) return true;
  const stems = new Set(gone.map((fn) => cutStem(keys[fn] ?? '')));
  if (come.some((fn) => stems.has(cutStem(keys[fn] ?? '')))) return true;
  return hasSimilarNames({ profiles, keys, functionOf, before, was, is }, come, new Set(gone));
}

/** Whether functions that came are like some that may have gone, by their names and by caller or cost. */
function hasSimilarNames(
  { profiles, keys, functionOf, before, was, is }: Sides,
  come: readonly number[],
  gone: ReadonlySet<number>,
): boolean {
  const laters = come.filter(is.isCostly);
  if (laters.length < MIN_SIMILAR) return false;
  const isMissing = listMissing(functionOf.slice(before), keys.length);
  const earliers: number[] = [];
  for (let fn = 0; fn < keys.length; fn++)
    if (was.isCostly(fn) && (gone.has(fn) || isMissing(fn))) earliers.push(fn);
  if (earliers.length < MIN_SIMILAR) return false;
  // Names are compared first: to tell the number of samples takes a look at all stacks.
  const similar = pairFunctions(keys, laters, earliers);
  if (similar.length < MIN_SIMILAR) return false;
  const [earlier, later] = [profiles.slice(0, before), profiles.slice(before)];
  const samples = { before: samplesIn(earlier), after: samplesIn(later) };
  const pairs = similar.filter(
    ({ from, to }) =>
      isExpected(was.shares[from] ?? 0, samples.after) && isExpected(is.shares[to] ?? 0, samples.before),
  );
  if (pairs.length < MIN_SIMILAR) return false;
  const callersWere = findCallers(
    earlier,
    functionOf.slice(0, before),
    new Set(pairs.map(({ from }) => from)),
  );
  const callersAre = findCallers(later, functionOf.slice(before), new Set(pairs.map(({ to }) => to)));
  // With the first one its callees may follow.
  if (pairs.some(({ from, to }) => callersAre.get(to) === callersWere.get(from))) return true;
  const alike = pairs.filter(
    ({ from, to, pair }) => gone.has(from) && isAlike(pair, was.shares[from] ?? 0, is.shares[to] ?? 0),
  );
  return new Set(alike.map(({ to }) => to)).size >= MIN_SIMILAR;
}

/** Pairs of functions with similar names. */
function pairFunctions(
  keys: readonly string[],
  laters: readonly number[],
  earliers: readonly number[],
): { from: number; to: number; pair: SimilarPair }[] {
  const getKey = (fn: number) => keys[fn] ?? '';
  const fnOf = new Map([...laters, ...earliers].map((fn) => [getKey(fn), fn]));
  return similarPairs(laters.map(getKey), earliers.map(getKey)).map((pair) => ({
    from: fnOf.get(pair.earlier) ?? 0,
    to: fnOf.get(pair.later) ?? 0,
    pair,
  }));
}

/** Tells of a function whether some of the profiles do not know it. */
function listMissing(functionOf: readonly Uint32Array[], functions: number): (fn: number) => boolean {
  const knownBy = new Uint32Array(functions);
  for (const joined of functionOf) for (const fn of joined) knownBy[fn] = (knownBy[fn] ?? 0) + 1;
  return (fn) => (knownBy[fn] ?? 0) < functionOf.length;
}
