import { Profile, StringTable } from 'pprof-format';

/** What one made-up pprof file holds. */
export interface MadeProfile {
  type: string;
  unit: string;
  /** Stacks as function names, leaf first, each with its value. */
  stacks: readonly { names: readonly string[]; value: number }[];
  /** Unix ms. */
  time: number;
  seconds?: number;
}

/** The bytes of a small pprof of one sample type. */
export function madePprof({ type, unit, stacks, time, seconds = 0 }: MadeProfile): Uint8Array {
  const strings = new StringTable();
  const names = [...new Set(stacks.flatMap((stack) => stack.names))];
  const idOf = (name: string) => names.indexOf(name) + 1;
  const valueType = { type: strings.dedup(type), unit: strings.dedup(unit) };
  return new Profile({
    sampleType: [valueType],
    periodType: valueType,
    sample: stacks.map((stack) => ({ locationId: stack.names.map(idOf), value: [stack.value] })),
    location: names.map((name) => ({ id: idOf(name), line: [{ functionId: idOf(name), line: 1 }] })),
    function: names.map((name) => ({ id: idOf(name), name: strings.dedup(name) })),
    timeNanos: BigInt(time) * 1_000_000n,
    durationNanos: BigInt(seconds) * 1_000_000_000n,
    stringTable: strings,
  }).encode();
}
