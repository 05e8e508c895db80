import type { Fleet } from './fleet.js';
import { buildFrame, chain, type Path } from './frame.js';
import { GO_WAITS, type LensContext, withStacks } from './lenses.js';
import { type LensPlan, passesThrough, type Snapshot, type StackPlan, workStack } from './plan.js';
import { anySite, totalMean } from './plant.js';
import { chance, integer, logUniform, pick, uniform } from './random.js';
import { finish, type Lenses, type Scenario } from './scenario.js';

// Waits in the block profiles of Go: goroutines that wait for events or for work, and requests that queue.

const SECOND_NS = 1e9;
export const SELECT = chain('runtime.selectgo @ runtime/select.go:122');
const RECEIVE = chain(`runtime.chanrecv @ runtime/chan.go:639
  runtime.chanrecv1 @ runtime/chan.go:509`);
/** How the standard library waits for a connection of a full pool. */
export const POOL = chain(`database/sql.(*DB).QueryContext @ database/sql/sql.go:1727
  database/sql.(*DB).query @ database/sql/sql.go:1751
  database/sql.(*DB).conn @ database/sql/sql.go:1369
  runtime.selectgo @ runtime/select.go:122`);

/** A stack that waits a number of seconds in each profile, in waits of a length. */
export interface Waiter {
  path: Path;
  before: number;
  added: number;
  waitSeconds: number;
  scales: boolean;
  /** Number of the waits that were there before, and length of all waits, at a moment, as factors. */
  level?: (time: number) => number;
  size?: (at: Snapshot) => number;
}

export function addWaits(lens: LensPlan, waiters: readonly Waiter[]): LensPlan {
  return waiters.reduce(
    (plan, { path, before, added, waitSeconds, scales, level, size }) =>
      withStacks(
        plan,
        [
          workStack(path, before / waitSeconds, {
            planted: added / waitSeconds,
            scales,
            ...(level === undefined ? {} : { level }),
            ...(size === undefined ? {} : { size }),
          }),
        ],
        ({ spread }) => (spread ? waitSeconds * SECOND_NS : 1),
      ),
    lens,
  );
}

/** Seconds that each profile of a fleet covers. */
export const profileSeconds = ({ snapshots }: Fleet): number => snapshots[0]?.seconds ?? 10;

/** Goroutines of each instance that wait for work all of the time. */
export function idleWorkers({ random, tree }: LensContext, fleet: Fleet, count: number): Waiter {
  return {
    path: [buildFrame(tree.newFunction(), 5), ...pick(random, GO_WAITS)],
    before: count * profileSeconds(fleet),
    added: 0,
    waitSeconds: logUniform(random, 0.01, 1),
    scales: false,
  };
}

/**
 * A deploy adds a handler that waits for events while its clients are connected (a stream of events, a long
 * poll), or goroutines of its own that wait for work or for their next turn.
 */
export function waitOnPurpose(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, language, tree } = context;
  if (calm.block === null) throw new Error('waits need a block profile');
  const isHandler = chance(random, 0.6);
  const handler = tree.nodes.find(({ caller }) => caller === null);
  const waits = isHandler ? SELECT : pick(random, GO_WAITS.slice(1));
  const above = isHandler ? (handler?.path.slice(0, -1) ?? []) : [];
  const inner = chance(random, 0.4) ? [buildFrame(tree.newFunction(), 4)] : [];
  const path = [...above, buildFrame(tree.newFunction(), 6), ...inner];
  const clients = logUniform(random, 1, 60);
  const block = addWaits(calm.block, [
    idleWorkers(context, fleet, logUniform(random, 0.3, 12)),
    {
      path: [...path, ...waits],
      before: 0,
      added: clients * profileSeconds(fleet),
      waitSeconds: logUniform(random, 0.05, 10),
      scales: false,
    },
  ]);
  // Events that are sent to clients cost a little.
  const time = withStacks(calm.time, [
    workStack([...path, ...pick(random, language.libraries)], 0, {
      planted: uniform(random, 0.0005, 0.008) * totalMean(calm.time),
    }),
  ]);
  return finish({ ...calm, time, block }, { shows: [] });
}

/**
 * Requests that were served before queue for a pool of too few connections, or for a place that own code
 * gives out, beneath idle goroutines.
 */
export function queueForPool(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, tree } = context;
  if (calm.block === null) throw new Error('waits need a block profile');
  const site = anySite(random, tree);
  const idle = idleWorkers(context, fleet, integer(random, 1, 12));
  // Own code gives out places where a request waits, or in a function of its own.
  const isOwn = chance(random, 0.4);
  const inner = isOwn && chance(random, 0.5) ? [buildFrame(tree.newFunction(), 4)] : [];
  const path = [...site.path, ...inner, ...(isOwn ? pick(random, [SELECT, RECEIVE]) : POOL)];
  const queued = idle.before * logUniform(random, 0.3, 4);
  const guilty = (stack: StackPlan) => passesThrough(stack.path, [site.fn]);
  const block = addWaits(calm.block, [
    idle,
    {
      path,
      before: chance(random, 0.5) ? 0 : queued * uniform(random, 0, 0.05),
      added: queued,
      waitSeconds: logUniform(random, 0.005, 0.5),
      scales: true,
    },
  ]);
  const also = (isOwn ? inner : POOL.slice(0, 3)).map(({ fn }) => fn);
  return finish(
    { ...calm, block },
    {
      culprit: site.fn,
      caller: site.caller,
      also,
      shows: [{ lens: 'block', scale: 'rate', guilty, typeIndex: 1 }],
    },
  );
}
