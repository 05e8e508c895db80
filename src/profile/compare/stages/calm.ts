import { MIN_SAMPLES, measureShift, WHOLE } from '../../contrast/contrast.js';
import { USUAL_DISPERSION } from '../../contrast/noise.js';
import { sumSide } from '../../contrast/runs.js';
import { type Analysis, analyse, changeOverTime, type Reading } from '../analysis.js';
import type { ChangeSearch, Changes } from '../changes.js';
import { changeInSlice } from '../slices.js';

/** A cost per profile that rose by less in a few parts is no rise of the load in finer ones, either … */
const CALM_RISE = 1.1;
/** … nor is one that stands out by less, in standard errors. */
const CALM_RISE_Z = 1.5;
/**
 * Halves of a calm baseline differ by less in every function, in standard errors of a usual dispersion: the
 * one that they show themselves would hide the difference.
 */
const CALM_HALVES_Z = 2.8;

/** Result of a look at a reading in few parts. */
export interface FirstLook {
  /** Its changes, which are none, where it is calm; null where finer parts have to tell. */
  calm: Changes | null;
  /** Whether no function cost more in the first part of the baseline than in the later ones, or less. */
  hasCalmBaseline: boolean;
  /** Whether nothing in the incident or its slices looks like a change, a load or a warm-up. */
  hasCalmIncident: boolean;
  /** Whether the load rose. */
  hasRisen: boolean;
  /** Distance from noise of a change over time, in standard errors; 0 where none was seen or looked for. */
  z: number;
}

/** A search at gates that are lower than those of a change. */
export interface LookSearch extends Omit<ChangeSearch, 'isStrict'> {
  /** Whether the baseline was divided, so that its parts tell what the first of them is. */
  isBaselineDivided?: boolean;
}

/**
 * Looks whether a reading in few parts shows nothing that finer parts could make a change, a load or a
 * warm-up of: the search, whose gates are lowered for that, finds no change. It ends with the first sign of
 * one, since finer parts tell what it is.
 */
export function lookFirst(
  reading: Reading,
  { without, gate, sliceGate, allowsBursts, isBaselineDivided = false }: LookSearch,
): FirstLook {
  const analysis = analyse(reading, without);
  const { load, isPartly, mix, slices } = analysis;
  const isBaselineCalm = isBaselineDivided || hasCalmBaseline(analysis);
  // The totals of finer parts have told the load, where they are known.
  const mayHaveRisen = reading.finer === undefined && (load.risen ?? 0) >= CALM_RISE && load.z >= CALM_RISE_Z;
  const mayBeCalm = !mayHaveRisen && !isPartly && mix.length === 0;
  const change = mayBeCalm ? changeOverTime(analysis, { gate, allowsBursts, isRough: true }) : null;
  const isIncidentCalm =
    mayBeCalm &&
    change === null &&
    slices.every((_, slice) => changeInSlice(analysis, slice, sliceGate) === null);
  const isCalm = isBaselineCalm && isIncidentCalm;
  return {
    hasCalmBaseline: isBaselineCalm,
    hasCalmIncident: isIncidentCalm,
    hasRisen: load.hasRisen,
    z: change?.culprit.z ?? 0,
    calm: isCalm ? { analysis, overTime: null, inSlices: slices.map(() => null) } : null,
  };
}

/** Whether no function cost more in the first part of the baseline than in the later ones, or less. */
function hasCalmBaseline({ joined, baseline, quantum }: Analysis): boolean {
  const [first, ...later] = baseline;
  if (first === undefined) return true;
  const halves = { before: first, after: sumSide(joined, later), quantum, dispersion: USUAL_DISPERSION };
  const { before, after } = halves;
  for (let fn = 0; fn < joined.functions.length; fn++) {
    const cost = (before.costs.totals[fn] ?? 0) + (after.costs.totals[fn] ?? 0);
    if (cost < MIN_SAMPLES * quantum) continue;
    if (Math.abs(measureShift(halves, WHOLE, fn)) >= CALM_HALVES_Z) return false;
  }
  return true;
}
