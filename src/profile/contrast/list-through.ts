import { createCache } from '../memory.js';
import type { Joined, JoinedPart } from './join.js';

/** Lists made last, by part: one function after the other is asked about, each of them several times. */
const listsIn = createCache<JoinedPart, { fn: number; stacks: Uint32Array }[]>();
/** Lists that are kept for a part: a function, and those about it. */
const MAX_KEPT = 4;

const NONE = new Uint32Array();

/** Lists the stacks of a joined part that pass through a function, in order. */
export function listThrough(joined: Joined, part: JoinedPart, fn: number): Uint32Array {
  const lists = listsIn(joined);
  const kept = lists.get(part) ?? [];
  const known = kept.find((list) => list.fn === fn);
  if (known !== undefined) return known.stacks;
  const stacks = findStacks(part, fn);
  lists.set(part, [{ fn, stacks }, ...kept].slice(0, MAX_KEPT));
  return stacks;
}

function findStacks({ profile, frameFunction }: JoinedPart, fn: number): Uint32Array {
  // A byte for each frame stays in the processor's cache, where the numbers of functions do not.
  const isWanted = new Uint8Array(frameFunction.length);
  let hasWanted = false;
  for (let frame = 0; frame < frameFunction.length; frame++) {
    if (frameFunction[frame] !== fn) continue;
    isWanted[frame] = 1;
    hasWanted = true;
  }
  if (!hasWanted) return NONE;
  const { stackStart, stackFrames, values } = profile;
  const found = new Uint32Array(values.length);
  let count = 0;
  for (let stack = 0; stack < values.length; stack++) {
    const end = stackStart[stack + 1] ?? 0;
    for (let at = stackStart[stack] ?? 0; at < end; at++) {
      if (isWanted[stackFrames[at] ?? 0] !== 1) continue;
      found[count++] = stack;
      break;
    }
  }
  return found.slice(0, count);
}
