import { joinKeys } from '../code/names.js';
import type { Profile } from '../model.js';
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
  const stacks = new NamedStacks();
  const rest: number[] = [];
  const first = new Map<number, number>();
  stacks.read(whole, (id, stack) => {
    if (!first.has(id)) first.set(id, stack);
    rest[id] = (rest[id] ?? 0) + (whole.values[stack] ?? 0);
  });
  for (const part of parts)
    stacks.read(part, (id, stack) => {
      rest[id] = (rest[id] ?? 0) - (part.values[stack] ?? 0);
    });
  balanceLines(rest, stacks);
  const kept = [...first].filter(([id]) => (rest[id] ?? 0) > 0);
  const keptStacks = new Set(kept.map(([, stack]) => stack));
  const values = Float64Array.from(kept, ([id]) => rest[id] ?? 0);
  return dropUnused({ ...selectStacks(whole, (stack) => keptStacks.has(stack)), values });
}

/** Numbers for stacks that are equal by the normal names and lines of their frames, across profiles. */
class NamedStacks {
  readonly #functions = new Map<string, number>();
  /** Frame of each function at each line. */
  readonly #frames: Map<number, number>[] = [];
  readonly #functionOfFrame: number[] = [];
  readonly #table = new StackTable();

  /** Calls back with the number of every stack of a profile, in its order. */
  read(profile: Profile, onStack: (id: number, stack: number) => void): void {
    const { frameFunction, frameLine, stackStart, stackFrames, values } = profile;
    const functions = joinKeys(profile.functions).map((key) => assignNumber(this.#functions, key));
    const frames = frameFunction.map((fn, frame) => this.#frameId(functions[fn] ?? 0, frameLine[frame] ?? 0));
    for (let stack = 0; stack < values.length; stack++) {
      const [from, to] = [stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0];
      for (let at = from; at < to; at++) this.#table.frames.push(frames[stackFrames[at] ?? 0] ?? 0);
      onStack(this.#table.close(), stack);
    }
  }

  /** Numbers for the stacks that are equal by names alone, by their number with lines. */
  withoutLines(): number[] {
    const table = new StackTable();
    return Array.from({ length: this.#table.length }, (_, id) => {
      for (let at = this.#table.getStart(id); at < this.#table.getStart(id + 1); at++)
        table.frames.push(this.#functionOfFrame[this.#table.frames.at(at)] ?? 0);
      return table.close();
    });
  }

  #frameId(fn: number, line: number): number {
    this.#frames[fn] ??= new Map();
    const lines = this.#frames[fn];
    const known = lines.get(line);
    if (known !== undefined) return known;
    lines.set(line, this.#functionOfFrame.length);
    return this.#functionOfFrame.push(fn) - 1;
  }
}

function assignNumber<Key>(numbers: Map<Key, number>, key: Key): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

/** Takes what lines lack from the heaviest lines of the same functions. */
function balanceLines(rest: number[], stacks: NamedStacks): void {
  if (!rest.some((value) => value < 0)) return;
  const paths = stacks.withoutLines();
  const lacking = new Map<number, number>();
  rest.forEach((value, id) => {
    const path = paths[id] ?? 0;
    if (value < 0) lacking.set(path, (lacking.get(path) ?? 0) - value);
  });
  const giving = rest
    .map((value, id) => ({ id, value }))
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
  const frameIds = new Map<number, number>();
  const stackFrames = profile.stackFrames.map((frame) => assignNumber(frameIds, frame));
  const frames = [...frameIds.keys()];
  const functionIds = new Map<number, number>();
  const frameFunction = Uint32Array.from(frames, (frame) =>
    assignNumber(functionIds, profile.frameFunction[frame] ?? 0),
  );
  return {
    ...profile,
    functions: [...functionIds.keys()].flatMap((fn) => profile.functions[fn] ?? []),
    frameFunction,
    frameLine: Uint32Array.from(frames, (frame) => profile.frameLine[frame] ?? 0),
    frameKin: Uint8Array.from(frames, (frame) => profile.frameKin[frame] ?? 0),
    stackFrames,
  };
}
