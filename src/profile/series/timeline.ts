/** A stored profile, or several of a series that fall into one step of a grid. */
export interface Reading {
  /** Unix ms; up to one step of the grid late. */
  time: number;
  value: number;
  instance: string | null;
  /**
   * Value of the label that series are grouped by; null where the profile lacks it, or nothing is grouped.
   */
  label: string | null;
}

/** A part of a window. The frames of a timeline follow one another and fill the window. */
export interface Frame {
  /** Unix ms. `from` is the end of the frame before, and belongs only to the first frame. */
  from: number;
  to: number;
  /** Times of the first and the last profile in it; null in a frame that lies in a gap. */
  first: number | null;
  last: number | null;
}

export interface Span {
  from: number;
  to: number;
}

/** A stretch without profiles is a gap when it is longer than this many of the usual intervals. */
const GAP_INTERVALS = 2.5;

/**
 * The usual time between two profiles of an instance, ms: the mean without gaps, which a coarse grid does not
 * distort; null where no instance sent two.
 */
export function estimateInterval(readings: readonly Reading[]): number | null {
  const byInstance = new Map<string | null, Reading[]>();
  for (const reading of readings) {
    const ofInstance = byInstance.get(reading.instance);
    if (ofInstance === undefined) byInstance.set(reading.instance, [reading]);
    else ofInstance.push(reading);
  }
  const intervals: number[] = [];
  for (const ofInstance of byInstance.values()) {
    const times = distinctTimes(ofInstance);
    times.forEach((time, at) => {
      const before = times[at - 1];
      if (before !== undefined) intervals.push(time - before);
    });
  }
  return meanWithoutGaps(intervals);
}

/**
 * The mean of some intervals between profiles but for those that are far longer than the median; null where
 * there is none.
 */
export function meanWithoutGaps(intervals: readonly number[], longest = GAP_INTERVALS): number | null {
  const middle = median(intervals);
  if (middle === null) return null;
  const usual = intervals.filter((interval) => interval <= longest * middle);
  return usual.reduce((sum, interval) => sum + interval, 0) / usual.length;
}

/** Stretches of a window in which no instance sent a profile, though several were due. */
export function findGaps(readings: readonly Reading[], window: Span, interval: number | null): Span[] {
  if (interval === null) return [];
  const gaps: Span[] = [];
  let from = window.from;
  for (const time of [...distinctTimes(readings), window.to]) {
    if (time - from > GAP_INTERVALS * interval) gaps.push({ from, to: time });
    from = time;
  }
  return gaps;
}

/**
 * Cuts a window into at most `count` equal parts, the last of which ends with it. A part that no profile fell
 * into only because profiles are rarer than parts is added to the one before; one within a gap stays, empty.
 *
 * @param step ms; parts begin and end on the grid of points `to − k·step`
 */
export function cutIntoFrames(
  readings: readonly Reading[],
  window: Span,
  options: { count: number; step: number; gaps: readonly Span[] },
): Frame[] {
  const { step, count, gaps } = options;
  const width = step * Math.max(1, Math.ceil((window.to - window.from) / step / count));
  const cells = Math.max(1, Math.ceil((window.to - window.from) / width));
  const times: number[][] = Array.from({ length: cells }, () => []);
  for (const time of distinctTimes(readings)) {
    const cell = cells - 1 - Math.floor((window.to - time) / width);
    times[Math.min(cells - 1, Math.max(0, cell))]?.push(time);
  }
  const frames: Frame[] = [];
  let from = window.from;
  times.forEach((inCell, cell) => {
    const to = window.to - (cells - 1 - cell) * width;
    const start = to - width;
    const isInGap = gaps.some((gap) => gap.from <= Math.max(start, window.from) && gap.to >= to);
    const before = frames.at(-1);
    if (inCell.length > 0 || isInGap) {
      frames.push({ from, to, first: inCell[0] ?? null, last: inCell.at(-1) ?? null });
      from = to;
    } else if (before !== undefined && before.first !== null) {
      frames[frames.length - 1] = { ...before, to };
      from = to;
    }
  });
  const last = frames.at(-1);
  if (last === undefined || from === window.to) return frames;
  return [...frames.slice(0, -1), { ...last, to: window.to }];
}

/** The frames as closed windows of whole milliseconds that do not overlap. */
export function listWindows(frames: readonly Frame[]): Span[] {
  return frames.map(({ from, to }, at) => ({ from: at === 0 ? from : from + 1, to }));
}

/** Index of the frame that a time within the window lies in. */
export function frameAt(frames: readonly Frame[], time: number): number {
  return frames.findIndex(({ to }) => time <= to);
}

/** Sums of readings per frame. */
export function sumFrames(readings: readonly Reading[], frames: readonly Frame[]): number[] {
  const sums = frames.map(() => 0);
  for (const { time, value } of readings) {
    const at = frameAt(frames, time);
    sums[at] = (sums[at] ?? 0) + value;
  }
  return sums;
}

/** An excursion of the modified z-score beyond this is an outlier (Iglewicz & Hoaglin 1993) … */
const OUTLIER = 3.5;
/** … worth a word when it is this many times the usual value. */
const MIN_RATIO = 1.5;
/** Minimum number of values among which one can be unusual … */
const MIN_VALUES = 5;
/** … and a run of more than this part of them is a level. */
const LONGEST_SHARE = 0.2;

/**
 * Runs of values far above the others: `[start, end)` of each. Distances are measured in median absolute
 * deviations, which the spikes themselves do not widen; where most values are equal, in mean ones.
 */
export function findSpikes(values: readonly number[]): [start: number, end: number][] {
  if (values.length < MIN_VALUES) return [];
  const middle = median(values) ?? 0;
  const deviations = values.map((value) => Math.abs(value - middle));
  const mad = 1.4826 * (median(deviations) ?? 0);
  const mean = (1.2533 * deviations.reduce((sum, deviation) => sum + deviation, 0)) / values.length;
  const unit = mad > 0 ? mad : mean;
  const isSpike = (value: number) => value - middle > OUTLIER * unit && value >= MIN_RATIO * middle;
  const spikes: [number, number][] = [];
  values.forEach((value, at) => {
    const open = spikes.at(-1);
    if (unit <= 0 || !isSpike(value)) return;
    if (open?.[1] === at) open[1] = at + 1;
    else spikes.push([at, at + 1]);
  });
  return spikes.filter(([start, end]) => end - start <= LONGEST_SHARE * values.length);
}

/** Key of a profile: an instance sends one at a time, though its parts may differ in the label. */
export function profileKey({ time, instance }: Reading): string {
  return JSON.stringify([time, instance]);
}

/** Number of profiles that some readings are of. */
export function countProfiles(readings: readonly Reading[]): number {
  return new Set(readings.map(profileKey)).size;
}

/** Times at which there are profiles, ascending. */
export function distinctTimes(readings: readonly Reading[]): number[] {
  return [...new Set(readings.map(({ time }) => time))].sort((a, b) => a - b);
}

/** The middle value, or the mean of both middle ones; null where there is none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
