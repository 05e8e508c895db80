import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { Profile as Pprof } from 'pprof-format';
import { placeInName } from '../code/names.js';
import type { Profile } from '../model.js';
import { GrowingUint32 } from '../tables/growing.js';
import { binariesOfFunctions, readBinaries, unsymbolised } from './binaries.js';
import { ProfileBuilder } from './builder.js';
import { NO_STACK } from './no-stack.js';
import { checkExcess, LimitError } from './pprof-limits.js';
import {
  type Id,
  type LocationTable,
  type PprofFunction,
  type PprofTables,
  readTables,
  type SampleTable,
} from './pprof-tables.js';
import { readSampleLabels, type SampleLabels } from './sample-labels.js';

/** A decoded pprof file with its strings resolved where every caller needs them. */
export interface PprofFile {
  sampleTypes: readonly { type: string; unit: string }[];
  periodType: { type: string; unit: string } | null;
  /** Unix nanoseconds of the start as the file says, 0 when it does not. */
  timeNanos: bigint;
  durationNanos: bigint;
  /** The message without its large tables. Every reference in it was checked to lead somewhere. */
  raw: Pprof;
  functions: readonly PprofFunction[];
  /** The names, cleaned; everything else refers to them by their position. */
  strings: readonly string[];
  /** The samples; `locations` are positions in the location table. */
  samples: SampleTable;
  locations: LocationTable;
  /** Labels of the samples; null where no sample has any, or the caller did not ask for them. */
  labels: SampleLabels | null;
  /** The sample type that the file wants to be read by; '' where it names none. */
  defaultType: string;
}

/** The bytes are not a pprof profile, or not a whole one. */
export class UnreadableProfileError extends Error {
  override readonly name = 'UnreadableProfileError';
  /** Whether the profile exceeds a limit. */
  readonly isTooLarge: boolean;

  constructor(message: string, isTooLarge = false) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

/**
 * Decodes an uncompressed pprof protobuf, as strictly as pprof itself.
 *
 * A file that was cut is refused wherever the cut lost a name, a function, a location or a part of a field.
 * Every known writer puts the names behind the samples, so that no cut loses samples unnoticed. What may
 * stand behind the names can be missing without a trace: time, duration, period.
 *
 * @param cleanName removes unsafe characters from a name; called once for every name in the file
 * @param options.labels whether the labels of samples are wanted
 * @throws UnreadableProfileError when the bytes are damaged, cut short, no profile, or more than any real one
 *   holds
 */
export function decodePprof(
  bytes: Uint8Array,
  cleanName: (name: string) => string = (name) => name,
  options: { labels?: boolean } = {},
): PprofFile {
  let raw: Pprof;
  let tables: PprofTables;
  try {
    tables = readTables(bytes, undefined, options);
    raw = Pprof.decode(tables.rest);
    // Ids beyond 32 bits are rare (addresses); then the samples are read again, by whole ids.
    if (tables.locations.ids.some((id) => id >= 2 ** 32)) {
      const { ids } = tables.locations;
      const numbered = ids.map((_, position) => position + 1);
      tables = readTables(bytes, wideIds(ids), options);
      tables.locations.ids = numbered;
    }
  } catch (error) {
    if (error instanceof LimitError) throw tooLarge(error);
    throw new UnreadableProfileError(
      `not a whole pprof protobuf: ${error instanceof Error ? error.message : 'damaged'}`,
    );
  }
  const problem = inconsistency(raw, tables) ?? resolveLocations(tables.samples, tables.locations.ids);
  if (problem !== null) throw new UnreadableProfileError(problem);
  const excess = excessOfFrames(tables);
  if (excess !== null) throw tooLarge(excess);
  const { strings } = tables;
  for (let at = 0; at < strings.length; at++) strings[at] = cleanName(strings[at] ?? '');
  const valueType = ({ type, unit }: { type: Id; unit: Id }) => ({
    type: strings[Number(type)] ?? '',
    unit: strings[Number(unit)] ?? '',
  });
  return {
    sampleTypes: raw.sampleType.map(valueType),
    periodType: raw.periodType === undefined ? null : valueType(raw.periodType),
    timeNanos: BigInt.asIntN(64, BigInt(raw.timeNanos)),
    durationNanos: BigInt.asIntN(64, BigInt(raw.durationNanos)),
    raw,
    functions: tables.functions,
    strings,
    samples: tables.samples,
    locations: tables.locations,
    labels: readSampleLabels(tables.labels, strings),
    defaultType: strings[Number(raw.defaultSampleType)] ?? '',
  };
}

function tooLarge({ message }: LimitError): UnreadableProfileError {
  return new UnreadableProfileError(`too large: ${message}`, true);
}

/**
 * The error for too many frames: those of an inlined location repeat in each sample that refers to it, so
 * that few bytes can mean any number.
 */
function excessOfFrames({ samples, locations }: PprofTables): LimitError | null {
  const { starts } = samples;
  const isOneEach = hasOneFrameEach(locations);
  const countFrames = (location: number) =>
    Math.max(1, (locations.starts[location + 1] ?? 0) - (locations.starts[location] ?? 0));
  let total = 0;
  let deepest = 0;
  for (let sample = 0; sample + 1 < starts.length; sample++) {
    const start = starts[sample] ?? 0;
    const end = starts[sample + 1] ?? 0;
    let frameCount = isOneEach ? end - start : 0;
    if (!isOneEach)
      for (let at = start; at < end; at++) frameCount += countFrames(samples.locations[at] ?? 0);
    total += frameCount;
    deepest = Math.max(deepest, frameCount);
  }
  return checkExcess('frames in one sample', deepest) ?? checkExcess('frames in samples', total);
}

/** Whether every location is one frame, as without inlining; one that knows no function is one, too. */
function hasOneFrameEach({ ids, starts }: LocationTable): boolean {
  for (let location = 0; location < ids.length; location++)
    if ((starts[location + 1] ?? 0) - (starts[location] ?? 0) > 1) return false;
  return true;
}

/** Reads a location id of any size as its position, counted from 1; 0 for one that does not exist. */
function wideIds(ids: readonly Id[]): (reader: BinaryReader) => number {
  const positions = new Map(ids.map((id, position) => [BigInt(id), position]));
  return (reader) => (positions.get(BigInt(reader.uint64())) ?? -1) + 1;
}

/** Turns location ids into positions. @returns the problem with them, or null */
function resolveLocations({ locations }: SampleTable, ids: readonly Id[]): string | null {
  const missing = 'cut short: a sample refers to a missing location';
  if (isInOrder(ids)) {
    for (let at = 0; at < locations.length; at++) {
      const id = locations[at] ?? 0;
      if (id < 1 || id > ids.length) return missing;
      locations[at] = id - 1;
    }
    return null;
  }
  const positionOf = positionsById(ids);
  if (positionOf === null) return 'damaged: two functions or locations have the same id';
  for (let at = 0; at < locations.length; at++) {
    const place = positionOf(locations[at] ?? 0);
    if (place < 0) return missing;
    locations[at] = place;
  }
  return null;
}

/** Says why a profile is not whole or contradicts itself; null where it does neither. */
function inconsistency(
  raw: Pprof,
  { samples, locations, functions, strings, valuesPerSample, lastName: inLabels }: PprofTables,
): string | null {
  const types = raw.sampleType.length;
  const count = samples.starts.length - 1;
  if (types === 0) return count === 0 ? 'empty: no sample types' : 'no sample types';
  if (strings[0] !== '') return 'damaged: the first name is not empty';
  if (Math.max(lastName(raw, functions), inLabels) >= strings.length) return 'cut short: names are missing';
  if (count > 0 && valuesPerSample !== types) return 'damaged: a sample has the wrong number of values';
  const functionAt = positionsById(functions.map(({ id }) => id));
  if (functionAt === null) return 'damaged: two functions or locations have the same id';
  const isDangling = locations.functionIds.some((id) => functionAt(id) < 0);
  return isDangling ? 'cut short: a location refers to a missing function' : null;
}

/** The largest string index that anything in the profile refers to. */
function lastName(raw: Pprof, functions: readonly PprofFunction[]): number {
  let last = 0;
  const use = (index: Id) => {
    if (Number(index) > last) last = Number(index);
  };
  for (const { type, unit } of raw.sampleType) {
    use(type);
    use(unit);
  }
  for (const { name, systemName, filename } of functions) {
    use(name);
    use(systemName);
    use(filename);
  }
  for (const { filename, buildId } of raw.mapping) {
    use(filename);
    use(buildId);
  }
  use(raw.periodType?.type ?? 0);
  use(raw.periodType?.unit ?? 0);
  for (const index of [raw.dropFrames, raw.keepFrames, raw.defaultSampleType, raw.docUrl, ...raw.comment])
    use(index);
  return last;
}

/** Makes a function that finds the position of an id, -1 where there is none. Null when two ids are equal. */
function positionsById(ids: readonly Id[]): ((id: Id) => number) | null {
  if (isInOrder(ids)) {
    return (id) => (typeof id === 'number' && id >= 1 && id <= ids.length ? id - 1 : -1);
  }
  const known = new Map(ids.map((id, position) => [BigInt(id), position]));
  return known.size < ids.length ? null : (id) => known.get(BigInt(id)) ?? -1;
}

/** Whether ids are numbered from 1, as almost every writer does. */
function isInOrder(ids: readonly Id[]): boolean {
  return ids.every((id, position) => id === position + 1);
}

/**
 * Adds the stacks of one pprof file to a profile under construction. Samples without a value are left out.
 *
 * @param valueIndex which of the file's sample types to take
 * @param weight factor on every value; -1 subtracts (two snapshots of a counter)
 * @param isWanted whether a sample is taken; all are where it is left out
 */
export function addPprof(
  builder: ProfileBuilder,
  file: PprofFile,
  valueIndex: number,
  weight = 1,
  isWanted: (sample: number) => boolean = () => true,
): void {
  const { frames, starts: framesOf } = internFrames(builder, file);
  const { starts, locations, values } = file.samples;
  const types = file.sampleTypes.length;
  const isOneEach = hasOneFrameEach(file.locations);
  const noStack = starts.some((start, sample) => start === starts[sample + 1])
    ? Uint32Array.of(builder.frameId(builder.functionId(NO_STACK), 0))
    : new Uint32Array();
  for (let sample = 0; sample + 1 < starts.length; sample++) {
    const value = (values[sample * types + valueIndex] ?? 0) * weight;
    const start = starts[sample] ?? 0;
    const end = starts[sample + 1] ?? 0;
    if (value === 0 || !isWanted(sample)) continue;
    if (start === end) builder.pushFrames(noStack, 0, 1);
    else if (isOneEach) builder.pushMapped(frames, locations, start, end);
    else
      for (let at = start; at < end; at++) {
        const location = locations[at] ?? 0;
        builder.pushFrames(frames, framesOf[location] ?? 0, framesOf[location + 1] ?? 0);
      }
    builder.endStack(value);
  }
}

/**
 * The frames of every location, innermost first: those of location l are `frames[starts[l] … starts[l + 1])`.
 *
 * @param builder numbers functions and frames
 */
export function internFrames(
  builder: Pick<ProfileBuilder, 'functionId' | 'frameId'>,
  { raw, functions: functionTable, strings, locations }: PprofFile,
): { frames: Uint32Array; starts: Uint32Array } {
  const text = (index: number) => strings[index] ?? '';
  const functionAt = positionsById(functionTable.map(({ id }) => id)) ?? (() => -1);
  const binaries = readBinaries(raw, strings);
  const binaryOf = binariesOfFunctions(locations, functionAt, functionTable.length, binaries);
  /** Lines that profilers wrote into names, for locations without one. */
  const lines = new Uint32Array(functionTable.length);
  const functions = functionTable.map((fn, at) => {
    const name = text(fn.name) || text(fn.systemName);
    const place = placeInName(name);
    const binary = binaryOf[at];
    lines[at] = place?.line ?? 0;
    const info = {
      name: name === '' ? '[unknown]' : name,
      file: text(fn.filename).replace(UNKNOWN_FILE, '') || (place?.file ?? ''),
      startLine: fn.startLine,
      isSymbolised: name !== '',
    };
    return builder.functionId(binary === undefined ? info : { binary, ...info });
  });
  const frames = new GrowingUint32();
  const starts = new Uint32Array(locations.ids.length + 1);
  for (let location = 0; location < locations.ids.length; location++) {
    const from = locations.starts[location] ?? 0;
    const to = locations.starts[location + 1] ?? 0;
    for (let line = from; line < to; line++) {
      const at = functionAt(locations.functionIds[line] ?? 0);
      frames.push(builder.frameId(functions[at] ?? 0, locations.lineNumbers[line] || (lines[at] ?? 0)));
    }
    if (from === to) {
      const binary = binaries.get(Number(locations.mappingIds[location] ?? 0));
      const fn = builder.functionId(unsymbolised(binary, BigInt(locations.addresses[location] ?? 0)));
      frames.push(builder.frameId(fn, 0));
    }
    starts[location + 1] = frames.length;
  }
  return { frames: frames.toArray(), starts };
}

/** File name that addr2line and perf write where they know none. */
const UNKNOWN_FILE = /^\?+$/;

/**
 * Makes a profile of a sample type of a file.
 * @param options.isApart as for {@link ProfileBuilder}
 * @param options.mayUseUp whether the samples of the file may be used up: they are not read again
 */
export function pprofToProfile(
  file: PprofFile,
  valueIndex = 0,
  { isApart = false, mayUseUp = false }: { isApart?: boolean; mayUseUp?: boolean } = {},
): Profile {
  const { type = '', unit = '' } = file.sampleTypes[valueIndex] ?? {};
  const isTaken = mayUseUp && file.sampleTypes.length === 1 && isWithoutGaps(file);
  const frames = isTaken ? 0 : file.samples.locations.length;
  const builder = new ProfileBuilder(type, unit, { frames, isApart });
  if (isTaken) takeSamples(builder, file);
  else addPprof(builder, file, valueIndex);
  return builder.build();
}

/** Whether every sample of a file has a stack and a value, and every location one frame. */
function isWithoutGaps({ samples: { starts, values }, locations }: PprofFile): boolean {
  for (let sample = 0; sample < values.length; sample++)
    if (values[sample] === 0 || starts[sample] === starts[sample + 1]) return false;
  return hasOneFrameEach(locations);
}

/** Makes the samples of a file those of a profile, without a copy: the file has none afterwards. */
function takeSamples(builder: ProfileBuilder, file: PprofFile): void {
  const { starts, locations, values } = file.samples;
  builder.adoptMapped(internFrames(builder, file).frames, {
    stackStart: starts,
    stackFrames: locations,
    values,
  });
  file.samples = { starts: Uint32Array.of(0), locations: new Uint32Array(), values: new Float64Array() };
}

/** Sum of the values of one sample type: the total of its Profile. */
export function pprofTotal({ samples, sampleTypes }: PprofFile, valueIndex: number): number {
  let total = 0;
  for (let at = valueIndex; at < samples.values.length; at += sampleTypes.length)
    total += samples.values[at] ?? 0;
  return total;
}
