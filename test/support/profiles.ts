import { Profile as Pprof, StringTable } from 'pprof-format';
import type { FunctionInfo, Profile } from '../../src/profile/model.js';
import { decodePprof, type PprofFile, pprofToProfile } from '../../src/profile/pprof/pprof.js';
import { functionTable } from '../../src/profile/tables/table.js';

/** A frame of a test stack: a name, or whatever else matters. */
export type TestFrame =
  | string
  | { name: string; file?: string; line?: number; startLine?: number; systemName?: string };

/** A stack as people read it: entry point first. One value per sample type. */
export interface TestStack {
  frames: readonly TestFrame[];
  values: readonly (number | bigint)[];
  labels?: Readonly<Record<string, string>>;
}

export interface TestPprof {
  /** `cpu/nanoseconds`; default one type of that name. */
  types?: readonly string[];
  stacks: readonly TestStack[];
  periodType?: string;
  timeNanos?: bigint;
  durationNanos?: bigint;
}

/** A pprof file with these stacks, uncompressed, written by a foreign encoder. */
export function pprofBytes(options: TestPprof): Uint8Array {
  const strings = new StringTable();
  const text = (string: string) => strings.dedup(string);
  const valueType = (type: string) => {
    const [name = '', unit = ''] = type.split('/');
    return { type: text(name), unit: text(unit) };
  };
  const functions = interner<{ name: number; systemName: number; filename: number; startLine: number }>();
  const locations = interner<{ line: { functionId: number; line: number }[] }>();
  const addLocation = (frame: TestFrame): number => {
    const {
      name,
      file = '',
      line = 0,
      startLine = 0,
      systemName = '',
    } = typeof frame === 'string' ? { name: frame } : frame;
    const functionId = functions.addThing({
      name: text(name),
      systemName: text(systemName),
      filename: text(file),
      startLine,
    });
    return locations.addThing({ line: [{ functionId, line }] });
  };
  return new Pprof({
    sampleType: (options.types ?? ['cpu/nanoseconds']).map(valueType),
    sample: options.stacks.map(({ frames, values, labels = {} }) => ({
      locationId: frames.map(addLocation).reverse(),
      value: [...values],
      label: Object.entries(labels).map(([key, value]) => ({ key: text(key), str: text(value) })),
    })),
    location: locations.entries(),
    function: functions.entries(),
    stringTable: strings,
    ...(options.periodType === undefined ? {} : { periodType: valueType(options.periodType) }),
    timeNanos: options.timeNanos ?? 0n,
    durationNanos: options.durationNanos ?? 0n,
  }).encode();
}

/** Numbers things from 1 in the order in which they are first seen. */
function interner<T>() {
  const ids = new Map<string, { id: number } & T>();
  return {
    addThing(thing: T): number {
      const key = JSON.stringify(thing);
      const known = ids.get(key) ?? { id: ids.size + 1, ...thing };
      ids.set(key, known);
      return known.id;
    },
    entries: () => [...ids.values()],
  };
}

/** Encodes and decodes a file with these stacks. */
export function pprofFile(options: TestPprof): PprofFile {
  return decodePprof(pprofBytes(options));
}

/** A profile of one sample type from stacks, entry point first: `profileOf([['main', 'work'], 3])`. */
export function buildProfile(
  ...stacks: readonly (readonly [frames: readonly TestFrame[], value: number])[]
): Profile {
  return pprofToProfile(
    pprofFile({ stacks: stacks.map(([frames, value]) => ({ frames, values: [value] })) }),
  );
}

/** Id of the only function of this name. */
export function findId(profile: Profile, name: string): number {
  const ids = [...profile.functions.keys()].filter((id) => profile.functions[id]?.name === name);
  if (ids.length !== 1 || ids[0] === undefined) throw new Error(`${ids.length} functions are named ${name}`);
  return ids[0];
}

/** Text that identifies a function independent of its id: the name, and for unnamed ones the place. */
export function identity(profile: Profile, id: number): string {
  const fn: FunctionInfo | undefined = profile.functions[id];
  return fn === undefined ? 'none' : `${fn.name} ${fn.file}:${fn.startLine}`;
}

/** Every stack as names, entry point first, with its value. */
export function listStacks(profile: Profile): [names: string[], value: number][] {
  return Array.from(profile.values, (value, stack) => [
    Array.from(
      profile.stackFrames.subarray(profile.stackStart[stack], profile.stackStart[stack + 1]),
      (frame) => profile.functions[profile.frameFunction[frame] ?? -1]?.name ?? '',
    ).reverse(),
    value,
  ]);
}

/** Own cost of each function by name. */
export function selfTable(profile: Profile): Map<string, number> {
  const { self } = functionTable(profile);
  return new Map(
    profile.functions
      .map(({ name }, id): [string, number] => [name, self[id] ?? 0])
      .filter(([, value]) => value > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Total cost of each function by name. */
export function totalTable(profile: Profile): Map<string, number> {
  const { totals } = functionTable(profile);
  return new Map(profile.functions.map(({ name }, id) => [name, totals[id] ?? 0]));
}
