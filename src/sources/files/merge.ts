import { isDifference, type Profile } from '../../profile/model.js';
import { ProfileBuilder } from '../../profile/pprof/builder.js';
import { addPprof, UnreadableProfileError } from '../../profile/pprof/pprof.js';
import { coalesceStacks } from '../../profile/tables/stacks.js';
import { readProfileFile, reasonOf } from './profile-file.js';
import type { Segment, SegmentFile } from './segment.js';

/** One file of a merge. */
export interface MergePart {
  file: string;
  /** Which of the file's sample types. */
  index: number;
  /** Factor on its values: -1 subtracts. */
  weight: number;
  /** Sets of labels whose samples are taken, as the file's head numbers them; null for all samples. */
  sets: readonly number[] | null;
}

/** Which files make up a merge, and what its values are. */
export interface MergePlan<Part extends MergePart = MergePart> {
  sampleType: string;
  unit: string;
  parts: readonly Part[];
  /** Whether something is subtracted: then stacks that come to nothing are left out. */
  subtracts: boolean;
  /**
   * Whether stacks with the same frames become one; else, as for few of them, the samples are kept as they
   * come.
   */
  addsUp?: boolean;
}

/**
 * Adds up decoded files, one after the other: beside the sums nothing is held but the file at hand.
 *
 * @param read decodes the file of a part, or has it already
 * @param between runs between two files: stops where the work is not wanted any more, or lets others do
 *   something
 */
export async function mergeDecoded<Part extends MergePart>(
  { sampleType, unit, parts, subtracts, addsUp = false }: MergePlan<Part>,
  read: (part: Part) => Promise<SegmentFile> | SegmentFile,
  between: () => Promise<void> | void = () => {},
): Promise<Profile> {
  const builder = new ProfileBuilder(sampleType, unit, { addsUp });
  const sums = new Map<Segment, SegmentSums>();
  for (const part of parts) {
    await between();
    const decoded = await read(part);
    const own = sums.get(decoded.segment) ?? new SegmentSums(builder, decoded.segment);
    sums.set(decoded.segment, own);
    own.tell(decoded);
    if (addsUp) own.add(decoded, part);
    else own.pass(decoded, part);
  }
  for (const own of sums.values()) own.finish();
  return netOf(builder.build(), subtracts);
}

/** The merge with what cancels out in it taken away; in one that subtracts, what fell as well. */
function netOf(built: Profile, subtracts: boolean): Profile {
  if (subtracts) return coalesceStacks(built);
  return isDifference(built) ? coalesceStacks(built, 'signed') : built;
}

/** Number that stands for "not told to the builder yet". */
const UNTOLD = 2 ** 32 - 1;

/** The sums of the files of one segment, by the numbers of its stacks. */
class SegmentSums {
  readonly #builder: ProfileBuilder;
  readonly #segment: Segment;
  /** Per function and frame of the segment the builder's number. */
  #functions: Uint32Array = new Uint32Array();
  #frames: Uint32Array = new Uint32Array();
  #sums = new Float64Array();
  #isSeen = new Uint8Array();
  /** Stacks in the order in which they were first seen. */
  readonly #order: number[] = [];

  constructor(builder: ProfileBuilder, segment: Segment) {
    this.#builder = builder;
    this.#segment = segment;
  }

  /** Tells the builder the functions and frames of a file. */
  tell(file: SegmentFile): void {
    this.#makeRoom();
    const { functions, frameFunction, frameLine } = this.#segment;
    for (const fn of file.functions) {
      const info = functions[fn];
      if (this.#functions[fn] === UNTOLD && info !== undefined)
        this.#functions[fn] = this.#builder.functionId(info);
    }
    for (const frame of file.frames) {
      if (this.#frames[frame] !== UNTOLD) continue;
      const fn = this.#functions[frameFunction.at(frame)] ?? 0;
      this.#frames[frame] = this.#builder.frameId(fn, frameLine.at(frame));
    }
  }

  /** Passes the samples of a file on to the builder as they are. */
  pass(file: SegmentFile, { index, weight, sets }: MergePart): void {
    const { stacks, values, types } = file;
    const frames = this.#segment.stacks.frames.view();
    const isWanted = wantedSamples(file.labelSet, sets);
    for (let sample = 0; sample < stacks.length; sample++) {
      if (!isWanted(sample)) continue;
      const value = (values[sample * types + index] ?? 0) * weight;
      if (value !== 0) this.#endStack(frames, stacks[sample] ?? 0, value);
    }
  }

  /** Adds the samples of a file to the sums. */
  add(file: SegmentFile, { index, weight, sets }: MergePart): void {
    const { stacks, values, types } = file;
    const isWanted = wantedSamples(file.labelSet, sets);
    for (let sample = 0; sample < stacks.length; sample++) {
      if (!isWanted(sample)) continue;
      const value = (values[sample * types + index] ?? 0) * weight;
      if (value === 0) continue;
      const stack = stacks[sample] ?? 0;
      if (this.#isSeen[stack] === 0) {
        this.#isSeen[stack] = 1;
        this.#order.push(stack);
      }
      this.#sums[stack] = (this.#sums[stack] ?? 0) + value;
    }
  }

  /** Passes the sums on to the builder. */
  finish(): void {
    const frames = this.#segment.stacks.frames.view();
    for (const stack of this.#order) this.#endStack(frames, stack, this.#sums[stack] ?? 0);
  }

  #endStack(frames: Uint32Array, stack: number, value: number): void {
    const { stacks } = this.#segment;
    this.#builder.pushMapped(this.#frames, frames, stacks.startOf(stack), stacks.startOf(stack + 1));
    this.#builder.endStack(value);
  }

  /** A segment grows while files are decoded. */
  #makeRoom(): void {
    const { functions, frameFunction, stacks } = this.#segment;
    this.#functions = widened(this.#functions, functions.length);
    this.#frames = widened(this.#frames, frameFunction.length);
    if (this.#sums.length >= stacks.length) return;
    const sums = new Float64Array(roomFor(stacks.length));
    sums.set(this.#sums);
    this.#sums = sums;
    const isSeen = new Uint8Array(roomFor(stacks.length));
    isSeen.set(this.#isSeen);
    this.#isSeen = isSeen;
  }
}

/** A test whether a sample has one of some sets of labels. */
function wantedSamples(
  labelSet: Uint32Array | null,
  sets: readonly number[] | null,
): (sample: number) => boolean {
  if (sets === null) return () => true;
  const isWanted: boolean[] = [];
  for (const set of sets) isWanted[set] = true;
  return (sample) => isWanted[labelSet?.[sample] ?? 0] === true;
}

function widened(numbers: Uint32Array, length: number): Uint32Array {
  if (numbers.length >= length) return numbers;
  const wider = new Uint32Array(roomFor(length)).fill(UNTOLD, numbers.length);
  wider.set(numbers);
  return wider;
}

/** A little more than is needed, so that a segment that grows file by file does not mean a copy for each. */
function roomFor(length: number): number {
  return length + (length >> 2) + 64;
}

/**
 * Adds up files that are too large to be kept, each read from the disk, one after the other, as a thread of
 * its own does.
 * @throws UnreadableProfileError that names the file
 */
export async function mergeFiles(
  directory: string,
  { sampleType, unit, parts, subtracts, addsUp = false }: MergePlan,
): Promise<Profile> {
  const builder = new ProfileBuilder(sampleType, unit, { addsUp });
  for (const { file, index, weight, sets } of parts) {
    const decoded = await readProfileFile(directory, file).catch((error: unknown) => {
      throw new UnreadableProfileError(`${file}: ${reasonOf(error)}`);
    });
    addPprof(builder, decoded, index, weight, wantedSamples(decoded.labels?.ofSample ?? null, sets));
  }
  return netOf(builder.build(), subtracts);
}
