import { type Contrast, measureShift } from '../contrast/contrast.js';
import { buildContrast, type PartCosts, sumSide, wholeRun } from '../contrast/runs.js';
import { type Analysis, type CodeChange, UNIVERSE_MARGIN } from './analysis.js';
import { describeCulprit, findCulprit, onlyGainedShare } from './culprit.js';
import { movedFrom } from './moved.js';
import { isExchangeOfRequests, isMixOfRequests } from './requests/mix.js';

/**
 * Looks for a change of code in one slice of the fleet: against the baseline of all, and against that and the
 * other slices at the same time together, which is more to compare with where they are calm.
 */
export function changeInSlice(analysis: Analysis, slice: number, gate: number): CodeChange | null {
  const sides = contrastSlice(analysis, slice);
  if (sides === null) return null;
  for (const [at, universe] of analysis.universes.entries()) {
    const change = sliceChangeIn({ ...analysis, universe }, sides, gate + at * UNIVERSE_MARGIN);
    if (change !== null) return change;
  }
  return null;
}

/** The contrasts of a slice, whatever the universe. */
interface SliceContrasts {
  /** Against the baseline of all. */
  contrast: Contrast;
  /** Against that and the other slices together. */
  wider: Contrast;
  siblings: readonly PartCosts[];
}

function contrastSlice(analysis: Analysis, slice: number): SliceContrasts | null {
  const { joined, baseline, slices } = analysis;
  const sliceCosts = slices[slice];
  if (sliceCosts === undefined) return null;
  const siblings = slices.filter((other) => other !== sliceCosts);
  const contrast = {
    ...buildContrast(analysis, wholeRun(analysis)),
    after: sumSide(joined, [sliceCosts]),
  };
  return { contrast, wider: { ...contrast, before: sumSide(joined, [...baseline, ...siblings]) }, siblings };
}

/**
 * A change in one slice must stand out from the other slices at the same time by this, in standard errors, or
 * be a change of all of them together.
 */
const MIN_OF_SLICE_Z = 3;

/**
 * Whether a slice shows a function larger than its siblings do, or all of them together show it. What slices
 * have in common is judged by all together, where more samples tell it from a mix of requests.
 */
function isChangeOfSlice(
  analysis: Analysis,
  slice: Contrast,
  siblings: readonly PartCosts[],
  fn: number,
): boolean {
  const { joined, universe, requests } = analysis;
  if (siblings.length === 0) return true;
  const beside = { ...slice, before: sumSide(joined, siblings) };
  if (measureShift(beside, universe, fn) >= MIN_OF_SLICE_Z) return true;
  const together = buildContrast(analysis, wholeRun(analysis));
  // A large instance costs more than the mean of all: only all of them tell what stayed under less load.
  if (onlyGainedShare(together, universe, fn, requests)) return false;
  const isMix = requests.points.length > 1 && isMixOfRequests(together, requests, fn);
  return !isMix && measureShift(together, universe, fn) >= MIN_OF_SLICE_Z;
}

function sliceChangeIn(
  analysis: Analysis,
  { contrast, wider, siblings }: SliceContrasts,
  gate: number,
): CodeChange | null {
  const { universe } = analysis;
  const [best] = [contrast, wider]
    .flatMap((one) => findCulprit(one, gate, universe, analysis.requests) ?? [])
    .sort((a, b) => b.z - a.z);
  if (best === undefined || !isChangeOfSlice(analysis, contrast, siblings, best.fn)) return null;
  const culprit = { ...describeCulprit(contrast, universe, best.fn), z: best.z };
  const run = wholeRun(analysis);
  // The slice was chosen for its growth, too.
  const from =
    movedFrom(contrast, culprit, universe) ?? movedFrom(buildContrast(analysis, run), culprit, universe);
  if (from !== null && isExchangeOfRequests(contrast, analysis.requests, culprit.fn, from)) return null;
  return { culprit, contrast, universe, run, from };
}
