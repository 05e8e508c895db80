import type { FunctionTarget } from '../../profile/code/find-function.js';
import type { Measurement } from '../../profile/measurement.js';
import { analyseSeries, type Series, sampleWorth } from '../../profile/series/series.js';
import { chooseScale } from '../../report/answers/series.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { readFrameCosts } from './frames.js';
import { onsetsOfCosts } from './onset.js';
import { type Frames, readFrames } from './readings.js';
import { countedVariance, seriesPart } from './series-part.js';

/**
 * The cost of a function over time, as a share of the active total and as a value: one request for the series
 * of all profiles, and one merge for each part. Changes are searched in the share, which the load does not
 * move; where samples are counted, the error of the share is at least the binomial one. `values` is the same
 * series, searched in the value.
 *
 * @param maxParts at most 12, since each part costs a request
 * @throws UpstreamError where no part could be read
 */
export async function functionSeries(
  target: FunctionTarget,
  measurement: Measurement,
  scope: Scope,
  { maxParts }: { maxParts: number },
  context: ToolContext,
): Promise<Pick<Frames, 'frames' | 'gaps' | 'step'> & { series: Series; values: Series; notes: string[] }> {
  const timeline = await readFrames(scope, measurement, { label: null, maxParts }, context);
  const { frames, gaps, step, interval } = timeline;
  const { costs, notes } = await readFrameCosts(scope, timeline, target, context);
  const scale = chooseScale(measurement);
  const parts = frames.map((frame, at) => {
    const cost = costs[at] ?? null;
    // The value of a part that could not be read is unknown, like that of a part without profiles.
    const profiles = cost === null ? 0 : timeline.profilesIn(at);
    const instances = timeline.instancesIn(at);
    const { value: sum, active: whole } = cost ?? { value: 0, active: 0 };
    return seriesPart(frame, { profiles, instances, sum, whole }, scale, interval);
  });
  const worth = sampleWorth(measurement);
  const activeTotal = costs.reduce((sum, cost) => sum + (cost?.active ?? 0), 0);
  const share = activeTotal > 0 ? costs.reduce((sum, cost) => sum + (cost?.value ?? 0), 0) / activeTotal : 0;
  const sampling =
    worth === null
      ? { variance: null }
      : { weights: costs.map((cost) => (cost?.active ?? 0) / worth), variance: share * (1 - share) };
  // Counts alone do not explain the other types: a single stall of a thread is many wall-clock samples, and
  // live objects stay from one snapshot to the next.
  const isPureCount = measurement.samples !== null && !scope.type.isWallClock;
  const series = analyseSeries(target.info.name, parts, { by: 'share', share, isPureCount, ...sampling });
  const values = analyseSeries(target.info.name, parts, {
    by: 'value',
    share,
    variance: countedVariance(measurement, parts, interval),
    // The load moves a value, too.
    isPureCount: false,
  });
  const onsets = await onsetsOfCosts({ share: series, values }, costs, {
    timeline,
    measurement,
    scope,
    context,
    isNarrowed: false,
  });
  return {
    frames,
    gaps,
    step,
    series: { ...series, onset: onsets.share },
    values: { ...values, onset: onsets.values },
    notes,
  };
}
