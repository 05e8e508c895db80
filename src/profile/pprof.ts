import { Profile as Pprof } from 'pprof-format';
import { ProfileBuilder } from './builder.js';
import type { Profile } from './model.js';

/** A decoded pprof file with its strings resolved where every caller needs them. */
export interface PprofFile {
  sampleTypes: readonly { type: string; unit: string }[];
  periodType: { type: string; unit: string } | null;
  /** Unix nanoseconds of the start as the file says, 0 when it does not. */
  timeNanos: bigint;
  durationNanos: bigint;
  raw: Pprof;
}

/** The bytes are not a pprof profile, or not a whole one. */
export class UnreadableProfileError extends Error {
  override readonly name = 'UnreadableProfileError';
}

/**
 * Decodes an uncompressed pprof protobuf.
 * @throws UnreadableProfileError when the bytes are damaged, cut short or no profile.
 */
export function decodePprof(bytes: Uint8Array): PprofFile {
  let raw: Pprof;
  try {
    raw = Pprof.decode(bytes);
  } catch (error) {
    throw new UnreadableProfileError(
      `not a pprof protobuf: ${error instanceof Error ? error.message : 'damaged'}`,
    );
  }
  const problem = inconsistency(raw);
  if (problem !== null) throw new UnreadableProfileError(problem);
  const { strings } = raw.stringTable;
  const valueType = (value: { type: number | bigint; unit: number | bigint }) => ({
    type: strings[Number(value.type)] ?? '',
    unit: strings[Number(value.unit)] ?? '',
  });
  return {
    sampleTypes: raw.sampleType.map(valueType),
    periodType: raw.periodType === undefined ? null : valueType(raw.periodType),
    timeNanos: BigInt(raw.timeNanos ?? 0),
    durationNanos: BigInt(raw.durationNanos ?? 0),
    raw,
  };
}

/** What a whole profile cannot contain: the decoder itself accepts a message that was cut between two fields. */
function inconsistency(raw: Pprof): string | null {
  if (raw.sampleType.length === 0 && raw.sample.length > 0) return 'no sample types';
  if (raw.sampleType.length === 0 && raw.location.length === 0)
    return 'empty: no sample types and no locations';
  const strings = raw.stringTable.strings.length;
  const functions = new Set<number>();
  for (const fn of raw.function) {
    if (Number(fn.name) >= strings || Number(fn.filename) >= strings) return 'cut short: names are missing';
    functions.add(Number(fn.id));
  }
  const locations = new Set<number>();
  for (const location of raw.location) {
    for (const line of location.line) {
      if (!functions.has(Number(line.functionId)))
        return 'cut short: a location refers to a missing function';
    }
    locations.add(Number(location.id));
  }
  for (const sample of raw.sample) {
    if (sample.value.length !== raw.sampleType.length)
      return 'damaged: a sample has the wrong number of values';
    for (const id of sample.locationId) {
      if (!locations.has(Number(id))) return 'cut short: a sample refers to a missing location';
    }
  }
  for (const value of raw.sampleType) {
    if (Number(value.type) >= strings || Number(value.unit) >= strings) return 'cut short: names are missing';
  }
  return null;
}

/**
 * Adds the stacks of one pprof file to a profile under construction.
 *
 * @param valueIndex which of the file's sample types to take
 * @param weight factor on every value; -1 subtracts (two snapshots of a counter)
 */
export function addPprof(builder: ProfileBuilder, file: PprofFile, valueIndex: number, weight = 1): void {
  const { raw } = file;
  const { strings } = raw.stringTable;
  const text = (index: number | bigint) => strings[Number(index)] ?? '';

  const mappingNames = new Map<number, string>();
  for (const mapping of raw.mapping) {
    mappingNames.set(Number(mapping.id), text(mapping.filename).replace(/^.*\//, ''));
  }
  const functionIds = new Map<number, number>();
  for (const fn of raw.function) {
    const name = text(fn.name) || text(fn.systemName);
    const info = {
      name: name === '' ? '[unknown]' : name,
      file: text(fn.filename),
      startLine: Number(fn.startLine ?? 0),
      symbolised: name !== '',
    };
    functionIds.set(Number(fn.id), builder.functionId(info));
  }
  const framesOf = new Map<number, readonly number[]>();
  for (const location of raw.location) {
    const frames = location.line.map((line) =>
      builder.frameId(functionIds.get(Number(line.functionId)) ?? 0, Number(line.line ?? 0)),
    );
    if (frames.length === 0) {
      const binary = mappingNames.get(Number(location.mappingId)) || '[unknown]';
      const name = `${binary}!0x${BigInt(location.address ?? 0).toString(16)}`;
      frames.push(
        builder.frameId(builder.functionId({ name, file: '', startLine: 0, symbolised: false }), 0),
      );
    }
    framesOf.set(Number(location.id), frames);
  }
  for (const sample of raw.sample) {
    const value = Number(sample.value[valueIndex] ?? 0) * weight;
    if (value === 0 || sample.locationId.length === 0) continue;
    for (const id of sample.locationId) {
      for (const frame of framesOf.get(Number(id)) ?? []) builder.pushFrame(frame);
    }
    builder.endStack(value);
  }
}

/** One sample type of one file as a Profile. Samples without a stack are left out, as Pyroscope does. */
export function pprofToProfile(file: PprofFile, valueIndex = 0): Profile {
  const { type = '', unit = '' } = file.sampleTypes[valueIndex] ?? {};
  const builder = new ProfileBuilder(type, unit);
  addPprof(builder, file, valueIndex);
  return builder.build();
}
