import { functionData, type NamedFunction } from '../../code/named-function.js';
import type { Contrast } from '../../contrast/contrast.js';
import type { JoinedPart } from '../../contrast/join.js';
import { listThrough } from '../../contrast/list-through.js';
import type { FunctionInfo } from '../../model.js';

/** A file of a function, with the value that passes through it there. */
interface FilePlace {
  info: FunctionInfo;
  total: number;
  /** Values by line, where one is known. */
  lines: Map<number, number>;
}

/**
 * A function with the file through which most of its value passes in some parts, and with the line of that
 * file through which most does. Parts may place a function in different files, as the builds of a deploy do;
 * file and line are those of one of them. A file whose lines are known comes before one without.
 */
export function busiestPlace(
  { joined }: Pick<Contrast, 'joined'>,
  parts: readonly number[],
  fn: number,
): NamedFunction {
  const info = joined.functions[fn];
  if (info === undefined) return functionData(undefined, 0);
  const places = new Map<string, FilePlace>();
  for (const index of parts) {
    const part = joined.parts[index];
    if (part !== undefined) addPlaces(places, part, listThrough(joined, part, fn), fn, info);
  }
  const [best] = [...places.values()].sort(
    (a, b) => sumLines(b) - sumLines(a) || b.total - a.total || (a.info.file < b.info.file ? -1 : 1),
  );
  if (best === undefined) return functionData(info, 0);
  const [line] = [...best.lines].sort(([a, x], [b, y]) => y - x || a - b);
  return functionData({ ...best.info, name: info.name }, line?.[0] ?? 0);
}

/**
 * Adds stacks of a part through a function, each once: by the frame next to the leaf whose line is known,
 * else by any.
 */
function addPlaces(
  places: Map<string, FilePlace>,
  { profile, frameFunction, elsewhere }: JoinedPart,
  stacks: Uint32Array,
  fn: number,
  joinedInfo: FunctionInfo,
): void {
  const { stackFrames, stackStart, values, frameLine } = profile;
  for (const stack of stacks) {
    let placed = -1;
    for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
      const frame = stackFrames[at] ?? 0;
      if (frameFunction[frame] !== fn) continue;
      const isPlaced = (frameLine[frame] ?? 0) > 0;
      if (placed < 0 || isPlaced) placed = frame;
      if (isPlaced) break;
    }
    if (placed < 0) continue;
    const info = elsewhere.get(profile.frameFunction[placed] ?? 0) ?? joinedInfo;
    const place = places.get(info.file) ?? { info, total: 0, lines: new Map<number, number>() };
    places.set(info.file, place);
    const value = values[stack] ?? 0;
    const line = frameLine[placed] ?? 0;
    place.total += value;
    if (line > 0) place.lines.set(line, (place.lines.get(line) ?? 0) + value);
  }
}

function sumLines({ lines }: FilePlace): number {
  let sum = 0;
  for (const value of lines.values()) sum += value;
  return sum;
}
