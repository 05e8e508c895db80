/** Rounding of sums of floating-point numbers, as a part of them. */
const ROUNDING = 1e-6;

/** Whether a number can be a part of a whole: between nothing and all of it. */
export function isPart(part: number, whole: number): boolean {
  const error = ROUNDING * Math.abs(whole);
  return part >= -error && part <= whole + error;
}

/** Whether two numbers are the same up to rounding, or up to the given part of the larger. */
export function isAlmost(a: number, b: number, error = ROUNDING): boolean {
  return Math.abs(a - b) <= error * Math.max(Math.abs(a), Math.abs(b));
}

/** Whether an interval of times lies within a window. */
export function isWithin(
  interval: { after: number; before: number },
  window: { from: number; to: number },
): boolean {
  return interval.after >= window.from && interval.before <= window.to;
}
