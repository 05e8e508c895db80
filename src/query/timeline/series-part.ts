import type { Measurement } from '../../profile/measurement.js';
import { type SeriesPart, sampleWorth } from '../../profile/series/series.js';
import type { Frame } from '../../profile/series/timeline.js';
import { chooseScale, type Scale } from '../../report/answers/series.js';

/** The cost of a frame, and the counts behind it. */
interface FrameCost {
  /** Number of profiles; 0 where the frame holds none, or could not be read. */
  profiles: number;
  /** Number of instances that sent them. */
  instances: number;
  /** Sum of the cost over all profiles of the frame. */
  sum: number;
  /** Sum of which the cost is a share; 0 where there is none. */
  whole: number;
}

/**
 * Makes a part of a series: the cost per profile or second, and its share of the whole.
 * @param interval time between two profiles of an instance, in ms
 */
export function seriesPart(
  frame: Frame,
  { profiles, instances, sum, whole }: FrameCost,
  scale: Scale,
  interval: number,
): SeriesPart {
  return {
    frame,
    profiles,
    instances,
    value: profiles === 0 ? null : scale.convert(sum / profiles, instances, interval),
    share: whole > 0 ? sum / whole : null,
  };
}

/**
 * Variance of the value of a profile that follows from the counts of its samples (Poisson); null where these
 * are unknown.
 */
export function countedVariance(
  measurement: Measurement,
  parts: readonly SeriesPart[],
  interval: number,
): number | null {
  const worth = sampleWorth(measurement);
  const known = parts.filter(({ value }) => value !== null);
  if (worth === null || known.length === 0) return null;
  const computeMean = (figure: (part: SeriesPart) => number) =>
    known.reduce((sum, part) => sum + figure(part), 0) / known.length;
  const worthAsShown = chooseScale(measurement).convert(
    worth,
    computeMean(({ instances }) => instances),
    interval,
  );
  return worthAsShown * computeMean(({ value }) => value ?? 0);
}
