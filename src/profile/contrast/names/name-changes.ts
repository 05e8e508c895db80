import type { Profile } from '../../model.js';
import type { JoinedNames } from '../joined-names.js';
import { sumSides } from '../side-sums.js';

/** How many functions of two sides go by another name since, and whether they were found again. */
export interface Renamed {
  functions: number;
  changed: number;
  /** Those of the changed ones that are on one side only. */
  unmatched: number;
  /** Names before and since, where only some changed; empty where most did. */
  pairs: readonly (readonly [from: string, to: string])[];
}

/** From this part of the functions on it is worth saying that names changed. */
const MAX_CHANGED = 0.5;

/**
 * Counts the functions whose names, as the profiles have them, are on one side only, where these are most of
 * all. Those that cost next to nothing take no part: what is sampled once, at a start or now and then, is
 * mostly seen on one side only.
 *
 * @param names the names of the profiles with those that changed read as what they are since
 */
export function countRenamed(
  profiles: readonly Profile[],
  { functions, functionOf }: Pick<JoinedNames, 'functions' | 'functionOf'>,
  before: number,
): Renamed | null {
  if (before === 0 || before === profiles.length) return null;
  const changes = listChanges(profiles, functionOf, before, functions.length);
  const all = countChanges(changes);
  if (all === null) return null;
  const { was, is } = sumSides(profiles, functionOf, before, functions.length);
  const costly = changes.filter((_, fn) => was.isCostly(fn) || is.isCostly(fn));
  return countChanges(costly) === null ? null : all;
}

/** Change of the name of a function. */
type NameChange = 'none' | 'changed' | 'one side';

/** Compares the names that each function has on both sides. */
function listChanges(
  profiles: readonly Profile[],
  functionOf: readonly Uint32Array[],
  before: number,
  functions: number,
): NameChange[] {
  const earlier: (string | undefined)[] = new Array(functions);
  /** Further names of the functions that have several. */
  const further = new Map<number, Set<string>>();
  const changes = new Array<NameChange>(functions).fill('one side');
  profiles.forEach((profile, index) => {
    functionOf[index]?.forEach((joined, fn) => {
      const name = profile.functions[fn]?.name ?? '';
      const first = earlier[joined];
      if (index >= before) {
        if (first === undefined || changes[joined] === 'none') return;
        const isKnown = name === first || further.get(joined)?.has(name) === true;
        changes[joined] = isKnown ? 'none' : 'changed';
      } else if (first === undefined) earlier[joined] = name;
      else if (first !== name) further.set(joined, (further.get(joined) ?? new Set()).add(name));
    });
  });
  return changes;
}

/** Counts the changes; null where they are few, or where nothing but names on one side is left of both. */
function countChanges(changes: readonly NameChange[]): Renamed | null {
  const changed = changes.filter((change) => change !== 'none').length;
  if (changed < MAX_CHANGED * changes.length || changes.length === 0) return null;
  const unmatched = changes.filter((change) => change === 'one side').length;
  return unmatched === changed && unmatched < changes.length
    ? null
    : { functions: changes.length, changed, unmatched, pairs: [] };
}
