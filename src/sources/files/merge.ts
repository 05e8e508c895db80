import type { IdSelection } from '../../profile/ids.js';
import { isDifference, type Profile } from '../../profile/model.js';
import { ProfileBuilder } from '../../profile/pprof/builder.js';
import { addPprof, UnreadableProfileError } from '../../profile/pprof/pprof.js';
import type { SampleRequests } from '../../profile/pprof/request-labels.js';
import { coalesceStacks } from '../../profile/tables/stacks.js';
import { explainFailure, readProfileFile } from './profile-file.js';
import type { Segment, SegmentFile } from './segment.js';

/** A file of a merge. */
export interface MergePart {
  file: string;
  /** Index of the sample type in the file. */
  index: number;
  /** Factor of its values; -1 subtracts. */
  weight: number;
  /** Indexes of the label sets whose samples are merged, as in the file's head; null for all samples. */
  sets: readonly number[] | null;
}

/** The files of a merge, and the type of its values. */
export interface MergePlan<Part extends MergePart = MergePart> {
  sampleType: string;
  unit: string;
  parts: readonly Part[];
  /** Whether a file is subtracted: then stacks with the sum 0 are left out. */
  subtracts: boolean;
  /** Whether equal stacks are merged; else every sample is kept. */
  shouldAddUp?: boolean;
  /** Spans or traces whose samples alone are merged. */
  only?: IdSelection | undefined;
  /** As in a `ProfileQuery`. */
  isApart?: boolean;
}

/**
 * Merges decoded files one by one, so that only the sums and the current file are in memory.
 *
 * @param read decodes the file of a part, or takes it from a cache
 * @param beforeFile runs before each file: throws when the caller has left, or lets other calls run
 */
export async function mergeDecoded<Part extends MergePart>(
  { sampleType, unit, parts, subtracts, shouldAddUp = false, only, isApart = false }: MergePlan<Part>,
  read: (part: Part) => Promise<SegmentFile> | SegmentFile,
  beforeFile: () => Promise<void> | void = () => {},
): Promise<Profile> {
  const builder = new ProfileBuilder(sampleType, unit, { shouldAddUp, isApart });
  const sums = new Map<Segment, SegmentSums>();
  for (const part of parts) {
    await beforeFile();
    const decoded = await read(part);
    const segmentSums = sums.get(decoded.segment) ?? new SegmentSums(builder, decoded.segment);
    sums.set(decoded.segment, segmentSums);
    segmentSums.register(decoded);
    const isWanted = sampleTest(decoded, part.sets, only);
    if (shouldAddUp) segmentSums.add(decoded, part, isWanted);
    else segmentSums.passOn(decoded, part, isWanted);
  }
  for (const segmentSums of sums.values()) segmentSums.finish();
  return removeCancelled(builder.build(), subtracts);
}

/** Removes stacks whose values cancel out; where files are subtracted, those with a negative sum as well. */
function removeCancelled(profile: Profile, subtracts: boolean): Profile {
  if (subtracts) return coalesceStacks(profile);
  return isDifference(profile) ? coalesceStacks(profile, 'signed') : profile;
}

/** Number of a function or frame that the builder does not know yet. */
const UNKNOWN_ID = 2 ** 32 - 1;

/** Sums over the files of a segment, by the numbers of its stacks. */
class SegmentSums {
  readonly #builder: ProfileBuilder;
  readonly #segment: Segment;
  /** Builder's number of each function and frame of the segment. */
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

  /** Adds the functions and frames of a file to the builder. */
  register(file: SegmentFile): void {
    this.#makeRoom();
    const { functions, frameFunction, frameLine } = this.#segment;
    for (const fn of file.functions) {
      const info = functions[fn];
      if (this.#functions[fn] === UNKNOWN_ID && info !== undefined)
        this.#functions[fn] = this.#builder.functionId(info);
    }
    for (const frame of file.frames) {
      if (this.#frames[frame] !== UNKNOWN_ID) continue;
      const fn = this.#functions[frameFunction.at(frame)] ?? 0;
      this.#frames[frame] = this.#builder.frameId(fn, frameLine.at(frame));
    }
  }

  /** Passes the samples of a file on to the builder without summing them. */
  passOn(file: SegmentFile, { index, weight }: MergePart, isWanted: SampleTest): void {
    const { stacks, values, types } = file;
    const frames = this.#segment.stacks.frames.view();
    for (let sample = 0; sample < stacks.length; sample++) {
      if (!isWanted(sample)) continue;
      const value = (values[sample * types + index] ?? 0) * weight;
      if (value !== 0) this.#endStack(frames, stacks[sample] ?? 0, value);
    }
  }

  /** Adds the samples of a file to the sums. */
  add(file: SegmentFile, { index, weight }: MergePart, isWanted: SampleTest): void {
    const { stacks, values, types } = file;
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
    this.#builder.pushMapped(this.#frames, frames, stacks.getStart(stack), stacks.getStart(stack + 1));
    this.#builder.endStack(value);
  }

  /** Grows the columns, since a segment grows while files are decoded. */
  #makeRoom(): void {
    const { functions, frameFunction, stacks } = this.#segment;
    this.#functions = widen(this.#functions, functions.length);
    this.#frames = widen(this.#frames, frameFunction.length);
    if (this.#sums.length >= stacks.length) return;
    const sums = new Float64Array(roomFor(stacks.length));
    sums.set(this.#sums);
    this.#sums = sums;
    const isSeen = new Uint8Array(roomFor(stacks.length));
    isSeen.set(this.#isSeen);
    this.#isSeen = isSeen;
  }
}

type SampleTest = (sample: number) => boolean;

/** Makes a test whether a sample has any of these label sets, and belongs to any of these requests. */
function sampleTest(
  { labelSet, requests }: Pick<SegmentFile, 'labelSet' | 'requests'>,
  sets: readonly number[] | null,
  only: IdSelection | undefined,
): SampleTest {
  const isWanted: boolean[] = [];
  for (const set of sets ?? []) isWanted[set] = true;
  const inSets: SampleTest =
    sets === null ? () => true : (sample) => isWanted[labelSet?.[sample] ?? 0] === true;
  const ofRequests = only === undefined || only.kind === 'profile' ? null : requestTest(requests, only);
  return ofRequests === null ? inSets : (sample) => ofRequests(sample) && inSets(sample);
}

function requestTest(requests: SampleRequests | null, { kind, ids }: IdSelection): SampleTest {
  const wanted = new Set(ids);
  const isWanted = (requests?.list ?? []).map(({ span, trace }) =>
    wanted.has(kind === 'span' ? span : trace),
  );
  return (sample) => isWanted[(requests?.ofSample[sample] ?? 0) - 1] === true;
}

function widen(numbers: Uint32Array, length: number): Uint32Array {
  if (numbers.length >= length) return numbers;
  const wider = new Uint32Array(roomFor(length)).fill(UNKNOWN_ID, numbers.length);
  wider.set(numbers);
  return wider;
}

/** A length with some room, so that a segment that grows file by file is not copied for each of them. */
function roomFor(length: number): number {
  return length + (length >> 2) + 64;
}

/**
 * Merges files that are too large to be kept. A thread runs this: it reads the files from the disk one by
 * one.
 * @throws UnreadableProfileError that names the file
 */
export async function mergeFiles(
  directory: string,
  { sampleType, unit, parts, subtracts, shouldAddUp = false, only, isApart = false }: MergePlan,
): Promise<Profile> {
  const builder = new ProfileBuilder(sampleType, unit, { shouldAddUp, isApart });
  for (const { file, index, weight, sets } of parts) {
    const decoded = await readProfileFile(directory, file).catch((error: unknown) => {
      throw new UnreadableProfileError(`${file}: ${explainFailure(error)}`);
    });
    const { labels } = decoded;
    const labelled = { labelSet: labels?.ofSample ?? null, requests: labels?.requests ?? null };
    addPprof(builder, decoded, index, weight, sampleTest(labelled, sets, only));
  }
  return removeCancelled(builder.build(), subtracts);
}
