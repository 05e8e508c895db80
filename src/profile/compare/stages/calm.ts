import { deviation, MIN_SAMPLES } from '../../contrast/contrast.js';
import { USUAL_DISPERSION } from '../../contrast/noise.js';
import { sumSide } from '../../contrast/runs.js';
import type { Analysis } from '../analysis.js';
import type { Changes } from '../changes.js';

/** A cost per profile that rose by less in a few parts is no rise of the load in finer ones, either … */
const CALM_RISE = 1.1;
/** … nor is one that stands out by less, in standard errors. */
const CALM_RISE_Z = 1.5;
/**
 * Halves of a calm baseline differ by less in every function, in standard errors of a usual dispersion: the
 * one that they show themselves would hide the difference.
 */
const CALM_HALVES_Z = 2.8;

/**
 * Whether a reading in few parts shows nothing that finer parts could make a change, a load or a warm-up of:
 * the search, whose gates are lowered for that, found no change.
 *
 * @param knowsLoad whether the totals of the finer parts have told the load
 */
export function isCalm({ analysis, overTime, inSlices }: Changes, knowsLoad: boolean): boolean {
  const { load, isPartly, mix } = analysis;
  const mayHaveRisen = !knowsLoad && (load.risen ?? 0) >= CALM_RISE && load.z >= CALM_RISE_Z;
  const hasChange = overTime !== null || inSlices.some((change) => change !== null);
  return !hasChange && !mayHaveRisen && !isPartly && mix.length === 0 && hasCalmBaseline(analysis);
}

/** Whether no function cost more in the first part of the baseline than in the later ones, or less. */
export function hasCalmBaseline({ joined, baseline, quantum }: Analysis): boolean {
  const [first, ...later] = baseline;
  if (first === undefined || later.length === 0) return true;
  const rest = sumSide(joined, later);
  return joined.functions.every((_, fn) => {
    const [then, since] = [first, rest].map(
      ({ costs }) => [(costs.totals[fn] ?? 0) / quantum, costs.total / quantum] as const,
    );
    if (then === undefined || since === undefined || then[0] + since[0] < MIN_SAMPLES) return true;
    return Math.abs(deviation(then, since, USUAL_DISPERSION)) < CALM_HALVES_Z;
  });
}
