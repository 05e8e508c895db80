import { frameOwner, type Ownership } from '../code/frames.js';
import { joinKey, joinKeys, sharedName } from '../code/names.js';
import { collectEvidence, ownershipsIn } from '../code/owners.js';
import type { FunctionInfo, Profile } from '../model.js';

/** All of a profile that a join of names looks at: its functions and frames, whatever its stacks are. */
export type NamedProfile = Pick<Profile, 'functions' | 'frameFunction' | 'frameKin' | 'ownCode'>;

/** Functions of several profiles in one list, which holds for whatever stacks there are over their frames. */
export interface JoinedNames {
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
  /** Frames of each profile. */
  frames: readonly JoinedFrames[];
}

export interface JoinedFrames {
  /** Joined function of each frame. */
  frameFunction: Uint32Array;
  /** 1 where the frame is the team's own code. */
  frameApplication: Uint8Array;
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
  const isOwn = (info: FunctionInfo) => (frameOwner(info, evidence) === 'application' ? 1 : 0);
  const ownerships = ownershipsIn(functions, evidence);
  const flags = (is: (ownership: Ownership) => boolean) =>
    new Uint8Array(ownerships.map((ownership) => Number(is(ownership))));
  const application = flags(({ owner }) => owner === 'application');
  const frames = profiles.map((profile, index) => {
    const joinedOf = functionOf[index] ?? new Uint32Array();
    // If this profile places the function in another file, its frames may belong to other code.
    const isOwnHere = profile.functions.map((info, fn) => {
      const joined = joinedOf[fn] ?? 0;
      return info.file === functions[joined]?.file ? (application[joined] ?? 0) : isOwn(info);
    });
    return joinFrames(profile, joinedOf, isOwnHere);
  });
  return {
    functions,
    keys,
    functionOf,
    application,
    library: flags(({ owner }) => owner === 'library'),
    guessed: flags(({ isGuess }) => isGuess),
    frames,
  };
}

/** All keys in order, and the place of that of each function of each profile. */
function numberKeys(
  profiles: readonly NamedProfile[],
  renaming: ReadonlyMap<string, string>,
): { keys: readonly string[]; functionOf: readonly Uint32Array[] } {
  const arrivals = new Map<string, number>();
  const countArrival = (name: string): number => {
    const key = renaming.get(name) ?? name;
    const known = arrivals.get(key);
    if (known === undefined) arrivals.set(key, arrivals.size);
    return known ?? arrivals.size - 1;
  };
  const arrivalsOf = profiles.map(({ functions }) => new Uint32Array(joinKeys(functions).map(countArrival)));
  const keys = [...arrivals.keys()].sort();
  const places = new Uint32Array(keys.length);
  keys.forEach((key, place) => {
    places[arrivals.get(key) ?? 0] = place;
  });
  return { keys, functionOf: arrivalsOf.map((of) => of.map((arrival) => places[arrival] ?? 0)) };
}

/** The name and the place that the profiles give to each function. */
function placeFunctions(
  profiles: readonly NamedProfile[],
  keys: readonly string[],
  functionOf: readonly Uint32Array[],
): FunctionInfo[] {
  const placesOf: Place[][] = keys.map(() => []);
  profiles.forEach(({ functions }, index) => {
    functions.forEach((info, fn) => {
      countPlace(placesOf[functionOf[index]?.[fn] ?? 0] ?? [], info);
    });
  });
  return placesOf.flatMap((all, joined) => {
    // A function that was renamed goes by its later name.
    const later = all.length > 1 ? all.filter((place) => joinKey(place.info) === keys[joined]) : all;
    const places = later.length > 0 ? later : all;
    const [first, ...others] = places;
    if (first === undefined) return [];
    const { info } = others.reduce((best, place) => (outdoes(place, best) ? place : best), first);
    const name = others.length === 0 ? info.name : sharedName(places.map((place) => place.info.name));
    return name === info.name ? info : { ...info, name };
  });
}

function joinFrames(
  { frameFunction, frameKin }: NamedProfile,
  joinedOf: Uint32Array,
  isOwnHere: readonly number[],
): JoinedFrames {
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

function countPlace(places: Place[], info: FunctionInfo): void {
  for (const place of places) {
    if (!isSamePlace(place.info, info)) continue;
    place.profiles++;
    return;
  }
  places.push({ info, profiles: 1 });
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
