import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { GrowingUint32 } from './growing.js';

/**
 * The samples of a pprof file, columnar. They are most of the file, and the pprof library makes an object of every one
 * and a view of every number: on 100,000 tree nodes that took two thirds of a whole answer (`npm run bench`). So the
 * samples are read with the protobuf library itself, and the pprof library decodes the rest.
 */
export interface SampleTable {
  /** Sample s has the locations `locations[starts[s] … starts[s + 1])`, leaf first. */
  starts: Uint32Array;
  /** Location ids as written, then (by decodePprof) positions in the location table. */
  locations: Uint32Array;
  /** Values of all samples one after the other, `valuesPerSample` each. */
  values: Float64Array;
}

export interface SampleReading {
  samples: SampleTable;
  /** Number of values of each sample where all have the same, else -1; 0 without samples. */
  valuesPerSample: number;
  /** Largest string index in any label. */
  lastName: number;
  /** Everything but the samples: still a pprof message. */
  rest: Uint8Array;
}

const SAMPLE = 2;
const LOCATION_IDS = 1;
const VALUES = 2;
const LABELS = 3;
/** Fields of a label that are string indexes: key, str, num_unit. */
const LABEL_NAMES: ReadonlySet<number> = new Set([1, 2, 4]);

/**
 * Takes the samples out of a pprof message.
 *
 * @param idOf reads one location id; ids beyond 32 bits need another reader than `uint32`
 * @throws RangeError or Error when a field ends behind the last byte
 */
export function readSamples(
  bytes: Uint8Array,
  idOf: (reader: BinaryReader) => number = (reader) => reader.uint32(),
): SampleReading {
  const reader = new BinaryReader(bytes);
  const starts = new GrowingUint32();
  const locations = new GrowingUint32();
  const values: number[] = [];
  const rest: Uint8Array[] = [];
  let valuesPerSample = 0;
  let lastName = 0;
  let restFrom = 0;
  starts.push(0);

  const each = (wireType: WireType, read: () => void) => {
    if (wireType !== WireType.LengthDelimited) return read();
    const end = endOf(reader);
    while (reader.pos < end) read();
    expectEnd(reader, end);
  };
  const readLocation = () => locations.push(idOf(reader));
  const readValue = () => values.push(Number(reader.int64()));

  while (reader.pos < reader.len) {
    const at = reader.pos;
    const [field, wireType] = reader.tag();
    if (field !== SAMPLE || wireType !== WireType.LengthDelimited) {
      reader.skip(wireType, field);
      continue;
    }
    if (at > restFrom) rest.push(bytes.subarray(restFrom, at));
    const end = endOf(reader);
    const before = values.length;
    while (reader.pos < end) {
      const [part, partType] = reader.tag();
      if (part === LOCATION_IDS) each(partType, readLocation);
      else if (part === VALUES) each(partType, readValue);
      else if (part === LABELS && partType === WireType.LengthDelimited) {
        lastName = Math.max(lastName, readLabelNames(reader, endOf(reader)));
      } else reader.skip(partType, part);
    }
    expectEnd(reader, end);
    starts.push(locations.length);
    const count = values.length - before;
    if (starts.length === 2) valuesPerSample = count;
    else if (count !== valuesPerSample) valuesPerSample = -1;
    restFrom = reader.pos;
  }
  if (restFrom < bytes.length) rest.push(bytes.subarray(restFrom));
  return {
    samples: {
      starts: starts.toArray(),
      locations: locations.toArray(),
      values: Float64Array.from(values),
    },
    valuesPerSample,
    lastName,
    rest: joined(rest),
  };
}

function endOf(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a field ends behind the last byte');
  return end;
}

function expectEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field ends behind the message around it');
}

function readLabelNames(reader: BinaryReader, end: number): number {
  let last = 0;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (LABEL_NAMES.has(field) && wireType === WireType.Varint) last = Math.max(last, reader.uint32());
    else reader.skip(wireType, field);
  }
  expectEnd(reader, end);
  return last;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
