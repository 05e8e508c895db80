import type { FunctionInfo } from '../../../src/profile/model.js';
import { buildFrame, chain, type Path } from './frame.js';
import type { Language } from './languages/language.js';
import { type LensPlan, type LensType, type StackPlan, workStack } from './plan.js';
import { chance, gamma, logUniform, pick, type Random, uniform } from './random.js';
import type { CallTree } from './tree.js';

/** 100 Hz, the rate of every usual CPU profiler. */
const TICK_NS = 10_000_000;
/** Go records one allocation per 512 KiB; the JVM's buffers are of that order. */
const BYTES_PER_SAMPLE = 2 ** 19;

export interface LensContext {
  random: Random;
  language: Language;
  tree: CallTree;
  phi: number;
}

/**
 * CPU time, or wall-clock time where `wall`: Node's profiler knows only that. `mean` is the active samples a
 * profile.
 */
export function timeLens(context: LensContext, mean: number, wall: boolean, idleShare: number): LensPlan {
  const { random, language, tree, phi } = context;
  const stacks = tree.stacks.map((stack) => ({ ...stack, mean: stack.mean * mean }));
  const waiting = wall && language.idle.length > 0;
  if (waiting) {
    for (const path of language.idle) {
      stacks.push(workStack(path, gamma(random, 1), { role: 'idle', scales: false }));
    }
  }
  const name = wall ? 'wall' : 'process_cpu';
  const period = wall ? 'wall' : 'cpu';
  const time = {
    id: `${name}:${period}:nanoseconds:${period}:nanoseconds`,
    per: constant(stacks.length, TICK_NS),
  };
  const count = { id: `${name}:samples:count:${period}:nanoseconds`, per: constant(stacks.length, 1) };
  return {
    name,
    types: language.name === 'java' ? [time] : [count, time],
    stacks,
    phi,
    capacity: waiting ? mean / (1 - idleShare) : null,
  };
}

/** Allocations by site: about a third of the functions allocate, themselves or in a library. */
export function allocLens(context: LensContext, mean: number): LensPlan {
  const { language, phi } = context;
  const sites = allocationSites(context, mean, true);
  const stem = language.name === 'java' ? 'alloc_in_new_tlab_' : 'alloc_';
  const bytes = language.name === 'java' ? 'bytes' : 'space';
  return {
    name: 'memory',
    types: byteTypes(
      context.random,
      `memory:${stem}objects:count`,
      `memory:${stem}${bytes}:bytes`,
      'space:bytes',
      sites,
    ),
    stacks: sites,
    phi,
    capacity: null,
  };
}

/** Live heap by site, at one moment. It does not follow the load; a cache may fill at first (`fill`). */
export function inUseLens(
  context: LensContext,
  mean: number,
  fill: ((time: number) => number) | null,
): LensPlan {
  const { random, language, phi } = context;
  const sites = allocationSites(context, mean, false).map((site) =>
    fill !== null && chance(random, 0.5) ? { ...site, level: fill } : site,
  );
  const period = language.name === 'node' ? 'inuse_space:bytes' : 'space:bytes';
  return {
    name: 'memory',
    types: byteTypes(random, 'memory:inuse_objects:count', 'memory:inuse_space:bytes', period, sites),
    stacks: sites,
    phi,
    capacity: null,
  };
}

function allocationSites(
  { random, language, tree }: LensContext,
  mean: number,
  scales: boolean,
): StackPlan[] {
  const sites = tree.nodes
    .filter((_, index) => index < 3 || chance(random, 0.4))
    .map(({ path }) => {
      const below = chance(random, 0.4) ? pick(random, language.libraries) : [];
      return workStack([...path, ...below], gamma(random, 0.8), { scales });
    });
  return scaledTo(sites, mean);
}

function scaledTo(stacks: StackPlan[], mean: number): StackPlan[] {
  const total = stacks.reduce((sum, stack) => sum + stack.mean, 0);
  return stacks.map((stack) => ({ ...stack, mean: (stack.mean * mean) / total }));
}

function byteTypes(
  random: Random,
  objects: string,
  bytes: string,
  period: string,
  stacks: readonly StackPlan[],
): LensType[] {
  const sizes = stacks.map(() => logUniform(random, 16, 65_536));
  return [
    { id: `${objects}:${period}`, per: Float64Array.from(sizes, (size) => BYTES_PER_SAMPLE / size) },
    { id: `${bytes}:${period}`, per: Float64Array.from(sizes, (size) => BYTES_PER_SAMPLE + size) },
  ];
}

const PARKED = chain('runtime.gopark @ runtime/proc.go:445');
/** How a goroutine waits in Go, without the last frame. */
export const GO_WAITS: readonly Path[] = [
  chain(`runtime.chansend1 @ runtime/chan.go:160
    runtime.chansend @ runtime/chan.go:176`),
  chain(`runtime.chanrecv2 @ runtime/chan.go:513
    runtime.chanrecv @ runtime/chan.go:524`),
  chain('runtime.selectgo @ runtime/select.go:122'),
];
const GO_CONNECTION = chain(`net/http.(*conn).serve @ net/http/server.go:1887
  bufio.(*Reader).Peek @ bufio/bufio.go:143
  net/http.(*connReader).Read @ net/http/server.go:779
  net.(*netFD).Read @ net/fd_posix.go:67
  internal/poll.(*FD).Read @ internal/poll/fd_unix.go:141
  internal/poll.runtime_pollWait @ runtime/netpoll.go:342
  runtime.netpollblock @ runtime/netpoll.go:548`);

/** A goroutine of the team that waits. */
export function parked(random: Random, functions: readonly FunctionInfo[]): Path {
  return [...functions.map((fn) => buildFrame(fn, 7)), ...pick(random, GO_WAITS), ...PARKED];
}

/**
 * Goroutines by where they are: open connections, pools of workers, requests on their way. Exact, so no phi.
 */
export function goroutineLens({ random, tree }: LensContext, mean: number): LensPlan {
  const pools = Array.from({ length: 3 }, () => parked(random, [tree.newFunction()]));
  const working = tree.nodes.slice(0, 4).map(({ path }) => path);
  const stacks = scaledTo(
    [
      workStack([...GO_CONNECTION, ...PARKED], uniform(random, 2, 8)),
      ...pools.map((path) => workStack(path, uniform(random, 0.5, 4), { scales: false })),
      ...working.map((path) => workStack(path, uniform(random, 0.1, 0.4))),
    ],
    mean,
  );
  return {
    name: 'goroutine',
    types: [{ id: 'goroutine:goroutine:count:goroutine:count', per: constant(stacks.length, 1) }],
    stacks,
    phi: 1,
    capacity: null,
  };
}

const LOCKS = {
  go: {
    mutex: chain('sync.(*Mutex).Unlock @ sync/mutex.go:67'),
    block: chain('sync.(*Mutex).Lock @ sync/mutex.go:45'),
  },
  java: {
    mutex: [],
    block: chain(`java/util/concurrent/locks/ReentrantLock.lock @ ReentrantLock.java:322
      java/util/concurrent/locks/AbstractQueuedSynchronizer.acquire @ AbstractQueuedSynchronizer.java:938`),
  },
};

/** The frames of taking (`block`) or releasing (`mutex`) a lock; Java's monitors have none. */
export function lockFrames(language: Language, name: 'mutex' | 'block'): Path {
  return LOCKS[language.name === 'java' ? 'java' : 'go'][name];
}

/**
 * Waiting for locks, in contentions and nanoseconds: a few sites with delays of 20 µs to 2 ms. Workers that
 * wait for work stand in the block profile with far more. Delays are exponential around their mean.
 */
export function lockLens(context: LensContext, name: 'mutex' | 'block', mean: number): LensPlan {
  const { random, language, tree, phi } = context;
  const sites = tree.nodes
    .filter((_, index) => index < 2 || chance(random, 0.2))
    .map(({ path }) => workStack([...path, ...lockFrames(language, name)], gamma(random, 1)));
  const stacks = scaledTo(sites, mean);
  if (name === 'block' && language.name === 'go') {
    const path = [buildFrame(tree.newFunction(), 5), ...pick(random, GO_WAITS)];
    stacks.push(workStack(path, mean, { scales: false }));
  }
  const period = language.name === 'java' ? `${name}:count` : 'contentions:count';
  return {
    name,
    types: [
      { id: `${name}:contentions:count:${period}`, per: constant(stacks.length, 1) },
      {
        id: `${name}:delay:nanoseconds:${period}`,
        per: Float64Array.from(stacks, () => logUniform(random, 2e4, 2e6)),
        spread: true,
      },
    ],
    stacks,
    phi,
    capacity: null,
  };
}

/** The lens with further stacks; `per` gives their value in each type. */
export function withStacks(
  lens: LensPlan,
  stacks: readonly StackPlan[],
  per: (type: LensType) => number = (type) => type.per[0] ?? 1,
): LensPlan {
  return {
    ...lens,
    stacks: [...lens.stacks, ...stacks],
    types: lens.types.map((type) => ({
      ...type,
      per: Float64Array.from([...type.per, ...stacks.map(() => per(type))]),
    })),
  };
}

function constant(length: number, value: number): Float64Array {
  return new Float64Array(length).fill(value);
}
