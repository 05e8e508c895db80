import { joinKeys } from '../code/names.js';
import { createProfile, type Profile } from '../model.js';
import { mergeProfiles } from './merge.js';
import { StackTable } from './stack-table.js';
import { selectStacks } from './stacks.js';

/**
 * The rest of some profiles, added up, without others that are parts of them: the part that was not read.
 * Functions are the same by normal name. Values by the functions of a stack are exact; where the parts place
 * a line elsewhere than the whole does, its cost is taken from the heaviest lines of the same functions.
 * Functions of which nothing is left are left out.
 */
export function subtractProfiles(wholes: readonly Profile[], parts: readonly Profile[]): Profile {
  const whole = mergeProfiles(wholes);
  const stacks = new NamedStacks(whole);
  const ids = stacks.read(whole);
  const idsOfParts = parts.map((part) => stacks.read(part));
  const rest = new Float64Array(stacks.length);
  addValues(rest, ids, whole.values, 1);
  for (const [at, part] of parts.entries()) addValues(rest, idsOfParts[at] ?? ids, part.values, -1);
  balanceLines(rest, stacks);
  // Stacks are numbered in the order of the whole, of which the first with a number stands for all.
  const values = new Float64Array(ids.length);
  let next = 0;
  ids.forEach((id, stack) => {
    if (id !== next) return;
    values[stack] = Math.max(0, rest[id] ?? 0);
    next++;
  });
  return dropUnused(selectStacks(createProfile({ ...whole, values }), (stack) => (values[stack] ?? 0) > 0));
}

function addValues(sums: Float64Array, ids: Uint32Array, values: Float64Array, sign: 1 | -1): void {
  for (let stack = 0; stack < values.length; stack++) {
    const id = ids[stack] ?? 0;
    sums[id] = (sums[id] ?? 0) + sign * (values[stack] ?? 0);
  }
}

/** More frames than nearly all stacks have. */
const ROOM_FOR_ONE = 1024;

/** Numbers for stacks that are equal by the normal names and lines of their frames, across profiles. */
class NamedStacks {
  readonly #functions = new Map<string, number>();
  /** Frames, each a function and a line. */
  readonly #frames: StackTable;
  readonly #table: StackTable;

  /** @param largest the profile with about all of the stacks */
  constructor({ frameFunction, stackFrames, values }: Profile) {
    this.#frames = new StackTable(frameFunction.length, 2 * frameFunction.length);
    // Stacks of the others are appended before they turn out to be known.
    this.#table = new StackTable(values.length, stackFrames.length + ROOM_FOR_ONE);
  }

  get length(): number {
    return this.#table.length;
  }

  /** The number of every stack of a profile, in its order. */
  read(profile: Profile): Uint32Array {
    const { frameFunction, frameLine, stackStart, stackFrames, values } = profile;
    const functions = joinKeys(profile.functions).map((key) => assignNumber(this.#functions, key));
    const frames = new Uint32Array(frameFunction.length);
    for (let frame = 0; frame < frames.length; frame++)
      frames[frame] = this.#frameId(functions[frameFunction[frame] ?? 0] ?? 0, frameLine[frame] ?? 0);
    const ids = new Uint32Array(values.length);
    for (let stack = 0; stack < ids.length; stack++) {
      const [from, to] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
      this.#table.frames.appendMapped(frames, stackFrames, from, to);
      ids[stack] = this.#table.close();
    }
    return ids;
  }

  /** Numbers for the stacks that are equal by names alone, by their number with lines. */
  withoutLines(): number[] {
    const table = new StackTable();
    return Array.from({ length: this.#table.length }, (_, id) => {
      for (let at = this.#table.getStart(id); at < this.#table.getStart(id + 1); at++)
        table.frames.push(this.#frames.frames.at(this.#frames.getStart(this.#table.frames.at(at))));
      return table.close();
    });
  }

  #frameId(fn: number, line: number): number {
    this.#frames.frames.push(fn);
    this.#frames.frames.push(line);
    return this.#frames.close();
  }
}

function assignNumber(numbers: Map<string, number>, key: string): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

/** Takes what lines lack from the heaviest lines of the same functions. */
function balanceLines(rest: Float64Array, stacks: NamedStacks): void {
  if (!rest.some((value) => value < 0)) return;
  const paths = stacks.withoutLines();
  const lacking = new Map<number, number>();
  rest.forEach((value, id) => {
    const path = paths[id] ?? 0;
    if (value < 0) lacking.set(path, (lacking.get(path) ?? 0) - value);
  });
  const giving = Array.from(rest, (value, id) => ({ id, value }))
    .filter(({ id, value }) => value > 0 && lacking.has(paths[id] ?? 0))
    .sort((a, b) => b.value - a.value || a.id - b.id);
  for (const { id, value } of giving) {
    const path = paths[id] ?? 0;
    const taken = Math.min(value, lacking.get(path) ?? 0);
    rest[id] = value - taken;
    lacking.set(path, (lacking.get(path) ?? 0) - taken);
  }
}

/** A profile with those of its frames and functions alone that its stacks need, in the order of their use. */
function dropUnused(profile: Profile): Profile {
  const frames = renumber(profile.stackFrames, profile.frameFunction.length);
  const frameFunctions = frames.used.map((frame) => profile.frameFunction[frame] ?? 0);
  const functions = renumber(frameFunctions, profile.functions.length);
  return createProfile({
    ...profile,
    functions: Array.from(functions.used, (fn) => profile.functions[fn]).filter((info) => info !== undefined),
    frameFunction: functions.numbers,
    frameLine: frames.used.map((frame) => profile.frameLine[frame] ?? 0),
    frameKin: new Uint8Array(frames.used.map((frame) => profile.frameKin[frame] ?? 0)),
    stackFrames: frames.numbers,
  });
}

/**
 * Numbers the members of a list in the order of their first use.
 *
 * @returns the new number of each entry, and the old ones in the new order
 */
function renumber(entries: Uint32Array, length: number): { numbers: Uint32Array; used: Uint32Array } {
  /** New numbers, counted from 1; 0 = not used yet. */
  const newOf = new Uint32Array(length);
  const used = new Uint32Array(length);
  const numbers = new Uint32Array(entries.length);
  let count = 0;
  for (let at = 0; at < entries.length; at++) {
    const old = entries[at] ?? 0;
    if (newOf[old] === 0) {
      used[count] = old;
      newOf[old] = ++count;
    }
    numbers[at] = (newOf[old] ?? 0) - 1;
  }
  return { numbers, used: used.slice(0, count) };
}
