import { stepPoint } from './since.js';

/** Level of one instant type at one time: the mean snapshot of the instances. */
export interface Level {
  time: number;
  value: number;
}

export interface Leak {
  /** Level at the end of the baseline and of the incident. */
  before: number;
  after: number;
  /** Last time before the growth and first time after its start. */
  since: { after: number; before: number };
}

/** Snapshots that a rise must be seen in (docs/develop/comparison.md §6). */
const MIN_SNAPSHOTS = 3;
/** The end of the incident against the end of the baseline (docs/develop/comparison.md §6). */
const MIN_RATIO = 2;
/**
 * Smallest growth of the last third of a rise over the third before it: a cache that has filled adds nothing.
 */
const STILL_GROWING = 0.18;

/**
 * Smallest part of the variance of all levels that a still level and then a straight rise explain. A heap
 * that is collected now and then swings between its low and its high: of five levels a side, drawn at random
 * from those of ten V8 heaps in calm services, one in a hundred ends at twice the level by chance, and one
 * in a thousand follows the rise as well.
 */
const MIN_FOLLOWED = 0.5;

/**
 * Whether a level leaks: it rises through the incident, faster than in the baseline, to at least twice the
 * baseline's end, and has not come to rest. One ramp and then a plateau is warm-up.
 *
 * @param baseline levels in time order; may be empty
 * @param areNew whether the incident's levels are those of instances that began with it: these must rise
 *   themselves, since a level that is higher from the first of them on is what the new code holds
 */
export function findLeak(
  baseline: readonly Level[],
  incident: readonly Level[],
  areNew = false,
): Leak | null {
  if (incident.length === 0 || baseline.length === 0) return null;
  // A leak that began in the baseline lifts its end, not its middle.
  const before = Math.min(mean(lastPart(baseline)), median(baseline));
  const after = mean(lastPart(incident));
  if (after < MIN_RATIO * before) return null;
  const { since, calm, rising, error } = divide(baseline, incident, before);
  const spread = measureSpread([...baseline, ...incident].map(({ value }) => value));
  if (error > (1 - MIN_FOLLOWED) * spread) return null;
  if (fitSlope(rising) <= 2 * Math.max(0, fitSlope(calm))) return null;
  if (rising.length < MIN_SNAPSHOTS || !keepsGrowing(rising, after - before)) return null;
  return areNew && !risesItself(incident) ? null : { before, after, since };
}

/** Part of the levels of new instances in which they warm up. */
const WARMING = 0.25;

/**
 * Whether levels rise once their instances have warmed up: a straight line explains as much of them as the
 * rise must of all levels.
 */
function risesItself(levels: readonly Level[]): boolean {
  const warm = levels.slice(Math.floor(WARMING * levels.length));
  return fitSlope(warm) > 0 && straightness(warm) >= MIN_FOLLOWED;
}

/** Snapshots of the baseline, and of the rise, that show a level which lay still and then grew in a line. */
const MIN_STILL = 4;
/** Smallest growth as a multiple of the range of the baseline: nothing in it ever looked like this. */
const MIN_RANGES = 5;
/** Smallest growth as a part of the level: 15 % in one incident fill any memory within a day. */
export const MIN_PART = 0.15;
/** Smallest part of the variance of a rise that a straight line explains. */
const MIN_STRAIGHT = 0.95;
/**
 * Smallest growth of the last third as a part of what a straight line adds there: one that comes to rest adds
 * less.
 */
const STILL_STRAIGHT = 0.7;
/** Smallest slope of such a rise as a multiple of the slope of the baseline. */
const MIN_STEEPER = 5;

/**
 * Finds a leak beneath a large level that stays, such as a cache or the profiler's own tables: the level does
 * not double, but it lay still before, and it grows in a straight line to the end. Only a single place that
 * holds the growth makes it a leak.
 *
 * @param minAdded smallest growth that matters, in the unit of the levels
 */
export function findHiddenLeak(
  baseline: readonly Level[],
  incident: readonly Level[],
  minAdded: number,
): Leak | null {
  const smallest = smallestHiddenLeak(baseline, incident, minAdded);
  const before = median(baseline);
  const after = mean(lastPart(incident));
  if (smallest === null || after - before < smallest) return null;
  const { since, calm, rising } = divide(baseline, incident, before);
  if (rising.length < MIN_STILL || calm.length < MIN_STILL) return null;
  if (fitSlope(rising) <= MIN_STEEPER * Math.abs(fitSlope(calm))) return null;
  if (straightness(rising) < MIN_STRAIGHT) return null;
  const expected = countThird(rising) / rising.length;
  return keepsGrowing(rising, after - before, STILL_STRAIGHT * expected) ? { before, after, since } : null;
}

/**
 * The smallest growth of such a leak, in the unit of the levels; null where there are too few snapshots to
 * see one.
 */
export function smallestHiddenLeak(
  baseline: readonly Level[],
  incident: readonly Level[],
  minAdded: number,
): number | null {
  if (baseline.length < MIN_STILL || incident.length < MIN_STILL) return null;
  const values = baseline.map(({ value }) => value);
  const range = Math.max(...values) - Math.min(...values);
  return Math.max(minAdded, MIN_RANGES * range, MIN_PART * median(baseline));
}

function countThird(levels: readonly Level[]): number {
  return Math.max(1, Math.floor(levels.length / 3));
}

/** Part of the variance of some levels that a straight line explains (R²). */
function straightness(levels: readonly Level[]): number {
  const [slope, level] = [fitSlope(levels), mean(levels)];
  const middle = levels.reduce((sum, { time }) => sum + time, 0) / Math.max(1, levels.length);
  const squares = (of: (point: Level) => number) => levels.reduce((sum, point) => sum + of(point) ** 2, 0);
  const variance = squares(({ value }) => value - level);
  const rest = squares(({ time, value }) => value - level - slope * (time - middle));
  return variance > 0 ? 1 - rest / variance : 0;
}

/** The last quarter, at least one. */
function lastPart(levels: readonly Level[]): readonly Level[] {
  return levels.slice(-Math.max(1, Math.floor(levels.length / 4)));
}

/** Mean of some levels; 0 of none. */
export function mean(levels: readonly Level[]): number {
  return levels.reduce((sum, { value }) => sum + value, 0) / Math.max(1, levels.length);
}

/** Least-squares slope, value per millisecond. */
function fitSlope(levels: readonly Level[]): number {
  return fitLine(levels).slope;
}

/**
 * Least-squares line through some levels: its slope, value per millisecond, with the standard error of it.
 */
export function fitLine(levels: readonly Level[]): { slope: number; error: number } {
  const middle = levels.reduce((sum, { time }) => sum + time, 0) / Math.max(1, levels.length);
  const level = mean(levels);
  let covariance = 0;
  let variance = 0;
  for (const { time, value } of levels) {
    covariance += (time - middle) * (value - level);
    variance += (time - middle) ** 2;
  }
  if (variance === 0) return { slope: 0, error: 0 };
  const slope = covariance / variance;
  const rest = levels.reduce(
    (sum, { time, value }) => sum + (value - level - slope * (time - middle)) ** 2,
    0,
  );
  return { slope, error: Math.sqrt(rest / Math.max(1, levels.length - 2) / variance) };
}

/**
 * Whether the last third of a rise is still well above the third before it: of a straight rise by a third of
 * it.
 */
function keepsGrowing(rising: readonly Level[], growth: number, least = STILL_GROWING): boolean {
  const third = countThird(rising);
  return mean(rising.slice(-third)) - mean(rising.slice(-2 * third, -third)) >= least * growth;
}

/** Divides the levels where a rise from a level begins; with the squared error of the broken line. */
function divide(
  baseline: readonly Level[],
  incident: readonly Level[],
  level: number,
): { since: Leak['since']; calm: readonly Level[]; rising: readonly Level[]; error: number } {
  const all = [...baseline, ...incident];
  const gap = hinge(all, level);
  const { since, error } = aroundFoot(all, level, gap);
  return {
    since,
    error,
    calm: baseline.filter(({ time }) => time <= gap.after),
    rising: all.filter(({ time }) => time >= gap.before),
  };
}

/**
 * The time in which a level began to rise in a straight line; null where a step explains the levels better.
 *
 * @param level the level before it
 */
export function findRamp(levels: readonly Level[], level: number): Leak['since'] | null {
  if (levels.length < MIN_SNAPSHOTS) return null;
  const gap = hinge(levels, level);
  const values = levels.map(({ value }) => value);
  const cut = stepPoint(values);
  const stepError = measureSpread(values.slice(0, cut)) + measureSpread(values.slice(cut));
  const rampError = Math.min(
    ...[gap.after, (gap.after + gap.before) / 2].map((foot) => lineError(levels, level, foot)),
  );
  return rampError < stepError ? aroundFoot(levels, level, gap).since : null;
}

/** Sum of the squared distances of some values from their mean. */
function measureSpread(values: readonly number[]): number {
  const middle = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}

/** Feet that are tried around a gap between two snapshots. */
const FEET = 24;
/** The foot of a noisy line lies off by up to this part of the gap, before and after. */
const REACH = 0.8;

/**
 * The time around the best foot of a rise in a gap between two snapshots and the neighbouring halves, with
 * the squared error of the broken line that has its foot there.
 */
function aroundFoot(
  levels: readonly Level[],
  level: number,
  gap: Leak['since'],
): { since: Leak['since']; error: number } {
  const length = gap.before - gap.after;
  let best = { foot: (gap.after + gap.before) / 2, error: Number.POSITIVE_INFINITY };
  for (let at = 0; at <= FEET; at++) {
    const foot = gap.after + length * ((2 * at) / FEET - 0.5);
    const error = lineError(levels, level, foot);
    if (error < best.error) best = { foot, error };
  }
  // A rise that is seen began between the first snapshot and the last.
  const [first, last] = [levels[0]?.time ?? gap.after, levels.at(-1)?.time ?? gap.before];
  const since = {
    after: Math.max(first, best.foot - REACH * length),
    before: Math.min(last, best.foot + REACH * length),
  };
  return { since, error: best.error };
}

/** Squared error of the broken line "level before, then a straight rise" with its foot at a time. */
function lineError(levels: readonly Level[], level: number, foot: number): number {
  let [xy, xx] = [0, 0];
  for (const { time, value } of levels) {
    if (time <= foot) continue;
    xy += (time - foot) * (value - level);
    xx += (time - foot) ** 2;
  }
  const slope = xx > 0 ? xy / xx : 0;
  return levels.reduce((sum, { time, value }) => {
    const expected = time > foot ? level + slope * (time - foot) : level;
    return sum + (value - expected) ** 2;
  }, 0);
}

/**
 * The gap between two snapshots in which a rise starts: that of the broken line with the least squared error,
 * tried between all neighbouring snapshots.
 */
function hinge(levels: readonly Level[], level: number): Leak['since'] {
  let best = { after: levels[0]?.time ?? 0, before: levels[1]?.time ?? 0 };
  let minError = Number.POSITIVE_INFINITY;
  for (let at = 0; at < levels.length - 1; at++) {
    const [start, next] = [levels[at]?.time ?? 0, levels[at + 1]?.time ?? 0];
    for (const from of [start, (start + next) / 2]) {
      const error = lineError(levels, level, from);
      if (error < minError) {
        minError = error;
        best = { after: start, before: next };
      }
    }
  }
  return best;
}

/** The middle one of some levels, the lower of two; 0 of none. */
export function median(levels: readonly Level[]): number {
  const values = levels.map(({ value }) => value).sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)] ?? 0;
}
