import { normalDeviate, studentDeviate } from '../contrast/noise.js';

/** Value per profile of one part of a window. */
export interface PartLevel {
  value: number;
  profiles: number;
}

/** A smaller rise of the load is no incident: services drift by some percent from hour to hour. */
export const MIN_RISE = 1.2;
/** Least distance from chance, in standard errors of a normal distribution. */
const MIN_Z = 3.6;

/**
 * Standard errors that an unlucky outcome lies below the true change: 1 of 100 does. The rest of the 5 that
 * are promised is for gates that a few parts put too high; drawn loads show that it suffices.
 */
const Z_UNLUCKY = 2.326348;

/** The baseline is calm unless much speaks against it. */
const EARLY_MARGIN = 0.8;

export interface LoadChange {
  /** Value per profile of the whole incident, after ÷ before; null where there was nothing before. */
  ratio: number | null;
  /** Ratio of its end alone, from the part on where it rose most visibly. */
  risen: number | null;
  z: number;
  /** Whether it rose by more than drift and noise. */
  hasRisen: boolean;
  /** Whether it fell in all of the incident, by the same gates. */
  hasFallen: boolean;
  /** The noise of the whole incident; null if a side has nothing. */
  noise: LoadNoise | null;
}

/** Factors by which chance hides a change of the load. */
export interface LoadNoise {
  /** A change that is measured as at least this is no chance. */
  told: number;
  /**
   * A true change larger than `told` by this is told in 95 of 100, where parts vary as is usual. Where they
   * vary four times as much, which few parts do not show, it is told in 70 to 95.
   */
  unlucky: number;
}

/** The change of what cost nothing before. */
export const NOTHING_BEFORE: LoadChange = {
  ratio: null,
  risen: null,
  z: 0,
  hasRisen: false,
  hasFallen: false,
  noise: null,
};

/**
 * Whether the value per profile rose, in all of the incident, from one of its parts to its end, or since the
 * end of the baseline: the distance of the logarithms (loads multiply), in units of the baseline's own
 * variation between parts and the sampling error.
 *
 * @param quantum value of one sample
 */
export function loadChange(
  before: readonly PartLevel[],
  after: readonly PartLevel[],
  { quantum, phi }: { quantum: number; phi: number },
): LoadChange {
  const was = computeMean(before);
  if (was <= 0) return NOTHING_BEFORE;
  const ratio = computeMean(after) / was;
  let best = { risen: ratio, z: Number.NEGATIVE_INFINITY, hasRisen: false };
  let hasFallen = false;
  let noise: LoadNoise | null = null;
  const parts = [...before, ...after];
  for (let cut = 1; cut < parts.length; cut++) {
    const [calm, end] = [parts.slice(0, Math.min(cut, before.length)), parts.slice(cut)];
    const [low, high] = [computeMean(calm), computeMean(end)];
    if (low <= 0 || high <= 0) continue;
    // Some cut of a baseline that only varies always looks like a step: then the stretch after it varies,
    // too.
    const spread = measureSpread(cut < before.length ? [calm, end] : [calm]);
    const sampling = phi / countSamples(calm, quantum) + phi / countSamples(end, quantum);
    const between = spread.variance * (1 / calm.length + 1 / end.length);
    const variance = Math.max(sampling, between);
    const error = Math.sqrt(variance);
    const t = Math.log(high / low) / error;
    // Sampling errors are known: the freedom of a variance of which only a part was estimated (Satterthwaite
    // 1946).
    const freedom = spread.freedom * (variance / Math.max(between, 1e-9)) ** 2;
    const deviate = normalDeviate(t, freedom);
    if (cut === before.length) {
      hasFallen = high / low <= 1 / MIN_RISE && deviate <= -MIN_Z;
      const told = Math.exp(error * studentDeviate(MIN_Z, freedom));
      const unlucky = Math.exp(Math.sqrt(sampling + between) * studentDeviate(Z_UNLUCKY, spread.freedom));
      noise = { told, unlucky };
    }
    const z = deviate - (cut < before.length ? EARLY_MARGIN : 0);
    if (z > best.z) best = { risen: high / low, z, hasRisen: high / low >= MIN_RISE && z >= MIN_Z };
  }
  return { ratio, risen: best.risen, z: best.z, hasRisen: best.hasRisen, hasFallen, noise };
}

/**
 * The smallest change of the whole incident that is told in 95 of 100, as a factor.
 *
 * @param factor least one that the rule asks for
 * @returns null where a side has nothing
 */
export function smallestLoad({ noise }: LoadChange, factor: number): number | null {
  return noise === null ? null : Math.max(factor, noise.told) * noise.unlucky;
}

/** Value per profile of some parts together; 0 where they hold none. */
export function computeMean(parts: readonly PartLevel[]): number {
  const profiles = parts.reduce((sum, part) => sum + part.profiles, 0);
  return profiles > 0 ? parts.reduce((sum, part) => sum + part.value, 0) / profiles : 0;
}

function countSamples(parts: readonly PartLevel[], quantum: number): number {
  return Math.max(1, parts.reduce((sum, { value }) => sum + value, 0) / quantum);
}

/**
 * Calm services vary by about this much between parts of an hour, as a standard deviation of the logarithm …
 */
const USUAL_SPREAD = 0.05;
/** … which is worth this many observations. */
const USUAL_FREEDOM = 6;

/** Variance of the logarithm between the parts of a stretch, drawn towards what is usual. */
function measureSpread(stretches: readonly (readonly PartLevel[])[]): { variance: number; freedom: number } {
  let squares = 0;
  let freedom = USUAL_FREEDOM;
  for (const parts of stretches) {
    const logs = parts
      .filter(({ profiles, value }) => profiles > 0 && value > 0)
      .map(({ value, profiles }) => Math.log(value / profiles));
    const mean = logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length);
    squares += logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
    freedom += Math.max(0, logs.length - 1);
  }
  return { variance: (squares + USUAL_FREEDOM * USUAL_SPREAD ** 2) / freedom, freedom };
}

/** A slice that cost this much more per profile than the baseline takes part in a rise of the load. */
const SLICE_RISE = 1.12;

/** Whether the middle one of the slices rose; true where none were read. */
export function hasRisenEverywhere(slices: readonly PartLevel[], before: readonly PartLevel[]): boolean {
  const was = computeMean(before);
  const ratios = slices
    .flatMap((one) => (one.profiles > 0 ? [one.value / one.profiles / was] : []))
    .sort((a, b) => a - b);
  const middle = ratios[Math.floor((ratios.length - 1) / 2)];
  return middle === undefined || middle >= SLICE_RISE;
}
