import { frameOwner } from '../code/frames.js';
import { isUnnamed, keepKey, sharedName } from '../code/names.js';
import { createProfile, type FunctionInfo, type Profile } from '../model.js';
import { GrowingUint32 } from '../tables/growing.js';
import { StackTable } from '../tables/stack-table.js';
import { internFunction } from './interned.js';

const MAX_LINE = 2 ** 32 - 1;

/** The stacks of a profile with their values. */
type Stacks = Pick<Profile, 'stackStart' | 'stackFrames' | 'values'>;

/**
 * Collects stacks into one Profile; functions and frames are interned, stacks are kept as they come or added
 * up.
 *
 * A name can stand in several files: methods of different classes, or an inlined function that the compiler
 * placed in its callee's file. It is still one function, placed in one of the files.
 */
export class ProfileBuilder {
  readonly #sampleType: string;
  readonly #unit: string;
  /** A variant is a function in one file. */
  readonly #variants: FunctionInfo[] = [];
  /** First variant of each name, which most functions have for themselves; further ones by their place. */
  readonly #firstOf = new Map<string, { file: string; startLine: number | null; id: number }>();
  readonly #furtherIds = new Map<string, number>();
  /** Per variant the frame at each line. */
  readonly #frameIds: Map<number, number>[] = [];
  readonly #frameVariant = new GrowingUint32();
  readonly #frameLine = new GrowingUint32();
  readonly #stackStart = new GrowingUint32();
  readonly #stackFrames: GrowingUint32;
  readonly #values: number[] = [];
  /** Table that adds up equal stacks; null where stacks are kept as they come. */
  readonly #table: StackTable | null;
  /** Stacks that were taken over as they are; null where they are collected one by one. */
  #adopted: Stacks | null = null;
  readonly #isApart: boolean;

  /**
   * @param options.frames number of frames of all stacks together, where it is known
   * @param options.shouldAddUp whether stacks with the same frames become one; their values should be
   *   integers, whose sums depend on no order
   * @param options.isApart whether functions stay as they come, one per name, file and start line; else those
   *   with the same normal name become one
   */
  constructor(
    sampleType: string,
    unit: string,
    {
      frames,
      shouldAddUp = false,
      isApart = false,
    }: { frames?: number; shouldAddUp?: boolean; isApart?: boolean } = {},
  ) {
    this.#sampleType = sampleType;
    this.#unit = unit;
    this.#isApart = isApart;
    this.#table = shouldAddUp ? new StackTable() : null;
    this.#stackFrames = this.#table?.frames ?? new GrowingUint32(frames);
    this.#stackStart.push(0);
  }

  /** Id of the function in its file, for {@link frameId}. */
  functionId(info: FunctionInfo): number {
    const { name, file } = info;
    const startLine = this.#isApart || isUnnamed(name) ? info.startLine : null;
    const first = this.#firstOf.get(name);
    if (first === undefined) {
      const id = this.#variants.push(internFunction(info)) - 1;
      this.#firstOf.set(name, { file, startLine, id });
      return id;
    }
    const isFirst = first.file === file && first.startLine === startLine;
    const key = isFirst ? '' : `${name}\0${file}\0${startLine}`;
    const known = isFirst ? first.id : this.#furtherIds.get(key);
    if (known === undefined) {
      this.#furtherIds.set(key, this.#variants.length);
      return this.#variants.push(internFunction(info)) - 1;
    }
    const before = this.#variants[known];
    if (
      before !== undefined &&
      info.startLine > 0 &&
      !(before.startLine > 0 && before.startLine <= info.startLine)
    ) {
      this.#variants[known] = { ...before, startLine: info.startLine };
    }
    return known;
  }

  /** Id of the frame "this function at this line". */
  frameId(functionId: number, line: number): number {
    const known = line > 0 && line <= MAX_LINE ? line : 0;
    this.#frameIds[functionId] ??= new Map();
    let id = this.#frameIds[functionId].get(known);
    if (id === undefined) {
      id = this.#frameVariant.length;
      this.#frameIds[functionId].set(known, id);
      this.#frameVariant.push(functionId);
      this.#frameLine.push(known);
    }
    return id;
  }

  /** Appends `frames[start … end)` to the stack under construction, leaf first. */
  pushFrames(frames: Uint32Array, start: number, end: number): void {
    this.#stackFrames.append(frames, start, end);
  }

  /**
   * Appends `frames[locations[start]] … frames[locations[end - 1]]`, leaf first: where every location is one
   * frame.
   */
  pushMapped(frames: Uint32Array, locations: Uint32Array, start: number, end: number): void {
    this.#stackFrames.appendMapped(frames, locations, start, end);
  }

  /**
   * Takes over all stacks at once, in place: `frames[location]` is written where `stackFrames` has a
   * location. That takes half the time of a copy, and half of the memory.
   *
   * @param stacks columns that the caller needs no longer; no other stack is added before or afterwards
   */
  adoptMapped(frames: Uint32Array, stacks: Stacks): void {
    const { stackFrames } = stacks;
    for (let at = 0; at < stackFrames.length; at++) stackFrames[at] = frames[stackFrames[at] ?? 0] ?? 0;
    this.#adopted = stacks;
  }

  /** Closes the stack under construction. */
  endStack(value: number): void {
    if (this.#table !== null) {
      const stack = this.#table.close();
      this.#values[stack] = (this.#values[stack] ?? 0) + value;
      return;
    }
    this.#stackStart.push(this.#stackFrames.length);
    this.#values.push(value);
  }

  build(): Profile {
    const frameVariant = this.#frameVariant.toArray();
    const { stackStart, stackFrames, values } = this.#adopted ?? this.#collected();
    const costs = () =>
      variantCosts(this.#variants.length, frameVariant, { stackStart, stackFrames, values });
    const { functions, functionOf, placed } = this.#isApart
      ? variantsApart(this.#variants)
      : uniteVariants(this.#variants, costs);
    const kin = this.#variants.map(
      (info, variant) => placed[variant] || haveSameOwner(info, functions[functionOf[variant] ?? 0]),
    );
    const lines = this.#frameLine.toArray();
    const frameFunction = new Uint32Array(frameVariant.length);
    const frameLine = new Uint32Array(frameVariant.length);
    const frameKin = new Uint8Array(frameVariant.length);
    for (let frame = 0; frame < frameVariant.length; frame++) {
      const variant = frameVariant[frame] ?? 0;
      frameFunction[frame] = functionOf[variant] ?? 0;
      frameLine[frame] = placed[variant] ? (lines[frame] ?? 0) : 0;
      frameKin[frame] = kin[variant] ? 1 : 0;
    }
    return createProfile({
      sampleType: this.#sampleType,
      unit: this.#unit,
      functions,
      frameFunction,
      frameLine,
      frameKin,
      stackStart,
      stackFrames,
      values,
    });
  }

  #collected(): Stacks {
    const { stackStart, stackFrames } = this.#table?.columns() ?? {
      stackStart: this.#stackStart.toArray(),
      stackFrames: this.#stackFrames.toArray(),
    };
    return { stackStart, stackFrames, values: new Float64Array(this.#values) };
  }
}

function haveSameOwner(info: FunctionInfo, other: FunctionInfo | undefined): boolean {
  return other !== undefined && frameOwner(info) === frameOwner(other);
}

/** Every variant as a function of its own. */
function variantsApart(variants: readonly FunctionInfo[]): ReturnType<typeof uniteVariants> {
  return {
    functions: [...variants],
    functionOf: Uint32Array.from(variants, (_, variant) => variant),
    placed: variants.map(() => true),
  };
}

interface VariantCosts {
  self: Float64Array;
  /** Value of all frames of the variant; a recursive one counts several times, which is enough to compare. */
  total: Float64Array;
}

function variantCosts(
  count: number,
  frameVariant: Uint32Array,
  { stackStart, stackFrames, values }: Stacks,
): VariantCosts {
  const self = new Float64Array(count);
  const frameTotal = new Float64Array(frameVariant.length);
  for (let stack = 0; stack < values.length; stack++) {
    const value = values[stack] ?? 0;
    const leaf = stackStart[stack] ?? 0;
    const end = stackStart[stack + 1] ?? leaf;
    for (let at = leaf; at < end; at++) {
      const frame = stackFrames[at] ?? 0;
      frameTotal[frame] = (frameTotal[frame] ?? 0) + value;
    }
    if (leaf === end) continue;
    const own = frameVariant[stackFrames[leaf] ?? 0] ?? 0;
    self[own] = (self[own] ?? 0) + value;
  }
  const total = new Float64Array(count);
  frameVariant.forEach((variant, frame) => {
    total[variant] = (total[variant] ?? 0) + (frameTotal[frame] ?? 0);
  });
  return { self, total };
}

/**
 * Makes one function of all variants with the same normal name. Its place is the file with most of its own
 * cost, else of its total, else a known file before an unknown one, and the first by name.
 *
 * @param costs called only when a name stands in several files
 * @returns per variant its function, and whether the function is placed in its file
 */
function uniteVariants(variants: readonly FunctionInfo[], costs: () => VariantCosts) {
  const ids = new Map<string, number>();
  const best: number[] = [];
  const functionOf = new Uint32Array(variants.length);
  let known: VariantCosts | undefined;
  const beats = (variant: number, rival: number): boolean => {
    known ??= costs();
    const { self, total } = known;
    const gain = (self[variant] ?? 0) - (self[rival] ?? 0) || (total[variant] ?? 0) - (total[rival] ?? 0);
    const [file = '', other = ''] = [variants[variant]?.file, variants[rival]?.file];
    return gain > 0 || (gain === 0 && file !== '' && (other === '' || file < other));
  };
  const names: (string | Set<string>)[] = [];
  variants.forEach((info, variant) => {
    const key = keepKey(info);
    const id = ids.get(key);
    if (id === undefined) {
      functionOf[variant] = best.length;
      ids.set(key, best.length);
      names.push(info.name);
      best.push(variant);
      return;
    }
    functionOf[variant] = id;
    addName(names, id, info.name);
    if (beats(variant, best[id] ?? 0)) best[id] = variant;
  });
  const functions = best.flatMap((variant, id) => {
    const info = variants[variant];
    const name = names[id];
    if (info === undefined) return [];
    return name instanceof Set ? { ...info, name: sharedName(name) } : info;
  });
  const placed = variants.map(({ file }, variant) => functions[functionOf[variant] ?? -1]?.file === file);
  return { functions, functionOf, placed };
}

/** Adds a name of a function; it becomes a set only when there are several. */
function addName(names: (string | Set<string>)[], id: number, name: string): void {
  const known = names[id];
  if (known instanceof Set) known.add(name);
  else if (known !== undefined && known !== name) names[id] = new Set([known, name]);
}
