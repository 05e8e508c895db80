import { nameInKey } from '../code/names.js';
import { listOwners } from '../code/owners.js';
import { createMemory, MEMORY, type Remembering } from '../memory.js';
import { type Columns, type Profile, withoutNames } from '../model.js';
import { extendNames, type JoinedFrames, type JoinedNames, joinNames } from './joined-names.js';
import { countRenamed, type Renamed } from './names/name-changes.js';
import { isOtherName } from './names/renamed.js';
import { findRenaming } from './names/renaming.js';

/** Several profiles over one list of functions, so that a function is the same number in all of them. */
export interface Joined
  extends Pick<JoinedNames, 'functions' | 'application' | 'library' | 'guessed'>,
    Remembering {
  /**
   * 1 where the function is an entry point below which the team's own code runs: see {@link servingRoots}.
   */
  serving: Uint8Array;
  parts: readonly JoinedPart[];
  /** Set where most names changed between the two sides, or some to similar ones. */
  renamed: Renamed | null;
}

/** A profile with its frames expressed in the joined list of functions. */
export interface JoinedPart extends JoinedFrames {
  /** Its functions are the joined ones. */
  profile: Columns;
}

/** Names of several profiles of two sides, joined, and what is to be said about them. */
export interface SideNames {
  /** As the profiles have them. */
  plain: JoinedNames;
  /** With functions that go by another name since as one. */
  names: JoinedNames;
  renamed: Renamed | null;
}

/**
 * Joins the names of profiles: the same normalised name is the same function; unnamed ones also need the same
 * file and start line (docs/develop/comparison.md §2).
 *
 * @param before how many of the profiles are the earlier side of a comparison: their functions may go by
 *   another name since
 * @param coarse names of the same time in fewer parts
 */
export function joinSides(profiles: readonly Profile[], before = 0, coarse?: JoinedNames): SideNames {
  const plain = (coarse && extendNames(coarse, profiles)) ?? joinNames(profiles);
  const renaming = findRenaming(profiles, plain, before);
  // Instances of the old build go on with the old names.
  const names = renaming.size === 0 ? plain : joinNames(profiles, renaming);
  const pairs = [...renaming]
    .filter(([from, to]) => isOtherName(from, to))
    .map(([from, to]) => [nameInKey(from), nameInKey(to)] as const);
  const renamed = countRenamed(profiles, names, before) ?? partlyRenamed(names.functions.length, pairs);
  return { plain, names, renamed };
}

/**
 * Joins profiles by function. Lines are left to the parts.
 *
 * @param sides their names: also those that they had before stacks were left out of them
 */
export function joinProfiles(
  profiles: readonly Profile[],
  { names, renamed }: Pick<SideNames, 'names' | 'renamed'> = joinSides(profiles),
): Joined {
  const { functions, application, library, guessed } = names;
  const parts: JoinedPart[] = [];
  for (const [index, profile] of profiles.entries()) {
    const frames = names.frames[index];
    if (frames === undefined) throw new Error(`the names of profile ${index} are missing`);
    const { frameFunction, frameApplication, elsewhere } = frames;
    parts.push({ profile: withoutNames(profile), frameFunction, frameApplication, elsewhere });
  }
  const serving = servingRoots(parts, functions.length);
  return { functions, application, library, guessed, serving, parts, renamed, [MEMORY]: createMemory() };
}

/** A profile over its own list of functions, as {@link joinProfiles} has it over that of several. */
export function joinAlone(profile: Profile): { part: JoinedPart; serving: Uint8Array } {
  const isOwn = listOwners(profile).map((owner) => (owner === 'application' ? 1 : 0));
  const { frameFunction, frameKin } = profile;
  const frameApplication = frameKin.map((kin, frame) => kin & (isOwn[frameFunction[frame] ?? 0] ?? 0));
  const part = { profile, frameFunction, frameApplication, elsewhere: new Map() };
  return { part, serving: servingRoots([part], profile.functions.length) };
}

function partlyRenamed(functions: number, pairs: Renamed['pairs']): Renamed | null {
  return pairs.length === 0 ? null : { functions, changed: pairs.length, unmatched: 0, pairs };
}

/** Own code must be at least this part of what runs below an entry point. */
const MIN_OWN_PART = 0.02;

/**
 * Entry points below which the team's own code runs, as the serving loop of an HTTP server. All that runs
 * below them is driven by the same requests: the framework's cost rises with the load as that of own code
 * does, where the collector, the scheduler and other threads of the runtime have entry points of their own.
 *
 * @returns 1 for each such function
 */
function servingRoots(parts: readonly JoinedPart[], functions: number): Uint8Array {
  const totals = new Float64Array(functions);
  const ownTotals = new Float64Array(functions);
  for (const { profile, frameFunction, frameApplication } of parts) {
    const { stackStart, stackFrames, values } = profile;
    for (let stack = 0; stack < values.length; stack++) {
      const [start, end] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
      if (start === end) continue;
      const root = frameFunction[stackFrames[end - 1] ?? 0] ?? 0;
      totals[root] = (totals[root] ?? 0) + (values[stack] ?? 0);
      // From the entry point down, since own code is mostly nearer to it than to the leaf.
      for (let at = end - 1; at >= start; at--) {
        if (frameApplication[stackFrames[at] ?? 0] !== 1) continue;
        ownTotals[root] = (ownTotals[root] ?? 0) + (values[stack] ?? 0);
        break;
      }
    }
  }
  const serving = new Uint8Array(functions);
  for (let fn = 0; fn < functions; fn++) {
    const total = totals[fn] ?? 0;
    serving[fn] = total > 0 && (ownTotals[fn] ?? 0) >= MIN_OWN_PART * total ? 1 : 0;
  }
  return serving;
}
