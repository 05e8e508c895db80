import { UpstreamError, UserError } from '../../errors.js';
import { activeStacks } from '../../profile/tables/idle-tree.js';
import {
  CUT_OFF,
  findHeaviestChain,
  readTree,
  refineBelow,
  type TreeStack,
  totalBelow,
  treeProfile,
} from '../../profile/tables/stack-tree.js';
import { parseProfileType } from '../../profile/types/types.js';
import { type CleanName, nameCleaner } from '../echoes.js';
import type { ReducedMerge } from '../source.js';
import { type ProfileSelection, selectMergeProfile, selectMergeTree } from './api.js';
import { unreadable } from './http/failure.js';
import type { Transport } from './http/transport.js';

/**
 * Number of call sites that are kept next to each leaf: enough to recognise waiting (`idle.ts`) and, mostly,
 * whose code called a library.
 */
const CALL_SITES = 4;
/** Maximum number of nodes of the call tree, the server's default; heavy branches would fit into fewer. */
const TREE_NODES = 8_192;
/** Maximum number of requests that extend the heaviest chain beyond the cut of the tree. */
const MAX_REFINED = 3;

/**
 * Reads the reduced forms of a merge that is too large to be read whole, in parallel. The server cuts the
 * stacks to their call sites next to the leaf before it merges them, so the own cost of every function is
 * exact.
 *
 * @param soon aborted when optional forms that are still open are left out; the leaves are always read
 * @throws UpstreamError when the leaves cannot be read
 */
export async function readReducedMerge(
  transport: Transport,
  selection: ProfileSelection,
  soon: AbortSignal,
  signal: AbortSignal,
): Promise<ReducedMerge> {
  const optionalSignal = AbortSignal.any([soon, signal]);
  const merge = async (callSites: number, callSignal: AbortSignal) => ({
    profile: await selectMergeProfile(transport, { ...selection, callSites }, callSignal),
    callSites,
  });
  const [leaves, sites, tree] = await Promise.all([
    merge(1, signal),
    merge(CALL_SITES, optionalSignal).catch((error: unknown) => nullIfMissing(error, optionalSignal)),
    readHeavyTree(transport, selection, optionalSignal).catch((error: unknown) =>
      nullIfMissing(error, optionalSignal),
    ),
  ]);
  const { profile, callSites } = sites ?? leaves;
  const [, sampleType = '', unit = ''] = selection.profileTypeId.split(':');
  return {
    leaves: profile ?? treeProfile([], sampleType, unit),
    callSites,
    tree: tree === null ? null : treeProfile(tree, sampleType, unit),
  };
}

/**
 * Reads the heavy part of the call tree. Further requests extend its heaviest chain (of work, not of waiting)
 * beyond the cut, as far as the server allows.
 */
async function readHeavyTree(
  transport: Transport,
  selection: ProfileSelection,
  signal: AbortSignal,
): Promise<TreeStack[]> {
  const read = async (callSite: readonly string[]) =>
    readStacks(
      await selectMergeTree(transport, { ...selection, callSite, maxNodes: TREE_NODES }, signal),
      nameCleaner(transport.echoes()),
    );
  const isWallClock = parseProfileType(selection.profileTypeId)?.isWallClock === true;
  const followChain = (among: readonly TreeStack[]) =>
    findHeaviestChain(isWallClock ? activeStacks(among) : among);
  let stacks = await read([]);
  for (let round = 0; round < MAX_REFINED; round++) {
    const chain = followChain(stacks);
    const prefix = chain.slice(0, -1);
    if (chain.at(-1) !== CUT_OFF || prefix.length === 0) break;
    const finer = await read(prefix);
    // Old storage ignores the path and answers with the whole tree.
    if (totalBelow(finer, prefix) < finer.reduce((sum, { value }) => sum + value, 0)) break;
    stacks = refineBelow(stacks, prefix, finer);
    if (followChain(stacks).length <= chain.length) break;
  }
  return stacks;
}

function readStacks(bytes: Uint8Array, cleanName: CleanName): TreeStack[] {
  try {
    return readTree(bytes, cleanName);
  } catch (error) {
    throw unreadable(`the call tree: ${error instanceof Error ? error.message : 'damaged'}`);
  }
}

/** Null for a form that may be missing, because it was too large as well or did not arrive in time. */
function nullIfMissing(error: unknown, signal: AbortSignal): null {
  if (signal.aborted || error instanceof UpstreamError || error instanceof UserError) return null;
  throw error;
}
