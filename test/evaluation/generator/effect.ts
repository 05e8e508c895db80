import type { Effect } from './case.js';
import { expectedSamples, type LensPlan, type Snapshot, type StackPlan } from './plan.js';

/**
 * Expected active samples, all and of the culprit, as linear functions of the intensity of the planted
 * change.
 */
interface Mass {
  profiles: number;
  total: number;
  guilty: number;
  /** Amount that an intensity of 1 adds to all, and to the culprit. */
  added: number;
  addedGuilty: number;
}

export interface Masses {
  baseline: Mass;
  incident: Mass;
  /** The incident's profiles that have the change. */
  part: Mass;
}

/**
 * Adds up a lens over both windows. `guilty` tells the stacks of the culprit, to which the planted ones
 * belong.
 */
export function measureMasses(
  lens: LensPlan,
  snapshots: readonly Snapshot[],
  guilty: (stack: StackPlan) => boolean,
): Masses {
  const marked = lens.stacks.map(guilty);
  const empty = (): Mass => ({ profiles: 0, total: 0, guilty: 0, added: 0, addedGuilty: 0 });
  const masses = { baseline: empty(), incident: empty(), part: empty() };
  for (const at of snapshots) {
    const without = expectedSamples(lens, at, 0);
    const sums = { total: 0, guilty: 0, added: 0, addedGuilty: 0 };
    lens.stacks.forEach((stack, index) => {
      if (stack.role === 'idle') return;
      const mean = without[index] ?? 0;
      sums.total += mean;
      if (marked[index]) sums.guilty += mean;
      const added = stack.planted * at.activation * (stack.scales ? at.load : 1) * at.podFactor;
      sums.added += added;
      if (marked[index]) sums.addedGuilty += added;
    });
    for (const mass of at.activation > 0 ? [masses[at.side], masses.part] : [masses[at.side]]) {
      mass.profiles++;
      mass.total += sums.total;
      mass.guilty += sums.guilty;
      mass.added += sums.added;
      mass.addedGuilty += sums.addedGuilty;
    }
  }
  return masses;
}

/** Part of the active samples that is the culprit's. */
function computeShare(mass: Mass, intensity: number): { share: number; samples: number } {
  const samples = mass.total + intensity * mass.added;
  return { share: samples > 0 ? (mass.guilty + intensity * mass.addedGuilty) / samples : 0, samples };
}

/** (p2 − p1) / √(phi (p1 q1 / n1 + p2 q2 / n2)): unpooled binomial errors, widened by the over-dispersion. */
function shareErrors(before: Mass, after: Mass, intensity: number, phi: number): number {
  const [a, b] = [computeShare(before, intensity), computeShare(after, intensity)];
  if (a.samples === 0 || b.samples === 0) return 0;
  const variance = (a.share * (1 - a.share)) / a.samples + (b.share * (1 - b.share)) / b.samples;
  return variance > 0 ? (b.share - a.share) / Math.sqrt(phi * variance) : 0;
}

/** Standard errors of the change in samples per profile, with Poisson errors. */
function rateErrors(before: Mass, after: Mass, intensity: number, phi: number): number {
  if (before.profiles === 0 || after.profiles === 0) return 0;
  const [m1, m2] = [before.guilty, after.guilty + intensity * after.addedGuilty];
  const variance = m1 / before.profiles ** 2 + m2 / after.profiles ** 2;
  return variance > 0 ? (m2 / after.profiles - m1 / before.profiles) / Math.sqrt(phi * variance) : 0;
}

/** How far a change of this intensity stands out. */
export function measureEffect(
  profileTypeId: string,
  { baseline, incident, part }: Masses,
  options: { scale: Effect['scale']; phi: number; intensity?: number },
): Effect {
  const { scale, phi, intensity = 1 } = options;
  const errors = scale === 'share' ? shareErrors : rateErrors;
  const level = (mass: Mass) =>
    scale === 'share'
      ? computeShare(mass, intensity).share
      : (mass.guilty + intensity * mass.addedGuilty) / Math.max(1, mass.profiles);
  return {
    profileTypeId,
    scale,
    before: level(baseline),
    after: level(incident),
    se: errors(baseline, incident, intensity, phi),
    partSe: errors(baseline, part.profiles > 0 ? part : incident, intensity, phi),
  };
}

/**
 * The smallest intensity at which the culprit's share stands out by `errors` standard errors and `points` of
 * the active part, but never above `most`: a fault does not multiply a service's cost without bound.
 */
export function intensityFor(
  masses: Masses,
  wanted: { errors: number; points: number; phi: number; most: number },
): number {
  const reached = (intensity: number) => {
    const effect = measureEffect('', masses, { scale: 'share', phi: wanted.phi, intensity });
    return effect.se >= wanted.errors && effect.after - effect.before >= wanted.points;
  };
  let [low, high] = [0, wanted.most];
  if (!reached(high)) return high;
  for (let round = 0; round < 30; round++) {
    const middle = (low + high) / 2;
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return high;
}
