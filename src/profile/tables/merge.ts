import { frameOwner } from '../code/frames.js';
import { joinKeys, sharedName } from '../code/names.js';
import { createProfile, type FunctionInfo, type Profile } from '../model.js';
import { StackTable } from './stack-table.js';
import { functionTable } from './table.js';

/** A function of the merge. */
interface Merged {
  id: number;
  /** Its first name. */
  name: string;
  /** Whether it has several names. */
  names: Set<string> | null;
  /** The files that some part places it in; most functions have one. */
  places: Place[];
}

/** A function in one file, with its cost there. */
interface Place {
  info: FunctionInfo;
  self: number;
  total: number;
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
  const united = parts.map(({ functions }) =>
    uniteFunctions(functions, merged, isApart ? functions.map(exactKey) : joinKeys(functions)),
  );
  if ([...merged.values()].some(({ places }) => places.length > 1))
    for (const [at, part] of parts.entries()) addCosts(part, united[at] ?? []);
  const functionsOf = united.map((ofPart) => Uint32Array.from(ofPart, ({ id }) => id));
  const functions = [...merged.values()].map(locateFunction);

  const frames = new Frames();
  const stacks = new StackTable(Math.max(...parts.map(({ values }) => values.length)));
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
      stacks.frames.appendMapped(ids, stackFrames, stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0);
      const known = stacks.close();
      sums[known] = (sums[known] ?? 0) + (values[stack] ?? 0);
    }
  });
  const { sampleType, unit, ownCode } = first;
  return createProfile({
    sampleType,
    unit,
    functions,
    ...frames.columns(),
    ...stacks.columns(),
    values: Float64Array.from(sums),
    ownCode,
  });
}

/** The merge of no profiles, which is empty. */
export const NO_PROFILE: Profile = createProfile({
  sampleType: '',
  unit: '',
  functions: [],
  frameFunction: new Uint32Array(),
  frameLine: new Uint32Array(),
  frameKin: new Uint8Array(),
  stackStart: new Uint32Array(1),
  stackFrames: new Uint32Array(),
  values: new Float64Array(),
});

function exactKey({ name, file, startLine }: FunctionInfo): string {
  return `${name}\0${file}\0${startLine}`;
}

/** Per function of a part the function of the merge. */
function uniteFunctions(
  functions: readonly FunctionInfo[],
  merged: Map<string, Merged>,
  keys: readonly string[],
): Merged[] {
  return functions.map((info, partId) => {
    const key = keys[partId] ?? '';
    const known = merged.get(key);
    if (known === undefined) {
      const first = { id: merged.size, name: info.name, names: null, places: [toPlace(info)] };
      merged.set(key, first);
      return first;
    }
    if (info.name !== known.name) known.names = (known.names ?? new Set([known.name])).add(info.name);
    const place = known.places.find((other) => other.info.file === info.file);
    if (place === undefined) known.places.push(toPlace(info));
    else place.info = withFirstLine(place.info, info);
    return known;
  });
}

function toPlace(info: FunctionInfo): Place {
  return { info, self: 0, total: 0 };
}

/** Adds the costs of a part to the places of the functions that have several. */
function addCosts(part: Profile, united: readonly Merged[]): void {
  const { self, totals } = functionTable(part);
  united.forEach(({ places }, partId) => {
    const place =
      places.length < 2 ? undefined : places.find(({ info }) => info.file === part.functions[partId]?.file);
    if (place === undefined) return;
    place.self += self[partId] ?? 0;
    place.total += totals[partId] ?? 0;
  });
}

/** A function with the earlier one of two known start lines. */
function withFirstLine(info: FunctionInfo, other: FunctionInfo): FunctionInfo {
  const isEarlier = other.startLine > 0 && (info.startLine === 0 || other.startLine < info.startLine);
  return isEarlier ? { ...info, startLine: other.startLine } : info;
}

/** Places a function in one of its files, by the rule of `ProfileBuilder`. */
function locateFunction({ names, places }: Merged): FunctionInfo {
  const [best] = places.sort(
    (a, b) =>
      b.self - a.self ||
      b.total - a.total ||
      Number(a.info.file === '') - Number(b.info.file === '') ||
      (a.info.file < b.info.file ? -1 : 1),
  );
  if (best === undefined) return { name: '', file: '', startLine: 0, isSymbolised: false };
  return names === null ? best.info : { ...best.info, name: sharedName(names) };
}

/** Interned frames. */
class Frames {
  /** Frames, each a function, a line and whether it is kin. */
  readonly #table = new StackTable();

  assignId(fn: number, line: number, isKin: boolean): number {
    this.#table.frames.push(fn);
    this.#table.frames.push(line);
    this.#table.frames.push(isKin ? 1 : 0);
    return this.#table.close();
  }

  columns(): Pick<Profile, 'frameFunction' | 'frameLine' | 'frameKin'> {
    const { length } = this.#table;
    const [frameFunction, frameLine] = [new Uint32Array(length), new Uint32Array(length)];
    const frameKin = new Uint8Array(length);
    for (let frame = 0; frame < length; frame++) {
      const at = this.#table.getStart(frame);
      frameFunction[frame] = this.#table.frames.at(at);
      frameLine[frame] = this.#table.frames.at(at + 1);
      frameKin[frame] = this.#table.frames.at(at + 2);
    }
    return { frameFunction, frameLine, frameKin };
  }
}
