import type { AroundOnset } from '../../profile/compare/since.js';
import { partWindows } from '../../profile/series/parts.js';
import type { Window } from '../../sources/source.js';
import { measureGap, type ProfileTimes, sharedTimes } from './profile-times.js';
import { isIn } from './windows.js';

/** Between which two profiles something changed. */
export interface Since {
  after: number;
  before: number;
}

/** How many rounds of profiles of the instances a window holds. */
export function roundsIn(profileTimes: ProfileTimes, window: Window): number {
  const times = sharedTimes(profileTimes, window);
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined
    ? 0
    : Math.round((last - first) / measureGap(profileTimes)) + 1;
}

/**
 * Minimum number of rounds of profiles in a baseline that tell how the load swings: two that are alike may be
 * alike by chance.
 */
const MIN_LOAD_ROUNDS = 3;

/** Whether the parts of a baseline hold too few rounds of profiles to tell load from its ordinary swings. */
export function isBriefBaseline(profileTimes: ProfileTimes, baseline: readonly Window[]): boolean {
  const [first, last] = [baseline[0], baseline.at(-1)];
  if (first === undefined || last === undefined) return true;
  return roundsIn(profileTimes, { from: first.from, to: last.to }) < MIN_LOAD_ROUNDS;
}

/** The rounds of a window, or at most so many parts of several rounds each. */
export function splitIntoRounds(
  profileTimes: ProfileTimes,
  window: Window,
  maxParts = Number.POSITIVE_INFINITY,
): Window[] {
  const rounds = Math.min(maxParts, roundsIn(profileTimes, window));
  return partWindows(window, sharedTimes(profileTimes, window), rounds);
}

/** How exactly profiles tell a time. */
export function getResolution(profileTimes: ProfileTimes): Pick<AroundOnset, 'gapMs' | 'stepMs'> {
  return { gapMs: measureGap(profileTimes), stepMs: profileTimes.stepMs };
}

/** Starts of the profiles in a window, ascending: each lies in the step that its time ends. */
export function startsIn({ series, stepMs }: ProfileTimes, window: Window): number[] {
  return series
    .flatMap(({ points }) => points.filter(({ time }) => isIn(window, time, stepMs)))
    .map(({ time }) => time - stepMs / 2)
    .sort((a, b) => a - b);
}
