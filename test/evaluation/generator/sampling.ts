import type { StoredProfile } from './memory-source.js';
import { expectedSamples, type LensPlan, type Snapshot } from './plan.js';
import { gamma, overdispersed, type Random } from './random.js';

/** Draws the profiles of one lens at all its moments. */
export function sampleLens(random: Random, lens: LensPlan, snapshots: readonly Snapshot[]): StoredProfile[] {
  const paths = lens.stacks.map(({ path }) => path);
  return snapshots.map((at) => {
    const counts = drawCounts(random, lens, at);
    const values = new Map(
      lens.types.map(({ id, per, spread }) => [
        id,
        counts.map((count, stack) => {
          if (count === 0) return 0;
          const size = spread ? (lens.stacks[stack]?.size?.(at) ?? 1) : 1;
          const meanValue = (per[stack] ?? 0) * size;
          return Math.max(1, Math.round(spread ? gamma(random, count, meanValue) : count * meanValue));
        }),
      ]),
    );
    return { time: at.time, seconds: at.seconds, labels: at.labels, paths, values };
  });
}

/**
 * Over-dispersed counts around the expectation; idle time is what the active samples leave of the profile.
 */
function drawCounts(random: Random, lens: LensPlan, at: Snapshot): Float64Array {
  const expected = expectedSamples(lens, at);
  let active = 0;
  let idle = 0;
  const counts = expected.map((mean, stack) => {
    const plan = lens.stacks[stack];
    if (plan === undefined || plan.role === 'idle') {
      idle += mean;
      return 0;
    }
    const count = overdispersed(random, mean * (plan.scales ? at.jitter : 1), lens.phi);
    active += count;
    return count;
  });
  if (lens.capacity === null || idle === 0) return counts;
  const left = Math.max(0.02 * lens.capacity, lens.capacity - active);
  return counts.map((count, stack) =>
    lens.stacks[stack]?.role === 'idle' ? Math.round((left * (expected[stack] ?? 0)) / idle) : count,
  );
}
