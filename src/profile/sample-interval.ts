import { secondsPerUnit } from '../text/units.js';
import { type Profile, totalValue } from './model.js';

/** Minimum sampling interval, in seconds: a shorter common divisor is an accident. */
const MIN_INTERVAL_S = 1e-3;
/** Minimum number of different values: with 8 a divisor twice too large has a chance of 1 in 256. */
const MIN_DIFFERENT_VALUES = 8;

/**
 * Number of samples in a time profile, from the interval that divides all of its values. Null where there is
 * no such interval, or too few values to tell it from an accident.
 */
export function samplesByInterval(profile: Profile): number | null {
  const interval = sampleInterval(profile);
  return interval === null ? null : Math.round(totalValue(profile) / interval);
}

/**
 * The interval of a time profile's samples, in its unit: the greatest common divisor of the values. Null
 * where there are too few values to tell it from an accident, or none so large.
 */
function sampleInterval({ values, unit }: Profile): number | null {
  const different = new Set<number>();
  let divisor = 0;
  for (const value of values) {
    if (different.size < MIN_DIFFERENT_VALUES) different.add(value);
    if (divisor === 0 || value % divisor !== 0) divisor = commonDivisor(divisor, value);
  }
  if (different.size < MIN_DIFFERENT_VALUES) return null;
  return divisor * (secondsPerUnit(unit) ?? 0) >= MIN_INTERVAL_S ? divisor : null;
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
