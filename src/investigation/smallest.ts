import { LEAST_RISE } from '../profile/compare/load.js';
import { LEAST_AMOUNT_RISE, LEAST_LEVEL_RISE } from '../profile/compare/rise.js';
import { LEAST_WAIT_RATIO } from '../profile/compare/waits.js';
import type { CaseReading } from './evidence.js';
import type { LensType } from './lens.js';
import type { ShareLens } from './shares.js';

/** Share of a function for which the smallest change is told. */
const EXAMPLE_SHARE = 0.05;
/** A smaller change of a share is not looked for, however many samples there are (docs/comparison.md §5). */
const LEAST_POINTS = 2;

/** Change of a share of 5 % that would just have stood out of the noise, in percentage points. */
export function smallestPoints({ analysis, gate }: ShareLens): number {
  const { before, after } = analysis.samples;
  const spread = EXAMPLE_SHARE * (1 - EXAMPLE_SHARE);
  const error = Math.sqrt(
    analysis.dispersion.phi * spread * (1 / Math.max(1, before) + 1 / Math.max(1, after)),
  );
  return Math.max(LEAST_POINTS, Math.ceil(100 * gate * error));
}

/**
 * The smallest change of a type that its reading could have seen, in a few words. Null where nothing was
 * compared.
 */
export function smallestChange(
  { shares, levels, waits, wholes }: Pick<CaseReading, 'shares' | 'levels' | 'waits' | 'wholes'>,
  lens: LensType,
): string | null {
  const share = shares.find((one) => one.lens === lens);
  if (share !== undefined) {
    const whole = lens.kind === 'time' ? LEAST_RISE : LEAST_AMOUNT_RISE;
    return `${smallestPoints(share)} points of a function or x${whole} in all`;
  }
  const level = levels.find((one) => one.lens === lens);
  if (level !== undefined)
    return level.before === null || level.after === null ? null : `x${LEAST_LEVEL_RISE}`;
  if (waits.some((one) => one.lens === lens)) return `x${LEAST_WAIT_RATIO}`;
  return wholes.some((one) => one.lens === lens) ? `x${LEAST_AMOUNT_RISE} in all` : null;
}
