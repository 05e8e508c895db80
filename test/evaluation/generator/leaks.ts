import type { FunctionInfo } from '../../../src/profile/model.js';
import type { Fleet } from './fleet.js';
import { buildFrame, chain, type Path } from './frame.js';
import { GO_WAITS, type LensContext, lockFrames } from './lenses.js';
import { passesThrough, type Snapshot, type StackPlan } from './plan.js';
import { anySite, totalMean } from './plant.js';
import { chance, logUniform, pick } from './random.js';
import { addTo, calmLenses, finish, type Lenses, plantLeak, type Scenario } from './scenario.js';
import { addWaits, idleWorkers, POOL, profileSeconds, SELECT } from './waiting.js';

// Leaks of a whole fleet, and goroutines that leak or pile up and show in the profiles of waits as well.

const PARKED = chain('runtime.gopark @ runtime/proc.go:445');
const LOCKED = chain(`sync.(*Mutex).Lock @ sync/mutex.go:45
  sync.(*Mutex).lockSlow @ sync/mutex.go:173
  sync.runtime_SemacquireMutex @ runtime/sema.go:95
  runtime.semacquire1 @ runtime/sema.go:188`);

/** Goroutines or memory leak in the pods that the fleet says. */
export function leakSomewhere(context: LensContext, fleet: Fleet, perProfile: number): Scenario {
  const { random, language } = context;
  const kind = language.name === 'go' && chance(random, 0.5) ? 'd' : 'e';
  return plantLeak(kind, context, calmLenses(kind, context, fleet, perProfile));
}

/**
 * Each request leaves a goroutine that waits and wakes up now and then, so that it stands in the profiles of
 * waits as well; or requests queue for a lock or a pool, and their goroutines pile up.
 */
export function leakThatWaits(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random } = context;
  if (calm.goroutines === null || calm.block === null || calm.mutex === null)
    throw new Error('goroutines and waits are needed');
  return chance(random, 0.6) ? leakedWaiters(context, fleet, calm) : queueThatPilesUp(context, fleet, calm);
}

/** The stacks of one wait in snapshots of goroutines and in profiles of waits. */
interface Wait {
  snapshot: Path;
  block: Path;
  mutex: Path | null;
}

function drawWait({ random, language }: LensContext, isOfLock: boolean): Wait {
  if (!isOfLock) {
    const wait = pick(random, GO_WAITS);
    return { snapshot: [...wait, ...PARKED], block: wait, mutex: null };
  }
  return {
    snapshot: [...LOCKED, ...PARKED],
    block: lockFrames(language, 'block'),
    mutex: lockFrames(language, 'mutex'),
  };
}

function leakedWaiters(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, tree } = context;
  const { goroutines, block, mutex } = calm;
  if (goroutines === null || block === null || mutex === null) throw new Error('waits are needed');
  // A goroutine of its own, or the one of a request that is never answered.
  const ofRequest = chance(random, 0.4) ? anySite(random, tree) : null;
  const culprit = ofRequest?.fn ?? tree.newFunction();
  const caller = ofRequest !== null ? ofRequest.caller : chance(random, 0.6) ? tree.newFunction() : null;
  const own =
    ofRequest?.path ?? (caller === null ? [culprit] : [caller, culprit]).map((fn) => buildFrame(fn, 7));
  const wait = drawWait(context, chance(random, 0.4));
  const leaked = totalMean(goroutines) * logUniform(random, 2, 30);
  const waitSeconds = logUniform(random, 0.05, 5);
  const waiter = {
    before: 0,
    added: leaked * profileSeconds(fleet),
    waitSeconds,
    scales: false,
  };
  const guilty = through([culprit]);
  return finish(
    {
      ...calm,
      goroutines: addTo(goroutines, [...own, ...wait.snapshot], leaked, false),
      block: addWaits(block, [
        idleWorkers(context, fleet, logUniform(random, 1, 20)),
        { ...waiter, path: [...own, ...wait.block] },
      ]),
      mutex: wait.mutex === null ? mutex : addWaits(mutex, [{ ...waiter, path: [...own, ...wait.mutex] }]),
    },
    { culprit, caller, shows: [{ lens: 'goroutines', scale: 'rate', guilty }] },
  );
}

/**
 * Requests queue for a lock or for a place of a pool: as many are served as before, each waits longer, and
 * their goroutines pile up for as long as more come than are served.
 */
function queueThatPilesUp(context: LensContext, fleet: Fleet, calm: Lenses): Scenario {
  const { random, tree } = context;
  const { goroutines, block, mutex } = calm;
  if (goroutines === null || block === null || mutex === null) throw new Error('waits are needed');
  const site = anySite(random, tree);
  const isOfLock = chance(random, 0.6);
  const own = [...site.path.slice(0, -1), buildFrame(site.fn, 17)];
  const wait = drawWait(context, true);
  const pool = chance(random, 0.5) ? SELECT : POOL;
  const [snapshot, blocked] = isOfLock ? [wait.snapshot, wait.block] : [[...pool, ...PARKED], pool];
  const most = totalMean(goroutines) * logUniform(random, 1, 10);
  // As many waits end in each profile; how long they are follows the length of the queue.
  const served = logUniform(random, 20, 400);
  const seconds = (most * profileSeconds(fleet)) / served;
  const waiter = {
    path: [],
    before: served * seconds,
    added: 0,
    waitSeconds: seconds,
    scales: false,
    level: (time: number) => (time >= (fleet.since ?? 0) ? 1 : 0),
    size: ({ activation }: Snapshot) => Math.max(0.001, activation),
  };
  const guilty = through([site.fn]);
  return finish(
    {
      ...calm,
      goroutines: addTo(goroutines, [...own, ...snapshot], most, false),
      block: addWaits(block, [
        idleWorkers(context, fleet, logUniform(random, 1, 12)),
        { ...waiter, path: [...own, ...blocked] },
      ]),
      mutex: isOfLock ? addWaits(mutex, [{ ...waiter, path: [...own, ...(wait.mutex ?? [])] }]) : mutex,
    },
    {
      culprit: site.fn,
      caller: site.caller,
      also: isOfLock ? [] : pool.slice(0, 3).map(({ fn }) => fn),
      verdict: 'contention',
      shows: [{ lens: 'block', scale: 'rate', guilty, typeIndex: 1 }],
    },
  );
}

const through =
  (functions: readonly FunctionInfo[]) =>
  ({ path }: StackPlan): boolean =>
    passesThrough(path, functions);
