import type { PprofFile } from '../pprof/pprof.js';
import { checkLimit } from '../pprof/pprof-limits.js';
import { correctTime } from '../pprof/profile-time.js';
import { StackCollector, type TextFrame } from './collector.js';
import { readList, readMembers, readNumber, readText } from './text.js';

const NANOSECONDS_PER_MICROSECOND = 1e3;

/** Whether a JSON value is a CPU profile of V8 (`.cpuprofile`). */
export function isCpuProfile(value: unknown): boolean {
  const [first] = readList(readMembers(value).nodes);
  return readMembers(first).callFrame !== undefined;
}

/** Whether a JSON value is a sampled heap profile of V8 (`.heapprofile`). */
export function isHeapProfile(value: unknown): boolean {
  return readMembers(readMembers(value).head).callFrame !== undefined;
}

/**
 * Reads a CPU profile of V8: wall-clock time of a thread, waiting as `(idle)` included. A sample counts until
 * the next one, the last one as long as the others on average where the end of the profile does not tell.
 * @throws LimitError, or SyntaxError with what is wrong
 */
export function readCpuProfile(value: unknown): PprofFile {
  const { nodes, samples, timeDeltas, startTime, endTime } = readMembers(value);
  const tree = readNodes(readList(nodes));
  const stacks = new StackCollector();
  const counts = new Float64Array(tree.frames.length);
  const times = new Float64Array(tree.frames.length);
  const sampled = readList(samples);
  const span = readNumber(endTime) - readNumber(startTime);
  if (sampled.length > 0) {
    const deltas = readList(timeDeltas).map(readNumber);
    const total = deltas.reduce((sum, delta) => sum + delta, 0);
    const between = deltas.slice(1, sampled.length).map((delta) => Math.max(0, delta));
    const mean =
      between.length === 0 ? span : between.reduce((sum, delta) => sum + delta, 0) / between.length;
    const rest = span - total;
    sampled.forEach((id, at) => {
      const node = tree.nodeOf.get(readNumber(id));
      if (node === undefined)
        throw new SyntaxError(`a sample refers to the missing node ${JSON.stringify(id)}`);
      const lasts = at + 1 < sampled.length ? Math.max(0, deltas[at + 1] ?? 0) : rest > 0 ? rest : mean;
      counts[node] = (counts[node] ?? 0) + 1;
      times[node] = (times[node] ?? 0) + lasts;
    });
  } else {
    const hits = tree.hits.reduce((sum, count) => sum + count, 0);
    tree.hits.forEach((count, node) => {
      counts[node] = count;
      times[node] = hits > 0 && span > 0 ? (span * count) / hits : 0;
    });
  }
  const frames = tree.frames.map((frame) => (frame === null ? -1 : stacks.frame(frame)));
  for (let node = 0; node < frames.length; node++) {
    const time = Math.round((times[node] ?? 0) * NANOSECONDS_PER_MICROSECOND);
    if ((counts[node] ?? 0) > 0) stacks.add(readStack(tree.parents, frames, node), [counts[node] ?? 0, time]);
  }
  return stacks.finish({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'wall', unit: 'nanoseconds' },
    ],
    periodType: { type: 'wall', unit: 'nanoseconds' },
    timeNanos: readStart(startTime),
    durationNanos: span > 0 ? wholeNumber(span * NANOSECONDS_PER_MICROSECOND) : 0n,
  });
}

/**
 * Start of a profile in Unix nanoseconds. V8 gives microseconds since 1970, or since the machine has started
 * (Node); the second tells no time, whatever its number looks like in another unit.
 */
function readStart(startTime: unknown): bigint {
  const nanos = wholeNumber(startTime) * BigInt(NANOSECONDS_PER_MICROSECOND);
  return correctTime(nanos, 0n).unit === 'nanoseconds' ? nanos : 0n;
}

/**
 * Reads a sampled heap profile of V8: the bytes that were live, by where they were allocated.
 * @throws LimitError
 */
export function readHeapProfile(value: unknown): PprofFile {
  const stacks = new StackCollector();
  /** Nodes still to read, with their stacks as chains to the entry point. */
  const open: { node: unknown; above: Chain | null }[] = [{ node: readMembers(value).head, above: null }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { callFrame, selfSize, children } = readMembers(next.node);
    const frame = readFrame(callFrame);
    const chain: Chain | null =
      frame === null
        ? next.above
        : { frame: stacks.frame(frame), above: next.above, depth: (next.above?.depth ?? 0) + 1 };
    if (chain !== null) checkLimit('frames in one sample', chain.depth);
    const size = readNumber(selfSize);
    if (size !== 0) stacks.add(listFrames(chain), [size]);
    for (const child of readList(children)) open.push({ node: child, above: chain });
  }
  return stacks.finish({
    sampleTypes: [{ type: 'inuse_space', unit: 'bytes' }],
    periodType: { type: 'space', unit: 'bytes' },
  });
}

interface Chain {
  frame: number;
  above: Chain | null;
  depth: number;
}

function listFrames(chain: Chain | null): number[] {
  const frames: number[] = [];
  for (let at = chain; at !== null; at = at.above) frames.push(at.frame);
  return frames;
}

/**
 * Reads the nodes of a CPU profile by their place in the list. The root has no frame, and its parent is -1.
 */
function readNodes(nodes: readonly unknown[]) {
  const nodeOf = new Map<number, number>();
  const read = nodes.map((node, place) => {
    const { id, callFrame, hitCount, children } = readMembers(node);
    nodeOf.set(readNumber(id), place);
    return { frame: readFrame(callFrame), hits: readNumber(hitCount), children: readList(children) };
  });
  const parents = new Int32Array(read.length).fill(-1);
  read.forEach(({ children }, place) => {
    for (const child of children) {
      const at = nodeOf.get(readNumber(child));
      if (at === undefined) throw new SyntaxError(`a node has the missing child ${JSON.stringify(child)}`);
      parents[at] = place;
    }
  });
  // Older writers give every node its parent instead.
  nodes.forEach((node, place) => {
    const { parent } = readMembers(node);
    if (typeof parent === 'number' && parents[place] === -1) parents[place] = nodeOf.get(parent) ?? -1;
  });
  return { nodeOf, parents, frames: read.map(({ frame }) => frame), hits: read.map(({ hits }) => hits) };
}

/** Frames from a node to the entry point. A circle of nodes ends at the limit of frames. */
function readStack(parents: Int32Array, frames: readonly number[], node: number): number[] {
  const stack: number[] = [];
  for (let at = node, steps = 0; at >= 0; at = parents[at] ?? -1, steps++) {
    checkLimit('frames in one sample', steps);
    const frame = frames[at] ?? -1;
    if (frame >= 0) stack.push(frame);
  }
  return stack;
}

/** Reads a frame; null for the root, which stands for no function. */
function readFrame(callFrame: unknown): TextFrame | null {
  const { functionName, url, lineNumber } = readMembers(callFrame);
  const name = readText(functionName);
  if (name === '(root)') return null;
  const line = typeof lineNumber === 'number' && lineNumber >= 0 ? lineNumber + 1 : 0;
  return {
    name: name === '' ? '(anonymous)' : name,
    file: readText(url).replace(/^file:\/\//, ''),
    startLine: line,
  };
}

function wholeNumber(value: unknown): bigint {
  const number = Math.round(readNumber(value));
  return Number.isSafeInteger(number) ? BigInt(number) : 0n;
}
