import { LONGEST_QUERY_MS } from '../../duration.js';
import type { Window } from '../../sources/source.js';

/**
 * The default baseline is this many times as long as the window, as long as both together fit into one query
 * …
 */
const BASELINE_TIMES = 4;
/**
 * … unless that leaves a baseline of less than this part of the window: then it is as long, up to a week, and
 * asked in pieces.
 */
const MIN_BASELINE = 1 / 8;
const WEEK_MS = 7 * 24 * 3_600_000;
/**
 * Resolution of the series of longer windows, at the finest: profilers send at most one profile in this time.
 */
const FINEST_STEP_MS = 5_000;
/**
 * Steps of a window that is too short for as many of that length: an onset is told by the starts of profiles,
 * which are known to a step.
 */
const MIN_STEPS = 180;
/** Steps of the incident window, at the most: five windows are then 1,200 points a series. */
const MAX_STEPS = 240;

/** The two windows of a comparison on one grid of steps; the baseline ends 1 ms before the incident. */
export interface Plan {
  baseline: Window;
  incident: Window;
  /** Whole milliseconds. The steps of the incident begin where it begins. */
  stepMs: number;
}

/**
 * Lays the grid over the incident and, where none is given, a baseline of up to four times its length that
 * ends 1 ms before it: merge windows are closed, and a profile stamped at a shared instant would count twice.
 */
export function planWindows(
  incident: Window,
  baseline: Window | null = null,
  maxSteps: number = MAX_STEPS,
): Plan {
  const length = incident.to - incident.from + 1;
  const stepMs = chooseStep(length, Math.min(maxSteps, MAX_STEPS));
  if (baseline !== null) return { baseline, incident, stepMs };
  const spare = LONGEST_QUERY_MS - length;
  const room = Math.max(stepMs, spare < MIN_BASELINE * length ? Math.min(length, WEEK_MS) : spare);
  const before = Math.max(1, Math.floor(Math.min(BASELINE_TIMES * length, room) / stepMs));
  return { baseline: { from: incident.from - before * stepMs, to: incident.from - 1 }, incident, stepMs };
}

/** The shortest step of whole seconds that divides the window, else one that covers it. */
function chooseStep(length: number, maxSteps: number): number {
  const finest = Math.min(FINEST_STEP_MS, Math.max(1, Math.floor(length / MIN_STEPS / 1000)) * 1000);
  const shortest = Math.max(finest, Math.ceil(length / maxSteps / 1000) * 1000);
  for (let step = shortest; step <= 4 * shortest && step < length; step += 1000)
    if ((length - 1) % step === 0) return step;
  const steps = Math.max(1, Math.min(maxSteps, Math.floor(length / finest)));
  return Math.max(1000, Math.ceil(length / steps));
}

/**
 * Lets the incident end with its last step. A profile stamped exactly `to`, which tells about
 * the time after it, lies in the next step; so the merges leave it out just as the series do, and both are
 * about the same profiles. (Where no step of whole seconds divides the window, both end less than a second
 * after it.)
 */
export function onGrid(plan: Plan): Plan {
  const { from } = plan.incident;
  return { ...plan, incident: { from, to: gridEnd(plan.incident, plan.stepMs) } };
}

/** The time from the beginning of the baseline to the end of the incident. */
export function coverBoth({ baseline, incident }: Pick<Plan, 'baseline' | 'incident'>): Window {
  return { from: baseline.from, to: incident.to };
}

/**
 * The end of a window on its grid: a whole number of steps after its start, so that a server answers in one
 * request.
 */
export function gridEnd({ from, to }: Window, stepMs: number): number {
  return from - 1 + Math.max(1, Math.ceil((to - from) / stepMs)) * stepMs;
}

/** Whether a step that ends at `time` belongs to a window. */
export function isIn({ from, to }: Window, time: number, stepMs: number): boolean {
  return time >= from && time < to + stepMs;
}
