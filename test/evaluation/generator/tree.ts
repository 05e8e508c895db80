import type { FunctionInfo } from '../../../src/profile/model.js';
import { buildFrame, type Path } from './frame.js';
import type { Language, Project } from './languages/language.js';
import { type StackPlan, workStack } from './plan.js';
import { chance, gamma, integer, pick, type Random, uniform } from './random.js';

const AREAS =
  'pricing coupon inventory routing search credentials ledger billing catalog shipping ranking grid media fanout session quota feed report tax render'.split(
    ' ',
  );
const NOUNS =
  'Order Rule Item Segment Token Row Quote Entry Policy Region Receipt Bucket Path Invoice Slot Offer Graph Window'.split(
    ' ',
  );
const VERBS =
  'resolve apply load match plan score expand format merge select verify derive collect normalize project estimate'.split(
    ' ',
  );

/** A function of the team at its one place in the call tree. */
export interface AppNode {
  fn: FunctionInfo;
  /** From the entry point to the function itself. */
  path: Path;
  /** The calling function of the team, null for a handler. */
  caller: FunctionInfo | null;
  route: number;
}

export interface CallTree {
  /** Shares of the active samples, in `mean`; they add up to 1. */
  stacks: StackPlan[];
  nodes: AppNode[];
  /** Makes further functions of the team with unused names. */
  newFunction: () => FunctionInfo;
}

/**
 * A service as profilers see it: a few routes behind a chain of wrappers, each a tree of the team's functions
 * with own cost and calls into libraries, helpers shared between routes, sometimes a recursion, and work that
 * requests do not cause. Costs of stacks are gamma-distributed with shape 0.7: few heavy ones and a long
 * tail.
 */
export function growTree(random: Random, language: Language, project: Project): CallTree {
  const newFunction = functionMaker(random, language, project);
  const nodes: AppNode[] = [];
  const stacks: StackPlan[] = [];
  const helpers = Array.from({ length: 3 }, newFunction);
  const wrappers = language.middleware(project).filter(() => chance(random, 0.75));
  const routes = integer(random, 2, 5);
  for (let route = 0; route < routes; route++) {
    const weight = gamma(random, 2);
    const first = stacks.length;
    const entry = [...pick(random, language.entries), ...wrappers.flat()];
    wrappers.forEach((_, index) => {
      const upTo = entry.length - wrappers.slice(index + 1).flat().length;
      stacks.push(workStack(entry.slice(0, upTo), 0.03 * gamma(random, 0.7)));
    });
    growNode(
      random,
      language,
      { nodes, stacks, newFunction, helpers, route },
      entry,
      null,
      integer(random, 2, 4),
    );
    normalise(stacks, first, weight);
  }
  const collector = uniform(random, 0.01, 0.06);
  const background = uniform(random, 0.03, 0.18);
  normalise(stacks, 0, 1 - collector - background);
  addShare(random, stacks, language.background, background, { scales: false });
  addShare(random, stacks, language.collector, collector, { role: 'collector' });
  normalise(stacks, 0, 1);
  for (const path of language.warmup) {
    stacks.push(workStack(path, uniform(random, 0.03, 0.15), { role: 'warmup', scales: false }));
  }
  return { stacks, nodes, newFunction };
}

interface Growing {
  nodes: AppNode[];
  stacks: StackPlan[];
  newFunction: () => FunctionInfo;
  helpers: readonly FunctionInfo[];
  route: number;
}

function growNode(
  random: Random,
  language: Language,
  tree: Growing,
  above: Path,
  caller: FunctionInfo | null,
  depth: number,
): void {
  const fn = tree.newFunction();
  const path = [...above, buildFrame(fn)];
  tree.nodes.push({ fn, path, caller, route: tree.route });
  const cost = () => gamma(random, 0.7);
  const site = (offset: number) => [...above, buildFrame(fn, offset)];
  tree.stacks.push(workStack(path, 0.6 * cost()));
  for (let call = integer(random, 0, 2); call > 0; call--) {
    tree.stacks.push(workStack([...site(4 + 3 * call), ...pick(random, language.libraries)], cost()));
  }
  if (chance(random, 0.5))
    tree.stacks.push(workStack([...site(16), ...pick(random, language.leaves)], 0.5 * cost()));
  if (chance(random, 0.3)) {
    const helper = buildFrame(pick(random, tree.helpers));
    tree.stacks.push(workStack([...site(19), helper], 0.4 * cost()));
    tree.stacks.push(workStack([...site(19), helper, ...pick(random, language.libraries)], 0.4 * cost()));
  }
  if (chance(random, 0.1)) {
    for (const deep of [2, 4, 7]) {
      const recursion = Array.from({ length: deep }, () => buildFrame(fn, 23));
      tree.stacks.push(workStack([...above, ...recursion, buildFrame(fn)], 0.4 * cost()));
    }
  }
  if (depth === 0) return;
  const children = integer(random, 1, 3);
  for (let child = 0; child < children; child++) {
    growNode(
      random,
      language,
      tree,
      site(26 + 3 * child),
      fn,
      depth - 1 - integer(random, 0, Math.min(1, depth - 1)),
    );
  }
}

function functionMaker(random: Random, language: Language, project: Project): () => FunctionInfo {
  const used = new Set<string>();
  return () => {
    for (;;) {
      const words = { area: pick(random, AREAS), noun: pick(random, NOUNS), verb: pick(random, VERBS) };
      const fn = language.app(project, { ...words, startLine: integer(random, 8, 240) });
      if (used.has(fn.name)) continue;
      used.add(fn.name);
      return fn;
    }
  };
}

/** Scales the stacks from `first` on so that they add up to `sum`. */
function normalise(stacks: StackPlan[], first: number, sum: number): void {
  let total = 0;
  for (let at = first; at < stacks.length; at++) total += stacks[at]?.mean ?? 0;
  for (let at = first; at < stacks.length; at++) {
    const stack = stacks[at];
    if (stack !== undefined) stack.mean *= sum / total;
  }
}

function addShare(
  random: Random,
  stacks: StackPlan[],
  paths: readonly Path[],
  share: number,
  more: Partial<StackPlan>,
): void {
  const weights = paths.map(() => gamma(random, 1.5));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  paths.forEach((path, index) => {
    stacks.push(workStack(path, (share * (weights[index] ?? 0)) / total, more));
  });
}
