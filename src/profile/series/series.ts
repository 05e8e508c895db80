import { bytesPerUnit } from '../../text/units.js';
import { HEAP_SAMPLE_BYTES } from '../heap-sample.js';
import type { Measurement } from '../measurement.js';
import { totalValue } from '../model.js';
import { type Change, changeAt, findChange, type OnsetPart } from './onset.js';
import { type Frame, findSpikes, type Span } from './timeline.js';

/** Types whose values are numbers of things, each counted. */
export const EXACT_COUNTS: readonly string[] = [
  ...['goroutines', 'leaked_goroutines', 'threads', 'cpu_samples', 'wall_samples', 'exceptions', 'events'],
];

/** Value of one sample, the smallest possible change, in the type's unit; null where it is not known. */
export function sampleWorth({ type, samples, active }: Measurement): number | null {
  if (samples !== null && samples > 0) return totalValue(active) / samples;
  const bytes = bytesPerUnit(type.unit);
  if (bytes !== null) return HEAP_SAMPLE_BYTES / bytes;
  return EXACT_COUNTS.includes(type.alias) ? 1 : null;
}

export interface SeriesPart {
  frame: Frame;
  /** Null where there was no profile. */
  value: number | null;
  share: number | null;
  /** Numbers of profiles behind it, and of instances that sent them. */
  profiles: number;
  instances: number;
}

/** Costs over time, and the changes found in them. */
export interface Series {
  label: string | null;
  parts: SeriesPart[];
  /** Share of the total over the whole window; null for the total itself. */
  share: number | null;
  min: number;
  /** Mean over all profiles. */
  mean: number;
  max: number;
  /** Whether there are enough parts to tell a change. */
  isTestable: boolean;
  change: Change | null;
  /** Means of the values and of the instances, outside and inside the change. */
  means: { value: [outside: number, inside: number]; instances: [outside: number, inside: number] } | null;
  /** The interval in which a lasting change began; null without one, or where it is not told. */
  onset: { after: number; before: number } | null;
  /** The first part with a change that lasts. */
  begins: Frame | null;
  /** The stretch of a change that did not last. */
  excursion: Span | null;
  spikes: (Span & { value: number })[];
  /**
   * Times at which the series began later, or ended earlier, than the others, Unix ms; null where it did not.
   */
  since: number | null;
  until: number | null;
  /**
   * Part of the change of the whole that this series carries, by sums; null where the whole does not change.
   */
  carries: number | null;
}

/** A change of less than this part of the larger level is worth no word, however many samples show it. */
const MIN_CHANGE = 0.01;

/**
 * Minimum number of parts that tell a change unless it is gross; three suffice where the errors are known
 * from counts.
 */
export const MIN_PARTS = 6;

export const MIN_COUNTED_PARTS = 3;

/**
 * Draws conclusions from a series.
 *
 * @param options.by the figure in which a change of level is searched
 * @param options.weights weight of each part's figure, inverse to its variance; the numbers of profiles if
 *   left out
 * @param options.variance that of a figure of weight 1, as counts tell it; null where they do not
 * @param options.isPureCount whether nothing else moves the figure of a calm series
 * @param options.suspect the first part with a change of the whole: a smaller one is seen there
 */
export function analyseSeries(
  label: string | null,
  parts: SeriesPart[],
  options: {
    by: 'value' | 'share';
    share: number | null;
    weights?: readonly number[];
    variance: number | null;
    isPureCount: boolean;
    suspect?: Frame | undefined;
  },
): Series {
  const known = parts.flatMap((part, at) => {
    const { value, share, profiles, frame } = part;
    const figure = options.by === 'share' ? share : value;
    const weight = options.weights?.[at] ?? profiles;
    if (value === null || figure === null || weight <= 0) return [];
    return [
      {
        part,
        value,
        tested: { from: frame.first ?? frame.from, to: frame.last ?? frame.to, value: figure, weight },
      },
    ];
  });
  const tested: OnsetPart[] = known.map((row) => row.tested);
  const values = known.map(({ value }) => value);
  const { variance, isPureCount, suspect } = options;
  const candidate =
    findChange(tested, variance, isPureCount) ??
    (suspect === undefined ? null : changeAt(tested, suspect.from, variance, isPureCount));
  const change = candidate === null || isSlight(candidate) ? null : candidate;
  const computeMean = (selected: typeof known) => {
    const profiles = selected.reduce((sum, { part }) => sum + part.profiles, 0);
    return selected.reduce((sum, { part, value }) => sum + value * part.profiles, 0) / (profiles || 1);
  };
  const countInstances = (selected: typeof known) =>
    selected.reduce((sum, { part }) => sum + part.instances, 0) / (selected.length || 1);
  const isInside = (at: number) => change !== null && at >= change.start && at < change.end;
  const mean = computeMean(known);
  const inside = known.filter((_, at) => isInside(at));
  const outside = known.filter((_, at) => !isInside(at));
  return {
    label,
    parts,
    share: options.share,
    min: values.length === 0 ? 0 : Math.min(...values),
    mean,
    max: Math.max(0, ...values),
    isTestable: known.length >= (isPureCount ? MIN_COUNTED_PARTS : MIN_PARTS),
    change,
    means:
      change === null
        ? null
        : {
            value: [computeMean(outside), computeMean(inside)],
            instances: [countInstances(outside), countInstances(inside)],
          },
    onset: null,
    begins: change === null || change.end < tested.length ? null : (known[change.start]?.part.frame ?? null),
    excursion:
      change === null || change.end === tested.length ? null : computeSpan(tested, change.start, change.end),
    spikes: spikesIn(values, change, mean).map(([start, end]) => ({
      ...computeSpan(tested, start, end),
      value: Math.max(...values.slice(start, end)),
    })),
    since: null,
    until: null,
    carries: null,
  };
}

function isSlight({ outside, inside }: Change): boolean {
  return Math.abs(inside - outside) < MIN_CHANGE * Math.max(Math.abs(inside), Math.abs(outside));
}

export function computeSpan(parts: readonly OnsetPart[], start: number, end: number): Span {
  return { from: parts[start]?.from ?? 0, to: parts[end - 1]?.to ?? 0 };
}

/**
 * Spikes above the level of their time: a lasting change of level is none, a passing one is. Nor is what
 * stays below the mean of all profiles, though the level of its time be lower still.
 */
export function spikesIn(
  values: readonly number[],
  change: Change | null,
  mean: number,
): [start: number, end: number][] {
  return runs().filter(([start, end]) => Math.max(...values.slice(start, end)) >= mean);

  function runs(): [start: number, end: number][] {
    if (change !== null && change.end < values.length)
      return change.inside > change.outside ? [[change.start, change.end]] : [];
    const cut = change?.start ?? values.length;
    const later = findSpikes(values.slice(cut));
    return [
      ...findSpikes(values.slice(0, cut)),
      ...later.map(([start, end]): [number, number] => [start + cut, end + cut]),
    ];
  }
}

/** Whether a change was found that lasts to the end. */
export function isLasting({ change, excursion }: Series): boolean {
  return change !== null && excursion === null;
}

/** Whether no change was found in so few parts that a longer window may show one. */
export function isShort({ change, parts }: Series): boolean {
  return change === null && parts.length < MIN_PARTS;
}
