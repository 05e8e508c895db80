import { type CodeEvidence, LIBRARY, type Ownership } from '../code/frames.js';
import { joinKey, joinKeys, sharedName } from '../code/names.js';
import { collectEvidence, findOwnership, ownershipsIn } from '../code/owners.js';
import { createCache, createMemory, MEMORY, type Remembering } from '../memory.js';
import type { FunctionInfo, Profile } from '../model.js';
import { findKeptLibraries } from './names/kept-libraries.js';

/** All of a profile that a join of names looks at: its functions and frames, whatever its stacks are. */
export type NamedProfile = Pick<Profile, 'functions' | 'frameFunction' | 'frameKin' | 'ownCode'>;

/** Functions of several profiles in one list, which holds for whatever stacks there are over their frames. */
export interface JoinedNames extends Remembering {
  functions: readonly FunctionInfo[];
  /** Key of each function; where it was renamed, the later one. */
  keys: readonly string[];
  /** Joined function of each function of each profile. */
  functionOf: readonly Uint32Array[];
  /** 1 where the function is the team's own code. */
  application: Uint8Array;
  /** 1 where the function is a third-party library's. */
  library: Uint8Array;
  /** 1 where only a list of known names says whose a function is. */
  guessed: Uint8Array;
  /** Evidence of whose code the functions are. */
  evidence: CodeEvidence;
  /** Frames of each profile. */
  frames: readonly JoinedFrames[];
}

export interface JoinedFrames {
  /** Joined function of each frame. */
  frameFunction: Uint32Array;
  /** 1 where the frame is the team's own code. */
  frameApplication: Uint8Array;
  /** Functions of the profile that stand in another file than the joined ones, by their number in it. */
  elsewhere: ReadonlyMap<number, FunctionInfo>;
}

/** Whether a function is code of the team or of a library, and not of the runtime or the standard library. */
export function isCode(
  { application, library }: Pick<JoinedNames, 'application' | 'library'>,
  fn: number,
): boolean {
  return application[fn] === 1 || library[fn] === 1;
}

/** No key is read as another. */
export const NO_RENAMING: ReadonlyMap<string, string> = new Map();

/**
 * Joins the functions of profiles: the same key is the same function. They are numbered in the order of their
 * keys, so that ties by number come out the same in whatever order stacks and profiles arrive.
 *
 * @param renaming keys that are read as others
 */
export function joinNames(
  profiles: readonly NamedProfile[],
  renaming: ReadonlyMap<string, string> = NO_RENAMING,
): JoinedNames {
  const { keys, functionOf } = numberKeys(profiles, renaming);
  const functions = placeFunctions(profiles, keys, functionOf);
  const evidence = collectEvidence(functions, profiles.find(({ ownCode }) => ownCode !== undefined)?.ownCode);
  const told = ownershipsIn(functions, evidence);
  const names = { functions, keys, functionOf, evidence };
  const kept = renaming.size === 0 ? null : findKeptLibraries(profiles, names, told);
  const ownerships =
    kept === null ? told : told.map((ownership, fn) => (kept[fn] === 1 ? LIBRARY : ownership));
  const flags = (is: (ownership: Ownership) => boolean) =>
    new Uint8Array(ownerships.map((ownership) => Number(is(ownership))));
  return withFrames(profiles, {
    ...names,
    application: flags(({ owner }) => owner === 'application'),
    library: flags(({ owner }) => owner === 'library'),
    guessed: flags(({ isGuess }) => isGuess),
    [MEMORY]: createMemory(),
  });
}

/**
 * Joins profiles by functions that were joined before, without a renaming.
 *
 * @returns null where a profile has a function that is not among them
 */
export function extendNames(known: JoinedNames, profiles: readonly NamedProfile[]): JoinedNames | null {
  const numbers = indexKeys(known);
  const functionOf: Uint32Array[] = [];
  const kept = placedIn(known);
  for (const profile of profiles) {
    const placed = kept.get(profile);
    if (placed !== undefined) {
      functionOf.push(placed.joinedOf);
      continue;
    }
    const keys = joinKeys(profile.functions);
    const joinedOf = new Uint32Array(keys.length);
    for (let fn = 0; fn < keys.length; fn++) {
      const joined = numbers.get(keys[fn] ?? '');
      if (joined === undefined) return null;
      joinedOf[fn] = joined;
    }
    functionOf.push(joinedOf);
  }
  return withFrames(profiles, { ...known, functionOf });
}

/** Frames joined before, by profile: a slice, or a part that is not divided, is in several readings. */
const placedIn = createCache<NamedProfile, { joinedOf: Uint32Array; frames: JoinedFrames }>();

/** Numbers of keys looked up before, by names. */
const numbersIn = createCache<readonly string[], ReadonlyMap<string, number>>();

function indexKeys(names: Pick<JoinedNames, 'keys'> & Remembering): ReadonlyMap<string, number> {
  const { keys } = names;
  const known = numbersIn(names).get(keys);
  if (known !== undefined) return known;
  const numbers = new Map(keys.map((key, joined) => [key, joined]));
  numbersIn(names).set(keys, numbers);
  return numbers;
}

function withFrames(profiles: readonly NamedProfile[], names: Omit<JoinedNames, 'frames'>): JoinedNames {
  const { functions, functionOf, application, evidence } = names;
  const kept = placedIn(names);
  const frames = profiles.map((profile, index) => {
    const joinedOf = functionOf[index] ?? new Uint32Array();
    const placed = kept.get(profile);
    if (placed !== undefined) return placed.frames;
    // If this profile places the function in another file, its frames may belong to other code.
    const elsewhere = new Map<number, FunctionInfo>();
    const isOwnHere = profile.functions.map((info, fn) => {
      const joined = joinedOf[fn] ?? 0;
      if (info.file === functions[joined]?.file) return application[joined] ?? 0;
      elsewhere.set(fn, info);
      return findOwnership(info, evidence).owner === 'application' ? 1 : 0;
    });
    const joined = { ...joinFrames(profile, joinedOf, isOwnHere), elsewhere };
    kept.set(profile, { joinedOf, frames: joined });
    return joined;
  });
  return { ...names, frames };
}

/** All keys in order, and the place of that of each function of each profile. */
function numberKeys(
  profiles: readonly NamedProfile[],
  renaming: ReadonlyMap<string, string>,
): { keys: readonly string[]; functionOf: readonly Uint32Array[] } {
  /** Numbers of the keys in the order of their arrival. */
  const arrivals = new Map<string, number>();
  const hasRenamed = renaming.size > 0;
  const functionOf = profiles.map(({ functions }) => {
    const numbers = new Uint32Array(functions.length);
    const names = joinKeys(functions);
    for (let fn = 0; fn < names.length; fn++) {
      const name = names[fn] ?? '';
      const key = hasRenamed ? (renaming.get(name) ?? name) : name;
      let arrival = arrivals.get(key);
      if (arrival === undefined) {
        arrival = arrivals.size;
        arrivals.set(key, arrival);
      }
      numbers[fn] = arrival;
    }
    return numbers;
  });
  const keys = [...arrivals.keys()].sort();
  const places = new Uint32Array(keys.length);
  for (let place = 0; place < keys.length; place++) places[arrivals.get(keys[place] ?? '') ?? 0] = place;
  for (const numbers of functionOf)
    for (let fn = 0; fn < numbers.length; fn++) numbers[fn] = places[numbers[fn] ?? 0] ?? 0;
  return { keys, functionOf };
}

/** The name and the place that the profiles give to each function. */
function placeFunctions(
  profiles: readonly NamedProfile[],
  keys: readonly string[],
  functionOf: readonly Uint32Array[],
): FunctionInfo[] {
  const first = new Array<FunctionInfo | undefined>(keys.length);
  /** Profiles that give a function its first place. */
  const ofFirst = new Uint32Array(keys.length);
  /** Further places of the few functions that have several. */
  const further = new Map<number, Place[]>();
  profiles.forEach(({ functions }, index) => {
    const joinedOf = functionOf[index] ?? new Uint32Array();
    for (let fn = 0; fn < functions.length; fn++) {
      const info = functions[fn];
      if (info === undefined) continue;
      const joined = joinedOf[fn] ?? 0;
      const known = first[joined];
      if (known === undefined) first[joined] = info;
      if (known === undefined || isSamePlace(known, info)) ofFirst[joined] = (ofFirst[joined] ?? 0) + 1;
      else countPlace(further, joined, info);
    }
  });
  for (const [joined, others] of further) {
    const info = first[joined];
    if (info === undefined) continue;
    first[joined] = placeFunction([{ info, profiles: ofFirst[joined] ?? 0 }, ...others], keys[joined] ?? '');
  }
  const placed: FunctionInfo[] = [];
  // Every key is that of some function.
  for (const info of first) if (info !== undefined) placed.push(info);
  return placed;
}

/** The function that several places make. */
function placeFunction(all: readonly Place[], key: string): FunctionInfo {
  // A function that was renamed goes by its later name.
  const later = all.filter((place) => joinKey(place.info) === key);
  const places = later.length > 0 ? later : all;
  const { info } = places.reduce((best, place) => (outdoes(place, best) ? place : best));
  const name = sharedName(places.map((place) => place.info.name));
  return name === info.name ? info : { ...info, name };
}

function joinFrames(
  { frameFunction, frameKin }: NamedProfile,
  joinedOf: Uint32Array,
  isOwnHere: readonly number[],
): Omit<JoinedFrames, 'elsewhere'> {
  const joined = new Uint32Array(frameFunction.length);
  const application = new Uint8Array(frameFunction.length);
  for (let frame = 0; frame < frameFunction.length; frame++) {
    const fn = frameFunction[frame] ?? 0;
    joined[frame] = joinedOf[fn] ?? 0;
    application[frame] = (frameKin[frame] ?? 0) & (isOwnHere[fn] ?? 0);
  }
  return { frameFunction: joined, frameApplication: application };
}

/** The place that some of the profiles give to a function. */
interface Place {
  info: FunctionInfo;
  profiles: number;
}

function countPlace(further: Map<number, Place[]>, joined: number, info: FunctionInfo): void {
  const places = further.get(joined) ?? [];
  further.set(joined, places);
  const known = places.find((place) => isSamePlace(place.info, info));
  if (known === undefined) places.push({ info, profiles: 1 });
  else known.profiles++;
}

function isSamePlace(a: FunctionInfo, b: FunctionInfo): boolean {
  return a === b || (a.file === b.file && a.name === b.name && a.startLine === b.startLine);
}

/** Most profiles decide, then a known file before an unknown one, then the order of the texts. */
function outdoes({ info: a, profiles: many }: Place, { info: b, profiles: few }: Place): boolean {
  if (many !== few) return many > few;
  if (a.file !== b.file) return a.file !== '' && (b.file === '' || a.file < b.file);
  return a.name !== b.name ? a.name < b.name : a.startLine < b.startLine;
}
