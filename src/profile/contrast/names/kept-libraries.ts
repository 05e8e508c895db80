import type { Ownership } from '../../code/frames.js';
import { joinKeys } from '../../code/names.js';
import { findOwnership } from '../../code/owners.js';
import type { FunctionInfo } from '../../model.js';
import type { JoinedNames, NamedProfile } from '../joined-names.js';

/** Least number of functions of libraries that are known to have gone to one file, for it to be a bundle … */
const MIN_BUNDLED = 2;
/** … and the part of all functions known to have gone there that they must be more than. */
const MOSTLY = 0.5;

/**
 * Tells which functions are a library's although they stand in a file of the team's. A bundler puts libraries
 * and own code into one file, and shading puts them into a package of the team's: who wrote them stays the
 * same. So a function that was a library's under its other name is one still; and so is one that is not known
 * from before, in a file to which mostly functions of libraries went. Otherwise all the work of libraries
 * would count as that of own code, which would seem to have grown.
 *
 * @param names functions that some profiles have in common; where they were renamed, `keys` are the later
 *   ones
 * @returns 1 for each such function; null where there is none
 */
export function findKeptLibraries(
  profiles: readonly NamedProfile[],
  {
    keys,
    functions,
    functionOf,
    evidence,
  }: Pick<JoinedNames, 'keys' | 'functions' | 'functionOf' | 'evidence'>,
  ownerships: readonly Ownership[],
): Uint8Array | null {
  const isRenamed = new Uint8Array(functions.length);
  const wasLibrary = new Uint8Array(functions.length);
  profiles.forEach((profile, index) => {
    const keysHere = joinKeys(profile.functions);
    profile.functions.forEach((info, fn) => {
      const joined = functionOf[index]?.[fn] ?? 0;
      if (keysHere[fn] === keys[joined]) return;
      isRenamed[joined] = 1;
      if (findOwnership(info, evidence).owner === 'library') wasLibrary[joined] = 1;
    });
  });
  const bundles = findBundles(functions, isRenamed, wasLibrary);
  const kept = wasLibrary.map((was, joined) => {
    const info = functions[joined];
    if (info === undefined || ownerships[joined]?.owner !== 'application') return 0;
    // The configuration has the last word about own code.
    if (evidence.isOwn?.(info) === true) return 0;
    const isNewInBundle = isRenamed[joined] === 0 && bundles.has(info.file);
    return was === 1 || isNewInBundle ? 1 : 0;
  });
  return kept.includes(1) ? kept : null;
}

/** Files to which mostly functions of libraries went. */
function findBundles(
  functions: readonly FunctionInfo[],
  isRenamed: Uint8Array,
  wasLibrary: Uint8Array,
): ReadonlySet<string> {
  const files = new Map<string, { all: number; ofLibraries: number }>();
  functions.forEach(({ file }, joined) => {
    if (isRenamed[joined] === 0 || file === '') return;
    const { all, ofLibraries } = files.get(file) ?? { all: 0, ofLibraries: 0 };
    files.set(file, { all: all + 1, ofLibraries: ofLibraries + (wasLibrary[joined] ?? 0) });
  });
  const bundles = [...files].filter(
    ([, { all, ofLibraries }]) => ofLibraries >= MIN_BUNDLED && ofLibraries > MOSTLY * all,
  );
  return new Set(bundles.map(([file]) => file));
}
