import { isIdleFrame, splitIdle } from '../code/idle.js';
import type { FunctionInfo, Profile } from '../model.js';
import { CUT_OFF, type TreeStack } from './stack-tree.js';
import { selectStacks, stacksEndingIn } from './stacks.js';

/**
 * A call tree without the stacks that wait for work, and without those whose end the store cut off, since
 * they may wait. Every total that is left is a lower bound of its active part.
 *
 * @param tree a profile made of a call tree, which knows names alone
 * @param leaves the ends of the same stacks, which know files too, by which some idle functions are told
 */
export function activeTree(tree: Profile, leaves: Profile): Profile {
  const namesakes = new Map<string, FunctionInfo[]>();
  for (const info of leaves.functions) {
    const known = namesakes.get(info.name);
    if (known === undefined) namesakes.set(info.name, [info]);
    else known.push(info);
  }
  const { active } = splitIdle(tree, (info, isLeaf) =>
    [info, ...(namesakes.get(info.name) ?? [])].some((namesake) => isIdleFrame(namesake, isLeaf)),
  );
  const isCutOff = stacksEndingIn(active, (id) => active.functions[id]?.name === CUT_OFF);
  return selectStacks(active, (stack) => !isCutOff(stack));
}

/** The stacks of a call tree that do not end in waiting, as far as names alone tell. */
export function activeStacks(stacks: readonly TreeStack[]): TreeStack[] {
  return stacks.filter(({ names }) => {
    const leaf = names.at(-1) ?? '';
    return !isIdleFrame({ name: leaf, file: '', startLine: 0, isSymbolised: true }, true);
  });
}
