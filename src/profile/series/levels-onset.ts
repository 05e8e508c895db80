import { secondsPerUnit } from '../../text/units.js';
import { findRamp } from '../compare/leak.js';
import { findReplacement, rampOrReplacement, stepOrReplacement } from '../compare/onset/replacement.js';
import { type LevelAt, type StepLikelihoods, stepLikelihoods } from '../compare/onset/step.js';
import type { Measurement } from '../measurement.js';
import type { Change } from './onset.js';
import { partWindows } from './parts.js';
import { sampleWorth } from './series.js';
import { countProfiles, distinctTimes, type Frame, median, type Reading, type Span } from './timeline.js';

/** The interval in which a lasting change began. */
export interface Onset {
  after: number;
  before: number;
}

/** How exactly the profiles of a timeline tell a time, in milliseconds. */
export interface Resolution {
  gapMs: number;
  stepMs: number;
}

/** Usual over-dispersion of counts (docs/comparison.md §5). */
export const USUAL_PHI = 1.5;

/** Variance of the logarithm of a value by sampling alone; 0 where the value of a sample is unknown. */
export function samplingVariance(value: number, worth: number | null): number {
  return worth === null ? 0 : (USUAL_PHI * worth) / Math.max(worth, value);
}

/** Usual interval between two samples of time, in seconds. */
const USUAL_INTERVAL_S = 0.01;

/** Value of one sample, where need be by the usual interval; null where delays or other sums are measured. */
export function estimateWorth(measurement: Measurement): number | null {
  const { unit, nature } = measurement.type;
  const seconds = nature === 'time' ? secondsPerUnit(unit) : null;
  return sampleWorth(measurement) ?? (seconds === null ? null : USUAL_INTERVAL_S / seconds);
}

/** Starts of some profiles, ascending: each lies in the step that its time ends. */
export function listStarts(readings: readonly Reading[], { stepMs }: Pick<Resolution, 'stepMs'>): number[] {
  return readings.map(({ time }) => time - stepMs / 2).sort((a, b) => a - b);
}

/** The readings of a window; `from` belongs to it. */
export function readingsIn(readings: readonly Reading[], { from, to }: Span): Reading[] {
  return readings.filter(({ time }) => time >= from && time <= to);
}

/** The mean of the profiles of some instances in one round. */
export interface RoundLevel extends LevelAt {
  /** Value per profile. */
  value: number;
}

/** The value per profile of each round of profiles. */
export function roundLevels(
  readings: readonly Reading[],
  { worth, ...resolution }: Resolution & { worth: number | null },
): RoundLevel[] {
  const times = distinctTimes(readings);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const rounds = Math.round((last - first) / resolution.gapMs) + 1;
  const largest = Math.max(...readings.map(({ value }) => value));
  return partWindows({ from: first, to: last }, times, rounds).map((window) => {
    const inRound = readingsIn(readings, window);
    const profiles = countProfiles(inRound);
    const sum = inRound.reduce((total, { value }) => total + value, 0);
    return measureLevel({ sum, profiles, starts: listStarts(inRound, resolution) }, worth, largest);
  });
}

/** A value that is nothing counts as this part of the largest one where the value of a sample is unknown. */
const LEAST = 1e-3;

/** The level of some profiles; a value of nothing counts as half a sample. */
export function measureLevel(
  { sum, profiles, starts }: { sum: number; profiles: number; starts: readonly number[] },
  worth: number | null,
  largest: number,
): RoundLevel {
  const value = sum / Math.max(1, profiles);
  const least = worth === null ? LEAST * largest : worth / 2;
  return {
    value,
    level: Math.log(Math.max(sum, least, Number.MIN_VALUE) / Math.max(1, profiles)),
    starts,
    sampling: samplingVariance(sum, worth),
  };
}

/**
 * The time about a change of some parts: from the part before the last one without it to the one after the
 * first with it. Beyond that another change is meant.
 */
export function timeAround(parts: readonly { frame: Pick<Frame, 'from' | 'to'> }[], { start }: Change): Span {
  return {
    from: parts[Math.max(0, start - 2)]?.frame.from ?? 0,
    to: parts[Math.min(parts.length - 1, start + 1)]?.frame.to ?? 0,
  };
}

/**
 * Degrees of freedom of the expectation that levels scatter as usual: a timeline does not know how much the
 * counts of its service scatter.
 */
const PRIOR_FREEDOM = 10;

/** The step of some levels; null where there is nothing to tell it by. */
export function levelLikelihoods(
  levels: readonly LevelAt[],
  { instances, ...resolution }: Resolution & { instances: number },
): StepLikelihoods | null {
  return stepLikelihoods(levels, {
    ...resolution,
    instances,
    from: Number.NEGATIVE_INFINITY,
    priorFreedom: PRIOR_FREEDOM,
  });
}

/**
 * The interval of a likely step: see {@link stepOrReplacement}.
 *
 * @param longest longest of the stretches of time that tell the step, where they hold several profiles of an
 *   instance
 */
export function findInterval(
  likelihoods: StepLikelihoods,
  readings: readonly Reading[],
  resolution: Resolution,
  longest = 0,
): Onset {
  const deploy = deployIn(readings, resolution);
  return stepOrReplacement(likelihoods, deploy, resolution, 2 * Math.max(longest, resolution.gapMs));
}

/**
 * The onset of a share where its value changed with the replacement of all instances, and the share later:
 * what new instances cost while they start makes every other share of theirs smaller.
 */
export function onsetBesideValues(
  { share, values }: { share: Onset | null; values: Onset | null },
  readings: readonly Reading[],
  resolution: Resolution,
): Onset | null {
  if (share === null || values === null || share.after <= values.before) return share;
  const deploy = deployIn(readings, resolution);
  return deploy !== null && values.after <= deploy.first && deploy.last <= values.before ? values : share;
}

function deployIn(readings: readonly Reading[], { gapMs }: Resolution) {
  const lives = new Map<string, { from: number; to: number }>();
  for (const { time, instance } of readings) {
    if (instance === null) return null;
    const known = lives.get(instance);
    lives.set(instance, {
      from: Math.min(known?.from ?? time, time),
      to: Math.max(known?.to ?? time, time),
    });
  }
  return findReplacement([...lives.values()], distinctTimes(readings), gapMs);
}

/**
 * The interval in which a level began to rise in a straight line; null where it stepped.
 *
 * @param readings those of single profiles, which tell whether all instances were replaced
 */
export function findRampOnset(
  levels: readonly RoundLevel[],
  readings: readonly Reading[],
  { from }: Span,
  resolution: Resolution,
): Onset | null {
  const points = levels.map(({ value, starts }) => ({
    time: (starts.at(-1) ?? 0) + resolution.stepMs / 2,
    value,
  }));
  const calm = points.filter(({ time }) => time < from).map(({ value }) => value);
  const level = median(calm.length > 0 ? calm : points.slice(0, 1).map(({ value }) => value)) ?? 0;
  const foot = findRamp(points, level);
  return foot === null ? null : rampOrReplacement(foot, deployIn(readings, resolution), resolution);
}
