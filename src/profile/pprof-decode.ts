import { GrowingUint32 } from './growing.js';
import type { FunctionInfo } from './model.js';
import { WireError, WireReader } from './wire.js';

/** What is measured and in which unit, as a pprof file writes it. */
export interface ValueType {
  type: string;
  unit: string;
}

/**
 * A decoded pprof file, columnar. Everything refers to everything else by position and is known to exist; a location
 * without symbols has a function of its own, `binary!0xaddress`.
 */
export interface PprofFile {
  sampleTypes: readonly ValueType[];
  periodType: ValueType | null;
  /** Unix nanoseconds of the start as the file says, 0 when it does not. */
  timeNanos: bigint;
  durationNanos: bigint;
  functions: readonly FunctionInfo[];
  /** Location l is `lineFunction[lineStart[l] … lineStart[l + 1])`, innermost inlined function first. */
  lineStart: Uint32Array;
  /** Positions in `functions`, and the line numbers, 0 = unknown. */
  lineFunction: Uint32Array;
  lineNumber: Uint32Array;
  /** Sample s has the locations `sampleLocation[sampleStart[s] … sampleStart[s + 1])`, leaf first. */
  sampleStart: Uint32Array;
  sampleLocation: Uint32Array;
  /** One value per sample and sample type: `values[s * sampleTypes.length + t]`. */
  values: Float64Array;
}

/** The bytes are not a pprof profile, or not a whole one. */
export class UnreadableProfileError extends Error {
  override readonly name = 'UnreadableProfileError';
}

/**
 * Decodes an uncompressed pprof protobuf as strictly as pprof itself does.
 *
 * A file that was cut is refused wherever the cut lost a name, a function, a location or part of a field. Every known
 * writer puts the names after the samples, so no cut loses samples unnoticed; what stands behind the names (time,
 * duration, period) can be missing without a trace.
 *
 * @throws UnreadableProfileError when the bytes are damaged, cut short or no profile
 */
export function decodePprof(bytes: Uint8Array): PprofFile {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new UnreadableProfileError(`not a whole pprof protobuf: ${error.message}`);
  }
}

/** What the first walk over the file collects: positions of the large parts, and references by index or id. */
interface Parts {
  sampleTypes: NameIndexes[];
  periodType: NameIndexes | null;
  timeNanos: bigint;
  durationNanos: bigint;
  /** Where each sample begins and ends. */
  samples: GrowingUint32;
  mappings: { id: number; filename: number }[];
  functionIds: number[];
  functions: { name: number; systemName: number; filename: number; startLine: number }[];
  locationIds: number[];
  locations: { mapping: number; addressAt: number }[];
  lineStart: GrowingUint32;
  lineFunctionIds: number[];
  lineNumber: GrowingUint32;
  /** Where each string begins and ends. */
  strings: GrowingUint32;
  /** The largest string index that anything refers to. */
  lastString: number;
}

interface NameIndexes {
  type: number;
  unit: number;
}

function decode(bytes: Uint8Array): PprofFile {
  const parts = readParts(new WireReader(bytes));
  const strings = parts.strings.toArray();
  const stringCount = strings.length / 2;
  if (parts.sampleTypes.length === 0) {
    throw new UnreadableProfileError(parts.samples.length === 0 ? 'empty: no sample types' : 'no sample types');
  }
  if (parts.lastString >= stringCount) throw new UnreadableProfileError('cut short: names are missing');
  if (strings[0] !== strings[1]) throw new UnreadableProfileError('damaged: the first name is not empty');

  const text = textsAt(bytes, strings);
  const types = ({ type, unit }: NameIndexes) => ({ type: text(type), unit: text(unit) });
  const functions = parts.functions.map(({ name, systemName, filename, startLine }): FunctionInfo => {
    const known = text(name) || text(systemName);
    return { name: known || '[unknown]', file: text(filename), startLine, symbolised: known !== '' };
  });
  const lines = resolveLines(bytes, parts, text, functions);
  return {
    sampleTypes: parts.sampleTypes.map(types),
    periodType: parts.periodType === null ? null : types(parts.periodType),
    timeNanos: parts.timeNanos,
    durationNanos: parts.durationNanos,
    functions,
    ...lines,
    ...readSamples(bytes, parts),
  };
}

function readParts(reader: WireReader): Parts {
  const parts: Parts = {
    sampleTypes: [],
    periodType: null,
    timeNanos: 0n,
    durationNanos: 0n,
    samples: new GrowingUint32(),
    mappings: [],
    functionIds: [],
    functions: [],
    locationIds: [],
    locations: [],
    lineStart: new GrowingUint32(),
    lineFunctionIds: [],
    lineNumber: new GrowingUint32(),
    strings: new GrowingUint32(),
    lastString: 0,
  };
  const name = () => nameIndex(reader, parts);
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        parts.sampleTypes.push(readValueType(reader, parts));
        break;
      case 2:
        readRange(reader, parts.samples);
        break;
      case 3:
        readMapping(reader, parts);
        break;
      case 4:
        readLocation(reader, parts);
        break;
      case 5:
        readFunction(reader, parts);
        break;
      case 6:
        readRange(reader, parts.strings);
        break;
      case 7: // drop_frames
      case 8: // keep_frames
      case 14: // default_sample_type
      case 15: // doc_url
        name();
        break;
      case 9:
        parts.timeNanos = reader.bigInteger();
        break;
      case 10:
        parts.durationNanos = reader.bigInteger();
        break;
      case 11:
        parts.periodType = readValueType(reader, parts);
        break;
      case 13: // comment
        reader.integers((index) => useName(index, parts));
        break;
      default:
        reader.skip();
    }
  }
  parts.lineStart.push(parts.lineNumber.length);
  return parts;
}

function nameIndex(reader: WireReader, parts: Parts): number {
  return useName(reader.integer(), parts);
}

function useName(index: number, parts: Parts): number {
  if (index < 0) throw new WireError('a name has a negative index');
  if (index > parts.lastString) parts.lastString = index;
  return index;
}

function readRange(reader: WireReader, ranges: GrowingUint32): void {
  const outer = reader.enter();
  ranges.push(reader.at);
  ranges.push(reader.end);
  reader.leave(outer);
}

function readValueType(reader: WireReader, parts: Parts): NameIndexes {
  const value: NameIndexes = { type: 0, unit: 0 };
  const outer = reader.enter();
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        value.type = nameIndex(reader, parts);
        break;
      case 2:
        value.unit = nameIndex(reader, parts);
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  return value;
}

function readMapping(reader: WireReader, parts: Parts): void {
  const mapping = { id: 0, filename: 0 };
  const outer = reader.enter();
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        mapping.id = reader.integer();
        break;
      case 5:
        mapping.filename = nameIndex(reader, parts);
        break;
      case 6: // build_id
        nameIndex(reader, parts);
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  parts.mappings.push(mapping);
}

function readFunction(reader: WireReader, parts: Parts): void {
  const fn = { name: 0, systemName: 0, filename: 0, startLine: 0 };
  let id = 0;
  const outer = reader.enter();
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        id = reader.integer();
        break;
      case 2:
        fn.name = nameIndex(reader, parts);
        break;
      case 3:
        fn.systemName = nameIndex(reader, parts);
        break;
      case 4:
        fn.filename = nameIndex(reader, parts);
        break;
      case 5:
        fn.startLine = Math.max(0, reader.integer());
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  parts.functionIds.push(id);
  parts.functions.push(fn);
}

function readLocation(reader: WireReader, parts: Parts): void {
  const location = { mapping: 0, addressAt: -1 };
  let id = 0;
  parts.lineStart.push(parts.lineNumber.length);
  const outer = reader.enter();
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        id = reader.integer();
        break;
      case 2:
        location.mapping = reader.integer();
        break;
      case 3:
        location.addressAt = reader.at;
        reader.skip();
        break;
      case 4:
        readLine(reader, parts);
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  parts.locationIds.push(id);
  parts.locations.push(location);
}

function readLine(reader: WireReader, parts: Parts): void {
  let functionId = 0;
  let line = 0;
  const outer = reader.enter();
  while (reader.more()) {
    switch (reader.field()) {
      case 1:
        functionId = reader.integer();
        break;
      case 2:
        line = Math.max(0, reader.integer());
        break;
      default:
        reader.skip();
    }
  }
  reader.leave(outer);
  parts.lineFunctionIds.push(functionId);
  parts.lineNumber.push(line);
}
