import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Profile } from '../model.js';
import { ProfileBuilder } from '../pprof/builder.js';

/** A stack of a call tree, by function names, entry point first, and the value of those that end there. */
export interface TreeStack {
  names: readonly string[];
  value: number;
}

/**
 * Frames of all stacks together. The tree that is asked for has 8,192 nodes, its stacks some hundred thousand
 * frames; a chain of calls without end takes few bytes and grows here with the square of its depth.
 */
const MAX_FRAMES = 5_000_000;

/**
 * Name that a server gives to the callees that it cut off. A real function of that name cannot be told apart.
 */
export const CUT_OFF = 'other';

/**
 * Reads a call tree in Pyroscope's own format: per node, callers first, the length of its name, the name, its
 * own cost, and its number of callees, which follow.
 *
 * @param cleanName removes unsafe characters from a name
 * @throws RangeError or Error when the bytes are cut short, or hold more than any real tree
 */
export function readTree(
  bytes: Uint8Array,
  cleanName: (name: string) => string = (name) => name,
): TreeStack[] {
  if (bytes.length === 0) return [];
  const reader = new BinaryReader(bytes);
  const stacks: TreeStack[] = [];
  /** The open nodes with the callees that are still to come; the root above all has no name. */
  const open: { name: string; left: number }[] = [];
  let frames = 0;
  do {
    const name = cleanName(reader.string());
    const value = Number(reader.uint64());
    open.push({ name, left: reader.uint32() });
    if (value > 0 && open.length > 1) {
      frames += open.length - 1;
      if (frames > MAX_FRAMES) throw new RangeError('the stacks of the tree are too long');
      stacks.push({ names: open.slice(1).map((node) => node.name), value });
    }
    while (open.at(-1)?.left === 0) open.pop();
    const parent = open.at(-1);
    if (parent !== undefined) parent.left--;
  } while (open.length > 0);
  if (reader.pos !== reader.len) throw new RangeError('the tree goes on behind its last node');
  return stacks;
}

/** Sum of the stacks that begin with `prefix`. */
export function totalBelow(stacks: readonly TreeStack[], prefix: readonly string[]): number {
  return stacks.reduce((sum, stack) => (beginsWith(stack, prefix) ? sum + stack.value : sum), 0);
}

/** The chain of heaviest callees from the entry point down, by name where two are the same. */
export function findHeaviestChain(stacks: readonly TreeStack[]): string[] {
  const chain: string[] = [];
  for (let among = stacks; ; ) {
    const totals = new Map<string, number>();
    for (const { names, value } of among) {
      const name = names[chain.length];
      if (name !== undefined) totals.set(name, (totals.get(name) ?? 0) + value);
    }
    const [best] = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    if (best === undefined) return chain;
    among = among.filter(({ names }) => names[chain.length] === best[0]);
    chain.push(best[0]);
  }
}

/** Replaces the stacks that begin with `prefix` by a finer reading of them. */
export function refineBelow(
  stacks: readonly TreeStack[],
  prefix: readonly string[],
  finer: readonly TreeStack[],
): TreeStack[] {
  return [...stacks.filter((stack) => !beginsWith(stack, prefix)), ...finer];
}

/** The stacks as a profile. Files and lines are not known. */
export function treeProfile(stacks: readonly TreeStack[], sampleType: string, unit: string): Profile {
  const builder = new ProfileBuilder(sampleType, unit);
  for (const { names, value } of stacks) {
    const frames = Uint32Array.from(names.toReversed(), (name) =>
      builder.frameId(builder.functionId({ name, file: '', startLine: 0, isSymbolised: true }), 0),
    );
    builder.pushFrames(frames, 0, frames.length);
    builder.endStack(value);
  }
  return builder.build();
}

function beginsWith({ names }: TreeStack, prefix: readonly string[]): boolean {
  return prefix.every((name, depth) => names[depth] === name);
}
