import { frameOwner } from '../frames.js';
import type { Columns, FunctionInfo, Profile } from '../model.js';
import { joinKey, sharedName } from '../names.js';
import { evidenceIn } from '../owners.js';

export { joinKey };

/** Several profiles over one list of functions, so that a function is the same number in all of them. */
export interface Joined {
  functions: readonly FunctionInfo[];
  /** 1 where the function is the team's own code. */
  application: Uint8Array;
  parts: readonly JoinedPart[];
}

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
 * Joins profiles by function: the same normalised name is the same function; unnamed ones also need the same file and
 * start line (docs/comparison.md §2). Lines are left to the parts. Functions are numbered by name, so that ties by number
 * come out the same in whatever order stacks and profiles arrive.
 */
export function joinProfiles(profiles: readonly Profile[]): Joined {
  const keys = profiles.map((profile) => profile.functions.map(joinKey));
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
  const functions = sorted.map(([, places]) => {
    const { info } = places.reduce((best, place) => (outdoes(place, best) ? place : best));
    const name = sharedName(places.map((place) => place.info.name));
    return name === info.name ? info : { ...info, name };
  });
  const evidence = evidenceIn(functions, profiles.find(({ ownCode }) => ownCode !== undefined)?.ownCode);
  const isOwn = (info: FunctionInfo) => (frameOwner(info, evidence) === 'application' ? 1 : 0);
  const application = Uint8Array.from(functions, isOwn);
  const parts = profiles.map((profile, index): JoinedPart => {
    const map = Uint32Array.from(keys[index] ?? [], (key) => ids.get(key) ?? 0);
    const frameFunction = profile.frameFunction.map((fn) => map[fn] ?? 0);
    // Where this profile places the function in another file, its frames may be somebody else's.
    const own = profile.functions.map((info, fn) => {
      const joined = map[fn] ?? 0;
      return info.file === functions[joined]?.file ? (application[joined] ?? 0) : isOwn(info);
    });
    const frameApplication = profile.frameKin.map(
      (kin, frame) => kin & (own[profile.frameFunction[frame] ?? 0] ?? 0),
    );
    const { functions: _, ...columns } = profile;
    return { profile: columns, frameFunction, frameApplication };
  });
  return { functions, application, parts };
}

/** Where some of the profiles place a function. */
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
