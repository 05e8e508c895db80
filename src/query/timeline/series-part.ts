import type { SeriesPart } from '../../profile/series/series.js';
import type { Frame } from '../../profile/series/timeline.js';
import type { Scale } from '../../report/answers/series.js';

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
