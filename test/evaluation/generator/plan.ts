import type { FunctionInfo } from '../../../src/profile/model.js';
import type { Labels } from '../../../src/sources/source.js';
import type { Path } from './frame.js';

/** A moment at which a pod was profiled. */
export interface Snapshot {
  side: 'baseline' | 'incident';
  time: number;
  seconds: number;
  labels: Labels;
  /** Size of the pod against the average one. */
  podFactor: number;
  /** Requests against the baseline's, without chance. */
  load: number;
  /** Chance variation of the load: part of the noise, not of the expectation. */
  jitter: number;
  /** Remaining part of the warm-up: 1 in the first profile of a cold process, 0 when it is over. */
  warmth: number;
  /** How much of the planted change is there, 0 to 1. */
  activation: number;
  /** −0.5 to 0.5 over both windows. */
  progress: number;
  /**
   * Memory that the process holds without the planted change, as a factor: an old one has filled its caches.
   */
  held?: number;
}

/** A stack with what it is expected to cost. */
export interface StackPlan {
  path: Path;
  /** Samples per profile of an average pod in the baseline. */
  mean: number;
  /** Samples per profile that the change adds where it is fully there. */
  planted: number;
  /** Whether the cost follows the number of requests. */
  scales: boolean;
  /** Relative change over both windows that belongs to no planted change. */
  drift: number;
  role: 'work' | 'warmup' | 'idle' | 'collector';
  /** Additional cost in the first profile of a cold process, as a part: code that is not compiled yet. */
  slowStart?: number;
  /** Disappears as the change comes. */
  vanishes?: boolean;
  /** Ordinary ups and downs of a level over time (a cache that fills). */
  level?: (time: number) => number;
  /** Size of a sample of a spread type at a moment, as a factor: a queue that grows makes waits longer. */
  size?: (at: Snapshot) => number;
}

/** A type of a lens: a value is `samples × per[stack]`. */
export interface LensType {
  id: string;
  per: Float64Array;
  /** Each sample has a random size around `per` (exponential: waiting times). */
  spread?: boolean;
}

/** The content of a kind of profile. */
export interface LensPlan {
  name: string;
  types: readonly LensType[];
  stacks: readonly StackPlan[];
  phi: number;
  /** Samples of a whole profile where idle time fills it up; null where there is no idle time. */
  capacity: number | null;
}

export function workStack(path: Path, mean: number, more: Partial<StackPlan> = {}): StackPlan {
  return { path, mean, planted: 0, scales: true, drift: 0, role: 'work', ...more };
}

/** Expected samples per stack of one profile: what would be seen without any noise. */
export function expectedSamples(lens: LensPlan, at: Snapshot, intensity = 1): Float64Array {
  const expected = new Float64Array(lens.stacks.length);
  let active = 0;
  let idle = 0;
  lens.stacks.forEach((stack, index) => {
    if (stack.role === 'idle') {
      idle += stack.mean;
      return;
    }
    const present = stack.role === 'warmup' ? at.warmth : stack.vanishes ? 1 - at.activation : 1;
    const held = lens.name === 'memory' && !stack.scales ? (at.held ?? 1) : 1;
    const slow = 1 + (stack.slowStart ?? 0) * at.warmth;
    const drift = 1 + stack.drift * at.progress;
    const steady = stack.mean * held * slow * present * drift * (stack.level?.(at.time) ?? 1);
    const added = intensity * stack.planted * at.activation;
    expected[index] = (steady + added) * (stack.scales ? at.load : 1) * at.podFactor;
    active += expected[index] ?? 0;
  });
  if (lens.capacity !== null && idle > 0) {
    // A busy process still waits a little.
    const left = Math.max(0.02 * lens.capacity, lens.capacity - active);
    lens.stacks.forEach((stack, index) => {
      if (stack.role === 'idle') expected[index] = (left * stack.mean) / idle;
    });
  }
  return expected;
}

/** Whether a stack passes through one of these functions. */
export function passesThrough(path: Path, functions: readonly FunctionInfo[]): boolean {
  for (const { fn } of path) if (functions.includes(fn)) return true;
  return false;
}
