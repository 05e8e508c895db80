import type { FunctionInfo } from '../../../src/profile/model.js';
import type { Kind } from './case.js';
import { buildFrame, chain, type Path } from './frame.js';
import type { Language } from './languages/language.js';
import { withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type StackPlan, workStack } from './plan.js';
import { chance, gamma, integer, pick, pickSome, type Random, uniform } from './random.js';
import type { AppNode, CallTree } from './tree.js';

/**
 * A lens with a change in it: the planted parts add up to 1, to be multiplied by the intensity (1 for a
 * move).
 */
export interface Plant {
  lens: LensPlan;
  culprit: FunctionInfo;
  caller: FunctionInfo | null;
  /** Further right answers. */
  also: readonly FunctionInfo[];
  /** Functions of a renaming. */
  rename?: { from: FunctionInfo; to: FunctionInfo };
}

/**
 * Plants one of the kinds that time profiles show.
 * @param isWaiting whether kind m waits for another service in all cases, not in some
 */
export function plantTime(
  random: Random,
  kind: Kind,
  language: Language,
  tree: CallTree,
  lens: LensPlan,
  isWaiting = false,
): Plant {
  if (kind === 'j') return plantMove(random, language, tree, lens);
  const [decoyed, avoid] = kind === 'o' ? withDecoy(random, tree, lens) : [lens, null];
  const node = chooseNode(random, tree, decoyed, [0.005, 0.15], avoid);
  const site = chance(random, 0.4) && kind !== 'a' ? newSite(tree, node) : node;
  const planted = plantedStacks(random, kind, language, tree, site, totalMean(decoyed), isWaiting);
  return { lens: withStacks(decoyed, planted), culprit: site.fn, caller: site.caller, also: [] };
}

/** Plants the additional cost of a kind below the guilty function. */
export function plantedStacks(
  random: Random,
  kind: Kind,
  language: Language,
  tree: CallTree,
  site: AppNode,
  total: number,
  isWaiting = false,
): StackPlan[] {
  const above = site.path.slice(0, -1);
  const at = (offset: number): Path => [...above, buildFrame(site.fn, offset)];
  const part = (path: Path, planted: number, mean = 0) => workStack(path, mean, { planted });
  if (kind === 'k') {
    // The recursion was there, but shallow; now most of the cost lies deep.
    const levels = (depth: number) => [
      ...above,
      ...Array.from({ length: depth }, () => buildFrame(site.fn, 11)),
    ];
    return [
      ...[2, 3].map((depth) => part(levels(depth), 0, 0.005 * total)),
      ...[8, 16, 32, 48].map((depth, index) => part(levels(depth), (index + 1) / 10)),
    ];
  }
  if (kind === 'l') {
    const weights = Array.from({ length: integer(random, 14, 30) }, () => gamma(random, 3));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return weights.map((weight, index) => {
      const leaf = buildFrame(tree.newFunction());
      return part([...at(30 + index), leaf], weight / sum, 0.0004 * total);
    });
  }
  if (isWaiting) return [part([...at(13), ...SOCKET_READ], 1)];
  const ownCost = kind === 'a' || (kind !== 'b' && chance(random, 0.4));
  if (ownCost) return [part(at(5), 0.7), part(at(9), 0.3)];
  if (kind === 'm' && language.name === 'java' && chance(random, 0.5)) {
    // Slower answers from another service: waiting that is not idling.
    return [part([...at(13), ...SOCKET_READ], 1)];
  }
  const [first = [], second = first] = pickSome(random, language.libraries, 2);
  const leaf = pick(random, language.leaves);
  const share = uniform(random, 0.5, 0.8);
  return [
    part([...at(13), ...first], share * 0.6),
    part([...at(13), ...first, ...leaf], share * 0.4),
    part([...at(14), ...second], 1 - share),
  ];
}

const SOCKET_READ =
  chain(`org/apache/http/impl/client/InternalHttpClient.doExecute @ InternalHttpClient.java:171
  sun/nio/ch/NioSocketImpl.read @ NioSocketImpl.java:346
  sun/nio/ch/Net.poll @ Net.java`);

/** A function of the team with a caller, whose share lies between the bounds (or as near as can be). */
export function chooseNode(
  random: Random,
  tree: CallTree,
  lens: LensPlan,
  [least, most]: readonly [number, number],
  avoid: AppNode | null,
): AppNode {
  const total = totalMean(lens);
  const candidates = tree.nodes
    .filter(({ caller, path, fn }) => {
      if (caller === null) return false;
      return avoid === null || !(passesThrough(path, [avoid.fn]) || passesThrough(avoid.path, [fn]));
    })
    .map((node) => {
      const share = meanThrough(lens, node.fn) / total;
      return { node, miss: Math.max(0, least - share, share - most) };
    });
  const inside = candidates.filter(({ miss }) => miss === 0);
  if (inside.length > 0) return pick(random, inside).node;
  const nearest = candidates.sort((a, b) => a.miss - b.miss)[0];
  if (nearest === undefined) throw new Error('the call tree has no function with a caller');
  return nearest.node;
}

/** A function that did not exist before, called by this one. */
export function newSite(tree: CallTree, node: AppNode): AppNode {
  const fn = tree.newFunction();
  return { ...node, fn, path: [...node.path, buildFrame(fn)], caller: node.fn };
}

/** Any function of the team below a handler. */
export function anySite(random: Random, tree: CallTree): AppNode {
  const node = pick(
    random,
    tree.nodes.filter(({ caller }) => caller !== null),
  );
  return chance(random, 0.5) ? newSite(tree, node) : node;
}

/** Makes one function 25 to 45 % of the whole, before and after; it is innocent. */
function withDecoy(random: Random, tree: CallTree, lens: LensPlan): [LensPlan, AppNode | null] {
  // The decoy is in the last route, and never holds all of the functions that could be guilty.
  const decoy = tree.nodes.findLast(({ caller }) => caller !== null) ?? null;
  const others = tree.nodes.filter(
    ({ caller, path }) => caller !== null && decoy !== null && !passesThrough(path, [decoy.fn]),
  );
  if (decoy === null || others.every(({ fn }) => passesThrough(decoy.path, [fn]))) return [lens, null];
  return [withShare(lens, decoy.fn, uniform(random, 0.25, 0.45)), decoy];
}

/** The lens with this share for all stacks through a function; the total stays. */
function withShare(lens: LensPlan, fn: FunctionInfo, share: number): LensPlan {
  const total = totalMean(lens);
  const through = meanThrough(lens, fn);
  const stacks = lens.stacks.map((stack) => {
    if (stack.role === 'idle' || stack.role === 'warmup') return stack;
    const factor = passesThrough(stack.path, [fn])
      ? (share * total) / through
      : ((1 - share) * total) / (total - through);
    return { ...stack, mean: stack.mean * factor };
  });
  return { ...lens, stacks };
}

/** Plants a move: work gets another name, or a function of its own, and totals stay as they were. */
function plantMove(random: Random, language: Language, tree: CallTree, lens: LensPlan): Plant {
  const extracted = chance(random, 0.4);
  const node = chooseNode(random, tree, lens, [0.06, 0.4], null);
  const share = Math.max(meanThrough(lens, node.fn) / totalMean(lens), uniform(random, 0.06, 0.2));
  const raised = withShare(lens, node.fn, Math.min(share, 0.4));
  if (!extracted) {
    const to = language.renamed(node.fn);
    const moved = renameIn(raised, node.fn, to);
    return { lens: moved, culprit: to, caller: node.caller, also: [node.fn], rename: { from: node.fn, to } };
  }
  const fn = tree.newFunction();
  const endsHere = ({ path }: StackPlan) => path.at(-1)?.fn === node.fn;
  const factor = (0.06 * totalMean(raised)) / sum(raised.stacks.filter(endsHere));
  const stacks = raised.stacks.map((stack) =>
    endsHere(stack) ? { ...stack, mean: stack.mean * Math.max(1, factor), vanishes: true } : stack,
  );
  const moved = stacks.filter(endsHere).map((stack) => arriving(stack, [...stack.path, buildFrame(fn)]));
  return { lens: withStacks({ ...raised, stacks }, moved), culprit: fn, caller: node.fn, also: [node.fn] };
}

/** Lets every stack through `from` vanish as the change comes, and the same with `to` in its place arrive. */
export function renameIn(lens: LensPlan, from: FunctionInfo, to: FunctionInfo): LensPlan {
  const indices = [...lens.stacks.keys()].filter((at) => passesThrough(lens.stacks[at]?.path ?? [], [from]));
  const stacks = lens.stacks.map((stack, at) =>
    indices.includes(at) ? { ...stack, vanishes: true } : stack,
  );
  const moved = indices.flatMap((at) => {
    const stack = lens.stacks[at];
    if (stack === undefined) return [];
    return arriving(
      stack,
      stack.path.map(({ fn, line }) => (fn === from ? buildFrame(to, line - from.startLine) : { fn, line })),
    );
  });
  return {
    ...lens,
    stacks: [...stacks, ...moved],
    types: lens.types.map((type) => ({
      ...type,
      per: Float64Array.from([...type.per, ...indices.map((at) => type.per[at] ?? 0)]),
    })),
  };
}

function arriving(stack: StackPlan, path: Path): StackPlan {
  return { ...stack, path, mean: 0, planted: stack.mean, vanishes: false };
}

export function totalMean(lens: LensPlan): number {
  return sum(lens.stacks.filter(({ role }) => role === 'work' || role === 'collector'));
}

export function meanThrough(lens: LensPlan, fn: FunctionInfo): number {
  const wanted = [fn];
  let total = 0;
  for (const { path, mean } of lens.stacks) if (passesThrough(path, wanted)) total += mean;
  return total;
}

function sum(stacks: readonly StackPlan[]): number {
  return stacks.reduce((total, { mean }) => total + mean, 0);
}
