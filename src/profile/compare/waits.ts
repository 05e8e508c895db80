import { normalDeviate } from '../contrast/noise.js';

/** Waiting time in one part of a window. */
export interface WaitPart {
  /** Seconds, all profiles together. */
  value: number;
  profiles: number;
}

/** Smallest growth of waiting that is contention, as a factor, where the load stays the same. */
export const MIN_WAIT_RATIO = 2.5;
/** Smallest such factor where the load rises: queues grow faster than their load. */
const beyondLoad = (load: number) => 1.5 * Math.max(1, load) ** 2;
/** Seconds a profile that are worth a page: microseconds double by chance. */
export const MIN_ADDED_S = 0.005;
/** Distance from the baseline's own variation, in standard errors. */
const MIN_Z = 4;

/** Waiting per profile, in seconds, on both sides. */
export interface Waiting {
  before: number;
  after: number;
}

/** Whether waiting rose by more than a little, and by a factor, be it steadily or not. */
export function waitRose({ before, after }: Waiting, ratio = MIN_WAIT_RATIO): boolean {
  return after - before >= MIN_ADDED_S && after >= ratio * before;
}

/** So many parts tell what is usual without one of them. */
const MIN_USUAL_PARTS = 3;

/** Parts of a window without the one in which most was waited for each profile; of two parts both. */
export function withoutWorst<T extends WaitPart>(parts: readonly T[]): readonly T[] {
  if (parts.length < MIN_USUAL_PARTS) return parts;
  const measure = ({ value, profiles }: T) => value / Math.max(1, profiles);
  const worst = Math.max(...parts.map(measure));
  const at = parts.findIndex((part) => measure(part) === worst);
  return parts.filter((_, index) => index !== at);
}

/**
 * Whether waiting for locks grew by far more than the load explains (docs/develop/comparison.md §6): Welch's
 * t (1947) on the square roots of the parts' waiting per profile, which steadies the variance of sums of
 * random delays.
 *
 * @param load value per profile of on-CPU time, after ÷ before
 * @returns the first part of the incident that shows it; null where it did not grow
 */
export function waitGrew(
  before: readonly WaitPart[],
  after: readonly WaitPart[],
  load: number,
): { firstPart: number } | null {
  const levels = (parts: readonly WaitPart[]) =>
    parts.filter(({ profiles }) => profiles > 0).map(({ value, profiles }) => value / profiles);
  const [waitsBefore, waitsAfter] = [levels(before), levels(after)];
  if (waitsBefore.length === 0 || waitsAfter.length === 0) return null;
  const [low, high] = [mean(waitsBefore), mean(waitsAfter)];
  const ratio = Math.max(MIN_WAIT_RATIO, beyondLoad(load));
  if (!waitRose({ before: low, after: high }, ratio)) return null;
  const [roots1, roots2] = [waitsBefore.map(Math.sqrt), waitsAfter.map(Math.sqrt)];
  const [v1, v2] = [varianceOfMean(roots1), varianceOfMean(roots2)];
  const freedom =
    (v1 + v2) ** 2 / (v1 ** 2 / (waitsBefore.length - 1 || 1) + v2 ** 2 / (waitsAfter.length - 1 || 1)) || 1;
  const t = (mean(roots2) - mean(roots1)) / Math.sqrt(Math.max(v1 + v2, 1e-12));
  if (normalDeviate(t, Math.max(3, freedom)) < MIN_Z) {
    // Contention that began inside the window varies as much as it grew.
    if (!standsAbove(waitsBefore, waitsAfter)) return null;
  }
  const middle = (low + high) / 2;
  const parts = after.map(({ value, profiles }) => (profiles > 0 ? value / profiles : 0));
  return {
    firstPart: Math.max(
      0,
      parts.findIndex((level) => level > middle),
    ),
  };
}

/** Such a factor over all parts of the baseline but the last one. */
const MIN_RATIO_BUT_LAST = 25;

/**
 * Whether half of the parts of the incident lie far above every part of the baseline. The last one may hold a
 * profile that ran into the incident: they may lie so much further above the others instead, if these show
 * any waiting to compare with.
 */
function standsAbove(before: readonly number[], after: readonly number[]): boolean {
  const isAbove = (least: number) => after.filter((level) => level > least).length >= after.length / 2;
  if (isAbove(MIN_WAIT_RATIO * Math.max(...before))) return true;
  const earlier = Math.max(...before.slice(0, -1));
  return before.length > 2 && earlier > 0 && isAbove(MIN_RATIO_BUT_LAST * earlier);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOfMean(values: readonly number[]): number {
  if (values.length < 2) return (values[0] ?? 0) ** 2;
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1) / values.length;
}
