import type { Labels, Window } from '../../../sources/source.js';

// Series in which the profiles of several instances are one, since no label tells the instances apart.

/** Usual number of profiles in a point of such a series, in one window. */
export interface PerStep {
  window: Window;
  /** Labels of the series that it holds for. */
  labels: Labels;
  perStep: number;
}

/** Whether two sets of labels have the same values for the labels of either. */
export function isSame(one: Labels, other: Labels): boolean {
  return [...Object.keys(one), ...Object.keys(other)].every((name) => one[name] === other[name]);
}

/** Maximum number of instances whose profiles are looked for in one series. */
const MAX_INSTANCES = 12;
/** Profiles of one instance come so much more evenly than those of all together. */
const EVENLY = 0.25;

/**
 * How many profiles after one of an instance its next one comes. Each instance sends evenly, at moments of
 * its own: so the times to the next profile of all differ, and those to the next but few hardly do.
 *
 * @param times times of the profiles, ascending
 */
export function countTurns(times: readonly number[]): number {
  const measureSpread = (turns: number) =>
    measureQuartiles(times.slice(turns).map((time, at) => time - (times[at] ?? 0)));
  const alone = measureSpread(1);
  for (let turns = 2; turns <= MAX_INSTANCES && 4 * turns <= times.length; turns++)
    if (measureSpread(turns) <= EVENLY * alone && alone > 0) return turns;
  return 1;
}

/** Distance between the quartiles of some numbers. */
function measureQuartiles(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const quantile = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return quantile(0.75) - quantile(0.25);
}
