import { nullIfUpstreamFailed } from '../../../errors.js';
import { HEAP_SAMPLE_BYTES } from '../../../profile/heap-sample.js';
import { type Profile, totalValue } from '../../../profile/model.js';
import { samplesByInterval } from '../../../profile/sample-interval.js';
import { valuePerSample } from '../../../profile/tables/value-per-sample.js';
import { type ProfileType, parseProfileType } from '../../../profile/types/types.js';
import type { Window } from '../../../sources/source.js';
import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../../../text/units.js';
import { type ReadContext, readActive } from '../lens.js';
import { NoRequestLeft } from '../requests.js';

/** 100 Hz: the rate of every usual CPU profiler. */
const USUAL_INTERVAL_S = 0.01;

/** The value that one sample stands for, and whether that is known or only about right. */
export interface Quantum {
  value: number;
  isEstimated: boolean;
}

/** Types that a heap profiler samples by bytes. */
const HEAP_ALIASES: readonly string[] = [
  'alloc',
  'alloc_outside_tlab',
  'native_alloc',
  'inuse',
  'memory_samples',
];
/** Fewer profiles do not show how much their totals vary. */
const MIN_TOTALS = 4;

/**
 * Value of one event that the variation of totals implies: of a sum of Poisson events it is variance over
 * mean.
 */
function impliedValue(totals: readonly number[]): number | null {
  if (totals.length < MIN_TOTALS) return null;
  const mean = totals.reduce((sum, value) => sum + value, 0) / totals.length;
  const variance = totals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (totals.length - 1);
  return mean > 0 && variance > 0 ? variance / mean : null;
}

/**
 * Value of one sample: the interval that the values share; else an estimate: of bytes the usual sampling rate
 * of heap profilers, or what the variation of calm profiles implies, of time value over the sibling type that
 * counts (one request).
 *
 * @param calm totals of single profiles of the baseline
 */
export async function readQuantum(
  readContext: ReadContext,
  type: ProfileType,
  profiles: readonly Profile[],
  window: Window,
  calm: readonly number[] = [],
): Promise<Quantum> {
  if (isCountUnit(type.unit)) return { value: 1, isEstimated: false };
  const bytes = bytesPerUnit(type.unit);
  if (bytes !== null) {
    const isOfHeap = HEAP_ALIASES.includes(type.standsFor ?? type.alias);
    const implied = isOfHeap ? null : impliedValue(calm);
    return { value: implied ?? HEAP_SAMPLE_BYTES / bytes, isEstimated: true };
  }
  const seconds = secondsPerUnit(type.unit);
  if (seconds === null) return { value: 1, isEstimated: true };
  const heaviest = profiles.reduce((a, b) => (totalValue(b) > totalValue(a) ? b : a));
  const samples = samplesByInterval(heaviest);
  if (samples !== null && samples > 0) return { value: totalValue(heaviest) / samples, isEstimated: false };
  const value = (await valuePerCount(readContext, type, window, heaviest)) ?? USUAL_INTERVAL_S / seconds;
  // An interval divides all values; a mean of samples of different length does not.
  return { value, isEstimated: heaviest.values.some((sample) => sample % value !== 0) };
}

/**
 * Maximum length, in milliseconds, of the window whose stacks tell the value of a sample: profiles of a
 * minute do, and two merges of a whole day are heavy.
 */
const MAX_COUNTED_MS = 15 * 60_000;

/**
 * Value of one sample, by the type that counts them. A mean below the value of every stack is none of these
 * stacks alone: either each has several samples, or samples without a value were counted, as those of the
 * idle time of Node's SDK. Then the stacks tell it that have both.
 */
async function valuePerCount(
  readContext: ReadContext,
  type: ProfileType,
  window: Window,
  { values }: Profile,
): Promise<number | null> {
  const { typeIds } = readContext;
  // A wall-clock profiler that measures time on CPU, too, counts samples of the wall clock.
  if (type.alias === 'cpu' && type.name === 'wall') return null;
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === type.name && /^(?:samples?|contentions)$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
  const mean = await meanPerCount(readContext, type, sibling, window);
  if (mean === null || values.some((value) => value > 0 && value <= mean)) return mean;
  const recent = { from: Math.max(window.from, window.to - MAX_COUNTED_MS), to: window.to };
  return (await valuePerSharedStack(readContext, type, sibling, recent)) ?? mean;
}

/** The sum of a type over that of its counts, whatever stacks these are of: two requests. */
async function meanPerCount(
  { source, matchers, signal }: ReadContext,
  type: ProfileType,
  sibling: string,
  window: Window,
): Promise<number | null> {
  const step = Math.max(1, Math.ceil((window.to - window.from) / 1000));
  // Without the counts there is an estimate, which the answer calls one.
  const sums = await Promise.all(
    [type.id, sibling].map(async (profileTypeId) => {
      const series = await source.timeSeries(
        { profileTypeId, matchers, window },
        { groupBy: [], step },
        signal,
      );
      return series.reduce((sum, { points }) => points.reduce((all, { value }) => all + value, sum), 0);
    }),
  ).catch(nullIfUpstreamFailed);
  const [values, counts] = sums ?? [];
  return values === undefined || counts === undefined || counts <= 0 || values <= 0 ? null : values / counts;
}

/** The value of a sample in the active stacks that have values and counts: two requests. */
async function valuePerSharedStack(
  readContext: ReadContext,
  type: ProfileType,
  sibling: string,
  window: Window,
): Promise<number | null> {
  const { source, matchers, signal } = readContext;
  const merges = await Promise.all([
    readActive(readContext, type, window),
    source.profile({ profileTypeId: sibling, matchers, window }, signal).then(({ profile }) => profile),
  ]).catch((error) => (error instanceof NoRequestLeft ? null : nullIfUpstreamFailed(error)));
  return merges === null ? null : valuePerSample(...merges);
}
