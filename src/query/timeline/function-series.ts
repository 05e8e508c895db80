import type { FunctionTarget } from '../../profile/code/find-function.js';
import type { Measurement } from '../../profile/measurement.js';
import { type Series, type SeriesPart, sampleWorth, seriesOf } from '../../profile/series/series.js';
import { scaleOf } from '../../report/answers/series.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { readableCosts } from './frames.js';
import { type Frames, readFrames } from './readings.js';

/**
 * One function over time, its share of the active total and its value: a series of all profiles and one merge
 * per part. A change is looked for in the share, which the load does not move; where samples are counted its
 * error is binomial, else at least that.
 *
 * @param most parts, at most 12
 * @throws UpstreamError where no part at all could be read
 */
export async function functionSeries(
  target: FunctionTarget,
  measured: Measurement,
  scope: Scope,
  most: number,
  context: ToolContext,
): Promise<Pick<Frames, 'frames' | 'gaps' | 'step'> & { series: Series; notes: string[] }> {
  const read = await readFrames(scope, measured, { label: null, most }, context);
  const { frames, gaps } = read;
  const { costs, notes } = await readableCosts(scope, read, target, context);
  const scale = scaleOf(measured);
  const parts = frames.map((frame, at): SeriesPart => {
    const cost = costs[at] ?? null;
    const { active, value } = cost ?? { active: 0, value: 0 };
    // A part that could not be read is as unknown as one without profiles, and the notes say which it is.
    const profiles = cost === null ? 0 : read.profilesIn(at);
    const instances = read.instancesIn(at);
    return {
      frame,
      profiles,
      instances,
      value: profiles === 0 ? null : scale.convert(value / profiles, instances, read.interval),
      share: active > 0 ? value / active : null,
    };
  });
  const worth = sampleWorth(measured);
  const whole = costs.reduce((sum, cost) => sum + (cost?.active ?? 0), 0);
  const share = whole > 0 ? costs.reduce((sum, cost) => sum + (cost?.value ?? 0), 0) / whole : 0;
  const counted =
    worth === null
      ? { variance: null }
      : { weights: costs.map((cost) => (cost?.active ?? 0) / worth), variance: share * (1 - share) };
  // One stall of a thread is many samples of its wall clock, and what is live stays so from one snapshot to
  // the next.
  const onlyCounts = measured.samples !== null && !scope.type.wallClock;
  const series = seriesOf(target.info.name, parts, { by: 'share', share, onlyCounts, ...counted });
  return { frames, gaps, step: read.step, series, notes };
}
