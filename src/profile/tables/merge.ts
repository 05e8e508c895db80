import { frameOwner } from '../code/frames.js';
import { joinKey, sharedName } from '../code/names.js';
import type { FunctionInfo, Profile } from '../model.js';
import { GrowingUint32 } from './growing.js';
import { StackTable } from './stack-table.js';
import { functionTable } from './table.js';

/** A function of the merge, with its cost in each file that some part places it in. */
interface Merged {
  id: number;
  names: Set<string>;
  files: Map<string, { info: FunctionInfo; self: number; total: number }>;
}

/**
 * Adds up profiles of one type: equal stacks become one, values are summed, and no stack is lost. Functions
 * are the same by normal name, unnamed ones by name, file and start line. Where the parts place a function in
 * different files, its file is the one with most of its own cost, else of its total; frames in the others
 * have no line then.
 *
 * Takes one pass over all frames of all parts.
 *
 * @param options.isApart whether only functions with the same name, file and start line are the same
 */
export function mergeProfiles(
  profiles: readonly Profile[],
  { isApart = false }: { isApart?: boolean | undefined } = {},
): Profile {
  const [first, ...others] = profiles.filter(({ values }) => values.length > 0);
  if (first === undefined || others.length === 0) return first ?? profiles[0] ?? NO_PROFILE;
  const parts = [first, ...others];

  const merged = new Map<string, Merged>();
  const functionsOf = parts.map((part) => uniteFunctions(part, merged, isApart ? exactKey : joinKey));
  const functions = [...merged.values()].map(locateFunction);

  const frames = new Frames();
  const stacks = new StackTable();
  const sums: number[] = [];
  parts.forEach((part, at) => {
    const { frameFunction, frameLine, frameKin, stackStart, stackFrames, values } = part;
    const ids = frameFunction.map((partId, frame) => {
      const fn = functionsOf[at]?.[partId] ?? 0;
      const [info, place] = [part.functions[partId], functions[fn]];
      const isPlaced = info !== undefined && info.file === place?.file;
      const isKin =
        frameKin[frame] === 1 &&
        (isPlaced || (info !== undefined && place !== undefined && frameOwner(info) === frameOwner(place)));
      return frames.assignId(fn, isPlaced ? (frameLine[frame] ?? 0) : 0, isKin);
    });
    for (let stack = 0; stack < values.length; stack++) {
      const [from, to] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
      for (let at = from; at < to; at++) stacks.frames.push(ids[stackFrames[at] ?? 0] ?? 0);
      const known = stacks.close();
      sums[known] = (sums[known] ?? 0) + (values[stack] ?? 0);
    }
  });
  const { sampleType, unit, ownCode } = first;
  return {
    ...(ownCode === undefined ? {} : { ownCode }),
    sampleType,
    unit,
    functions,
    ...frames.columns(),
    ...stacks.columns(),
    values: Float64Array.from(sums),
  };
}

/** The merge of no profiles, which is empty. */
export const NO_PROFILE: Profile = {
  sampleType: '',
  unit: '',
  functions: [],
  frameFunction: new Uint32Array(),
  frameLine: new Uint32Array(),
  frameKin: new Uint8Array(),
  stackStart: new Uint32Array(1),
  stackFrames: new Uint32Array(),
  values: new Float64Array(),
};

function exactKey({ name, file, startLine }: FunctionInfo): string {
  return `${name}\0${file}\0${startLine}`;
}

/** Per function of a part the id of the function in the merge. */
function uniteFunctions(
  part: Profile,
  merged: Map<string, Merged>,
  keyOf: (info: FunctionInfo) => string,
): number[] {
  const { self, totals } = functionTable(part);
  return part.functions.map((info, partId) => {
    const key = keyOf(info);
    const entry = merged.get(key) ?? { id: merged.size, names: new Set(), files: new Map() };
    entry.names.add(info.name);
    merged.set(key, entry);
    const known = entry.files.get(info.file);
    entry.files.set(info.file, {
      info: known === undefined ? info : withFirstLine(known.info, info),
      self: (known?.self ?? 0) + (self[partId] ?? 0),
      total: (known?.total ?? 0) + (totals[partId] ?? 0),
    });
    return entry.id;
  });
}

function withFirstLine(info: FunctionInfo, other: FunctionInfo): FunctionInfo {
  const lines = [info.startLine, other.startLine].filter((line) => line > 0);
  return { ...info, startLine: lines.length === 0 ? 0 : Math.min(...lines) };
}

/** Places a function in one of its files, by the rule of `ProfileBuilder`. */
function locateFunction({ names, files }: Merged): FunctionInfo {
  const [best] = [...files.values()].sort(
    (a, b) =>
      b.self - a.self ||
      b.total - a.total ||
      Number(a.info.file === '') - Number(b.info.file === '') ||
      (a.info.file < b.info.file ? -1 : 1),
  );
  if (best === undefined) return { name: '', file: '', startLine: 0, isSymbolised: false };
  return names.size === 1 ? best.info : { ...best.info, name: sharedName(names) };
}

/** Interned frames. */
class Frames {
  readonly #ids: Map<number, number>[] = [];
  readonly #function = new GrowingUint32();
  readonly #line = new GrowingUint32();
  readonly #kin: number[] = [];

  assignId(fn: number, line: number, isKin: boolean): number {
    this.#ids[fn] ??= new Map();
    const key = 2 * line + (isKin ? 1 : 0);
    const known = this.#ids[fn].get(key);
    if (known !== undefined) return known;
    const id = this.#function.length;
    this.#ids[fn].set(key, id);
    this.#function.push(fn);
    this.#line.push(line);
    this.#kin.push(isKin ? 1 : 0);
    return id;
  }

  columns(): Pick<Profile, 'frameFunction' | 'frameLine' | 'frameKin'> {
    return {
      frameFunction: this.#function.toArray(),
      frameLine: this.#line.toArray(),
      frameKin: Uint8Array.from(this.#kin),
    };
  }
}
