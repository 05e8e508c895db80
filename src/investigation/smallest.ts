import { MIN_AMOUNT_RISE, MIN_LEVEL_RISE } from '../profile/compare/growth/rise.js';
import { MIN_RISE, smallestLoad } from '../profile/compare/load.js';
import { WITHIN_Z } from '../profile/compare/requests/mix.js';
import { MIN_WAIT_RATIO } from '../profile/compare/waits.js';
import { MIN_POINTS } from '../profile/contrast/contrast.js';
import { computeSight, type Sight, smallestGrowth } from '../profile/contrast/power.js';
import { buildContrast, wholeRun } from '../profile/contrast/runs.js';
import { formatValue } from '../text/units.js';
import type { Evidence } from './evidence/evidence.js';
import type { LensType } from './evidence/lens.js';
import type { ShareLens } from './evidence/shares.js';

/** Share of a function for which the smallest change is told. */
export const EXAMPLE_SHARE = 0.05;

/**
 * The smallest growth of a function that would be seen in 95 of 100 such readings, as a share of the total.
 *
 * @param shareBefore of the function, before the change
 * @returns null where none would be
 */
export function growthSeen(lens: ShareLens, shareBefore: number): number | null {
  return smallestGrowth(readSight(lens), shareBefore);
}

/**
 * The sight of a comparison of functions. Where there are several kinds of requests, a growth must also be
 * told from a change of their mix.
 *
 * @param minGrowth smallest growth that is looked for, as a share of the total
 */
export function readSight(
  { analysis, gate }: ShareLens,
  minGrowth = analysis.minGrowth ?? MIN_POINTS,
): Sight {
  const kinds = analysis.requests.points.length;
  const mix = kinds > 1 ? { leastZ: WITHIN_Z, kinds } : null;
  const contrast = buildContrast(analysis, wholeRun(analysis));
  return computeSight(contrast, analysis.universe, { gate, minGrowth, mix });
}

/** The smallest growth of a function with 5 % that would be seen, in whole percentage points. */
export function smallestPoints(share: ShareLens): number {
  return Math.ceil(100 * Math.min(1, growthSeen(share, EXAMPLE_SHARE) ?? 1));
}

/**
 * The smallest factor by which a whole type changes visibly, of time and amounts in 95 of 100 such readings;
 * null where it was not compared as a whole.
 */
export function wholeSeen(
  { shares, levels, waits, wholes }: Pick<Evidence, 'shares' | 'levels' | 'waits' | 'wholes'>,
  lens: LensType,
): number | null {
  const share = shares.find((reading) => reading.lens === lens);
  if (share !== undefined)
    return smallestLoad(share.analysis.load, lens.kind === 'time' ? MIN_RISE : MIN_AMOUNT_RISE);
  const level = levels.find((reading) => reading.lens === lens);
  if (level !== undefined) return level.before === null || level.after === null ? null : MIN_LEVEL_RISE;
  if (waits.some((wait) => wait.lens === lens)) return MIN_WAIT_RATIO;
  const whole = wholes.find((reading) => reading.lens === lens);
  return whole === undefined ? null : smallestLoad(whole.load, MIN_AMOUNT_RISE);
}

/**
 * The smallest change of a type that its reading would have seen, in a few words. Null where nothing was
 * compared.
 */
export function smallestChange(
  reading: Pick<Evidence, 'shares' | 'levels' | 'waits' | 'wholes'>,
  lens: LensType,
): string | null {
  const factor = wholeSeen(reading, lens);
  if (factor === null) return null;
  const share = reading.shares.find((candidate) => candidate.lens === lens);
  const points = share === undefined ? '' : `${smallestPoints(share)} points of a function or `;
  const level = reading.levels.find((candidate) => candidate.lens === lens);
  const hidden = level?.smallestHidden ?? null;
  const isHiddenSmaller = hidden !== null && hidden < (factor - 1) * (level?.before ?? 0);
  const leak = isHiddenSmaller
    ? ` or a leak of one function by ${formatValue(hidden, lens.type.unit, lens.type.noun)}`
    : '';
  const isWhole = share !== undefined || reading.wholes.some((whole) => whole.lens === lens);
  // A smaller factor than this one is not seen.
  const rounded = Math.ceil(10 * factor - 1e-9) / 10;
  return `${points}x${rounded}${isWhole ? ' in all' : ''}${leak}`;
}
