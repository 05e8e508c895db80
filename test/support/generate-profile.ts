import { Profile, StringTable } from 'pprof-format';

/** How large a generated profile is; everything else follows from the seed. */
export interface GeneratedProfileOptions {
  /** Nodes of the call tree merged by function: distinct call paths, the prefixes of stacks included. */
  nodes: number;
  seed?: number;
  /** Exact share of `runtime.mallocgc` in the self cost of the whole profile. */
  hotShare?: number;
  /** Factor for the costs of one call path, some 3 % of all. */
  slower?: number;
  /** Only the `cpu` values, as a Pyroscope server sends them; else the sample counts, too. */
  cpuOnly?: boolean;
}

/** A CPU profile of a made-up Go service with what must be found in it. */
export interface GeneratedProfile {
  /** Uncompressed pprof. */
  bytes: Uint8Array;
  /** Nodes of the call tree, counted while it grew. */
  nodes: number;
  stacks: number;
  /** The function whose cost is spread over very many cold paths. */
  hot: { name: string; paths: number; share: number };
  /** Sum of the `cpu` values, nanoseconds. */
  total: number;
}

const HOT = 'runtime.mallocgc';
const TICK_NS = 10_000_000;
/** Samples behind the profile; shares with four decimals come out exactly. */
const TICKS_PER_NODE = 10;
/** Number of hot leaves among a hundred nodes. */
const HOT_PER_HUNDRED = 7;
const CALLEES = 12;
const MAX_DEPTH = 60;
/**
 * New frames that one stack adds to the tree at most. With this and where paths branch off, the profile has
 * the shape of one that a real server merged: 816,611 nodes in 98,715 stacks of about 22 frames.
 */
const LONGEST_CHAIN = 17;
const START_NS = 1_795_185_000n * 1_000_000_000n;

const PACKAGES = (
  'northwind.dev/orders/api northwind.dev/orders/pricing northwind.dev/orders/coupon northwind.dev/orders/storage ' +
  'northwind.dev/platform/telemetry northwind.dev/platform/cache github.com/jackc/pgx/v5 github.com/redis/go-redis/v9 ' +
  'google.golang.org/grpc google.golang.org/protobuf/proto go.opentelemetry.io/otel/sdk/trace gopkg.in/yaml.v3 ' +
  'net/http encoding/json crypto/tls database/sql compress/gzip regexp reflect fmt strconv strings bytes bufio sort sync io'
).split(' ');
const TYPES = 'Server Client Handler Pool Conn Decoder Encoder Router Session Buffer Writer Reader'.split(
  ' ',
);
const VERBS =
  'Handle Do Read Write Parse Encode Decode Apply Lookup Resolve Validate Flush Next Scan Merge Fetch'.split(
    ' ',
  );
const NOUNS = 'Request Order Item Header Row Batch Value Frame Token Record'.split(' ');
const ALLOCATORS = ['runtime.newobject', 'runtime.makeslice', 'runtime.growslice', 'runtime.concatstrings'];
const LEAVES = [
  'runtime.memmove',
  'runtime.futex',
  'runtime.nanotime',
  'internal/runtime/syscall.Syscall6',
  'aeshashbody',
];

/**
 * A small generator of pseudo-random numbers in [0, 1) (mulberry32): the same seed gives the same profile.
 */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The call tree while it grows: one entry per node. */
interface Tree {
  functionOf: number[];
  parentOf: number[];
  depthOf: number[];
  /** Child by node and function. */
  child: Map<number, number>;
}

/**
 * Generates a profile in which a runtime leaf has a large share of the self cost, spread over thousands of
 * call paths of which none matters: what a truncated call tree loses first.
 */
export function generateProfile(options: GeneratedProfileOptions): GeneratedProfile {
  const { nodes, seed = 1, hotShare = 0.3024, slower = 1, cpuOnly = false } = options;
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const functions = functionNames(Math.max(200, Math.min(4_000, Math.round(nodes / 25))), below);
  const tree: Tree = { functionOf: [], parentOf: [], depthOf: [], child: new Map() };
  const leaves = growTree(tree, nodes - Math.round((nodes * HOT_PER_HUNDRED) / 100), functions, below);
  const hotLeaves = addHotLeaves(tree, nodes, functions, below);

  const ticks = nodes * TICKS_PER_NODE;
  const hotTicks = Math.round(ticks * hotShare);
  const weights = new Map<number, number>();
  spread(leaves, ticks - hotTicks, weights, next);
  spread(hotLeaves, hotTicks, weights, next);
  const extra = slowDown(tree, functions, weights, slower);
  return {
    bytes: encode(tree, functions, weights, cpuOnly),
    nodes: tree.functionOf.length,
    stacks: weights.size,
    hot: { name: HOT, paths: hotLeaves.length, share: hotTicks / ticks },
    total: (ticks + extra) * TICK_NS,
  };
}

function functionNames(count: number, below: (limit: number) => number): string[] {
  const pick = (words: readonly string[]) => words[below(words.length)] ?? '';
  const names = new Set([
    'runtime.main',
    'main.main',
    'net/http.(*conn).serve',
    HOT,
    ...ALLOCATORS,
    ...LEAVES,
  ]);
  while (names.size < count) {
    const method = `${pick(VERBS)}${pick(NOUNS)}`;
    const receiver = `(*${pick(TYPES)}${pick(NOUNS)})`;
    const form = below(10);
    const name =
      form < 5
        ? `${receiver}.${method}`
        : form < 8
          ? method
          : form < 9
            ? `${method}.func${1 + below(4)}`
            : `${method}[go.shape.string]`;
    names.add(`${pick(PACKAGES)}.${name}`);
  }
  return [...names];
}

/** Grows short call chains from nodes all over the tree; returns the nodes that stacks end in. */
function growTree(
  tree: Tree,
  target: number,
  functions: readonly string[],
  below: (limit: number) => number,
): number[] {
  const first = functions.indexOf(HOT) + 1 + ALLOCATORS.length + LEAVES.length;
  const callee = (fn: number) =>
    first + ((fn * 7_919 + below(CALLEES) * 104_729) % (functions.length - first));
  const inner = ['runtime.main', 'net/http.(*conn).serve'].map((name) =>
    addChild(tree, -1, functions.indexOf(name)),
  );
  const ends = new Set<number>();
  while (tree.functionOf.length < target) {
    // Most new paths branch off near the entry points.
    let node = inner[below(1 + below(1 + below(inner.length)))] ?? 0;
    const depth = Math.min(MAX_DEPTH, (tree.depthOf[node] ?? 0) + 1 + below(LONGEST_CHAIN));
    while ((tree.depthOf[node] ?? 0) < depth && tree.functionOf.length < target) {
      const size = tree.functionOf.length;
      node = addChild(tree, node, callee(tree.functionOf[node] ?? 0));
      if (node === size) inner.push(node);
    }
    if (tree.functionOf.length < target && below(3) === 0) {
      node = addChild(tree, node, functions.indexOf(LEAVES[below(LEAVES.length)] ?? ''));
    }
    ends.add(node);
  }
  return [...ends];
}

/**
 * Hangs the hot function, half the time by way of an allocator, below nodes all over the tree until it is
 * full.
 */
function addHotLeaves(
  tree: Tree,
  target: number,
  functions: readonly string[],
  below: (limit: number) => number,
): number[] {
  const grown = tree.functionOf.length;
  const hotId = functions.indexOf(HOT);
  const added: number[] = [];
  while (tree.functionOf.length < target) {
    let caller = below(grown);
    if (below(2) === 0 && tree.functionOf.length + 2 <= target) {
      caller = addChild(tree, caller, functions.indexOf(ALLOCATORS[below(ALLOCATORS.length)] ?? ''));
    }
    const size = tree.functionOf.length;
    const node = addChild(tree, caller, hotId);
    if (node === size) added.push(node);
  }
  return added;
}

/** Part of all costs that the call path which becomes slower has. */
const SLOWER_PART = 0.03;

/** Packages that the team's own code is in. */
const OWN = /^northwind\.dev\//;

/**
 * Multiplies the costs below one node that own code calls; returns what that adds. Below the outermost own
 * function all would grow alike, as with more requests of one kind.
 */
function slowDown(
  tree: Tree,
  functions: readonly string[],
  weights: Map<number, number>,
  factor: number,
): number {
  if (factor === 1) return 0;
  const isInOwn = new Uint8Array(tree.functionOf.length);
  const below = tree.functionOf.map((_, node) => weights.get(node) ?? 0);
  // Children come after their parents.
  for (let node = below.length - 1; node >= 0; node--) {
    const parent = tree.parentOf[node] ?? -1;
    if (parent >= 0) below[parent] = (below[parent] ?? 0) + (below[node] ?? 0);
  }
  const wanted = SLOWER_PART * Math.max(...below.slice(0, 2));
  const off = (node: number) => Math.abs((below[node] ?? 0) - wanted);
  let slow = 0;
  for (let node = 1; node < below.length; node++) {
    const parent = tree.parentOf[node] ?? -1;
    if (parent < 0) continue;
    const isOwn = OWN.test(functions[tree.functionOf[parent] ?? 0] ?? '');
    isInOwn[node] = isOwn || isInOwn[parent] === 1 ? 1 : 0;
    if (isInOwn[node] === 1 && off(node) < off(slow)) slow = node;
  }
  const inside = new Uint8Array(below.length);
  let extra = 0;
  for (let node = slow; node < below.length; node++) {
    if (node !== slow && inside[tree.parentOf[node] ?? -1] !== 1) continue;
    inside[node] = 1;
    const weight = weights.get(node);
    if (weight === undefined) continue;
    const more = Math.round(weight * factor);
    extra += more - weight;
    weights.set(node, more);
  }
  return extra;
}

function addChild(tree: Tree, parent: number, fn: number): number {
  const key = (parent + 1) * 2 ** 20 + fn;
  let node = tree.child.get(key);
  if (node === undefined) {
    node = tree.functionOf.length;
    tree.child.set(key, node);
    tree.functionOf.push(fn);
    tree.parentOf.push(parent);
    tree.depthOf.push(parent < 0 ? 1 : (tree.depthOf[parent] ?? 0) + 1);
  }
  return node;
}

/** Spreads whole ticks over nodes: one each, and the rest at random with a long tail. */
function spread(
  nodes: readonly number[],
  ticks: number,
  weights: Map<number, number>,
  next: () => number,
): void {
  let rest = ticks - nodes.length;
  nodes.forEach((node, index) => {
    const even = rest / (nodes.length - index);
    const share =
      index === nodes.length - 1 ? rest : Math.min(rest, Math.floor(even * -Math.log(1 - next())));
    rest -= share;
    weights.set(node, (weights.get(node) ?? 0) + 1 + share);
  });
}

function encode(
  tree: Tree,
  functions: readonly string[],
  weights: ReadonlyMap<number, number>,
  cpuOnly: boolean,
): Uint8Array {
  const stringTable = new StringTable();
  const text = (string: string) => stringTable.dedup(string);
  const locations = new Map<number, { id: number; line: { functionId: number; line: number }[] }>();
  const addLocation = (fn: number, callee: number) => {
    // Real Go profiles have one to two call sites a function.
    const line = 20 + (fn % 300) + (callee % 2);
    const key = fn * 1_000 + line;
    const known = locations.get(key);
    if (known !== undefined) return known.id;
    const id = locations.size + 1;
    locations.set(key, { id, line: [{ functionId: fn + 1, line }] });
    return id;
  };
  const sample = [...weights].map(([leaf, ticks]) => {
    const locationId: number[] = [];
    let callee = 0;
    for (let node = leaf; node >= 0; node = tree.parentOf[node] ?? -1) {
      const fn = tree.functionOf[node] ?? 0;
      locationId.push(addLocation(fn, callee));
      callee = fn;
    }
    return { locationId, value: cpuOnly ? [ticks * TICK_NS] : [ticks, ticks * TICK_NS] };
  });
  return new Profile({
    sampleType: [
      ...(cpuOnly ? [] : [{ type: text('samples'), unit: text('count') }]),
      { type: text('cpu'), unit: text('nanoseconds') },
    ],
    sample,
    mapping: [{ id: 1, filename: text('orders'), hasFunctions: true }],
    location: [...locations.values()].map((location) => ({
      ...location,
      mappingId: 1,
      address: 0x400000 + location.id,
    })),
    function: functions.map((name, index) => ({
      id: index + 1,
      name: text(name),
      systemName: text(name),
      filename: text(`${/^[^([]*\/?[^.([]*/.exec(name)?.[0] ?? 'main'}/source.go`),
      startLine: 10 + (index % 300),
    })),
    stringTable,
    timeNanos: START_NS,
    durationNanos: 15_000_000_000n,
    periodType: { type: text('cpu'), unit: text('nanoseconds') },
    period: TICK_NS,
  }).encode();
}
