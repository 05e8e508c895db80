import { secondsPerUnit } from '../../text/units.js';
import type { Profile } from '../model.js';

/** Forms of an exported profile. */
export const EXPORT_FORMATS = ['pprof', 'collapsed', 'speedscope'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Facts that an exported file states about itself. */
export interface ExportHead {
  /** Name of the program, which pprof shows as the file of the binary. */
  program: string;
  /** Type and unit of what the profiler counts per sample; null where the type id has none. */
  periodType: { type: string; unit: string } | null;
  /** Window of the profiles, Unix ms. */
  from: number;
  to: number;
  /** Lines on where the profile comes from. */
  comments: readonly string[];
  /** Program that wrote the file, with its version. */
  exporter: string;
  /** Number by which every value is divided at the end: that of the snapshots whose mean is exported. */
  divisor: number;
}

/** Stacks of a file: whole numbers above zero, with the unit in which they count. */
export interface ExportedStacks {
  unit: string;
  /** Indexes of the profile's stacks that have a value. */
  stacks: readonly number[];
  /** Value of each of them. */
  values: readonly number[];
}

const NANOSECONDS = 1e9;

/**
 * The values of a profile as whole numbers, which every format takes. Time in fractions of its unit becomes
 * nanoseconds. What is left of a fraction is carried on to the next stack, so that every stack is within 1 of
 * its value, and so is the total.
 *
 * @throws RangeError for a profile with a negative value: no format but pprof's own holds a difference
 */
export function wholeValues(profile: Profile, divisor = 1): ExportedStacks {
  const isWhole = divisor === 1 && profile.values.every(Number.isInteger);
  const seconds = isWhole ? null : secondsPerUnit(profile.unit);
  const factor = seconds === null ? 1 : seconds * NANOSECONDS;
  const stacks: number[] = [];
  const values: number[] = [];
  let [exact, written] = [0, 0];
  profile.values.forEach((value, stack) => {
    if (value < 0) throw new RangeError('a difference of two profiles');
    exact += value;
    const whole = isWhole ? value : Math.round((exact * factor) / divisor) - written;
    written += whole;
    if (whole <= 0) return;
    stacks.push(stack);
    values.push(whole);
  });
  return { unit: seconds === null ? profile.unit : 'nanoseconds', stacks, values };
}

/** The frames of a stack as indexes into the frames of the profile, leaf first. */
export function listFrames({ stackStart, stackFrames }: Profile, stack: number): Uint32Array {
  return stackFrames.subarray(stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0);
}
