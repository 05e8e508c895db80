import { type LogFactor, logFactor } from '../../contrast/log-factor.js';
import type { Stratum } from './strata.js';

/** Kinds of requests vary when one of them differs from the rest by this factor … */
const VARIED = 1.2;
/** … and by so many standard errors. */
const VARIED_Z = 3.5;
/** Samples of a kind of request on both sides together from which on it tells how the kinds vary. */
const MIN_FACTOR_SAMPLES = 20;

/** Growth of a function per profile through each entry point, the largest first. */
export function growthByEntry(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
): { entry: number; stratum: Stratum; growth: number }[] {
  return [...strata]
    .map(([entry, stratum]) => ({
      entry,
      stratum,
      growth: stratum.through[1] / profilesAfter - stratum.through[0] / profilesBefore,
    }))
    .sort((a, b) => b.growth - a.growth || a.entry - b.entry);
}

/** Change of one kind of request. */
interface Factor extends LogFactor {
  entry: number;
  /** Samples on both sides. */
  all: readonly [number, number];
}

/** Changes of the kinds of requests that have enough samples, and that were there before. */
export function computeFactors(
  strata: ReadonlyMap<number, Stratum>,
  profilesBefore: number,
  profilesAfter: number,
): Factor[] {
  return [...strata].flatMap(([entry, { all }]) => {
    if (entry < 0 || all[0] <= 0 || all[0] + all[1] < MIN_FACTOR_SAMPLES) return [];
    return [{ entry, all, ...logFactor(all, [profilesBefore, profilesAfter]) }];
  });
}

/**
 * Measures how far the other kinds of requests rose and fell on their own, and how far this one lies from
 * their mean, both as logarithms of factors.
 *
 * @returns null where the others kept together, as steps of the same work do
 */
export function measureSpread(
  factors: readonly Factor[],
  entry: number,
  phi: number,
): { largest: number; distance: number } | null {
  const mine = factors.find((factor) => factor.entry === entry);
  const others = factors.filter((factor) => factor.entry !== entry);
  if (mine === undefined) return null;
  const isVaried = others.some((low) =>
    others.some((high) => {
      const distance = high.log - low.log;
      const error = Math.sqrt(phi * (low.variance + high.variance));
      return distance >= Math.log(VARIED) && distance >= VARIED_Z * error;
    }),
  );
  if (!isVaried) return null;
  const weights = others.reduce((sum, factor) => sum + 1 / factor.variance, 0);
  const mean = others.reduce((sum, factor) => sum + factor.log / factor.variance, 0) / weights;
  return {
    largest: Math.max(...others.map(({ log }) => Math.abs(log - mean))),
    distance: Math.abs(mine.log - mean),
  };
}

/** Value per profile of all other kinds of requests, after ÷ before; 1 where there was nothing. */
export function computeLoad(factors: readonly Factor[], entry: number): number {
  let before = 0;
  let after = 0;
  for (const factor of factors) {
    if (factor.entry === entry) continue;
    before += factor.all[0];
    // The factor is per profile, so that both sums are in profiles of the time before.
    after += Math.exp(factor.log) * factor.all[0];
  }
  return before > 0 ? after / before : 1;
}

/**
 * Weighs how the rest of a kind of request changed, which is all that it does outside a function: as the
 * function did (more requests) or as the load of the other kinds (the function became more expensive).
 *
 * @returns difference of the log-likelihoods, positive for requests
 */
export function restAsRequests(
  { all, through }: Stratum,
  load: number,
  profiles: readonly [before: number, after: number],
  phi: number,
): number {
  if (through[0] <= 0) return Number.NEGATIVE_INFINITY;
  const rest = logFactor([all[0] - through[0], all[1] - through[1]], profiles);
  const variance = 2 * phi * rest.variance;
  const asRequests = (rest.log - logFactor(through, profiles).log) ** 2 / variance;
  const asCode = (rest.log - Math.log(load)) ** 2 / variance;
  return asCode - asRequests;
}
