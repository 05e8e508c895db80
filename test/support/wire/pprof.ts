import { Profile as Pprof, StringTable } from 'pprof-format';
import { frameOwner } from '../../../src/profile/code/frames.js';
import type { FunctionInfo, Profile } from '../../../src/profile/model.js';
import type { ParsedType } from './types.js';

/** Which part of the stacks an answer keeps. */
export interface StackSelection {
  /** Names from the entry point on; only stacks that begin with them. */
  callSite: readonly string[];
  /**
   * Number of leaf frames to keep, 0 for all; null where the selector does not ask for it. Then `callSite` is
   * ignored.
   */
  keepLocations: number | null;
}

/** Facts about a merge that only its request tells. */
export interface MergeHead {
  type: ParsedType;
  /** End of the window, Unix ms: the time that a merge is stamped with. */
  end: number;
  /** Milliseconds, 0 where the server does not say. */
  duration: number;
}

/**
 * A merge without a single sample whose sample type is unknown, as both storages answer where nothing was
 * selected.
 */
export const NOTHING_SELECTED = Uint8Array.from([0x0a, 0, 0x32, 0, 0x5a, 0]);

const ELSEWHERE = ['/srv/app/node_modules/elsewhere/index.js', '/srv/app/src/elsewhere.js', ''];
const UNSYMBOLISED = /^\[(.*)\] 0x([0-9a-f]+)$/;

/**
 * A profile as the pprof that Pyroscope sends: one value per sample, no labels, one location per frame. Where
 * the selection leaves nothing of it, not even its type is said.
 */
export function encodePprof(profile: Profile, head: MergeHead, selection: StackSelection): Uint8Array {
  const stacks = selectStacks(profile, selection);
  if (stacks.length === 0 && profile.values.length > 0) return NOTHING_SELECTED;
  const strings = new StringTable();
  const text = (string: string) => strings.dedup(string);
  const valueType = { type: text(head.type.sampleType), unit: text(head.type.sampleUnit) };
  const mappings = new Map<string, number>();
  const findMapping = (file: string) => {
    const id = mappings.get(file) ?? mappings.size + 1;
    mappings.set(file, id);
    return id;
  };
  const { functions, frameFunction, frameLine, frameKin } = profile;
  const usedFunctions = new Map<number, { fn: number; elsewhere: boolean }>();
  const locationOf = new Map<number, number>();
  const sample = stacks.map(({ frames, value }) => ({
    locationId: frames.map((frame) => {
      const id = locationOf.get(frame) ?? locationOf.size + 1;
      locationOf.set(frame, id);
      return id;
    }),
    value: [value],
  }));
  const location = [...locationOf].map(([frame, id]) => {
    const fn = frameFunction[frame] ?? 0;
    const { name = '', isSymbolised = true } = functions[fn] ?? {};
    const [, file = '', address = '0'] = (isSymbolised ? null : UNSYMBOLISED.exec(name)) ?? [];
    if (!isSymbolised) return { id, mappingId: findMapping(file), address: BigInt(`0x${address}`) };
    const elsewhere = frameKin[frame] === 0;
    const functionId = 2 * fn + (elsewhere ? 2 : 1);
    usedFunctions.set(functionId, { fn, elsewhere });
    return { id, mappingId: findMapping(''), line: [{ functionId, line: frameLine[frame] ?? 0 }] };
  });
  return new Pprof({
    sampleType: [valueType],
    sample,
    location,
    function: [...usedFunctions].map(([id, { fn, elsewhere }]) => {
      const info = functions[fn];
      const { name = '', file = '', startLine = 0 } = info ?? {};
      const filename = text(elsewhere && info !== undefined ? standIn(info) : file);
      return { id, name: text(name), systemName: text(name), filename, startLine };
    }),
    mapping: [...mappings].map(([file, id]) => ({
      id,
      filename: text(file === '' ? 'service' : file),
      hasFunctions: file === '',
    })),
    stringTable: strings,
    timeNanos: BigInt(head.end) * 1_000_000n,
    durationNanos: BigInt(head.duration) * 1_000_000n,
    periodType: { type: text(head.type.periodType), unit: text(head.type.periodUnit) },
    period: stacks.length === 0 ? 1 : 1_000_000_000,
    defaultSampleType: valueType.type,
  }).encode();
}

/**
 * A file of another owner. A frame that only shares its name with its function stood in such a file, of which
 * the model keeps no more than that.
 */
function standIn(info: FunctionInfo): string {
  const owner = frameOwner(info);
  return ELSEWHERE.find((file) => frameOwner({ ...info, file }) !== owner) ?? info.file;
}

/** The selected stacks, leaf first; those that become the same are added up. */
function selectStacks(
  { functions, frameFunction, stackStart, stackFrames, values }: Profile,
  { callSite, keepLocations }: StackSelection,
): { frames: number[]; value: number }[] {
  const byFrames = new Map<string, { frames: number[]; value: number }>();
  values.forEach((value, stack) => {
    let frames = [...stackFrames.subarray(stackStart[stack], stackStart[stack + 1])];
    const nameAt = (depth: number) => functions[frameFunction[frames.at(-1 - depth) ?? -1] ?? -1]?.name;
    if (keepLocations === null) {
      if (callSite.some((name, depth) => nameAt(depth) !== name)) return;
    } else if (keepLocations > 0) frames = frames.slice(0, keepLocations);
    const key = frames.join();
    const known = byFrames.get(key) ?? { frames, value: 0 };
    byFrames.set(key, known);
    known.value += value;
  });
  return [...byFrames.values()];
}
