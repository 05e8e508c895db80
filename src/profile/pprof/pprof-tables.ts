import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { GrowingUint32 } from '../tables/growing.js';
import {
  createLabelCollector,
  findLastName,
  type RawLabel,
  type RawLabels,
  readLabel,
} from './pprof-labels.js';
import { checkLimit, checkPacked, type Limited } from './pprof-limits.js';

/**
 * The tables of a pprof file that grow with the profile: samples and locations in columns, functions and
 * names. The pprof library makes an object of every entry and a view of every field, and encodes each name
 * again; on 100,000 tree nodes that, and collecting it, took more time than the whole rest of an answer
 * (`npm run bench`). So these are read with the protobuf library, and the pprof library decodes everything
 * else.
 */
export interface PprofTables {
  samples: SampleTable;
  locations: LocationTable;
  functions: readonly PprofFunction[];
  /** The names, which everything else refers to by their position. */
  strings: string[];
  /** Number of values of each sample where all have the same, else -1; 0 without samples. */
  valuesPerSample: number;
  /** Largest string index in any label. */
  lastName: number;
  /** The labels of samples; null where no sample has any, or the caller did not ask for them. */
  labels: RawLabels | null;
  /** Everything but these tables: still a pprof message. */
  rest: Uint8Array;
}

export interface SampleTable {
  /** Sample s has the locations `locations[starts[s] … starts[s + 1])`, leaf first. */
  starts: Uint32Array;
  /** Location ids as written, then (by decodePprof) positions in the location table. */
  locations: Uint32Array;
  /** Values of all samples one after the other, as many for each as the file has sample types. */
  values: Float64Array;
}

export interface LocationTable {
  /** Location ids as the file has them: 64-bit numbers. */
  ids: Id[];
  mappingIds: readonly Id[];
  addresses: readonly Id[];
  /** Location l has the lines `starts[l] … starts[l + 1]`, the innermost inlined function first. */
  starts: Uint32Array;
  functionIds: readonly Id[];
  lineNumbers: readonly number[];
}

/** A function as the file has it; names are positions in the table of names. */
export interface PprofFunction {
  id: Id;
  name: number;
  systemName: number;
  filename: number;
  startLine: number;
}

/** A 64-bit number: a plain one where it is safe. */
export type Id = number | bigint;

const SAMPLE = { field: 2, locationIds: 1, values: 2, labels: 3 } as const;
const LOCATION = { field: 4, id: 1, mappingId: 2, address: 3, line: 4 } as const;
const LINE = { functionId: 1, line: 2 } as const;
const FUNCTION = { field: 5, id: 1, name: 2, systemName: 3, filename: 4, startLine: 5 } as const;
const NAME = { field: 6 } as const;
const SAMPLE_TYPE = { field: 1 } as const;
/** Minimum number of bytes per location id: a large profile consists mostly of ids, of two to three bytes. */
const BYTES_PER_LOCATION = 2;

/**
 * Takes the large tables out of a pprof message.
 *
 * @param sampleIds how a sample's location id is read where it may be beyond 32 bits
 * @param options.labels whether the labels of samples are wanted
 * @throws RangeError or Error when a field ends behind the last byte, LimitError when there is too much of
 *   anything
 */
export function readTables(
  bytes: Uint8Array,
  sampleIds?: (reader: BinaryReader) => number,
  { labels = false }: { labels?: boolean } = {},
): PprofTables {
  const reader = new BinaryReader(bytes);
  const samples = sampleReader(
    bytes,
    reader,
    sampleIds,
    (what, before, to) => checkPacked(what, before, bytes, { from: reader.pos, to }),
    labels ? createLabelCollector() : null,
  );
  const locations = locationReader(reader);
  const functions = functionReader(reader);
  const names = nameReader(bytes, reader);
  const tables = new Map<number, { read(end: number): void }>([
    [SAMPLE.field, samples],
    [LOCATION.field, locations],
    [FUNCTION.field, functions],
    [NAME.field, names],
  ]);
  const rest: Uint8Array[] = [];
  const counts = new Map<Limited, number>();
  let restFrom = 0;
  while (reader.pos < reader.len) {
    const at = reader.pos;
    const [field, wireType] = reader.tag();
    const table = tables.get(field);
    if (table === undefined || wireType !== WireType.LengthDelimited) {
      const what = field === SAMPLE_TYPE.field ? 'sample types' : 'mappings and comments';
      const count = (counts.get(what) ?? 0) + 1;
      checkLimit(what, count);
      counts.set(what, count);
      reader.skip(wireType, field);
      continue;
    }
    if (at > restFrom) rest.push(bytes.subarray(restFrom, at));
    const end = readEnd(reader);
    table.read(end);
    expectEnd(reader, end);
    restFrom = reader.pos;
  }
  if (restFrom < bytes.length) rest.push(bytes.subarray(restFrom));
  return {
    ...samples.table(),
    locations: locations.table(),
    functions: functions.table,
    strings: names.table,
    rest: concatenate(rest),
  };
}

/** Maximum number of bytes of a number that is read here, 28 bits; longer ones are left to the library. */
const MAX_SHORT_BYTES = 4;

/**
 * Appends the numbers of a packed field. A large profile has millions, most of one or two bytes, for which
 * the library's reader and a call for each take three times as long.
 */
function appendPacked(
  bytes: Uint8Array,
  reader: BinaryReader,
  numbers: GrowingUint32,
  check: (end: number) => void,
): void {
  const end = readEnd(reader);
  check(end);
  let at = reader.pos;
  // No number has less than a byte.
  const data = numbers.reserve(end - at);
  let to = numbers.length;
  while (at < end) {
    const start = at;
    let byte = bytes[at++] ?? 0;
    let value = byte & 127;
    for (let shift = 7; byte > 127 && at - start < MAX_SHORT_BYTES; shift += 7) {
      byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
    }
    if (byte > 127) {
      reader.pos = start;
      value = reader.uint32();
      at = reader.pos;
    }
    data[to++] = value;
  }
  numbers.length = to;
  reader.pos = at;
  expectEnd(reader, end);
}

function sampleReader(
  bytes: Uint8Array,
  reader: BinaryReader,
  wideId: ((reader: BinaryReader) => number) | undefined,
  check: (what: Limited, before: number, end: number) => void,
  collector: ReturnType<typeof createLabelCollector> | null,
) {
  const starts = new GrowingUint32();
  const locations = new GrowingUint32(Math.ceil(bytes.length / BYTES_PER_LOCATION));
  const values: number[] = [];
  let valuesPerSample = 0;
  let lastName = 0;
  starts.push(0);
  const readLocation = () => locations.push(wideId === undefined ? reader.uint32() : wideId(reader));
  const checkLocations = (end: number) => check('locations in samples', locations.length, end);
  const checkValues = (end: number) => check('values of samples', values.length, end);
  const readValue = () => values.push(readSmall(reader) ?? Number(reader.int64()));
  return {
    read(end: number) {
      const before = values.length;
      const labels: RawLabel[] | null = collector === null ? null : [];
      while (reader.pos < end) {
        const [field, wireType] = reader.tag();
        if (field === SAMPLE.locationIds) {
          if (wireType === WireType.LengthDelimited && wideId === undefined)
            appendPacked(bytes, reader, locations, checkLocations);
          else readRepeated(reader, wireType, readLocation, checkLocations);
        } else if (field === SAMPLE.values) readRepeated(reader, wireType, readValue, checkValues);
        else if (field === SAMPLE.labels && wireType === WireType.LengthDelimited) {
          const labelEnd = readEnd(reader);
          const label = readLabel(reader, labelEnd);
          expectEnd(reader, labelEnd);
          lastName = Math.max(lastName, findLastName(label));
          labels?.push(label);
        } else reader.skip(wireType, field);
      }
      starts.push(locations.length);
      if (labels !== null) collector?.add(labels);
      checkLimit('samples', starts.length - 1);
      const count = values.length - before;
      if (starts.length === 2) valuesPerSample = count;
      else if (count !== valuesPerSample) valuesPerSample = -1;
    },
    table: () => ({
      samples: {
        starts: starts.toArray(),
        // A decoded file is given up soon: a copy without the spare room would be for nothing.
        locations: locations.view(),
        values: new Float64Array(values),
      },
      valuesPerSample,
      lastName,
      labels: collector?.table() ?? null,
    }),
  };
}

function locationReader(reader: BinaryReader) {
  const ids: Id[] = [];
  const mappingIds: Id[] = [];
  const addresses: Id[] = [];
  const functionIds: Id[] = [];
  const lineNumbers: number[] = [];
  const starts = new GrowingUint32();
  starts.push(0);
  const readLine = () => {
    const end = readEnd(reader);
    let functionId: Id = 0;
    let line = 0;
    while (reader.pos < end) {
      const [field, wireType] = reader.tag();
      if (field === LINE.functionId && wireType === WireType.Varint) functionId = readId(reader);
      else if (field === LINE.line && wireType === WireType.Varint)
        line = readSmall(reader) ?? Number(reader.int64());
      else reader.skip(wireType, field);
    }
    expectEnd(reader, end);
    checkLimit('lines of locations', functionIds.length + 1);
    functionIds.push(functionId);
    lineNumbers.push(line);
  };
  return {
    read(end: number) {
      const at = ids.length;
      ids.push(0);
      mappingIds.push(0);
      addresses.push(0);
      while (reader.pos < end) {
        const [field, wireType] = reader.tag();
        if (field === LOCATION.line && wireType === WireType.LengthDelimited) readLine();
        else if (wireType !== WireType.Varint) reader.skip(wireType, field);
        else if (field === LOCATION.id) ids[at] = readId(reader);
        else if (field === LOCATION.mappingId) mappingIds[at] = readId(reader);
        else if (field === LOCATION.address) addresses[at] = readId(reader);
        else reader.skip(wireType, field);
      }
      starts.push(functionIds.length);
      checkLimit('locations', ids.length);
    },
    table: (): LocationTable => ({
      ids,
      mappingIds,
      addresses,
      starts: starts.toArray(),
      functionIds,
      lineNumbers,
    }),
  };
}

function functionReader(reader: BinaryReader) {
  const table: PprofFunction[] = [];
  return {
    read(end: number) {
      const fn: PprofFunction = { id: 0, name: 0, systemName: 0, filename: 0, startLine: 0 };
      while (reader.pos < end) {
        const [field, wireType] = reader.tag();
        if (wireType !== WireType.Varint) reader.skip(wireType, field);
        else if (field === FUNCTION.id) fn.id = readId(reader);
        else if (field === FUNCTION.name) fn.name = Number(readId(reader));
        else if (field === FUNCTION.systemName) fn.systemName = Number(readId(reader));
        else if (field === FUNCTION.filename) fn.filename = Number(readId(reader));
        else if (field === FUNCTION.startLine) fn.startLine = readSmall(reader) ?? Number(reader.int64());
        else reader.skip(wireType, field);
      }
      table.push(fn);
      checkLimit('functions', table.length);
    },
    table,
  };
}

function nameReader(bytes: Uint8Array, reader: BinaryReader) {
  const table: string[] = [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    read(end: number) {
      // A name is short: the decoder of whole texts, with a view of each, takes twice as long.
      table.push(text.toString('utf8', reader.pos, end));
      checkLimit('names', table.length);
      reader.pos = end;
    },
    table,
  };
}

/** Reads the numbers of a repeated field, packed or one by one; `check` gets their end first. */
function readRepeated(
  reader: BinaryReader,
  wireType: WireType,
  read: () => void,
  check: (end: number) => void,
): void {
  if (wireType !== WireType.LengthDelimited) {
    check(reader.pos + 1);
    read();
    return;
  }
  const end = readEnd(reader);
  check(end);
  while (reader.pos < end) read();
  expectEnd(reader, end);
}

function readId(reader: BinaryReader): Id {
  const small = readSmall(reader);
  if (small !== null) return small;
  const id = BigInt(reader.uint64());
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

/**
 * Reads a number of at most 28 bits, as most are, far faster than one of 64. A longer one is null, and
 * nothing is read.
 */
function readSmall(reader: BinaryReader): number | null {
  const at = reader.pos;
  const number = reader.uint32();
  if (reader.pos - at <= 4) return number;
  reader.pos = at;
  return null;
}

function readEnd(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a field ends behind the last byte');
  return end;
}

/** Refuses a field that ends behind the message it is part of. */
function expectEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field ends behind the message it is part of');
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
