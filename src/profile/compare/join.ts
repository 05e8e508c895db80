import { isUnnamed } from '../builder.js';
import { frameOwner } from '../frames.js';
import type { FunctionInfo, Profile } from '../model.js';
import { normaliseName } from '../names.js';

/** Several profiles over one list of functions, so that a function is the same number in all of them. */
export interface Joined {
  functions: readonly FunctionInfo[];
  /** 1 where the function is the team's own code. */
  application: Uint8Array;
  parts: readonly JoinedPart[];
}

/** A profile with its frames expressed in the joined list of functions. */
export interface JoinedPart {
  profile: Profile;
  /** Joined function of each frame. */
  frameFunction: Uint32Array;
  /** 1 where the frame is the team's own code. */
  frameApplication: Uint8Array;
}

/**
 * Joins profiles by function: the same normalised name is the same function; unnamed ones also need the same file and
 * start line (comparison rules §2). Lines are left to the parts.
 */
export function joinProfiles(profiles: readonly Profile[]): Joined {
  const ids = new Map<string, number>();
  const functions: FunctionInfo[] = [];
  const maps = profiles.map((profile) =>
    Uint32Array.from(profile.functions, (info) => {
      const key = joinKey(info);
      const known = ids.get(key);
      if (known !== undefined) return known;
      ids.set(key, functions.length);
      return functions.push(info) - 1;
    }),
  );
  const application = Uint8Array.from(functions, (info) => (frameOwner(info) === 'application' ? 1 : 0));
  const parts = profiles.map((profile, index): JoinedPart => {
    const map = maps[index] ?? new Uint32Array();
    const frameFunction = profile.frameFunction.map((fn) => map[fn] ?? 0);
    const frameApplication = profile.frameKin.map(
      (kin, frame) => kin & (application[frameFunction[frame] ?? 0] ?? 0),
    );
    return { profile, frameFunction, frameApplication };
  });
  return { functions, application, parts };
}

/** What makes two functions of different profiles the same one. */
export function joinKey({ name, file, startLine }: FunctionInfo): string {
  return isUnnamed(name) ? `${name}\0${file}\0${startLine}` : normaliseName(name);
}
