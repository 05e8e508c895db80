import { changeOverTime } from '../../profile/compare/analysis.js';
import type { LoadChange } from '../../profile/compare/load.js';
import { partWindows } from '../../profile/series/parts.js';
import type { Window } from '../../sources/source.js';
import { computeMean, sharedTimes, totalsIn } from '../evidence/profile-times.js';
import { PARTED } from '../thresholds.js';
import { type BriefEvidence, quietAmounts } from './brief.js';

// Signs of a fault that both whole windows do not show: they say which services to look at more closely, and
// at what, before others. Distances are in standard errors.

/** Whether the composition of a unit was compared and shows no change. */
export function isUnexplained({ shares }: BriefEvidence): boolean {
  return shares.length > 0 && shares.every(({ change }) => change === null);
}

/** Distance of a change that calm services show as well. */
const FAINT_Z = 1;

/** Distance of the largest growth of a function in the main type, however faint; zero where there is none. */
export function measureFaint({ shares, suspicion, series }: BriefEvidence): number {
  if (suspicion > 0) return suspicion;
  const main = shares.find(({ lens }) => lens === series[0]?.lens);
  return main === undefined
    ? 0
    : (changeOverTime(main.analysis, { gate: FAINT_Z, allowsBursts: false })?.culprit.z ?? 0);
}

/** Ratio of an instance to the others from which on it is looked at for itself. */
const OUTLIER = 1.25;

/**
 * How far the cost of one instance rose beyond the middle one of all, as a factor: zero where none stands out
 * and where instances are not told apart.
 */
export function measureOutlier({ context, series }: BriefEvidence): number {
  const [main] = series;
  if (main === undefined || main.times.largeFleet !== undefined || main.times.series.length < 2) return 0;
  const { baseline, incident } = context.plan;
  const levelIn = (series: typeof main.times.series, window: Window) =>
    computeMean(totalsIn({ ...main.times, series }, window));
  const past = levelIn(main.times.series, baseline);
  const ratios = main.times.series.flatMap((one) => {
    const [was, is] = [levelIn([one], baseline) ?? past, levelIn([one], incident)];
    return was === null || is === null || was <= 0 ? [] : [is / was];
  });
  const beyond = Math.max(0, ...ratios) / Math.max(median(ratios), Number.MIN_VALUE);
  return ratios.length < 2 || beyond < OUTLIER ? 0 : beyond;
}

/** Ratio of the costliest part of the incident to the cheapest one from which on it may be a burst. */
const BURST = 1.2;

/** The course of the cost over the incident. */
export interface Course {
  /** How much more its parts differ than parts of calm services do. */
  z: number;
  /** Whether they differ enough for a burst. */
  isBurst: boolean;
  /** Its parts, in order. */
  parts: readonly Window[];
  /** The costliest one, and what is before and after it. */
  aroundCostliest: readonly Window[];
}

/** The course of a unit's main total over the incident; null where it has too few profiles. */
export function measureCourse({ context, series }: BriefEvidence): Course | null {
  const [main] = series;
  if (main === undefined) return null;
  const { baseline, incident } = context.plan;
  const listLevels = (windows: readonly Window[]) =>
    windows.map((part) => computeMean(totalsIn(main.times, part)) ?? 0);
  const parts = partWindows(incident, sharedTimes(main.times, incident), PARTED.incidentParts);
  if (parts.length < PARTED.incidentParts) return null;
  const levels = listLevels(parts);
  const [highest, lowest] = [Math.max(...levels), Math.min(...levels)];
  const at = levels.indexOf(highest);
  const [before, burst, after] = [parts.slice(0, at), parts.slice(at, at + 1), parts.slice(at + 1)].map(
    joinedWindow,
  );
  const aroundCostliest = [before, burst, after].flatMap((window) => window ?? []);
  const times = sharedTimes(main.times, baseline);
  const calm = listLevels(partWindows(baseline, times, times.length));
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  const rounds = sharedTimes(main.times, incident).length / parts.length;
  const error = (mean * Math.max(MIN_VARIATION, variation(calm))) / Math.sqrt(rounds);
  const z = error > 0 ? ((highest - lowest) / error - USUAL_RANGE.mean) / USUAL_RANGE.deviation : 0;
  return { z, isBurst: highest >= BURST * lowest, parts, aroundCostliest };
}

/** Range of three values of one normal distribution, in its standard deviations (Tippett 1925). */
const USUAL_RANGE = { mean: 1.69, deviation: 0.89 } as const;

/**
 * How far the allocations of a unit rose beyond its load and stayed so in the later half of the incident,
 * since what a process allocates at its start fades; null where they were looked at and where there are
 * none.
 */
export function measureQuietAmounts(evidence: BriefEvidence): number | null {
  const alloc = quietAmounts(evidence);
  const whole = evidence.wholes.find(({ lens }) => lens === alloc);
  if (whole === undefined) return null;
  const { incident } = evidence.context.plan;
  const late = partWindows(incident, sharedTimes(whole.profileTimes, incident), 2).at(-1) ?? incident;
  const level = computeMean(totalsIn(whole.profileTimes, late)) ?? 0;
  if (level <= 0 || whole.before <= 0) return null;
  const load = evidence.mainTotals?.load;
  const explained = load?.hasRisen === true ? (load.risen ?? 1) : 1;
  const error = Math.hypot(logError(whole.load), load?.hasRisen === true ? logError(load) : 0);
  return error > 0 ? Math.log(level / whole.before / explained) / error : null;
}

/** Standard error of the logarithm of a ratio that stands so many of them away from 1; zero if not known. */
function logError({ risen, z }: LoadChange): number {
  return risen === null || risen <= 0 || z === 0 ? 0 : Math.abs(Math.log(risen) / z);
}

/** Totals of calm services vary by no less from round to round, as a part of the mean. */
const MIN_VARIATION = 0.05;

/** Standard deviation as a part of the mean. */
function variation(levels: readonly number[]): number {
  const mean = levels.reduce((sum, level) => sum + level, 0) / Math.max(1, levels.length);
  const squares = levels.reduce((sum, level) => sum + (level - mean) ** 2, 0);
  return mean > 0 && levels.length > 1 ? Math.sqrt(squares / (levels.length - 1)) / mean : 0;
}

function joinedWindow(parts: readonly Window[]): Window | null {
  const [first, last] = [parts[0], parts.at(-1)];
  return first === undefined || last === undefined ? null : { from: first.from, to: last.to };
}

/** Items with a value above zero, the largest first. */
export function byDescending<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[] {
  return items.filter((item) => sizeOf(item) > 0).sort((a, b) => sizeOf(b) - sizeOf(a));
}

/** The middle value; the lower one of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 1;
}
