import type { Joined } from '../../contrast/join.js';

/**
 * Parts groups of functions into chains of calls: two of a group are of one chain where some stack passes
 * through both.
 *
 * @param indices parts whose stacks count
 * @param groupOf group of each function that is in one
 * @returns every function of every group, chain by chain, the innermost of a chain first
 */
export function listChains(
  { parts, functions }: Joined,
  indices: readonly number[],
  groupOf: ReadonlyMap<number, number>,
): number[][] {
  const group = new Int32Array(functions.length).fill(-1);
  for (const [fn, number] of groupOf) group[fn] = number;
  const linked = new Map<number, number>([...groupOf.keys()].map((fn) => [fn, fn]));
  const findRoot = (fn: number): number => {
    let root = fn;
    for (let next = linked.get(root); next !== undefined && next !== root; next = linked.get(root))
      root = next;
    linked.set(fn, root);
    return root;
  };
  /** Sum over the stacks of value × number of functions of the group that lie below. */
  const height = new Float64Array(functions.length);
  for (const index of groupOf.size === 0 ? [] : indices) {
    const part = parts[index];
    if (part === undefined) continue;
    const { stackStart, stackFrames, values } = part.profile;
    for (let stack = 0; stack < values.length; stack++) {
      const met: number[] = [];
      for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++) {
        const fn = part.frameFunction[stackFrames[at] ?? 0] ?? 0;
        if ((group[fn] ?? -1) < 0 || met.includes(fn)) continue;
        const below = met.filter((other) => group[other] === group[fn]);
        height[fn] = (height[fn] ?? 0) + below.length * (values[stack] ?? 0);
        if (below[0] !== undefined) linked.set(findRoot(fn), findRoot(below[0]));
        met.push(fn);
      }
    }
  }
  const chains = new Map<number, number[]>();
  for (const fn of groupOf.keys()) {
    const root = findRoot(fn);
    const chain = chains.get(root) ?? [];
    chains.set(root, chain);
    chain.push(fn);
  }
  return [...chains.values()].map((chain) =>
    chain.sort((a, b) => (height[a] ?? 0) - (height[b] ?? 0) || a - b),
  );
}
