import { fitLine, type Level } from '../leak.js';

/** Course of the level of one instance. */
export interface InstanceCourse {
  instance: string;
  /** Levels in the baseline; empty for a new instance. */
  past: readonly Level[];
  /** Levels since the leak began, or since the instance did. */
  levels: readonly Level[];
  /** Whether the instance was gone before the end of the incident. */
  hasLeft: boolean;
}

/** Instances by what their levels show next to a leak. */
export interface LeakSpread {
  growing: readonly string[];
  still: readonly string[];
  /** Instances that ran too briefly, or whose levels scatter too much, to tell. */
  unclear: readonly string[];
}

/** Snapshots of an instance that tell whether it grows. */
const MIN_SNAPSHOTS = 4;
/** Standard errors of the slope of a straight line by which an instance that grows rises. */
const MIN_SLOPE_ERRORS = 3;
/**
 * Smallest rate of an instance that takes part in a leak, as a part of the fastest one: instances get unequal
 * shares of the requests, and leak with them.
 */
const TAKES_PART = 0.1;
/** An instance whose rate is below this part of the fastest one, by one standard error, lies still. */
const LIES_STILL = 0.25;
/** Smallest slope of a rise as a multiple of that of the instance's own past, the same as for a leak. */
const MIN_STEEPER = 2;

/**
 * Tells in which instances a level that leaks grows. They are compared by how fast they grow, since an older
 * instance holds more, and one that was profiled later, too. An instance that left counts only if it grew:
 * most are of the version before.
 */
export function spreadOfLeak(courses: readonly InstanceCourse[]): LeakSpread {
  const lines = courses.map((course) => ({ ...course, ...fitLine(course.levels) }));
  const rises = lines.map(
    ({ past, levels, slope, error }) =>
      levels.length >= MIN_SNAPSHOTS &&
      slope >= MIN_SLOPE_ERRORS * error &&
      slope > MIN_STEEPER * Math.max(0, past.length < MIN_SNAPSHOTS ? 0 : fitLine(past).slope),
  );
  const fastest = Math.max(0, ...lines.filter((_, at) => rises[at]).map(({ slope }) => slope));
  const spread = { growing: [] as string[], still: [] as string[], unclear: [] as string[] };
  lines.forEach(({ instance, levels, slope, error, hasLeft }, at) => {
    if (rises[at] === true && slope >= TAKES_PART * fastest) spread.growing.push(instance);
    else if (hasLeft) return;
    else if (levels.length >= MIN_SNAPSHOTS && slope + error < LIES_STILL * fastest)
      spread.still.push(instance);
    else spread.unclear.push(instance);
  });
  return spread;
}

/** Part of the levels of an instance that shows whether it grew from its start on. */
const BEGINNING = 1 / 3;
/** Snapshots that a slope is told from. */
const MIN_FITTED = 3;
/** Smallest slope of the beginning as a part of that of all of it. */
const MIN_SAME_SLOPE = 0.5;

/** Whether an instance grows since it started: at first about as fast as later. */
export function growsFromStart(levels: readonly Level[]): boolean {
  const beginning = levels.slice(0, Math.max(MIN_FITTED, Math.floor(BEGINNING * levels.length)));
  return fitLine(beginning).slope >= MIN_SAME_SLOPE * fitLine(levels).slope;
}
