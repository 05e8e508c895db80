import { Profile as Pprof, StringTable } from 'pprof-format';
import type { Profile } from '../model.js';
import { NO_STACK } from '../pprof/no-stack.js';
import { type ExportedStacks, type ExportHead, listFrames } from './exported.js';

const NANOSECONDS_PER_MS = 1_000_000n;

/**
 * Writes stacks as a pprof protobuf, uncompressed. Every frame becomes a location of its own, so that the
 * file does not say which frames were inlined. Names have no system name: pprof takes them as they are then,
 * and demangles nothing a second time. The mapping says that it has everything, so that pprof looks for no
 * symbols.
 */
export function encodePprof(
  profile: Profile,
  { unit, stacks, values }: ExportedStacks,
  { program, periodType, from, to, comments }: ExportHead,
): Uint8Array {
  const strings = new StringTable();
  const valueType = (type: string, typeUnit: string) => ({
    type: strings.dedup(type),
    unit: strings.dedup(typeUnit),
  });
  const { functions, frameFunction, frameLine } = profile;
  const frames = [...new Set(stacks.flatMap((stack) => listLocations(profile, stack)))].sort((a, b) => a - b);
  const usedFunctions = [...new Set(frames.map((frame) => frameFunction[frame] ?? 0))].sort((a, b) => a - b);
  // Ids without gaps: pprof and the compiler of Go keep them in a list then, and not in a map.
  const locationIds = new Map(frames.map((frame, at) => [frame, at + 1]));
  const functionIds = new Map(usedFunctions.map((fn, at) => [fn, at + 1]));
  return new Pprof({
    sampleType: [valueType(profile.sampleType, unit)],
    ...(periodType === null ? {} : { periodType: valueType(periodType.type, periodType.unit) }),
    timeNanos: BigInt(Math.round(from)) * NANOSECONDS_PER_MS,
    durationNanos: BigInt(Math.max(0, Math.round(to - from))) * NANOSECONDS_PER_MS,
    comment: comments.map((line) => strings.dedup(line)),
    mapping: [
      {
        id: 1,
        filename: strings.dedup(program),
        hasFunctions: true,
        hasFilenames: true,
        hasLineNumbers: true,
        hasInlineFrames: true,
      },
    ],
    function: usedFunctions.map((fn) => {
      const { name, file, startLine } = functions[fn] ?? NO_STACK;
      return {
        id: functionIds.get(fn) ?? 0,
        name: strings.dedup(name),
        filename: strings.dedup(file),
        startLine: Math.max(0, startLine),
      };
    }),
    location: frames.map((frame) => ({
      id: locationIds.get(frame) ?? 0,
      mappingId: 1,
      line: [{ functionId: functionIds.get(frameFunction[frame] ?? 0) ?? 0, line: frameLine[frame] ?? 0 }],
    })),
    sample: stacks.map((stack, at) => ({
      locationId: listLocations(profile, stack).map((frame) => locationIds.get(frame) ?? 0),
      value: [values[at] ?? 0],
    })),
    stringTable: strings,
  }).encode();
}

/** The frames of a stack; none for one that only says that there was no stack. */
function listLocations(profile: Profile, stack: number): number[] {
  const frames = [...listFrames(profile, stack)];
  const [only = 0] = frames;
  const isMissing =
    frames.length === 1 && profile.functions[profile.frameFunction[only] ?? 0]?.name === NO_STACK.name;
  return isMissing ? [] : frames;
}
