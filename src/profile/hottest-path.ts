import type { Profile } from './model.js';
import { type CallNode, callTreeRoot, expandNode } from './tables/calltree.js';

export interface PathStep {
  functionId: number;
  /** Line through which most of the value passes; 0 = unknown. */
  line: number;
  total: number;
  /** Own cost of the function at this place in the tree. */
  self: number;
}

export interface HottestPath {
  /** Entry point first, leaf last; empty only for a profile without stacks. */
  steps: PathStep[];
  /** Index of the last step that explains the cost; below it the chain is one of many. */
  explainsUntil: number;
  /** Children of that step, heaviest first. */
  branches: { functionId: number; total: number }[];
}

/**
 * A step that keeps less of its parent than this no longer explains the cost (HPCToolkit's hot path rule).
 */
const EXPLAINS_SHARE_OF_PARENT = 0.5;

/**
 * The heaviest call chain from entry point to leaf: the heaviest root, then the heaviest child each time,
 * ties by name. The mark `explainsUntil` is set at the last step before the chain first falls below half of
 * its parent; the rule does not apply at the entry point nor above the first application frame, where wide
 * fan-outs are normal.
 *
 * @param isApplication tells the team's own functions from libraries and runtime
 */
export function findHottestPath(
  profile: Profile,
  isApplication: (functionId: number) => boolean,
): HottestPath {
  const steps: PathStep[] = [];
  const childrenOf: { functionId: number; total: number }[][] = [];
  let expansion = expandNode(profile, callTreeRoot(profile));
  let node: CallNode | undefined = expansion.children[0];
  while (node !== undefined) {
    expansion = expandNode(profile, node);
    steps.push({
      functionId: node.functionId,
      line: expansion.line,
      total: node.total,
      self: expansion.self,
    });
    childrenOf.push(expansion.children.map(({ functionId, total }) => ({ functionId, total })));
    node = expansion.children[0];
  }
  const firstApplication = steps.findIndex((step) => isApplication(step.functionId));
  let explainsUntil = steps.length - 1;
  for (let at = Math.max(1, firstApplication + 1); at < steps.length; at++) {
    if ((steps[at]?.total ?? 0) < EXPLAINS_SHARE_OF_PARENT * (steps[at - 1]?.total ?? 0)) {
      explainsUntil = at - 1;
      break;
    }
  }
  return { steps, explainsUntil, branches: childrenOf[explainsUntil] ?? [] };
}
