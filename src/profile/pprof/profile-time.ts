/** Units in which writers give times that should be nanoseconds, with nanoseconds per unit. */
const UNITS = [
  ['nanoseconds', 1n],
  ['microseconds', 1_000n],
  ['milliseconds', 1_000_000n],
  ['seconds', 1_000_000_000n],
] as const;

/**
 * Range of plausible times, 2000 to 2100. The units are so far apart that a number is plausible in at most
 * one.
 */
const FIRST_NANOS = 946_684_800n * 1_000_000_000n;
const LAST_NANOS = 4_102_444_800n * 1_000_000_000n;
/**
 * Longest duration that is taken to be in the same wrong unit as the time: a profile of over an hour is rare.
 */
const MAX_SCALED_NANOS = 3_600n * 1_000_000_000n;

export interface ProfileTime {
  /** Unix nanoseconds, 0 where the file has no plausible time. */
  timeNanos: bigint;
  durationNanos: bigint;
  /** Unit in which the file gave its time; null where it has no plausible one. */
  unit: (typeof UNITS)[number][0] | null;
}

/**
 * Corrects a time that was written in another unit than nanoseconds: the unit by which it lies between 2000
 * and 2100 is the one that was meant. The duration is taken to be in this unit as well, unless it came to
 * over an hour then.
 */
export function correctTime(time: bigint, duration: bigint): ProfileTime {
  const plausible = UNITS.find(([, size]) => time * size >= FIRST_NANOS && time * size < LAST_NANOS);
  if (plausible === undefined) return { timeNanos: 0n, durationNanos: duration, unit: null };
  const [unit, size] = plausible;
  const scaled = duration * size;
  return {
    timeNanos: time * size,
    durationNanos: scaled <= MAX_SCALED_NANOS ? scaled : duration,
    unit,
  };
}
