import { joinKey } from '../../code/names.js';
import { type Side, share } from '../../contrast/contrast.js';
import { sumTakers } from '../../contrast/takers.js';
import type { Growth } from '../growth.js';
import type { Waiting } from '../waits.js';
import { findWeightedMiddle } from '../weighted-middle.js';

/** Waits of one type on both sides of a comparison. */
export type Waits = Pick<Growth, 'joined' | 'before' | 'after'>;

/**
 * Factor from which on waits other than those of the site that grew most grew, too: chance and load explain
 * less.
 */
const MIN_REST_RATIO = 2.5;
/**
 * The factor where a second type of waits is looked at, too, which is done only where the load stayed: two
 * types do not grow together by chance.
 */
const MIN_REST_RATIO_OF_SEVERAL = 1.8;
/**
 * Part of the site's growth, of logarithms, that the others must show: a queue for one lock makes the locks
 * that its holders need wait longer, but by far less.
 */
const ALIKE = 0.4;
/** Part of all waiting before that the others must have been, or their growth tells nothing. */
const MIN_REST = 0.05;

/**
 * Whether waits of all kinds grew alike, as on a host that is throttled or busy, rather than those for one
 * lock. Waits are told apart by the function that takes the lock, of the team or of a library: several of the
 * team's wait for the one lock of a library. Without own code they are told apart by the function that waits.
 *
 * @param grown the type that grew
 * @param others further types of waits in the same unit: the same lock shows in several of them
 */
export function waitsGrewAlike(grown: Waits, others: readonly Waits[] = []): boolean {
  const rows = waitsByName(grown);
  let site = { name: '', before: 0, after: 0 };
  for (const [name, row] of rows)
    if (row.after - row.before > site.after - site.before) site = { name, ...row };
  const rest: Waiting[] = [];
  let whole = 0;
  for (const type of [rows, ...others.map(waitsByName)]) {
    for (const [name, row] of type) {
      whole += row.before;
      if (name !== site.name) rest.push(row);
    }
  }
  const [before, after] = [sumWaits(rest, 'before'), sumWaits(rest, 'after')];
  const minRatio = others.length > 0 ? MIN_REST_RATIO_OF_SEVERAL : MIN_REST_RATIO;
  if (before <= 0 || before < MIN_REST * whole || after < minRatio * before) return false;
  // Two locks that one queue holds up grow together; on a busy host most of what waited before grows.
  if (findMiddleGrowth(rest) < minRatio) return false;
  // A site that did not wait at all before is new: it grew beyond every factor.
  return Math.log(after / before) >= ALIKE * Math.log(site.after / site.before);
}

function sumWaits(rows: readonly Waiting[], side: 'before' | 'after'): number {
  return rows.reduce((sum, row) => sum + row[side], 0);
}

/**
 * The factor by which the middle one of some waits grew, each counted by how long it was before; the larger
 * of two in the middle.
 */
function findMiddleGrowth(rows: readonly Waiting[]): number {
  const growths = rows
    .filter(({ before }) => before > 0)
    .map(({ before, after }) => ({ value: after / before, weight: before }));
  return findWeightedMiddle(growths, 'upper') ?? 0;
}

/** A type grew no more than one whose waits all grew alike, give or take this factor. */
const SAME_GROWTH = 1.5;

/**
 * Whether the waits of a type grew by no more than those of another one, of which it is known that they grew
 * alike: what makes all of these wait longer explains as much of the others, and a lock that came to it would
 * show as more. To know that takes no look at who waits.
 */
export function grewLikeAlikeWaits(type: Waiting, alike: Waiting): boolean {
  return alike.before > 0 && type.after * alike.before <= SAME_GROWTH * alike.after * type.before;
}

/**
 * Waiting per profile by the name of who waits, and what no function is charged with under no name. Without
 * own code the function that waits stands for who waits.
 */
function waitsByName({ joined, before, after }: Waits): Map<string, Waiting> {
  const hasOwn = before.costs.application + after.costs.application > 0;
  const takeWaits = (side: Side) => (hasOwn ? sumTakers(joined, side) : side.costs.self);
  const [was, now] = [takeWaits(before), takeWaits(after)];
  const rows = new Map<string, Waiting>();
  const left = { before: before.costs.total, after: after.costs.total };
  joined.functions.forEach((fn, at) => {
    const [x1, x2] = [was[at] ?? 0, now[at] ?? 0];
    if (x1 === 0 && x2 === 0) return;
    left.before -= x1;
    left.after -= x2;
    const known = rows.get(joinKey(fn)) ?? { before: 0, after: 0 };
    rows.set(joinKey(fn), {
      before: known.before + share(x1, before.profiles),
      after: known.after + share(x2, after.profiles),
    });
  });
  rows.set('', { before: share(left.before, before.profiles), after: share(left.after, after.profiles) });
  return rows;
}
