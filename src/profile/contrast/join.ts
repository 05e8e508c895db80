import { frameOwner, type Ownership } from '../code/frames.js';
import { joinKey, sharedName } from '../code/names.js';
import { collectEvidence, ownershipsIn } from '../code/owners.js';
import type { Columns, FunctionInfo, Profile } from '../model.js';
import {
  apartIn,
  costlyIn,
  isOtherName,
  matchRenamed,
  mayBeRenamed,
  samplesIn,
  sideCosts,
} from './renamed.js';

export { joinKey };

/** Several profiles over one list of functions, so that a function is the same number in all of them. */
export interface Joined {
  functions: readonly FunctionInfo[];
  /** 1 where the function is the team's own code. */
  application: Uint8Array;
  /** 1 where the function is a third-party library's. */
  library: Uint8Array;
  /** 1 where only a list of known names says whose a function is. */
  guessed: Uint8Array;
  /**
   * 1 where the function is an entry point below which the team's own code runs: see {@link servingRoots}.
   */
  serving: Uint8Array;
  parts: readonly JoinedPart[];
  /** Set where most names changed between the two sides, or some to similar ones. */
  renamed: Renamed | null;
}

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
const MAX_COUNT = 0.5;

/** A profile with its frames expressed in the joined list of functions. */
export interface JoinedPart {
  /** Its functions are the joined ones. */
  profile: Columns;
  /** Joined function of each frame. */
  frameFunction: Uint32Array;
  /** 1 where the frame is the team's own code. */
  frameApplication: Uint8Array;
}

/**
 * Joins profiles by function: the same normalised name is the same function; unnamed ones also need the same
 * file and start line (docs/develop/comparison.md §2). Lines are left to the parts. Functions are numbered by
 * name, so that ties by number come out the same in whatever order stacks and profiles arrive.
 *
 * @param before how many of the profiles are the earlier side of a comparison: their functions may go by
 *   another name since
 */
export function joinProfiles(profiles: readonly Profile[], before = 0): Joined {
  const { keys, pairs } = withoutRenaming(
    profiles,
    profiles.map((profile) => profile.functions.map(joinKey)),
    before,
  );
  const placesOf = new Map<string, Place[]>();
  profiles.forEach((profile, index) => {
    profile.functions.forEach((info, fn) => {
      const key = keys[index]?.[fn] ?? '';
      const places = placesOf.get(key);
      if (places === undefined) placesOf.set(key, [{ info, profiles: 1 }]);
      else countPlace(places, info);
    });
  });
  const sorted = [...placesOf].sort(([a], [b]) => (a < b ? -1 : 1));
  const ids = new Map(sorted.map(([key], fn) => [key, fn]));
  const functions = sorted.map(([key, all]) => {
    // A function that was renamed goes by its later name.
    const later = all.length > 1 ? all.filter((place) => joinKey(place.info) === key) : all;
    const places = later.length > 0 ? later : all;
    const { info } = places.reduce((best, place) => (outdoes(place, best) ? place : best));
    const name = sharedName(places.map((place) => place.info.name));
    return name === info.name ? info : { ...info, name };
  });
  const evidence = collectEvidence(functions, profiles.find(({ ownCode }) => ownCode !== undefined)?.ownCode);
  const isOwn = (info: FunctionInfo) => (frameOwner(info, evidence) === 'application' ? 1 : 0);
  const ownerships = ownershipsIn(functions, evidence);
  const flags = (is: (ownership: Ownership) => boolean) =>
    Uint8Array.from(ownerships, (ownership) => Number(is(ownership)));
  const application = flags(({ owner }) => owner === 'application');
  const parts = profiles.map((profile, index): JoinedPart => {
    const map = Uint32Array.from(keys[index] ?? [], (key) => ids.get(key) ?? 0);
    const frameFunction = profile.frameFunction.map((fn) => map[fn] ?? 0);
    // If this profile places the function in another file, its frames may belong to other code.
    const isOwnHere = profile.functions.map((info, fn) => {
      const joined = map[fn] ?? 0;
      return info.file === functions[joined]?.file ? (application[joined] ?? 0) : isOwn(info);
    });
    const frameApplication = profile.frameKin.map(
      (kin, frame) => kin & (isOwnHere[profile.frameFunction[frame] ?? 0] ?? 0),
    );
    const { functions: _, ...columns } = profile;
    return { profile: columns, frameFunction, frameApplication };
  });
  return {
    functions,
    application,
    library: flags(({ owner }) => owner === 'library'),
    guessed: flags(({ isGuess }) => isGuess),
    serving: servingRoots(parts, functions.length),
    parts,
    renamed: renamedIn(profiles, keys, before) ?? partlyRenamed(functions.length, pairs),
  };
}

/** Keys of each profile's functions, those of the earlier side as the later one has them; the named pairs. */
function withoutRenaming(
  profiles: readonly Profile[],
  keys: readonly string[][],
  before: number,
): { keys: readonly string[][]; pairs: Renamed['pairs'] } {
  const [earlier, later] = [keys.slice(0, before), keys.slice(before)];
  const [earlierProfiles, laterProfiles] = [profiles.slice(0, before), profiles.slice(before)];
  const mayBe = () =>
    mayBeRenamed({ profiles: earlierProfiles, keysOf: earlier }, { profiles: laterProfiles, keysOf: later });
  if (before === 0 || !mayBe()) return { keys, pairs: [] };
  const renaming = matchRenamed(
    sideCosts(earlierProfiles, earlier),
    sideCosts(laterProfiles, later),
    apartIn(later),
    { before: samplesIn(earlierProfiles), after: samplesIn(laterProfiles) },
  );
  const since = new Map([...renaming].map(([to, from]) => [from, to]));
  // Instances of the old build go on with the old names.
  return {
    keys: keys.map((ofProfile) => ofProfile.map((key) => since.get(key) ?? key)),
    pairs: [...since].filter(([from, to]) => isOtherName(from, to)),
  };
}

function partlyRenamed(functions: number, pairs: Renamed['pairs']): Renamed | null {
  return pairs.length === 0 ? null : { functions, changed: pairs.length, unmatched: 0, pairs };
}

/**
 * Counts the functions whose names, as the profiles have them, are on one side only. Those that cost next to
 * nothing take no part: what is sampled once, at a start or now and then, is mostly seen on one side only.
 */
function renamedIn(
  profiles: readonly Profile[],
  keys: readonly (readonly string[])[],
  before: number,
): Renamed | null {
  if (before === 0 || before === profiles.length) return null;
  const all = countRenamed(profiles, keys, before, () => true);
  if (all === null) return null;
  const costly = new Set([
    ...costlyIn(sideCosts(profiles.slice(0, before), keys.slice(0, before))),
    ...costlyIn(sideCosts(profiles.slice(before), keys.slice(before))),
  ]);
  return countRenamed(profiles, keys, before, (key) => costly.has(key)) === null ? null : all;
}

function countRenamed(
  profiles: readonly Profile[],
  keys: readonly (readonly string[])[],
  before: number,
  counts: (key: string) => boolean,
): Renamed | null {
  const names = new Map<string, { earlier: Set<string>; later: Set<string> }>();
  profiles.forEach((profile, index) => {
    profile.functions.forEach(({ name }, fn) => {
      const key = keys[index]?.[fn] ?? '';
      if (!counts(key)) return;
      const known = names.get(key) ?? { earlier: new Set(), later: new Set() };
      names.set(key, known);
      (index < before ? known.earlier : known.later).add(name);
    });
  });
  const all = [...names.values()];
  const isOneSided = ({ earlier, later }: (typeof all)[number]) => earlier.size === 0 || later.size === 0;
  const changed = all.filter(
    (place) => isOneSided(place) || ![...place.later].some((name) => place.earlier.has(name)),
  );
  if (changed.length < MAX_COUNT * all.length || all.length === 0) return null;
  const unmatched = changed.filter(isOneSided).length;
  return unmatched === changed.length && unmatched < all.length
    ? null
    : { functions: all.length, changed: changed.length, unmatched, pairs: [] };
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
      for (let at = start; at < end; at++) {
        if (frameApplication[stackFrames[at] ?? 0] !== 1) continue;
        ownTotals[root] = (ownTotals[root] ?? 0) + (values[stack] ?? 0);
        break;
      }
    }
  }
  return Uint8Array.from(totals, (total, fn) =>
    total > 0 && (ownTotals[fn] ?? 0) >= MIN_OWN_PART * total ? 1 : 0,
  );
}

/** The place that some of the profiles give to a function. */
interface Place {
  info: FunctionInfo;
  profiles: number;
}

function countPlace(places: Place[], info: FunctionInfo): void {
  const same = places.find(
    (place) =>
      place.info === info ||
      (place.info.file === info.file &&
        place.info.name === info.name &&
        place.info.startLine === info.startLine),
  );
  if (same === undefined) places.push({ info, profiles: 1 });
  else same.profiles++;
}

/** Most profiles decide, then a known file before an unknown one, then the order of the texts. */
function outdoes({ info: a, profiles: many }: Place, { info: b, profiles: few }: Place): boolean {
  if (many !== few) return many > few;
  if (a.file !== b.file) return a.file !== '' && (b.file === '' || a.file < b.file);
  return a.name !== b.name ? a.name < b.name : a.startLine < b.startLine;
}
