import { MIN_RISE } from '../profile/compare/load.js';
import { MIN_AMOUNT_RISE, MIN_LEVEL_RISE } from '../profile/compare/rise.js';
import { MIN_WAIT_RATIO } from '../profile/compare/waits.js';
import type { Evidence } from './evidence/evidence.js';
import type { LensType } from './evidence/lens.js';
import type { ShareLens } from './evidence/shares.js';

/** Share of a function for which the smallest change is told. */
const EXAMPLE_SHARE = 0.05;
/** A smaller change of a share is not looked for, however many samples there are (docs/comparison.md §5). */
const MIN_POINTS = 2;

/** Change of a share of 5 % that would just have stood out of the noise, in percentage points. */
export function smallestPoints({ analysis, gate }: ShareLens): number {
  const { before, after } = analysis.samples;
  const spread = EXAMPLE_SHARE * (1 - EXAMPLE_SHARE);
  const error = Math.sqrt(
    analysis.dispersion.phi * spread * (1 / Math.max(1, before) + 1 / Math.max(1, after)),
  );
  return Math.max(MIN_POINTS, Math.ceil(100 * gate * error));
}

/**
 * The smallest change of a type that its reading could have seen, in a few words. Null where nothing was
 * compared.
 */
export function smallestChange(
  { shares, levels, waits, wholes }: Pick<Evidence, 'shares' | 'levels' | 'waits' | 'wholes'>,
  lens: LensType,
): string | null {
  const share = shares.find((reading) => reading.lens === lens);
  if (share !== undefined) {
    const whole = lens.kind === 'time' ? MIN_RISE : MIN_AMOUNT_RISE;
    return `${smallestPoints(share)} points of a function or x${whole} in all`;
  }
  const level = levels.find((reading) => reading.lens === lens);
  if (level !== undefined) return level.before === null || level.after === null ? null : `x${MIN_LEVEL_RISE}`;
  if (waits.some((wait) => wait.lens === lens)) return `x${MIN_WAIT_RATIO}`;
  return wholes.some((whole) => whole.lens === lens) ? `x${MIN_AMOUNT_RISE} in all` : null;
}
