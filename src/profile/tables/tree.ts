import { type Profile, shareBase } from '../model.js';
import { type CallNode, callTreeRoot, expandNode } from './calltree.js';

/** A row of a call tree that was cut to a maximum number of rows. */
export interface TreeRow {
  functionId: number;
  /** Line through which most of the value passes; 0 = unknown. */
  line: number;
  /** Rows between this one and an entry point; folded frames do not count. */
  depth: number;
  total: number;
  self: number;
  /** Frames below this row, and above the next, that only hand on their cost and are left out. */
  folded: number;
  /** Children left out for lack of room: how many, and their sum. */
  hidden: { count: number; total: number } | null;
}

/** A node counts less the deeper it lies: Firefox's profiler cuts its text trees by the same rule. */
const DEPTH_DECAY = 0.9;
/** Smallest share of a frame in one child for which the frame folds into the row above it. */
export const HANDS_ON = 0.98;
/** Own cost, as a share of the whole, from which on a frame does not fold. */
export const OWN_COST_FLOOR = 0.005;

interface Item {
  node: CallNode;
  children: CallNode[];
  /** Small callees of the frames that were folded. */
  aside: CallNode[];
  self: number;
  line: number;
  folded: number;
  depth: number;
  isOnHottestPath: boolean;
  shown: Item[];
}

/**
 * The call tree cut to `limit` rows, best first: the heaviest nodes by total × 0.9^depth. The hottest path is
 * taken first, down to `pathDepth` frames, so that no cut drops it.
 *
 * @param keep functions that are never folded away (the focus, the application's own)
 * @returns rows in the order in which a tree is read: heaviest child first, each above its children
 */
export function callTreeRows(
  profile: Profile,
  options: { limit: number; pathDepth: number; keep: (functionId: number) => boolean },
): TreeRow[] {
  const root = callTreeRoot(profile);
  const whole = shareBase(profile);
  const open = (node: CallNode, depth: number, isOnHottestPath: boolean): Item => {
    const { self, line, ...below } = expandNode(profile, node);
    const item: Item = {
      node,
      self,
      line,
      depth,
      isOnHottestPath,
      children: below.children,
      aside: [],
      folded: 0,
      shown: [],
    };
    let handing = node;
    for (;;) {
      const [only, ...others] = item.children;
      if (only === undefined || only.total < HANDS_ON * handing.total || options.keep(only.functionId)) break;
      const next = expandNode(profile, only);
      const isHandingOn = (next.children[0]?.total ?? 0) >= HANDS_ON * only.total;
      if (!isHandingOn || Math.abs(next.self) >= OWN_COST_FLOOR * whole) break;
      item.folded++;
      item.aside = item.aside.concat(others);
      item.children = next.children;
      handing = only;
    }
    return item;
  };

  const entries = expandNode(profile, root).children;
  const top: Item = {
    node: root,
    children: entries,
    aside: [],
    self: 0,
    line: 0,
    folded: 0,
    depth: -1,
    isOnHottestPath: true,
    shown: [],
  };
  const candidates: { node: CallNode; parent: Item; isOnHottestPath: boolean; weight: number }[] = [];
  const offer = (parent: Item) => {
    parent.children.forEach((node, index) => {
      const isOnHottestPath = parent.isOnHottestPath && index === 0 && node.depth <= options.pathDepth;
      const weight = isOnHottestPath
        ? Number.POSITIVE_INFINITY
        : Math.abs(node.total) * DEPTH_DECAY ** (parent.depth + 1);
      candidates.push({ node, parent, isOnHottestPath, weight });
    });
  };
  offer(top);
  for (let rows = 0; rows < options.limit && candidates.length > 0; rows++) {
    let best = 0;
    for (let index = 1; index < candidates.length; index++) {
      if ((candidates[index]?.weight ?? 0) > (candidates[best]?.weight ?? 0)) best = index;
    }
    const [taken] = candidates.splice(best, 1);
    if (taken === undefined || taken.node.total === 0) break;
    const item = open(taken.node, taken.parent.depth + 1, taken.isOnHottestPath);
    taken.parent.shown.push(item);
    offer(item);
  }
  return readRows(top);
}

function readRows(top: Item): TreeRow[] {
  const rows: TreeRow[] = [];
  const visit = (item: Item) => {
    const shown = new Set(item.shown.map(({ node }) => node));
    const hidden = [...item.children, ...item.aside].filter(
      (child) => !shown.has(child) && child.total !== 0,
    );
    if (item.node.functionId >= 0) {
      rows.push({
        functionId: item.node.functionId,
        line: item.line,
        depth: item.depth,
        total: item.node.total,
        self: item.self,
        folded: item.folded,
        hidden:
          hidden.length === 0
            ? null
            : {
                count: hidden.length,
                total: hidden.reduce((sum, { total }) => sum + total, 0),
              },
      });
    }
    for (const child of item.children) {
      const shownItem = item.shown.find(({ node }) => node === child);
      if (shownItem !== undefined) visit(shownItem);
    }
  };
  visit(top);
  return rows;
}
