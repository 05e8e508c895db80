import { UpstreamError, UserError } from '../../errors.js';
import { activeStacks } from '../../profile/tables/idle-tree.js';
import {
  CUT_OFF,
  heaviestChain,
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
import { unreadable } from './failure.js';
import type { Transport } from './transport.js';

/**
 * Call sites kept next to each leaf: enough to see who waits (`idle.ts`) and, mostly, whose code called a
 * library.
 */
const CALL_SITES = 4;
/** Nodes of the call tree, as many as a server gives by default: its heavy branches are there with fewer. */
const TREE_NODES = 8_192;
/** How often the cut end of the heaviest chain is looked at more closely. */
const MAX_REFINED = 3;

/**
 * What can be had of a merge that is too large to be read whole, all asked for at once. The server cuts the
 * stacks to their call sites next to the leaf before it merges them, so the own cost of every function stays
 * exact.
 *
 * @param soon what has not come by then is left out, but for the leaves themselves
 * @throws UpstreamError when not even these come
 */
export async function reducedMerge(
  transport: Transport,
  selection: ProfileSelection,
  soon: AbortSignal,
  signal: AbortSignal,
): Promise<ReducedMerge> {
  const extra = AbortSignal.any([soon, signal]);
  const merge = async (callSites: number, own: AbortSignal) => ({
    profile: await selectMergeProfile(transport, { ...selection, callSites }, own),
    callSites,
  });
  const [leaves, sites, tree] = await Promise.all([
    merge(1, signal),
    merge(CALL_SITES, extra).catch((error: unknown) => without(error, extra)),
    heavyTree(transport, selection, extra).catch((error: unknown) => without(error, extra)),
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
 * The heavy part of the call tree, its heaviest chain (of work, not of waiting) followed to the end as far as
 * the server lets us.
 */
async function heavyTree(
  transport: Transport,
  selection: ProfileSelection,
  signal: AbortSignal,
): Promise<TreeStack[]> {
  const read = async (callSite: readonly string[]) =>
    treeOf(
      await selectMergeTree(transport, { ...selection, callSite, maxNodes: TREE_NODES }, signal),
      nameCleaner(transport.echoes()),
    );
  const waits = parseProfileType(selection.profileTypeId)?.wallClock === true;
  const chainOf = (among: readonly TreeStack[]) => heaviestChain(waits ? activeStacks(among) : among);
  let stacks = await read([]);
  for (let round = 0; round < MAX_REFINED; round++) {
    const chain = chainOf(stacks);
    const prefix = chain.slice(0, -1);
    if (chain.at(-1) !== CUT_OFF || prefix.length === 0) break;
    const finer = await read(prefix);
    // Old storage answers with the whole tree, whatever path is asked for.
    if (totalBelow(finer, prefix) < finer.reduce((sum, { value }) => sum + value, 0)) break;
    stacks = refineBelow(stacks, prefix, finer);
    if (chainOf(stacks).length <= chain.length) break;
  }
  return stacks;
}

function treeOf(bytes: Uint8Array, cleanName: CleanName): TreeStack[] {
  try {
    return readTree(bytes, cleanName);
  } catch (error) {
    throw unreadable(`the call tree: ${error instanceof Error ? error.message : 'damaged'}`);
  }
}

/** A part that may be missing: it was too large, too, or did not come in time. */
function without(error: unknown, signal: AbortSignal): null {
  if (signal.aborted || error instanceof UpstreamError || error instanceof UserError) return null;
  throw error;
}
