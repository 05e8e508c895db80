import { waitsBelow } from '../../profile/compare/growth/below.js';
import { growAtOnePlace } from '../../profile/compare/growth/leaked-waiters.js';
import { MIN_AMOUNT_RISE } from '../../profile/compare/growth/rise.js';
import { type Side, totalPerProfile } from '../../profile/contrast/contrast.js';
import type { LevelLens } from '../evidence/levels.js';
import type { ShareLens } from '../evidence/shares.js';
import type { WaitLens } from '../evidence/waits.js';

/**
 * Whether a level that rose in frameworks alone is explained by the load: more requests need more connections
 * and workers. Where the team's own code holds the growth, its place says more than the load does. A hidden
 * leak is judged by its place, since the whole level hides it: a place that held nothing holds nothing more
 * under any load.
 */
export function isLoadOfFrameworks({ leak }: LevelLens, shares: readonly ShareLens[]): boolean {
  if (leak === null || leak.growth.joined.application[leak.growth.site.fn] === 1) return false;
  const load = shares.find(({ lens }) => lens.kind === 'time')?.analysis.load;
  const { growth, isHidden } = leak;
  const held = (side: Side) => totalPerProfile(side, growth.site.fn);
  const [before, after] = isHidden ? [held(growth.before), held(growth.after)] : [leak.before, leak.after];
  return load?.hasRisen === true && after < (load.risen ?? 1) * MIN_AMOUNT_RISE * before;
}

/**
 * The contended waits in which goroutines that leak wait at the place of the leak. Where nothing tells who
 * waits, goroutines that mostly wait for locks may be a queue.
 */
export function waitsOfLeak(level: LevelLens, waits: readonly WaitLens[]): WaitLens[] {
  return waits.filter((wait) => {
    if (!isAtPlace(level, wait)) return false;
    const waiters = wait.contention?.waiters ?? null;
    return waiters === null ? !waitsForLocks(level) : waiters === 'leak';
  });
}

/**
 * Whether a leak is the queue of contention: its goroutines wait where a queue was measured, or mostly wait
 * for locks. A lock that is never released shows no waits.
 */
export function isQueue(level: LevelLens, contended: readonly WaitLens[]): boolean {
  return contended.some((wait) => isAtPlace(level, wait)) || (contended.length > 0 && waitsForLocks(level));
}

function isAtPlace({ lens, leak }: LevelLens, { contention }: WaitLens): boolean {
  if (lens.type.alias !== 'goroutines' || leak === null || contention === null) return false;
  return growAtOnePlace(leak.growth, contention.growth);
}

/** Part of the goroutines that were added which waits for locks where they are the queue of one. */
const MIN_QUEUE_PART = 0.5;

/** Whether the goroutines that were added mostly wait for locks. */
function waitsForLocks({ lens, leak }: LevelLens): boolean {
  if (lens.type.alias !== 'goroutines' || leak === null) return false;
  const [first] = waitsBelow(leak.growth, leak.growth.site.fn);
  return first?.what === 'mutex' && first.part >= MIN_QUEUE_PART;
}
