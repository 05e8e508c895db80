import { nullIfUpstreamFailed } from '../../errors.js';
import { offload } from '../../offload.js';
import { HEAP_SAMPLE_BYTES } from '../../profile/heap-sample.js';
import type { Profile, Repository } from '../../profile/model.js';
import { totalValue } from '../../profile/model.js';
import { samplesByInterval } from '../../profile/sample-interval.js';
import { isAllActive, samplesWaitingThreads } from '../../profile/tables/active.js';
import type { Nature } from '../../profile/types/rows/row.js';
import { type ProfileType, parseProfileType } from '../../profile/types/types.js';
import { withRepositories } from '../../sources/repository.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../../text/units.js';
import { isHeavyWork } from '../../work/offload.js';

/** How a profile type is looked at. */
export type LensKind = Nature;

/** Which types are read first; what is not listed follows in the order of the table of types. */
const FIRST: readonly string[] = [
  ...['cpu', 'wall', 'alloc', 'inuse', 'goroutines', 'mutex', 'block', 'lock', 'off_cpu', 'exceptions'],
];

export interface LensType {
  type: ProfileType;
  kind: LensKind;
}

/** Plan for the types of a service: each is in exactly one of the lists. */
export interface LensPlan {
  /** Types that are read for themselves, in this order. */
  toRead: readonly LensType[];
  /**
   * Types that count the samples of another one, with its alias: they are left out. Of a heap they are no
   * witness of their own: one sample of a small object is scaled up to tens of thousands, and calm heaps
   * differ by x4.8 (fixtures).
   */
  same: readonly { type: ProfileType; as: string }[];
}

/** Plans the reading of all types of a service. */
export function planLenses(types: readonly ProfileType[]): LensPlan {
  const place = ({ alias }: ProfileType) => (FIRST.includes(alias) ? FIRST.indexOf(alias) : FIRST.length);
  const ordered = [...types].sort((a, b) => place(a) - place(b));
  const isMeasured = (type: ProfileType) =>
    type.countsOf !== null && types.some(({ alias }) => alias === type.countsOf);
  const toLensType = (type: ProfileType): LensType => ({ type, kind: type.nature });
  return {
    toRead: ordered.filter((type) => !isMeasured(type)).map(toLensType),
    same: ordered.flatMap((type) => (isMeasured(type) ? [{ type, as: type.countsOf ?? '' }] : [])),
  };
}

/** Everything that the requests of one investigation share. */
export interface ReadContext {
  source: ProfileSource;
  matchers: readonly Matcher[];
  typeIds: readonly string[];
  /** Places of the source code that the labels of the service name. */
  repositories: readonly Repository[];
  /**
   * Whether the CPU profiles of a type sample waiting threads, by its id: the first profile that is read
   * tells it for all. Without it each profile tells it for itself.
   */
  waitingThreads?: Map<string, Promise<boolean>>;
  signal: AbortSignal;
}

/** Whether the profiles of a type that were read sample waiting threads although the type is CPU time. */
export async function hasWaitingThreads(
  { waitingThreads }: ReadContext,
  { id }: ProfileType,
): Promise<boolean> {
  return (await waitingThreads?.get(id)) ?? false;
}

/** Tells by the first profile of a type for all of them, so that no share depends on what a part holds. */
function judgeWaiting(
  { waitingThreads }: ReadContext,
  type: ProfileType,
  reading: Promise<Profile>,
): Promise<boolean> {
  const known = waitingThreads?.get(type.id);
  if (known !== undefined) return known;
  const forget = () => {
    waitingThreads?.delete(type.id);
    return false;
  };
  const judged = reading.then(
    (profile) => (profile.values.length === 0 ? forget() : samplesWaitingThreads(profile, type)),
    forget,
  );
  waitingThreads?.set(type.id, judged);
  return judged;
}

/** The merge of a window without idle time. */
export async function readActive(
  readContext: ReadContext,
  type: ProfileType,
  window: Window,
  more: readonly Matcher[] = [],
): Promise<Profile> {
  const { source, matchers, repositories, signal } = readContext;
  const query = { profileTypeId: type.id, matchers: [...matchers, ...more], window };
  const reading = source
    .profile(query, signal)
    .then((merged) => withRepositories(merged.profile, repositories));
  const judging = judgeWaiting(readContext, type, reading);
  const profile = await reading;
  const hasWaiting = await judging;
  if (isAllActive(profile, type, hasWaiting)) return profile;
  return offload('active', [profile, type, hasWaiting], { isHeavy: isHeavyWork(profile), signal });
}

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
  const value = (await valuePerCount(readContext, type, window)) ?? USUAL_INTERVAL_S / seconds;
  // An interval divides all values; a mean of samples of different length does not.
  return { value, isEstimated: heaviest.values.some((sample) => sample % value !== 0) };
}

async function valuePerCount(
  { source, matchers, typeIds, signal }: ReadContext,
  type: ProfileType,
  window: Window,
) {
  // A wall-clock profiler that measures time on CPU, too, counts samples of the wall clock.
  if (type.alias === 'cpu' && type.name === 'wall') return null;
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === type.name && /^(?:samples?|contentions)$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
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
