import type { Profile } from '../model.js';
import { coalesceStacks } from '../tables/stacks.js';
import { encodeCollapsed } from './collapsed-file.js';
import { type ExportFormat, type ExportHead, wholeValues } from './exported.js';
import { encodePprof } from './pprof-file.js';
import { encodeSpeedscope } from './speedscope-file.js';

/** A profile as a file, with the numbers that it holds. */
export interface EncodedProfile {
  bytes: Uint8Array;
  stacks: number;
  total: number;
  unit: string;
}

/**
 * Writes a profile in a format. All formats hold the same values; equal stacks are added up.
 * @throws RangeError for a profile with negative values
 */
export function encodeProfile(plain: Profile, head: ExportHead, format: ExportFormat): EncodedProfile {
  const profile = coalesceStacks(plain, 'signed');
  const whole = wholeValues(profile, head.divisor);
  const bytes =
    format === 'pprof'
      ? encodePprof(profile, whole, head)
      : new TextEncoder().encode(
          format === 'collapsed' ? encodeCollapsed(profile, whole) : encodeSpeedscope(profile, whole, head),
        );
  return {
    bytes,
    stacks: whole.stacks.length,
    total: whole.values.reduce((sum, value) => sum + value, 0),
    unit: whole.unit,
  };
}
