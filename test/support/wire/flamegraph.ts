import type { Profile } from '../../../src/profile/model.js';

/**
 * A call tree by function name, as Pyroscope builds it: locations without symbols give their value to their
 * caller.
 */
interface Node {
  name: string;
  self: number;
  total: number;
  children: Map<string, Node>;
}

/** `querier.v1.FlameGraph` as protojson. Each level is a run of `[x delta, total, self, name index]`. */
export interface FlameGraph {
  names: string[];
  levels: { values: string[] }[];
  total: string;
  maxSelf: string;
}

/** The name under which truncation puts what it cuts off. */
const OTHER = 'other';

/** The flame graph of a profile, cut to about `maxNodes` nodes. */
export function flameGraph(profile: Profile, maxNodes: number, prefix: readonly string[] = []): FlameGraph {
  const root = callTree(profile, prefix);
  const smallest = smallestKept(root, maxNodes);
  const names = ['total'];
  const index = new Map([['total', 0]]);
  const levels: { x: number; node: Node }[][] = [];
  let maxSelf = 0;
  const open: { node: Node; x: number; level: number }[] = [
    { node: { ...root, name: 'total' }, x: 0, level: 0 },
  ];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { node, x, level } = entry;
    if (!index.has(node.name)) index.set(node.name, names.push(node.name) - 1);
    // A node of this name is drawn as a leaf, whether truncation made it or the program did.
    const leaf = node.name === OTHER && level > 0;
    const self = leaf ? node.total : node.self;
    maxSelf = Math.max(maxSelf, self);
    const row = levels[level] ?? [];
    levels[level] = row;
    row.unshift({ x, node: { ...node, self } });
    let left = x + node.self;
    for (const child of leaf ? [] : keptChildren(node, smallest)) {
      open.push({ node: child, x: left, level: level + 1 });
      left += child.total;
    }
  }
  return {
    names,
    levels: levels.map((row) => {
      let before = 0;
      return {
        values: row.flatMap(({ x, node }) => {
          const delta = x - before;
          before = x + node.total;
          return [delta, node.total, node.self, index.get(node.name) ?? 0].map(String);
        }),
      };
    }),
    total: String(root.total),
    maxSelf: String(maxSelf),
  };
}

/**
 * Writes the tree in Pyroscope's own format; empty without data. Pre-order: name length, name, self, number
 * of children.
 */
export function treeBytes(profile: Profile, maxNodes: number, prefix: readonly string[] = []): Buffer {
  const root = callTree(profile, prefix);
  if (root.total === 0) return Buffer.alloc(0);
  const smallest = smallestKept(root, maxNodes);
  const bytes: number[] = [];
  const open: Node[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const children = keptChildren(node, smallest);
    const name = Buffer.from(node.name);
    pushUvarint(bytes, name.length);
    bytes.push(...name);
    pushUvarint(bytes, node.self);
    pushUvarint(bytes, children.length);
    open.push(...children.toReversed());
  }
  return Buffer.from(bytes);
}

function callTree(profile: Profile, prefix: readonly string[]): Node {
  const { functions, frameFunction, stackStart, stackFrames, values } = profile;
  const root: Node = { name: '', self: 0, total: 0, children: new Map() };
  values.forEach((value, stack) => {
    const names: string[] = [];
    for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
      const fn = functions[frameFunction[stackFrames[at] ?? 0] ?? 0];
      if (fn?.isSymbolised) names.push(fn.name);
    }
    if (names.length === 0 || prefix.some((name, depth) => names[depth] !== name)) return;
    let node = root;
    node.total += value;
    for (const name of names) {
      const child = node.children.get(name) ?? { name, self: 0, total: 0, children: new Map<string, Node>() };
      node.children.set(name, child);
      node = child;
      node.total += value;
    }
    node.self += value;
  });
  return root;
}

/** The total of the smallest node among the `maxNodes` largest; 0 where all fit. Ties are kept. */
function smallestKept(root: Node, maxNodes: number): number {
  const totals: number[] = [];
  const open = [...root.children.values()];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    totals.push(node.total);
    open.push(...node.children.values());
  }
  if (totals.length <= maxNodes) return 0;
  return totals.sort((a, b) => b - a)[maxNodes - 1] ?? 0;
}

/** By name; those that are too small become one leaf, together with a real function of that leaf's name. */
function keptChildren(node: Node, smallest: number): Node[] {
  const all = [...node.children.values()];
  const kept = new Map(all.filter(({ total }) => total >= smallest).map((child) => [child.name, child]));
  const cut = all.filter(({ total }) => total < smallest).reduce((sum, { total }) => sum + total, 0);
  if (cut > 0) {
    const same = kept.get(OTHER) ?? { name: OTHER, self: 0, total: 0, children: new Map<string, Node>() };
    kept.set(OTHER, { ...same, self: same.self + cut, total: same.total + cut });
  }
  return [...kept.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function pushUvarint(bytes: number[], value: number): void {
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
}
