import { waitKind } from '../../code/wait-kind.js';
import { share } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import type { Growth } from '../growth.js';

/** Frames from the leaf on that may say what a goroutine waits for: parking takes up to four. */
const WAIT_FRAMES = 6;
/** The leaf of a goroutine that waits, whatever for. */
const PARKED = /^runtime\.gopark\w*$/;
/** The goroutine that takes the profile runs in every snapshot. */
const PROFILER = /^runtime\.(?:pprof_)?goroutineProfile\w*$|^runtime\/pprof\.runtime_goroutineProfile\w*$/;

/**
 * Smallest factor by which goroutines that could run must have grown, since their number follows the
 * processor time that the service takes (Little 1961), which stayed …
 */
const MIN_RATIO = 3;
/** … the smallest number that was added, each of them a processor that was wanted and not there … */
const MIN_ADDED = 1;
/** … and the smallest distance from chance, in standard errors of the counts. */
const MIN_Z = 4;
/** … which may be less where the service got less processor time, as a second witness. */
const MIN_Z_OF_TWO = 3;

/**
 * Whether goroutines wait for a processor: in the snapshots far more of them run, or could run, than before,
 * while the service takes as much processor time as before. The host is throttled or busy then, and queues
 * grow without any lock being held longer.
 *
 * @param goroutines snapshots of goroutines on both sides, whose values are goroutines
 * @param gotLess whether the service took less processor time than before
 */
export function isStarved(
  { joined, before, after }: Pick<Growth, 'joined' | 'before' | 'after'>,
  gotLess = false,
): boolean {
  if (before.profiles <= 0) return false;
  const [x1, x2] = [before, after].map(({ parts }) => countActive(joined, parts)) as [number, number];
  const [was, is] = [share(x1, before.profiles), share(x2, after.profiles)];
  if (is < MIN_RATIO * was || is - was < MIN_ADDED) return false;
  const error = Math.sqrt(share(x1, before.profiles ** 2) + share(x2, after.profiles ** 2));
  return is - was >= (gotLess ? MIN_Z_OF_TWO : MIN_Z) * error;
}

/** Goroutines of some snapshots that do not wait, but for the one that takes the profile. */
function countActive(joined: Joined, indices: readonly number[]): number {
  let active = 0;
  for (const index of indices) {
    const part = joined.parts[index];
    if (part === undefined) continue;
    const { stackStart, stackFrames, values } = part.profile;
    for (let stack = 0; stack < values.length; stack++) {
      const start = stackStart[stack] ?? 0;
      const end = Math.min(stackStart[stack + 1] ?? 0, start + WAIT_FRAMES);
      const names = Array.from(
        stackFrames.subarray(start, end),
        (frame) => joined.functions[part.frameFunction[frame] ?? 0]?.name ?? '',
      );
      const isWaiting = PARKED.test(names[0] ?? '') || waitKind(names) !== null;
      if (!isWaiting && !names.some((name) => PROFILER.test(name))) active += values[stack] ?? 0;
    }
  }
  return active;
}
